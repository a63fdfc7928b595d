//! Memory and processor time of one process, for the live line.

use std::time::Duration;

/// `USER_HZ`: what Linux counts processor time in, the same on every architecture that Rust supports.
#[cfg(target_os = "linux")]
const TICKS_PER_SECOND: u64 = 100;

/// What a process uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Memory that is resident now, bytes.
    pub resident_bytes: u64,
    /// The most that has been resident, bytes.
    pub peak_bytes: u64,
    /// Processor time so far, user and system.
    pub cpu: Duration,
}

/// What the process `id` uses now; none if it has ended or the system does not tell.
#[cfg(target_os = "linux")]
pub fn usage(id: u32) -> Option<Usage> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(Usage { resident_bytes: kibibytes(&status, "VmRSS:")?, peak_bytes: kibibytes(&status, "VmHWM:")?, cpu: cpu(&stat)? })
}

/// Not told here.
#[cfg(not(target_os = "linux"))]
pub fn usage(_id: u32) -> Option<Usage> {
    None
}

#[cfg(target_os = "linux")]
fn kibibytes(status: &str, label: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(label))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

/// Fields 14 and 15 of `stat`, in ticks. The name in field 2 may hold anything, also a closing bracket.
#[cfg(target_os = "linux")]
fn cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    let ticks = times.next()?.ok()? + times.next()?.ok()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn our_own_usage_is_plausible_and_a_dead_process_has_none() {
        let own = usage(std::process::id()).unwrap();
        assert!(own.resident_bytes > 100_000 && own.peak_bytes >= own.resident_bytes, "{own:?}");
        assert_eq!(usage(u32::MAX), None);
    }

    #[test]
    fn a_hostile_name_does_not_shift_the_fields() {
        let stat = "7 (a) b) c) S 1 7 7 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 1 0 1 1 1";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
    }
}
