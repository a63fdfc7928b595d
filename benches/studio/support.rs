//! Timing and printing shared by the benchmarks: medians, and ratios against a baseline of the same run.

use std::time::Duration;

/// Durations of one quantity, sorted.
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    /// The duration below which `share` (0 to 1) of the sample lies.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let last = self.0.len() - 1;
        self.0[((last as f64) * share).round() as usize]
    }

    /// The middle one.
    pub(crate) fn median(&self) -> Duration {
        self.quantile(0.5)
    }
}

impl From<Vec<Duration>> for Sample {
    fn from(mut durations: Vec<Duration>) -> Self {
        assert!(!durations.is_empty(), "a sample has at least one duration");
        durations.sort();
        Self(durations)
    }
}

/// `usual`, or as often as `RUNS` says: fewer for a try.
pub(crate) fn times(usual: usize) -> usize {
    std::env::var("RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Prints the head of a table.
pub(crate) fn head(title: &str, baseline: &str) {
    println!("\n{title}\nbaseline: {baseline}\n{:<44} {:>12} {:>12} {:>12}", "quantity", "median", "p99", "x baseline");
}

/// Prints one row of it.
pub(crate) fn row(name: &str, sample: &Sample, baseline: &Sample) {
    let ratio = sample.median().as_secs_f64() / baseline.median().as_secs_f64();
    println!("{name:<44} {:>12} {:>12} {ratio:>12.2}", text(sample.median()), text(sample.quantile(0.99)));
}

/// A duration with a unit that suits it.
pub(crate) fn text(duration: Duration) -> String {
    match duration.as_nanos() {
        0..10_000 => format!("{} ns", duration.as_nanos()),
        10_000..10_000_000 => format!("{:.1} us", duration.as_secs_f64() * 1e6),
        _ => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
    }
}
