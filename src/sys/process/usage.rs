//! What one process uses, as Linux tells it below `/proc`.

use std::time::Duration;

/// `USER_HZ`: what Linux counts processor time in, the same on every architecture that Rust supports.
const TICKS_PER_SECOND: u64 = 100;

/// What a run's processes use together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Memory that is resident now, bytes.
    pub resident_bytes: u64,
    /// The most that has been resident when somebody looked, bytes.
    pub peak_bytes: u64,
    /// Processor time so far, user and system, that of processes which have ended included.
    pub cpu: Duration,
}

/// What one process is and uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    /// Who started it, or has inherited it.
    pub(super) parent: u32,
    /// When it was started, in ticks since the machine was; with its number, what it is known by.
    pub(super) started: u64,
    /// Its processor time and that of the children it has waited for.
    pub(super) cpu: Duration,
    /// Its resident memory, bytes; what it shares with others counts whole.
    pub(super) resident: u64,
}

/// The facts of the process `id`; none if it has ended.
pub(super) fn facts(id: u32) -> Option<Facts> {
    parse(&std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?, page_bytes())
}

/// Resident memory of the process `id` where what it shares is divided among those who share it. Costs a walk through its memory.
pub(super) fn proportional(id: u32) -> Option<u64> {
    kibibytes(&std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?, "Pss:")
}

/// Bytes that the process `id` and the children it has waited for have sent towards a disk.
pub(super) fn written(id: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/io")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("write_bytes:"))?.trim().parse().ok()
}

#[expect(unsafe_code, reason = "rustix tells it only with a feature that nothing else needs")]
fn page_bytes() -> u64 {
    // SAFETY: asks for a number.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4_096)
}

fn kibibytes(text: &str, label: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

/// Fields of `stat`, counted after the name in field 2, which may hold anything, also a closing bracket.
fn parse(stat: &str, page: u64) -> Option<Facts> {
    const PARENT: usize = 1;
    const TIMES: std::ops::Range<usize> = 11..15;
    const STARTED: usize = 19;
    const RESIDENT: usize = 21;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let ticks: u64 = TIMES.map(number).sum::<Option<u64>>()?;
    Some(Facts {
        parent: fields.get(PARENT)?.parse().ok()?,
        started: number(STARTED)?,
        cpu: Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND),
        resident: number(RESIDENT)? * page,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_shift_the_fields() {
        let stat = "7 (a) b) c) S 1 7 7 0 -1 4194304 1 0 0 0 150 50 20 5 20 0 1 0 99 4096 3 1";
        let facts = Facts { parent: 1, started: 99, cpu: Duration::from_millis(2_250), resident: 3 * 4096 };
        assert_eq!(parse(stat, 4096), Some(facts));
        assert_eq!(parse("7 (a", 4096), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_facts_are_plausible_and_a_dead_process_has_none() {
        let id = std::process::id();
        let own = facts(id).unwrap();
        assert!(own.resident > 100_000 && own.parent > 0, "{own:?}");
        assert!(proportional(id).unwrap() <= own.resident * 2 && written(id).is_some());
        assert_eq!(facts(u32::MAX), None);
    }
}
