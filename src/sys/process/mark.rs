//! What tells our processes from all others.
//!
//! Linux gives every process a limit on file locks (`RLIMIT_LOCKS`) that has had no effect since 2.4.25. Children inherit
//! it through fork, exec, `setsid`, a cleared environment and the death of their parents, and anyone with the same user id
//! can read it. Its soft value is our mark: neither parent links nor sessions nor environment variables are as tough.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::members;

/// Bits of the number that tell the parts of one tree apart.
const PART_BITS: u32 = 12;
/// Bits of the number that tell the trees of one core apart.
const TREE_BITS: u32 = 20;

/// This very process among all that run mcp-studio: 31 random bits, so that no mark means "unlimited".
static CORE: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()) >> 33);
/// Counts trees, as the kernel counts processes.
static TREES: AtomicU64 = AtomicU64::new(0);
/// Counts parts.
static PARTS: AtomicU64 = AtomicU64::new(1);

/// The mark of a tree of processes, or of a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark(u64);

impl Mark {
    /// The mark of a new tree of this process.
    pub(super) fn fresh() -> Self {
        let tree = TREES.fetch_add(1, Ordering::Relaxed) & ((1 << TREE_BITS) - 1);
        Self((((*CORE) << TREE_BITS) | tree) << PART_BITS)
    }

    /// The mark of a new part of this tree: ending the tree ends its parts too, ending the part leaves the rest.
    /// A Python child takes it by `resource.setrlimit(10, (number, resource.RLIM_INFINITY))`: see [`Mark::limit`].
    #[must_use]
    pub fn part(self) -> Self {
        let part = PARTS.fetch_add(1, Ordering::Relaxed) % ((1 << PART_BITS) - 1) + 1;
        Self((self.0 >> PART_BITS << PART_BITS) | part)
    }

    /// The soft `RLIMIT_LOCKS` (resource number 10 on Linux) of a process with this mark. The hard limit stays as it is.
    pub fn limit(self) -> u64 {
        self.0
    }

    /// Asks every process with this mark to end, and after `grace` ends them. Returns when none is left.
    pub async fn end(self, grace: Duration) {
        members::end(members::Owner::Part(self), grace).await;
    }

    /// The living processes with this mark. Looks at every process of the system; blocking.
    pub(super) fn members(self) -> Vec<u32> {
        members::list(members::Owner::Part(self))
    }

    /// Whether a process with the soft limit `limit` is of this tree, whichever part.
    #[cfg(any(target_os = "linux", test))]
    pub(super) fn covers(self, limit: u64) -> bool {
        self.0 >> PART_BITS == limit >> PART_BITS
    }
}

/// The number of this process in all of its marks.
pub(in crate::sys) fn core_number() -> u64 {
    *CORE
}

/// Whether `limit` is a mark that the core `number` gave.
#[cfg(any(target_os = "linux", test))]
pub(super) fn given_by(number: u64, limit: u64) -> bool {
    limit >> (PART_BITS + TREE_BITS) == number
}

/// Marks the calling process; for use between fork and exec. Where the kernel refuses, sessions alone identify a tree.
#[cfg(target_os = "linux")]
pub(super) fn take(mark: Mark) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Locks);
    limit.current = Some(mark.0);
    let _ = setrlimit(Resource::Locks, limit);
}

/// Other systems have no such limit: sessions alone identify a tree.
#[cfg(not(target_os = "linux"))]
pub(super) fn take(_mark: Mark) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_nest_core_tree_part() {
        let (tree, other) = (Mark::fresh(), Mark::fresh());
        let part = tree.part();
        assert_ne!(tree, other);
        assert_ne!(part, tree.part());
        assert!(tree.covers(part.limit()) && tree.covers(tree.limit()));
        assert!(!other.covers(part.limit()));
        for mark in [tree, other, part] {
            assert!(given_by(core_number(), mark.limit()));
            assert_eq!(mark.limit() >> 63, 0);
        }
        assert!(!given_by(core_number() ^ 1, tree.limit()));
        assert!(!given_by(core_number(), u64::MAX));
    }
}
