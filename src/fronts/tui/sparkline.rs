//! Latencies, or other values, as a row of small bars.

use std::time::Duration;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The latest `width` latencies, each as a bar; the tallest is the slowest of those shown.
pub(super) fn sparkline(latencies: &[Duration], width: usize) -> String {
    let shown = &latencies[latencies.len().saturating_sub(width)..];
    bars(&shown.iter().map(Duration::as_secs_f64).collect::<Vec<f64>>())
}

/// Values as bars; the tallest is the greatest.
pub(super) fn bars(values: &[f64]) -> String {
    let greatest = values.iter().copied().fold(0.0, f64::max);
    values.iter().map(|value| BARS[height(*value, greatest)]).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a ratio between 0 and 1 times 7")]
fn height(value: f64, slowest: f64) -> usize {
    if slowest > 0.0 { ((value / slowest).clamp(0.0, 1.0) * 7.0).round() as usize } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_relative_to_the_slowest_shown() {
        let latencies: Vec<Duration> = [900, 10, 20, 40].into_iter().map(Duration::from_millis).collect();
        assert_eq!(sparkline(&latencies, 3), "▃▅█");
        assert_eq!(sparkline(&latencies, 9), "█▁▁▁");
        assert_eq!(sparkline(&[Duration::ZERO], 3), "▁");
        assert_eq!(sparkline(&[], 3), "");
    }
}
