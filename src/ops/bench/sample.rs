//! Timing one thing again and again, or two by turns.

use std::time::{Duration, Instant};

use crate::types::Failure;
use crate::types::limits::{BENCH_FEWEST, BENCH_MOST};

/// Durations of one quantity, sorted; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample(Vec<Duration>);

impl Sample {
    /// Of `durations` in any order; none where there are none.
    pub fn of(mut durations: Vec<Duration>) -> Option<Self> {
        durations.sort_unstable();
        (!durations.is_empty()).then_some(Self(durations))
    }

    /// The duration below which `share` (0 to 1) of the sample lies.
    pub fn quantile(&self, share: f64) -> Duration {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into the list")]
        let index = ((self.0.len() - 1) as f64 * share.clamp(0.0, 1.0)).round() as usize;
        self.0[index]
    }

    /// The middle one.
    pub fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    /// How many durations there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many follow each other in a second.
    pub fn per_second(&self) -> f64 {
        self.count() as f64 / self.0.iter().sum::<Duration>().as_secs_f64()
    }
}

/// How long one quantity is measured.
#[derive(Debug, Clone, Copy)]
pub struct Turns {
    /// No turn begins later, once there were enough.
    span: Duration,
    fewest: usize,
    most: usize,
}

impl Turns {
    /// For about `span`: a few turns are made however long they take.
    pub fn during(span: Duration) -> Self {
        Self { span, fewest: BENCH_FEWEST, most: BENCH_MOST }
    }

    /// This many, however long it takes.
    pub fn counted(count: usize) -> Self {
        Self { span: Duration::ZERO, fewest: count.max(1), most: count.max(1) }
    }

    /// The same, with `most` turns at the most.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most: self.most.min(most), ..self }
    }

    /// Times `turn` as it says itself. Its first time is not counted: it fills caches.
    pub async fn each(self, mut turn: impl AsyncFnMut() -> Result<Duration, Failure>) -> Result<Sample, Failure> {
        let Self { span, fewest, most } = self;
        turn().await?;
        let (began, mut durations) = (Instant::now(), Vec::new());
        while durations.len() < fewest || (durations.len() < most && began.elapsed() < span) {
            durations.push(turn().await?);
            // Whoever wants to end the measuring is heard also where a turn waits for nothing.
            tokio::task::yield_now().await;
        }
        durations.sort_unstable();
        Ok(Sample(durations))
    }

    /// Two things by turns, so that both meet the same machine.
    pub async fn of_both(
        self,
        mut first: impl AsyncFnMut() -> Result<Duration, Failure>,
        mut second: impl AsyncFnMut() -> Result<Duration, Failure>,
    ) -> Result<[Sample; 2], Failure> {
        let mut others = Vec::new();
        let sample = self
            .each(async || {
                let duration = first().await?;
                others.push(second().await?);
                Ok(duration)
            })
            .await?;
        // The first of both was for warming up.
        others.remove(0);
        others.sort_unstable();
        Ok([sample, Sample(others)])
    }
}

/// A duration with a unit that suits it.
pub fn duration_words(duration: Duration) -> String {
    match duration.as_nanos() {
        0..10_000 => format!("{} ns", duration.as_nanos()),
        10_000..1_000_000 => format!("{:.1} us", duration.as_secs_f64() * 1e6),
        1_000_000..10_000_000 => format!("{:.2} ms", duration.as_secs_f64() * 1e3),
        _ => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(numbers: &[u64]) -> Vec<Duration> {
        numbers.iter().map(|number| Duration::from_millis(*number)).collect()
    }

    #[test]
    fn quantiles_are_of_the_sorted_list() {
        let sample = Sample::of(milliseconds(&[3, 1, 2, 100])).unwrap();
        assert_eq!(sample.quantile(0.0), Duration::from_millis(1));
        assert_eq!(sample.median(), Duration::from_millis(3));
        assert_eq!(sample.quantile(0.99), Duration::from_millis(100));
        assert_eq!(Sample::of(Vec::new()), None);
        assert_eq!(Sample::of(milliseconds(&[250, 250])).unwrap().per_second().to_string(), "4");
    }

    #[tokio::test]
    async fn the_first_turn_is_not_counted_and_enough_are_made() {
        let mut turn = 0;
        let sample = Turns::counted(3).each(async || {
            turn += 1;
            Ok(Duration::from_millis(turn))
        });
        assert_eq!(sample.await.unwrap(), Sample::of(milliseconds(&[2, 3, 4])).unwrap());
        let mut turn = 0;
        let sample = Turns::during(Duration::ZERO).each(async || {
            turn += 1;
            Ok(Duration::from_millis(turn))
        });
        assert_eq!(sample.await.unwrap().count(), BENCH_FEWEST);
    }

    #[tokio::test]
    async fn two_things_take_turns() {
        let log = std::cell::RefCell::new(String::new());
        let turn = |name: char| {
            log.borrow_mut().push(name);
            Ok(Duration::from_millis(u64::try_from(log.borrow().len()).unwrap()))
        };
        let both = Turns::counted(2).of_both(async || turn('a'), async || turn('b')).await.unwrap();
        assert_eq!(log.borrow().as_str(), "ababab");
        assert_eq!(both, [Sample::of(milliseconds(&[3, 5])).unwrap(), Sample::of(milliseconds(&[4, 6])).unwrap()]);
    }

    #[test]
    fn durations_have_a_unit_that_suits_them() {
        let words = |nanoseconds| duration_words(Duration::from_nanos(nanoseconds));
        assert_eq!([9_999, 10_000, 1_234_567, 12_345_678].map(words), ["9999 ns", "10.0 us", "1.23 ms", "12.3 ms"]);
    }
}
