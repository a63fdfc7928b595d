//! A server of one's own, asked line by line: the least that a tool call can cost.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::pipe::{Receiver, Sender};

use super::trial::{TOOL, Trial};
use crate::sys::process::Tree;
use crate::types::{Failure, FailureKind};

/// Another process of the embedded server, and what it is asked.
pub(super) struct Bare {
    stdin: Sender,
    stdout: BufReader<Receiver>,
    params: Value,
    asked: u64,
    _tree: Tree,
}

impl Bare {
    /// Starts it and shakes hands.
    pub(super) async fn start(trial: &Trial) -> Result<Self, Failure> {
        let mut tree = Tree::start(trial.server())?;
        let (Some(stdin), Some(stdout)) = (tree.stdin.take(), tree.stdout.take()) else { return Err(mute()) };
        let params = json!({"name": TOOL, "arguments": trial.arguments()});
        let mut bare = Self { stdin, stdout: BufReader::new(stdout), params, asked: 0, _tree: tree };
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}});
        bare.request("initialize", &hello).await?;
        bare.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await?;
        Ok(bare)
    }

    /// One call of the tool.
    pub(super) async fn call(&mut self) -> Result<Duration, Failure> {
        let params = self.params.clone();
        let start = Instant::now();
        self.request("tools/call", &params).await?;
        Ok(start.elapsed())
    }

    async fn request(&mut self, method: &str, params: &Value) -> Result<(), Failure> {
        self.asked += 1;
        let id = json!(self.asked);
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await?;
        loop {
            let mut line = Vec::new();
            if self.stdout.read_until(b'\n', &mut line).await.map_err(|_| mute())? == 0 {
                return Err(mute());
            }
            let message: Value = serde_json::from_slice(&line).map_err(|_| mute())?;
            if message.get("id") == Some(&id) {
                return message.get("result").map(|_| ()).ok_or_else(mute);
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Result<(), Failure> {
        self.stdin.write_all(format!("{message}\n").as_bytes()).await.map_err(|_| mute())
    }
}

fn mute() -> Failure {
    Failure::new(FailureKind::Connection, "the embedded server did not answer a bare request")
}
