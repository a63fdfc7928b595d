//! From a [`Launch`] to a running process: descriptors, session, mark, confinement.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::process::Pid;
use tokio::net::unix::pipe::{Receiver, Sender};

use super::mark::{self, Mark};
use super::{Launch, Stdio, program};
use crate::sys::sandbox::Prepared;
use crate::types::Failure;

/// A process just started, with our ends of its pipes.
pub(super) struct Spawned {
    pub(super) process: Pid,
    pub(super) stdin: Option<Sender>,
    pub(super) stdout: Option<Receiver>,
    pub(super) stderr: Option<Receiver>,
}

/// Starts `launch` as the leader of a session, marked.
pub(super) fn spawn(launch: Launch, mark: Mark) -> Result<Spawned, Failure> {
    let (program, folder) = (launch.program.clone(), launch.folder.clone());
    try_spawn(launch, mark).map_err(|error| program::not_started(&program, &folder, &error))
}

fn try_spawn(launch: Launch, mark: Mark) -> io::Result<Spawned> {
    let [stdin, stdout, stderr] = launch.stdio;
    let (stdin, our_stdin) = input(stdin)?;
    let (stdout, our_stdout) = output(stdout)?;
    let (stderr, our_stderr) = output(stderr)?;
    let handed_over = HandedOver::reserve(launch.descriptors)?;
    let mut command = command(launch.program, launch.sandbox.as_ref());
    command.args(launch.arguments).env_clear().envs(launch.environment).current_dir(launch.folder);
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    before_exec(&mut command, handed_over, mark, launch.sandbox);
    let child = command.spawn()?;
    let process = Pid::from_raw(child.id().cast_signed()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Spawned { process, stdin: our_stdin, stdout: our_stdout, stderr: our_stderr })
}

#[cfg(not(target_os = "macos"))]
#[expect(clippy::disallowed_methods, reason = "the one place that starts processes")]
fn command(program: PathBuf, _sandbox: Option<&Prepared>) -> Command {
    Command::new(program)
}

/// There a sandbox is a program that starts the program.
#[cfg(target_os = "macos")]
#[expect(clippy::disallowed_methods, reason = "the one place that starts processes")]
fn command(program: PathBuf, sandbox: Option<&Prepared>) -> Command {
    let Some(profile) = sandbox.and_then(Prepared::profile) else { return Command::new(program) };
    let mut command = Command::new(crate::sys::sandbox::SANDBOX_PROGRAM);
    command.arg("-p").arg(profile).arg(program);
    command
}

/// What the child does between fork and exec. Only system calls: another thread may have held any lock at the fork.
#[expect(unsafe_code, reason = "a session, marks and confinement can only be set from within the child")]
fn before_exec(command: &mut Command, handed_over: HandedOver, mark: Mark, sandbox: Option<Prepared>) {
    let child = move || {
        rustix::process::setsid()?;
        default_signals();
        mark::take(mark);
        // Before descriptors move: the sandbox holds one that may stand at the number of another.
        sandbox.as_ref().map_or(Ok(()), Prepared::apply)?;
        close_all_on_exec();
        handed_over.put()
    };
    // SAFETY: the closure only makes system calls and neither allocates nor locks.
    unsafe { command.pre_exec(child) };
}

/// The child's end and ours of its standard input.
fn input(stdio: Stdio) -> io::Result<(std::process::Stdio, Option<Sender>)> {
    match stdio {
        Stdio::Pipe => {
            let (theirs, ours) = io::pipe()?;
            Ok((theirs.into(), Some(Sender::from_owned_fd(ours.into())?)))
        }
        Stdio::Null => Ok((std::process::Stdio::null(), None)),
        Stdio::Inherit => Ok((std::process::Stdio::inherit(), None)),
        Stdio::Descriptor(descriptor) => Ok((descriptor.into(), None)),
    }
}

/// The child's end and ours of its standard output or error.
fn output(stdio: Stdio) -> io::Result<(std::process::Stdio, Option<Receiver>)> {
    match stdio {
        Stdio::Pipe => {
            let (ours, theirs) = io::pipe()?;
            Ok((theirs.into(), Some(Receiver::from_owned_fd(ours.into())?)))
        }
        Stdio::Null => Ok((std::process::Stdio::null(), None)),
        Stdio::Inherit => Ok((std::process::Stdio::inherit(), None)),
        Stdio::Descriptor(descriptor) => Ok((descriptor.into(), None)),
    }
}

/// Descriptors on their way to fixed numbers in the child.
struct HandedOver(Vec<Parcel>);

struct Parcel {
    /// A copy above all target numbers, so that no move overwrites another's source.
    source: OwnedFd,
    /// The number in the child.
    target: RawFd,
    /// What stood at that number in this process when it was prepared.
    occupant: Option<(libc::dev_t, libc::ino_t)>,
    /// Keeps a free number occupied until the child has been made.
    _placeholder: Option<OwnedFd>,
}

impl HandedOver {
    fn reserve(descriptors: Vec<(OwnedFd, RawFd)>) -> io::Result<Self> {
        if descriptors.iter().any(|(_, target)| *target < 3) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a standard stream cannot be a further descriptor"));
        }
        let above = descriptors.iter().map(|(_, target)| target + 1).max().unwrap_or(3);
        descriptors
            .into_iter()
            .map(|(descriptor, target)| Parcel::reserve(&descriptor, target, above))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn put(&self) -> io::Result<()> {
        self.0.iter().try_for_each(Parcel::put)
    }
}

impl Parcel {
    fn reserve(descriptor: &OwnedFd, target: RawFd, above: RawFd) -> io::Result<Self> {
        let source = fcntl_dupfd_cloexec(descriptor, above)?;
        let placeholder = fcntl_dupfd_cloexec(descriptor, target)?;
        let placeholder = (placeholder.as_raw_fd() == target).then_some(placeholder);
        Ok(Self { source, target, occupant: identity(target), _placeholder: placeholder })
    }

    /// The standard library reports a failed exec through a pipe of its own in the child. Should another thread have freed
    /// the target since, that pipe may stand there: such a start fails rather than losing the report.
    fn put(&self) -> io::Result<()> {
        if identity(self.target) != self.occupant {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        }
        duplicate(&self.source, self.target)
    }
}

/// Device and inode behind a descriptor number of this process.
#[expect(unsafe_code, reason = "the number may belong to anyone or nobody; it is only looked at")]
fn identity(number: RawFd) -> Option<(libc::dev_t, libc::ino_t)> {
    // SAFETY: not owned, not closed; a number that is not open makes fstat answer EBADF.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    rustix::fs::fstat(borrowed).ok().map(|stat| (stat.st_dev, stat.st_ino))
}

#[expect(unsafe_code, reason = "dup2 onto a number that the child does not own yet")]
fn duplicate(source: &OwnedFd, target: RawFd) -> io::Result<()> {
    // SAFETY: both are plain numbers in the child; what stood at the target belongs to the parent.
    if unsafe { libc::dup2(source.as_raw_fd(), target) } < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A shell that starts us in the background makes us ignore SIGINT; a script must be interruptible all the same.
#[expect(unsafe_code, reason = "the standard library resets SIGPIPE only")]
pub(super) fn default_signals() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGCHLD] {
        // SAFETY: sets the default action; no handler runs.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Nothing that this process was itself started with, or that a library opened carelessly, passes on.
fn close_all_on_exec() {
    if close_range_on_exec() {
        return;
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(4_096);
    for number in 3..RawFd::try_from(limit.min(65_536)).unwrap_or(4_096) {
        close_on_exec(number);
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "rustix has no close_range")]
fn close_range_on_exec() -> bool {
    // SAFETY: sets a flag on descriptors; nothing is closed before exec.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn close_range_on_exec() -> bool {
    false
}

#[expect(unsafe_code, reason = "the number may belong to anyone or nobody")]
fn close_on_exec(number: RawFd) {
    // SAFETY: not owned, not closed; a number that is not open makes fcntl answer EBADF.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    let _ = fcntl_setfd(borrowed.as_fd(), FdFlags::CLOEXEC);
}
