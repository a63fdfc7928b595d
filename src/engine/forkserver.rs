//! The core's end of the warm fork server (`assets/python/_mcp_studio/forkserver.py`).
//!
//! ```text
//! started -> ready -> (fork -> child -> exited)* -> end of its socket: it kills all it forked, and goes
//! ```
//! Children are forked ahead and wait for a job on the channel that later carries their tool calls.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::python::{Python, environment};
use super::source::hexadecimal;
use crate::sys::channel;
use crate::sys::process::{Exit, Handle, Launch, Mark, Stdio, Tree, children};
use crate::sys::sandbox::{Prepared, seal};
use crate::types::limits::{FORK_SERVER_TIMEOUT, FORK_TIMEOUT, REFILL_DELAY, STDERR_BYTES, WARM_CHILDREN};
use crate::types::{Failure, FailureKind};

/// Number of the control socket in the server.
const CONTROL: i32 = 3;

/// A running fork server. Dropping it ends it and everything it forked.
#[derive(Debug)]
pub(super) struct ForkServer {
    python: Python,
    tree: Tree,
    commands: tokio::sync::Mutex<tokio::net::unix::OwnedWriteHalf>,
    shared: Arc<Shared>,
}

/// What the reading task and the callers share.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    gone: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    /// Forks asked for and not yet answered, in order.
    asked: VecDeque<oneshot::Sender<Result<Forked, String>>>,
    /// Children that live, as far as has been heard.
    living: HashMap<u32, watch::Sender<Option<Exit>>>,
    idle: VecDeque<Child>,
}

#[derive(Debug)]
struct Forked {
    id: u32,
    exited: watch::Receiver<Option<Exit>>,
}

/// A forked child that waits for its streams and its job.
#[derive(Debug)]
pub(super) struct Child {
    /// Its process.
    pub(super) id: u32,
    /// What it and all it starts carry.
    pub(super) mark: Mark,
    /// Our end of its channel.
    pub(super) channel: UnixStream,
    /// For killing it without asking the server, which may be busy; none where the system has no such thing.
    pub(super) handle: Option<Arc<Handle>>,
    exited: watch::Receiver<Option<Exit>>,
}

impl Child {
    /// Waits for its end; none if the fork server has died before it could tell.
    pub(super) fn exited(&self) -> impl Future<Output = Option<Exit>> + Send + use<> {
        let mut exited = self.exited.clone();
        async move { exited.wait_for(Option::is_some).await.ok().and_then(|exited| *exited) }
    }

    fn is_alive(&self) -> bool {
        self.exited.has_changed().is_ok() && self.exited.borrow().is_none()
    }
}

impl ForkServer {
    /// Starts a server and waits until it can fork. `scratch` is removed by it when we are killed; `limits` are those of each child.
    pub(super) async fn start(
        python: Python,
        scratch: &Path,
        limits: &BTreeMap<&'static str, u64>,
        sandbox: Prepared,
    ) -> Result<Arc<Self>, Failure> {
        let (control, theirs) = channel::pair().map_err(|error| failed(&error.to_string(), ""))?;
        let mut arguments = python.arguments("forkserver.py");
        arguments.extend([CONTROL.to_string().into(), scratch.into()]);
        arguments.push(python.packages().unwrap_or_default().into());
        arguments.push(serde_json::json!(limits).to_string().into());
        if let Some(seal) = seal(python.sandbox) {
            arguments.extend([hexadecimal(&seal.filter).into(), hexadecimal(&seal.scope).into()]);
        }
        let launch = Launch {
            program: python.executable.clone(),
            arguments,
            environment: environment(),
            folder: scratch.to_owned(),
            stdio: [Stdio::Null, Stdio::Null, Stdio::Pipe],
            descriptors: vec![(theirs, CONTROL)],
            sandbox: Some(sandbox),
        };
        let mut tree = Tree::start(launch)?;
        let stderr = tree.stderr.take();
        let (lines, commands) = control.into_split();
        let shared = Arc::new(Shared::default());
        let (ready, is_ready) = oneshot::channel();
        tokio::spawn(listen(lines, Arc::clone(&shared), ready));
        let started = tokio::time::timeout(FORK_SERVER_TIMEOUT, is_ready).await;
        if !matches!(started, Ok(Ok(()))) {
            tree.end(std::time::Duration::ZERO).await;
            let mut said = String::new();
            if let Some(stderr) = stderr {
                let _ = stderr.take(STDERR_BYTES as u64).read_to_string(&mut said).await;
            }
            return Err(failed("it did not become ready", &said));
        }
        let server = Arc::new(Self { python, tree, commands: commands.into(), shared });
        for _ in 0..WARM_CHILDREN {
            server.refill();
        }
        Ok(server)
    }

    /// Whether it runs and was started from `python`.
    pub(super) fn serves(&self, python: &Python) -> bool {
        self.python == *python && !self.shared.gone.is_cancelled()
    }

    /// A child that waits for its job: an idle one, else a fresh one.
    pub(super) async fn child(self: &Arc<Self>) -> Result<Child, Failure> {
        while let Some(child) = self.take_idle() {
            self.refill();
            if child.is_alive() {
                return Ok(child);
            }
        }
        self.fork().await
    }

    /// Sends `signal` to the group of `child`, unless it has been reaped.
    pub(super) fn signal(self: &Arc<Self>, child: u32, signal: i32) -> impl Future<Output = ()> + Send + use<> {
        let server = Arc::clone(self);
        async move {
            let mut command = vec![b's'];
            command.extend_from_slice(&child.to_be_bytes());
            command.push(u8::try_from(signal).unwrap_or_default());
            let commands = server.commands.lock().await;
            let _ = channel::send_with_descriptors(commands.as_ref(), &command, &[]).await;
        }
    }

    /// Whether runs have left processes behind, daemonised: they hang on the server, which did not fork them itself.
    pub(super) fn has_orphans(&self) -> bool {
        let children = children(self.tree.id());
        let state = self.shared.lock();
        children.iter().any(|child| !state.living.contains_key(child))
    }

    /// Completes when the server has died.
    pub(super) async fn gone(&self) {
        self.shared.gone.cancelled().await;
    }

    /// Ends it and everything it forked; returns when none is left.
    pub(super) async fn end(&self) {
        self.tree.end(std::time::Duration::ZERO).await;
    }

    fn take_idle(&self) -> Option<Child> {
        self.shared.lock().idle.pop_front()
    }

    /// Forks one more idle child, in the background.
    fn refill(self: &Arc<Self>) {
        let server = Arc::downgrade(self);
        tokio::spawn(async move {
            // The run that took the last child goes first.
            tokio::time::sleep(REFILL_DELAY).await;
            let Some(server) = server.upgrade() else { return };
            if let Ok(child) = server.fork().await {
                server.shared.lock().idle.push_back(child);
            }
        });
    }

    async fn fork(&self) -> Result<Child, Failure> {
        let (ours, theirs) = channel::pair().map_err(|error| failed(&error.to_string(), ""))?;
        let (answer, forked) = oneshot::channel();
        let mark = self.tree.mark().part();
        let mut command = vec![b'f'];
        command.extend_from_slice(&mark.limit().to_be_bytes());
        {
            let commands = self.commands.lock().await;
            self.shared.lock().asked.push_back(answer);
            let sent = channel::send_with_descriptors(commands.as_ref(), &command, &[theirs.as_fd()]).await;
            sent.map_err(|error| failed(&error.to_string(), ""))?;
        }
        match tokio::time::timeout(FORK_TIMEOUT, forked).await {
            Ok(Ok(Ok(Forked { id, exited }))) => {
                let handle = Handle::open(id).ok().map(Arc::new);
                Ok(Child { id, mark, channel: ours, handle, exited })
            }
            Ok(Ok(Err(why))) => Err(failed(&why, "")),
            Ok(Err(_)) => Err(failed("it has died", "")),
            Err(_) => Err(failed("it does not answer", "")),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in one line of the server.
    fn hear(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let mut state = self.lock();
        match words.as_slice() {
            ["forked", id] => {
                let Ok(id) = id.parse() else { return };
                let (publish, exited) = watch::channel(None);
                state.living.insert(id, publish);
                if let Some(asked) = state.asked.pop_front() {
                    let _ = asked.send(Ok(Forked { id, exited }));
                }
            }
            ["exited", id, status] => {
                let publish = id.parse().ok().and_then(|id| state.living.remove(&id));
                if let (Some(publish), Ok(status)) = (publish, status.parse()) {
                    publish.send_replace(Some(exit_of(status)));
                }
            }
            ["refused", why @ ..] => {
                if let Some(asked) = state.asked.pop_front() {
                    let _ = asked.send(Err(format!("it cannot fork: {}", why.join(" "))));
                }
            }
            _ => {}
        }
    }

    fn end(&self) {
        self.gone.cancel();
        *self.lock() = State::default();
    }
}

/// Reads the server's lines to their end.
async fn listen(lines: OwnedReadHalf, shared: Arc<Shared>, ready: oneshot::Sender<()>) {
    let mut lines = BufReader::new(lines).lines();
    if let Ok(Some(line)) = lines.next_line().await
        && line == "ready"
    {
        let _ = ready.send(());
        while let Ok(Some(line)) = lines.next_line().await {
            shared.hear(&line);
        }
    }
    shared.end();
}

/// A status as `waitpid` gives it.
fn exit_of(status: i32) -> Exit {
    match status & 0x7f {
        0 => Exit::Code(status >> 8 & 0xff),
        signal => Exit::Signal(signal),
    }
}

fn failed(why: &str, stderr: &str) -> Failure {
    let failure = Failure::new(FailureKind::Environment, format!("the fork server cannot serve: {why}"));
    if stderr.is_empty() { failure } else { failure.note("stderr", stderr) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_of_the_server_reach_who_waits_for_them() {
        let shared = Shared::default();
        let (answer, forked) = oneshot::channel();
        shared.lock().asked.push_back(answer);
        shared.hear("forked 7");
        let mut exited = forked.await.unwrap().unwrap().exited;
        shared.hear("exited 8 0");
        shared.hear("nonsense");
        shared.hear("exited 7 9");
        let told = *exited.wait_for(Option::is_some).await.unwrap();
        assert_eq!(told, Some(Exit::Signal(9)));
        assert!(shared.lock().living.is_empty());
        let (answer, forked) = oneshot::channel();
        shared.lock().asked.push_back(answer);
        shared.hear("refused Resource temporarily unavailable");
        assert_eq!(forked.await.unwrap().unwrap_err(), "it cannot fork: Resource temporarily unavailable");
    }

    #[test]
    fn a_status_is_a_code_or_a_signal() {
        assert_eq!(exit_of(0x0300), Exit::Code(3));
        assert_eq!(exit_of(0x0b), Exit::Signal(11));
        assert_eq!(exit_of(0x8b), Exit::Signal(11));
    }
}
