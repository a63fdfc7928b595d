//! The signals that the interrupt ladder sends, by the numbers of this system.

/// Please stop: a `KeyboardInterrupt` in Python.
pub const INTERRUPT: i32 = libc::SIGINT;
/// Please end.
pub const TERMINATE: i32 = libc::SIGTERM;
/// Ends whatever it reaches.
pub const KILL: i32 = libc::SIGKILL;
/// Goes on after a stop: a stopped process hears no other signal but [`KILL`].
pub const CONTINUE: i32 = libc::SIGCONT;
/// Changes nothing where no handler is. Where one is, as in scripts, it ends the wait of a system call.
pub const NUDGE: i32 = libc::SIGURG;
/// The limit of processor time has passed.
pub const CPU_LIMIT: i32 = libc::SIGXCPU;
