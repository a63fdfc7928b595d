//! A process that somebody else waits for, held so that its number cannot pass to another before it is killed.

use std::io;

/// Holds a process that another process of ours has forked.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Handle(std::os::fd::OwnedFd);

#[cfg(target_os = "linux")]
impl Handle {
    /// Holds the process `id`.
    pub fn open(id: u32) -> io::Result<Self> {
        use rustix::process::{Pid, PidfdFlags, pidfd_open};
        let id = Pid::from_raw(id.cast_signed()).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self(pidfd_open(id, PidfdFlags::empty())?))
    }

    /// Kills it, and only it.
    pub fn kill(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.0, rustix::process::Signal::KILL);
    }
}

/// Not here: numbers alone could be another's by now.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub struct Handle(());

#[cfg(not(target_os = "linux"))]
impl Handle {
    /// Fails.
    pub fn open(_id: u32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Nothing.
    pub fn kill(&self) {}
}
