//! Namespaces for the level `Strict`: no network even if a filter had a hole, and shared memory of its own.
//!
//! No namespace of process numbers: the core must go on seeing the processes as they are.

use std::ffi::CStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags, open};
use rustix::io::write;
use rustix::thread::{UnshareFlags, unshare_unsafe};

const SHARED_MEMORY: &CStr = c"/dev/shm";
const SHARED_MEMORY_OPTIONS: &CStr = c"mode=1777,size=256m";

/// What a process needs to keep its user in a namespace of users.
#[derive(Debug)]
pub(super) struct Namespaces {
    users: String,
    groups: String,
}

impl Namespaces {
    /// The user stays who it is; others do not exist.
    pub(super) fn of_this_user() -> Self {
        let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        Self { users: format!("{user} {user} 1"), groups: format!("{group} {group} 1") }
    }

    /// Moves the calling process; for use between fork and exec.
    #[expect(unsafe_code, reason = "unsharing descriptors would be unsafe; these flags do not")]
    pub(super) fn enter(&self) -> io::Result<()> {
        let flags = UnshareFlags::NEWUSER | UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWNS;
        // SAFETY: no file descriptors are unshared, and the process has one thread.
        unsafe { unshare_unsafe(flags) }?;
        put(c"/proc/self/setgroups", "deny")?;
        put(c"/proc/self/uid_map", &self.users)?;
        put(c"/proc/self/gid_map", &self.groups)?;
        mount(c"none", c"/", libc::MS_PRIVATE | libc::MS_REC, c"")?;
        mount(c"tmpfs", SHARED_MEMORY, libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC, SHARED_MEMORY_OPTIONS)
    }
}

#[expect(unsafe_code, reason = "mounts are too rare to build another part of rustix for")]
fn mount(what: &CStr, path: &CStr, flags: libc::c_ulong, options: &CStr) -> io::Result<()> {
    // SAFETY: all texts outlive the call; what is mounted is seen by this process and its children only.
    match unsafe { libc::mount(what.as_ptr(), path.as_ptr(), what.as_ptr(), flags, options.as_ptr().cast()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn put(path: &CStr, text: &str) -> io::Result<()> {
    let file = open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    write(&file, text.as_bytes())?;
    Ok(())
}

/// Whether this system lets us: tried by a process that does nothing else.
#[expect(clippy::disallowed_methods, reason = "it ends at once and starts nothing")]
#[expect(unsafe_code, reason = "namespaces can only be entered from within the child")]
pub(super) fn try_out() -> io::Result<()> {
    let namespaces = Namespaces::of_this_user();
    let mut command = Command::new("/bin/true");
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: only system calls; the texts were made before the fork.
    unsafe { command.pre_exec(move || namespaces.enter()) };
    command.status().map(drop)
}
