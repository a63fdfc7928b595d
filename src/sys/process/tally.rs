//! What all processes with one mark use together, looked at again and again while they run.
//!
//! The kernel adds what a process used to the parent that waits for it. What is waited for by nobody of the run (a daemon's
//! share) would be lost with it: the last that was seen of such a process is kept.

use std::collections::HashMap;
use std::time::Duration;

use super::mark::Mark;
use super::usage::{self, Facts, Usage};

/// What was seen of a run's processes.
#[derive(Debug, Default)]
pub struct Tally {
    seen: HashMap<(u32, u64), Seen>,
    lost: Used,
    peak: u64,
}

/// What a run's processes use at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TreeUsage {
    /// Memory and processor time; none once all have ended.
    pub usage: Option<Usage>,
    /// Living processes.
    pub processes: usize,
    /// Bytes sent towards a disk so far.
    pub written_bytes: u64,
}

/// What only grows while a process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Used {
    cpu: Duration,
    written: u64,
}

/// A process as it was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    parent: u32,
    used: Used,
}

impl Tally {
    /// Looks at every process of the system for those with `mark`; blocking. Memory that processes share is counted once where
    /// the plain sum is above `exact_above` bytes: that takes a walk through it.
    pub fn look(&mut self, mark: Mark, exact_above: u64) -> TreeUsage {
        let ids = mark.members();
        let living: Vec<(u32, Facts)> = ids.into_iter().filter_map(|id| Some((id, usage::facts(id)?))).collect();
        let mut resident = living.iter().map(|(_, facts)| facts.resident).sum();
        if resident > exact_above && living.len() > 1 {
            resident = living.iter().map(|(id, _)| exactly(*id)).sum();
        }
        let seen = living.iter().map(|(id, facts)| {
            let used = Used { cpu: facts.cpu, written: usage::written(*id).unwrap_or_default() };
            ((*id, facts.started), Seen { parent: facts.parent, used })
        });
        let total = self.add_up(seen.collect());
        self.peak = self.peak.max(resident);
        let usage = Usage { resident_bytes: resident, peak_bytes: self.peak, cpu: total.cpu };
        TreeUsage { usage: (!living.is_empty()).then_some(usage), processes: living.len(), written_bytes: total.written }
    }

    /// What was used so far by those who live, `now`, and by those who have ended since the last look.
    fn add_up(&mut self, now: HashMap<(u32, u64), Seen>) -> Used {
        let ended = self.seen.iter().filter(|(key, _)| !now.contains_key(*key));
        // A parent of the run that still lives has waited for it, or will.
        let unwaited = ended.filter(|(_, seen)| !now.keys().any(|(id, _)| *id == seen.parent));
        self.lost = unwaited.fold(self.lost, |lost, (_, seen)| lost.plus(seen.used));
        self.seen = now;
        self.seen.values().fold(self.lost, |total, seen| total.plus(seen.used))
    }
}

impl Used {
    fn plus(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, written: self.written + other.written }
    }
}

/// Memory of one process with its part of what it shares. One that hides its map counts whole, one that has ended not at all.
fn exactly(id: u32) -> u64 {
    let whole = || usage::facts(id).map(|facts| facts.resident);
    usage::proportional(id).or_else(whole).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(entries: &[(u32, u32, u64)]) -> HashMap<(u32, u64), Seen> {
        let entry = |(id, parent, seconds): &(u32, u32, u64)| {
            let used = Used { cpu: Duration::from_secs(*seconds), written: *seconds };
            ((*id, 1), Seen { parent: *parent, used })
        };
        entries.iter().map(entry).collect()
    }

    #[test]
    fn what_a_process_used_is_counted_once_whoever_waits_for_it() {
        let mut tally = Tally::default();
        let mut seconds = |entries: &[(u32, u32, u64)]| tally.add_up(seen(entries)).written;
        assert_eq!(seconds(&[(10, 1, 2), (11, 10, 3), (12, 1, 4)]), 9);
        // 11 was waited for by 10, which has its time now; 12 was a daemon, whose time nobody has.
        assert_eq!(seconds(&[(10, 1, 5)]), 9);
        assert_eq!(seconds(&[(10, 1, 6)]), 10);
        assert_eq!(seconds(&[]), 10);
    }

    #[test]
    fn a_number_used_again_is_another_process() {
        let mut tally = Tally::default();
        tally.add_up(seen(&[(10, 1, 2)]));
        let again = [((10, 7), Seen { parent: 1, used: Used { cpu: Duration::ZERO, written: 1 } })].into();
        assert_eq!(tally.add_up(again).written, 3);
    }
}
