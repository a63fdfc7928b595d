//! What one run may use: how the kernel is told, and the words for a limit that was met.

use std::collections::BTreeMap;
use std::time::Duration;

use super::conclusion::seconds;
use super::message::Ended;
use super::sample::Sample;
use crate::config::LimitSettings;
use crate::types::limits::CPU_SLACK;

/// `EMFILE`, the same on all systems we run on.
const TOO_MANY_FILES: i32 = 24;
/// `EFBIG`, the same on all systems we run on.
const FILE_TOO_LARGE: i32 = 27;

/// One limit of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Memory,
    Processor,
    Processes,
    OpenFiles,
    FileBytes,
    OutputBytes,
    WrittenBytes,
    Files,
}

impl Limit {
    /// The limit that the end of a run is named after.
    pub(super) fn named(outcome: &str, limits: &LimitSettings) -> Option<Self> {
        [
            Self::Memory,
            Self::Processor,
            Self::Processes,
            Self::OpenFiles,
            Self::FileBytes,
            Self::OutputBytes,
            Self::WrittenBytes,
            Self::Files,
        ]
        .into_iter()
        .find(|limit| outcome.strip_prefix(&limit.words(limits)).is_some_and(|rest| rest.is_empty() || rest.starts_with(" (")))
    }

    /// As people are told that it was met.
    pub(super) fn words(self, limits: &LimitSettings) -> String {
        match self {
            Self::Memory => format!("memory limit of {}", size(limits.memory_bytes)),
            Self::Processor => format!("limit of {} of processor time", seconds(limits.cpu.unwrap_or_default())),
            Self::Processes => format!("limit of {} processes", limits.processes),
            Self::OpenFiles => format!("limit of {} open files", limits.open_files),
            Self::FileBytes => format!("limit of {} in one file", size(limits.file_bytes)),
            Self::OutputBytes => format!("output limit of {}", size(limits.output_bytes)),
            Self::WrittenBytes => format!("limit of {} in all files", size(limits.written_bytes)),
            Self::Files => format!("limit of {} new files", limits.files),
        }
    }
}

/// The resource limits of a script's process, by their names in Python's `resource` module. The kernel counts processor
/// time in whole seconds, and ends the process: it comes after us, who say why.
pub(super) fn resources(limits: &LimitSettings) -> BTreeMap<&'static str, u64> {
    let mut resources = BTreeMap::from([
        ("RLIMIT_CORE", 0),
        ("RLIMIT_DATA", limits.memory_bytes),
        ("RLIMIT_FSIZE", limits.file_bytes),
        ("RLIMIT_NOFILE", limits.open_files),
    ]);
    if let Some(time) = limits.cpu {
        resources.insert("RLIMIT_CPU", (time + CPU_SLACK).as_secs());
    }
    resources
}

/// The limit that a look at the run has found to be passed.
pub(super) fn passed(sample: &Sample, limits: &LimitSettings) -> Option<Limit> {
    let (memory, cpu) = sample.tree.usage.map_or((0, Duration::ZERO), |usage| (usage.resident_bytes, usage.cpu));
    [
        (memory > limits.memory_bytes, Limit::Memory),
        (limits.cpu.is_some_and(|most| cpu > most), Limit::Processor),
        (sample.tree.processes as u64 > limits.processes, Limit::Processes),
        (sample.written_bytes > limits.written_bytes, Limit::WrittenBytes),
        (sample.files > limits.files, Limit::Files),
    ]
    .into_iter()
    .find_map(|(passed, limit)| passed.then_some(limit))
}

/// The limit that ended a script by an exception it did not catch.
pub(super) fn met(ended: &Ended) -> Option<Limit> {
    let error = ended.error.as_ref()?;
    match (error.class.as_str(), ended.errno) {
        ("MemoryError", _) => Some(Limit::Memory),
        (_, Some(TOO_MANY_FILES)) => Some(Limit::OpenFiles),
        (_, Some(FILE_TOO_LARGE)) => Some(Limit::FileBytes),
        (_, Some(_) | None) => None,
    }
}

/// `128 MiB`, `1 KiB`, `1000 bytes`: the largest unit that divides it.
fn size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let fitting = units.into_iter().find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit));
    fitting.map_or_else(|| format!("{bytes} bytes"), |(name, unit)| format!("{} {name}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::process::{TreeUsage, Usage};

    #[test]
    fn a_limit_that_has_been_passed_is_named() {
        let limits = LimitSettings { cpu: Some(Duration::from_secs(2)), ..LimitSettings::default() };
        let usage = |resident_bytes, cpu| Some(Usage { resident_bytes, peak_bytes: resident_bytes, cpu });
        let tree = |usage, processes| Sample { tree: TreeUsage { usage, processes, written_bytes: 0 }, ..Sample::default() };
        for (sample, words) in [
            (tree(usage(limits.memory_bytes, Duration::from_secs(2)), 512), None),
            (tree(usage(limits.memory_bytes + 1, Duration::ZERO), 1), Some("memory limit of 8 GiB")),
            (tree(usage(0, Duration::from_millis(2_001)), 1), Some("limit of 2 s of processor time")),
            (tree(None, 513), Some("limit of 512 processes")),
            (Sample { files: limits.files, written_bytes: limits.written_bytes, ..Sample::default() }, None),
            (Sample { files: limits.files + 1, ..Sample::default() }, Some("limit of 100000 new files")),
            (Sample { written_bytes: limits.written_bytes + 1, ..Sample::default() }, Some("limit of 16 GiB in all files")),
        ] {
            assert_eq!(passed(&sample, &limits).map(|limit| limit.words(&limits)).as_deref(), words);
        }
    }

    #[test]
    fn sizes_have_the_largest_unit_that_divides_them() {
        for (bytes, words) in [(1 << 30, "1 GiB"), (1_536 << 20, "1536 MiB"), (2_048, "2 KiB"), (1_000, "1000 bytes")] {
            assert_eq!(size(bytes), words);
        }
    }
}
