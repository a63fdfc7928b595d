//! Standard error: what happens, in lines that begin with `[INFO]`, `[WARN]` or `[ERROR]`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Write as _;

use super::answer::Answer;
use crate::ops::{EnvironmentState, Peer, ServerState, Studio};
use crate::types::limits::NARRATION_INTERVAL;
use crate::types::{Failure, ServerName, neutralise};

/// Says something in passing.
pub(super) fn inform(text: &str) {
    tell("INFO", text);
}

/// Says that something is odd.
pub(super) fn warn(text: &str) {
    tell("WARN", text);
}

/// Says what went wrong, with its notes and hint on lines of their own.
pub(super) fn complain(failure: &Failure) {
    tell("ERROR", &failure.to_string());
}

/// `1 file`, `2 files`.
pub(super) fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// A line of narration, with whatever it quotes made harmless.
pub(super) fn line(level: &str, text: &str) -> String {
    format!("[{level}] {}\n", neutralise(text))
}

fn tell(level: &str, text: &str) {
    // With standard error gone there is nobody to tell.
    let _ = std::io::stderr().lock().write_all(line(level, text).as_bytes());
}

/// Tells warnings of the configuration at once, and while work goes on what takes a person's time: making the environment,
/// and with `verbose` what servers do.
pub(super) struct Narrator<'a> {
    studio: &'a Studio,
    verbose: bool,
    answer: &'a Answer,
    told: Told,
}

impl<'a> Narrator<'a> {
    pub(super) fn new(studio: &'a Studio, verbose: bool, answer: &'a Answer) -> Self {
        for warning in studio.warnings() {
            answer.warn(&warning.to_string());
        }
        Self { studio, verbose, answer, told: Told::default() }
    }

    /// Does `work`, and tells beside it.
    pub(super) async fn beside<T>(mut self, work: impl Future<Output = T>) -> T {
        let done = tokio::select! {
            biased;
            done = work => done,
            never = self.tell_on() => match never {},
        };
        self.tell();
        done
    }

    async fn tell_on(&mut self) -> Infallible {
        let pulse = self.studio.pulse();
        let mut seen = pulse.revision();
        loop {
            self.tell();
            seen = pulse.changed_since(seen).await;
            // Every event of every call is a change; a person reads more slowly.
            tokio::time::sleep(NARRATION_INTERVAL).await;
        }
    }

    fn tell(&mut self) {
        self.told.environment(&self.studio.environment(), self.answer);
        if self.verbose {
            self.told.servers(self.studio.servers(), self.answer);
        }
    }
}

/// What was said last of each thing, so that nothing is said twice.
#[derive(Default)]
struct Told {
    environment: Option<String>,
    servers: HashMap<ServerName, String>,
}

impl Told {
    fn environment(&mut self, state: &EnvironmentState, answer: &Answer) {
        let words = match state {
            EnvironmentState::Preparing(doing) => Some(doing.clone()),
            EnvironmentState::Absent | EnvironmentState::Ready(_) | EnvironmentState::Failed(_) => None,
        };
        if let Some(words) = words
            && self.environment.as_ref() != Some(&words)
        {
            answer.inform(&words);
            self.environment = Some(words);
        }
    }

    fn servers(&mut self, states: Vec<(ServerName, ServerState)>, answer: &Answer) {
        for (name, state) in states {
            let words = server_words(&state);
            let before = self.servers.insert(name.clone(), words.clone());
            if before.as_ref() != Some(&words) && !(before.is_none() && words == "idle") {
                answer.inform(&format!("server \"{name}\" {words}"));
            }
        }
    }
}

fn server_words(state: &ServerState) -> String {
    match state {
        ServerState::Idle => "idle".to_owned(),
        ServerState::Disabled => "disabled".to_owned(),
        ServerState::Connecting { doing, .. } => format!("connecting: {doing}"),
        ServerState::Ready(peer) => ready_words(peer),
        ServerState::Degraded(peer, reason) => format!("{}, but: {reason}", ready_words(peer)),
        ServerState::Failed { failure, .. } => format!("failed: {}", failure.message),
    }
}

fn ready_words(peer: &Peer) -> String {
    let took = peer.connect_time.as_secs_f64() * 1_000.0;
    format!("ready: {} {}, protocol {}, after {took:.0} ms", peer.name, peer.version, peer.protocol)
}
