//! Finding the living processes of a tree and ending them, wherever they have hidden.
//!
//! Each is held by a process descriptor before it is recognised a second time, so a recycled number is never hit.

use std::time::Duration;

use super::mark::Mark;

/// Whose processes are meant.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nothing can be looked through there"))]
#[derive(Debug, Clone, Copy)]
pub(in crate::sys) enum Owner {
    /// A tree: its mark with all parts, and its session where marks do not work.
    Tree {
        /// Its mark.
        mark: Mark,
        /// Its leader.
        session: rustix::process::Pid,
    },
    /// Exactly this mark.
    Part(Mark),
    /// Everything that the core of this number started.
    Core(u64),
}

/// Asks all to end, ends them after `grace`, and returns when none is left or they cannot be ended.
pub(super) async fn end(owner: Owner, grace: Duration) {
    let _ = tokio::task::spawn_blocking(move || sweep(owner, grace)).await;
}

#[cfg(target_os = "linux")]
pub(in crate::sys) use linux::{kill, list, sweep};
#[cfg(not(target_os = "linux"))]
pub(in crate::sys) use other::{kill, list, sweep};

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashSet;
    use std::os::fd::OwnedFd;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

    use super::super::mark;
    use super::Owner;
    use crate::types::limits::{SWEEP_AT_ONCE, SWEEP_LIMIT, SWEEP_PASSES};

    /// A living process, held so that its number cannot pass to another.
    struct Member {
        id: Pid,
        handle: OwnedFd,
    }

    /// As [`super::end`], blocking.
    pub(in crate::sys) fn sweep(owner: Owner, grace: Duration) {
        let start = Instant::now();
        end_with(owner, Signal::TERM, start + grace);
        end_with(owner, Signal::KILL, start + grace + SWEEP_LIMIT);
    }

    /// Kills what can be found at once, without waiting for the deaths.
    pub(in crate::sys) fn kill(owner: Owner) {
        let mut killed = HashSet::new();
        for _ in 0..SWEEP_PASSES {
            let fresh: Vec<Member> = living(owner).into_iter().filter(|member| killed.insert(member.id)).collect();
            if fresh.is_empty() {
                return;
            }
            send(&fresh, Signal::KILL);
        }
    }

    /// Sends `signal` until none is left or `deadline` has passed.
    fn end_with(owner: Owner, signal: Signal, deadline: Instant) {
        while Instant::now() < deadline {
            let members = living(owner);
            if members.is_empty() {
                return;
            }
            send(&members, signal);
            wait_for(members, deadline);
        }
    }

    fn send(members: &[Member], signal: Signal) {
        for member in members {
            let _ = pidfd_send_signal(&member.handle, signal);
        }
    }

    /// Waits until all have ended or `deadline` has passed.
    fn wait_for(mut members: Vec<Member>, deadline: Instant) {
        while !members.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !any_ends_within(&members, left) {
                return;
            }
            members.retain(|member| !has_ended(&member.handle));
        }
    }

    fn any_ends_within(members: &[Member], time: Duration) -> bool {
        let mut polled: Vec<PollFd<'_>> = members.iter().map(|member| PollFd::new(&member.handle, PollFlags::IN)).collect();
        let time = Timespec::try_from(time).ok();
        !matches!(poll(&mut polled, time.as_ref()), Ok(0) | Err(_))
    }

    /// A process descriptor turns readable when its process ends, reaped or not.
    fn has_ended(handle: &OwnedFd) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        !matches!(poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&now)), Ok(0))
    }

    /// The processes of `owner`.
    pub(in crate::sys) fn list(owner: Owner) -> Vec<u32> {
        let found = numbers().filter(|id| belongs(owner, *id));
        found.map(|id| id.as_raw_nonzero().get().unsigned_abs()).collect()
    }

    /// The numbers of all processes of the system.
    fn numbers() -> impl Iterator<Item = Pid> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
    }

    /// The living processes of `owner`, at most [`SWEEP_AT_ONCE`]; never this one.
    fn living(owner: Owner) -> Vec<Member> {
        let own = rustix::process::getpid();
        numbers().filter(|id| *id != own && belongs(owner, *id)).filter_map(|id| hold(owner, id)).take(SWEEP_AT_ONCE).collect()
    }

    /// Holds the process `id` if it is alive and, now that it is held, still one of `owner`.
    fn hold(owner: Owner, id: Pid) -> Option<Member> {
        let handle = pidfd_open(id, PidfdFlags::empty()).ok()?;
        (belongs(owner, id) && !has_ended(&handle)).then_some(Member { id, handle })
    }

    fn belongs(owner: Owner, id: Pid) -> bool {
        let limit = locks_limit(id);
        match owner {
            Owner::Tree { mark, session } => {
                limit.is_some_and(|limit| mark.covers(limit)) || session_of(id) == session.as_raw_nonzero().get()
            }
            Owner::Part(mark) => limit == Some(mark.limit()),
            Owner::Core(number) => limit.is_some_and(|limit| mark::given_by(number, limit)),
        }
    }

    /// The session of another process; 0 for threads of the kernel, which rustix does not expect, and -1 if there is none.
    #[expect(unsafe_code, reason = "rustix takes the answer 0 for impossible")]
    fn session_of(id: Pid) -> i32 {
        // SAFETY: takes and gives plain numbers.
        unsafe { libc::getsid(id.as_raw_nonzero().get()) }
    }

    /// The soft limit on file locks of another process of the same user.
    #[expect(unsafe_code, reason = "rustix can only read the limits of another process by changing them")]
    fn locks_limit(id: Pid) -> Option<u64> {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the new limit is null (nothing is changed) and the old one is a valid place to write.
        let answer = unsafe { libc::prlimit(id.as_raw_nonzero().get(), libc::RLIMIT_LOCKS, std::ptr::null(), &raw mut limit) };
        (answer == 0).then_some(limit.rlim_cur)
    }
}

/// Systems without process descriptors: the leader's group is all that can be signalled safely.
#[cfg(not(target_os = "linux"))]
mod other {
    use std::time::Duration;

    use super::Owner;

    pub(in crate::sys) fn sweep(_owner: Owner, _grace: Duration) {}

    pub(in crate::sys) fn kill(_owner: Owner) {}

    pub(in crate::sys) fn list(_owner: Owner) -> Vec<u32> {
        Vec::new()
    }
}
