//! The first process of a tree: waiting for it, and signalling its group.
//!
//! It is reaped only when its tree is dropped. Until then its number cannot pass to another process, so that
//! signals to its group and the search for its session are always meant for it.

use std::io;

use rustix::process::{Pid, Signal, WaitIdOptions, WaitIdStatus, kill_process_group};
use tokio::sync::{oneshot, watch};

use super::Exit;

#[derive(Debug)]
pub(super) struct Leader {
    id: Pid,
    exit: watch::Receiver<Option<Exit>>,
    /// Dropped with the leader: that lets the watching task reap it.
    _kept: oneshot::Sender<()>,
}

impl Leader {
    /// Watches the child `id`, which nobody else may wait for.
    pub(super) fn watch(id: Pid) -> io::Result<Self> {
        let (publish, exit) = watch::channel(None);
        let (kept, released) = oneshot::channel::<()>();
        let child = Child::new(id)?;
        tokio::spawn(async move {
            publish.send_replace(Some(child.ended().await));
            let _ = released.await;
            child.reap();
        });
        Ok(Self { id, exit, _kept: kept })
    }

    pub(super) fn id(&self) -> Pid {
        self.id
    }

    /// Waits for its end. The watching task only vanishes with the runtime, and with it whoever could be waiting.
    pub(super) async fn wait(&self) -> Exit {
        let mut exit = self.exit.clone();
        let ended = exit.wait_for(Option::is_some).await;
        ended.ok().and_then(|exit| *exit).unwrap_or(Exit::Signal(libc::SIGKILL))
    }

    pub(super) fn signal_group(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = kill_process_group(self.id, signal);
        }
    }
}

/// A child whose end is seen without reaping it.
#[cfg(target_os = "linux")]
struct Child(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>);

#[cfg(target_os = "linux")]
impl Child {
    #[expect(unsafe_code, reason = "tokio's safe registration is deprecated")]
    fn new(id: Pid) -> io::Result<Self> {
        let handle = rustix::process::pidfd_open(id, rustix::process::PidfdFlags::empty())?;
        // SAFETY: the descriptor is owned by the registration and never replaced.
        let registered = unsafe { tokio::io::unix::AsyncFd::register_with_interest(handle, tokio::io::Interest::READABLE) };
        Ok(Self(registered?))
    }

    async fn ended(&self) -> Exit {
        let _ = self.0.readable().await;
        exit_of(self.look(WaitIdOptions::EXITED | WaitIdOptions::NOWAIT))
    }

    fn reap(&self) {
        let _ = self.look(WaitIdOptions::EXITED);
    }

    fn look(&self, options: WaitIdOptions) -> Option<WaitIdStatus> {
        use std::os::fd::AsFd as _;
        rustix::process::waitid(rustix::process::WaitId::PidFd(self.0.get_ref().as_fd()), options).ok().flatten()
    }
}

/// As on Linux, with a waiting thread in place of a process descriptor.
#[cfg(not(target_os = "linux"))]
struct Child(Pid);

#[cfg(not(target_os = "linux"))]
impl Child {
    #[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
    fn new(id: Pid) -> io::Result<Self> {
        Ok(Self(id))
    }

    async fn ended(&self) -> Exit {
        let id = self.0;
        let look = move || exit_of(Self(id).look(WaitIdOptions::EXITED | WaitIdOptions::NOWAIT));
        tokio::task::spawn_blocking(look).await.unwrap_or_else(|_| exit_of(None))
    }

    fn reap(&self) {
        let _ = self.look(WaitIdOptions::EXITED);
    }

    fn look(&self, options: WaitIdOptions) -> Option<WaitIdStatus> {
        rustix::process::waitid(rustix::process::WaitId::Pid(self.0), options).ok().flatten()
    }
}

/// A child that cannot be asked has been taken from us; the nearest truth is that it is gone.
fn exit_of(status: Option<WaitIdStatus>) -> Exit {
    let code = status.as_ref().and_then(WaitIdStatus::exit_status);
    let signal = status.as_ref().and_then(WaitIdStatus::terminating_signal);
    match (code, signal) {
        (Some(code), _) => Exit::Code(code),
        (None, signal) => Exit::Signal(signal.unwrap_or(libc::SIGKILL)),
    }
}
