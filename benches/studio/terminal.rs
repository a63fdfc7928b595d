//! The built binary in a pseudo-terminal: first frame, key to frame, idle memory.
//!
//! 200 x 60 cells, 20 configured servers with a cached catalog, none contacted.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{BINARY, head, row};
use mcp_studio::ops::bench::Sample;
use portable_pty::{CommandBuilder, NativePtySystem, PtySize, PtySystem as _};

/// End of a synchronized update: the frame is complete.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// Servers in the configuration.
const SERVERS: usize = 20;
/// Tools of each in the cached catalog.
const TOOLS: usize = 100;

pub(crate) fn run() {
    let project = tempfile::tempdir().expect("a folder");
    write_project(project.path());
    let echo = Sample::of((0..30).map(|_| echo_in_terminal()).collect()).expect("times");
    let first = Sample::of((0..30).map(|_| Terminal::open(project.path()).first_frame).collect()).expect("times");
    head("Terminal, 200x60", "/bin/echo in the same pseudo-terminal, start to first byte");
    row("baseline", &echo, &echo);
    row("first complete frame from process start", &first, &echo);
    let mut terminal = Terminal::open(project.path());
    let arrow = |turn| if turn % 2 == 0 { b"\x1b[B" } else { b"\x1b[A" };
    let keys = Sample::of((0..200).map(|turn| terminal.key_to_frame(arrow(turn))).collect()).expect("times");
    row("key to complete frame", &keys, &echo);
    println!("idle memory, 20 servers configured, none connected: {:.1} MiB resident", terminal.resident_mebibytes());
}

/// A project whose servers cannot be started: a benchmark that contacts one fails loudly.
fn write_project(folder: &Path) {
    let servers: serde_json::Map<String, serde_json::Value> = (0..SERVERS)
        .map(|number| {
            (
                format!("server{number:02}"),
                serde_json::json!({"command": "/nonexistent/server", "args": [format!("--tools={TOOLS}")]}),
            )
        })
        .collect();
    let config = serde_json::json!({"mcpServers": servers});
    std::fs::write(folder.join("mcp_config.json"), config.to_string()).expect("a configuration");
    std::fs::create_dir_all(folder.join("workspace")).expect("a workspace");
}

/// The workbench in a pseudo-terminal.
struct Terminal {
    first_frame: Duration,
    frames: std::sync::mpsc::Receiver<Instant>,
    writer: Box<dyn std::io::Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Terminal {
    fn open(project: &Path) -> Self {
        let pair = pty();
        let mut command = CommandBuilder::new(BINARY);
        command.cwd(project);
        command.env("TERM", "xterm-256color");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let start = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the workbench");
        let (sender, frames) = std::sync::mpsc::sync_channel(10_000);
        std::thread::spawn(move || {
            let mut seen = Vec::new();
            let mut buffer = vec![0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let at = Instant::now();
                seen.extend_from_slice(&buffer[..count]);
                while let Some(end) = seen.windows(FRAME_END.len()).position(|window| window == FRAME_END) {
                    seen.drain(..end + FRAME_END.len());
                    let _ = sender.send(at);
                }
            }
        });
        let first = frames.recv_timeout(Duration::from_secs(10)).expect("a first frame");
        let writer = pair.master.take_writer().expect("a writer");
        Self { first_frame: first - start, frames, writer, child, _master: pair.master }
    }

    fn key_to_frame(&mut self, key: &[u8]) -> Duration {
        while self.frames.recv_timeout(Duration::from_millis(40)).is_ok() {}
        let start = Instant::now();
        self.writer.write_all(key).expect("a key");
        self.writer.flush().expect("a key");
        self.frames.recv_timeout(Duration::from_secs(10)).expect("a frame") - start
    }

    fn resident_mebibytes(&self) -> f64 {
        let id = self.child.process_id().expect("a process");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its resident size");
        let kibibytes: f64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
        kibibytes / 1024.0
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn echo_in_terminal() -> Duration {
    let pair = pty();
    let mut command = CommandBuilder::new("/bin/echo");
    command.arg("x");
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let start = Instant::now();
    let mut child = pair.slave.spawn_command(command).expect("echo");
    let mut byte = [0; 16];
    let _ = reader.read(&mut byte).expect("a byte");
    let elapsed = start.elapsed();
    child.wait().expect("its end");
    elapsed
}

fn pty() -> portable_pty::PtyPair {
    NativePtySystem::default()
        .openpty(PtySize { rows: 60, cols: 200, pixel_width: 0, pixel_height: 0 })
        .expect("a pseudo-terminal")
}
