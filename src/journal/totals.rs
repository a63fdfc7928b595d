//! Totals of steps, with percentiles from a log-scaled histogram of fixed size.

use std::collections::VecDeque;
use std::time::Duration;

use super::ledger::Twofold;
use super::record::CallCounted;
use super::views::StepsSummary;
use crate::types::limits::RECENT_LATENCIES;
use crate::types::{Cost, Decision, StepRecord};

/// Buckets per power of two. With the middle of a bucket as its answer the error stays below 1/32, that is 3.2 %.
const BUCKETS_PER_OCTAVE: u64 = 16;
/// `log2` of [`BUCKETS_PER_OCTAVE`].
const OCTAVE_BITS: u32 = 4;

/// Running totals of a session's or a run's steps.
#[derive(Debug, Default)]
pub(super) struct Totals {
    begun: u64,
    running: u64,
    failed: u64,
    time: Duration,
    /// Of arguments and of results.
    tokens: Twofold<[u64; 2]>,
    /// In US dollars, as far as prices are known.
    cost: Twofold<Option<f64>>,
    latencies: Histogram,
    recent: VecDeque<Duration>,
}

impl Totals {
    pub(super) fn step_begun(&mut self) {
        self.begun += 1;
        self.running += 1;
    }

    pub(super) fn step_done(&mut self, record: &StepRecord) {
        let latency = record.latency.total();
        self.running = self.running.saturating_sub(1);
        self.failed += u64::from(!record.decision.is_good());
        // What was used again took no time and no tokens anew.
        if record.decision == Decision::Reused {
            return;
        }
        self.time = self.time.saturating_add(latency);
        self.tokens.estimate(|tokens| add(tokens, record.tokens_in, record.tokens_out));
        self.cost.estimate(|sum| add_cost(sum, record.cost.as_ref()));
        self.latencies.add(latency);
        if self.recent.len() == RECENT_LATENCIES {
            self.recent.pop_front();
        }
        self.recent.push_back(latency);
    }

    /// The tokens of a step were counted.
    pub(super) fn step_counted(&mut self, counted: &CallCounted) {
        let CallCounted { estimator, tokens, cost, .. } = counted;
        self.tokens.count(*estimator, |sums| add(sums, tokens.arguments, tokens.results));
        self.cost.count(*estimator, |sum| add_cost(sum, cost.as_ref()));
    }

    /// Steps begun.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    pub(super) fn summary(&self) -> StepsSummary {
        let (estimator, [tokens_in, tokens_out]) = self.tokens.best();
        StepsSummary {
            steps: self.begun,
            running: self.running,
            failed: self.failed,
            time: self.time,
            p50: self.latencies.percentile(50),
            p95: self.latencies.percentile(95),
            tokens_in: *tokens_in,
            tokens_out: *tokens_out,
            estimator,
            cost_usd: *self.cost.best().1,
            recent: self.recent.iter().copied().collect(),
        }
    }
}

fn add(sums: &mut [u64; 2], tokens_in: u64, tokens_out: u64) {
    *sums = [sums[0].saturating_add(tokens_in), sums[1].saturating_add(tokens_out)];
}

/// Adds a cost that is known.
fn add_cost(sum: &mut Option<f64>, cost: Option<&Cost>) {
    if let Some(cost) = cost {
        *sum = Some(sum.unwrap_or(0.0) + cost.usd);
    }
}

/// Counts by logarithm of the latency. Never larger than the 976 buckets that 64-bit nanoseconds have.
#[derive(Debug, Default)]
struct Histogram {
    counts: Vec<u64>,
    all: u64,
}

impl Histogram {
    fn add(&mut self, latency: Duration) {
        let bucket = bucket_of(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.all += 1;
    }

    /// The nearest-rank percentile; zero when nothing was counted.
    fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.all * percent).div_ceil(100).max(1);
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            below += count;
            if below >= rank {
                return Duration::from_nanos(middle_of(bucket as u64));
            }
        }
        Duration::ZERO
    }
}

/// Below [`BUCKETS_PER_OCTAVE`] each value has its bucket; above, the leading five bits name it.
fn bucket_of(nanoseconds: u64) -> usize {
    let bucket = match nanoseconds.checked_ilog2() {
        Some(octave) if octave >= OCTAVE_BITS => {
            let shift = octave - OCTAVE_BITS;
            u64::from(shift) * BUCKETS_PER_OCTAVE + (nanoseconds >> shift)
        }
        Some(_) | None => nanoseconds,
    };
    usize::try_from(bucket).unwrap_or(usize::MAX)
}

fn middle_of(bucket: u64) -> u64 {
    if bucket < BUCKETS_PER_OCTAVE {
        return bucket;
    }
    let shift = bucket / BUCKETS_PER_OCTAVE - 1;
    let low = (BUCKETS_PER_OCTAVE + bucket % BUCKETS_PER_OCTAVE) << shift;
    low + ((1 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_five_percent_over_the_whole_range() {
        let mut state = 1_u64;
        let mut all: Vec<u64> = (0..20_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 20) >> (state % 44)
            })
            .collect();
        let mut histogram = Histogram::default();
        for nanoseconds in &all {
            histogram.add(Duration::from_nanos(*nanoseconds));
        }
        all.sort_unstable();
        for percent in [1, 25, 50, 75, 95, 99, 100] {
            let exact = all[(all.len() * percent).div_ceil(100) - 1] as f64;
            let shown = histogram.percentile(percent as u64).as_nanos() as f64;
            assert!((shown - exact).abs() <= exact * 0.05, "p{percent}: {shown} instead of {exact}");
        }
    }

    #[test]
    fn the_ends_of_the_scale_have_buckets() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50), Duration::ZERO);
        for nanoseconds in [0, 1, 15, 16, 17, u64::MAX] {
            histogram.add(Duration::from_nanos(nanoseconds));
        }
        assert_eq!(histogram.percentile(1), Duration::ZERO);
        assert_eq!(histogram.counts.len(), 976);
        assert!((0..976).is_sorted_by_key(middle_of));
    }
}
