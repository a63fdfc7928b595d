//! What was measured, beside its baseline.

use std::time::Duration;

use serde::Serialize;

use super::sample::Sample;

/// One quantity, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What was measured.
    pub quantity: String,
    /// What the numbers count.
    pub unit: Unit,
    /// The median of times; else the rate.
    pub value: f64,
    /// The time below which 99 of 100 lie; absent for rates and for single times.
    pub p99: Option<f64>,
    /// How often it was measured.
    pub samples: usize,
    /// What it is compared with, measured in the same run.
    pub baseline: Baseline,
    /// `value` over the baseline's; absent where that is below what the clock can tell.
    pub ratio: Option<f64>,
}

/// What a quantity is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Baseline {
    /// What was measured.
    pub name: String,
    /// Its median or rate, in the unit of the figure.
    pub value: f64,
}

/// What the numbers of a figure count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Milliseconds: less is better.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Times a second: more is better.
    #[serde(rename = "1/s")]
    PerSecond,
}

impl Figure {
    /// A time beside another.
    pub fn time(quantity: impl Into<String>, sample: &Sample, baseline: (&str, &Sample)) -> Self {
        let single = (sample.count() > 1).then(|| milliseconds(sample.quantile(0.99)));
        let (name, other) = baseline;
        let values = (milliseconds(sample.median()), milliseconds(other.median()));
        Self::new(quantity.into(), Unit::Milliseconds, values, name).with(single, sample.count())
    }

    /// A rate (times a second, and how many times it was) beside another.
    pub fn rate(quantity: impl Into<String>, (rate, samples): (f64, usize), baseline: (&str, f64)) -> Self {
        Self::new(quantity.into(), Unit::PerSecond, (rate, baseline.1), baseline.0).with(None, samples)
    }

    fn new(quantity: String, unit: Unit, (value, other): (f64, f64), name: &str) -> Self {
        let baseline = Baseline { name: name.to_owned(), value: other };
        let ratio = Some(value / other).filter(|ratio| ratio.is_finite());
        Self { quantity, unit, value, p99: None, samples: 0, baseline, ratio }
    }

    fn with(self, p99: Option<f64>, samples: usize) -> Self {
        Self { p99, samples, ..self }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample(milliseconds: &[u64]) -> Sample {
        Sample::of(milliseconds.iter().map(|number| Duration::from_millis(*number)).collect()).unwrap()
    }

    #[test]
    fn a_figure_says_its_baseline_and_the_ratio() {
        let time = Figure::time("warm run", &sample(&[2, 4, 4]), ("cold run", &sample(&[16])));
        let expected = json!({"quantity": "warm run", "unit": "ms", "value": 4.0, "p99": 4.0, "samples": 3,
            "baseline": {"name": "cold run", "value": 16.0}, "ratio": 0.25});
        assert_eq!(serde_json::to_value(time).unwrap(), expected);
        let rate = Figure::rate("runs", (400.0, 80), ("cold runs", 40.0));
        let expected = json!({"quantity": "runs", "unit": "1/s", "value": 400.0, "p99": null, "samples": 80,
            "baseline": {"name": "cold runs", "value": 40.0}, "ratio": 10.0});
        assert_eq!(serde_json::to_value(rate).unwrap(), expected);
        assert_eq!(Figure::time("x", &sample(&[1]), ("y", &sample(&[0]))).ratio, None);
    }
}
