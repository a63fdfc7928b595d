//! Sums over steps, and how each tool was used.

use std::collections::BTreeMap;

use super::model::{Latencies, Step, ToolUse, Totals};
use crate::types::Decision;

impl Totals {
    /// Adds a step.
    pub(super) fn add(&mut self, step: &Step) {
        self.steps += 1;
        self.violations += step.violations.len() as u64;
        let Some(decision) = step.decision else {
            return;
        };
        self.calls += 1;
        match decision {
            Decision::Ok => self.ok += 1,
            Decision::Reused => self.reused += 1,
            Decision::DryRun => self.dry_run += 1,
            Decision::DeniedSchema | Decision::DeniedPolicy | Decision::DeniedGuardrail | Decision::DeniedUser => {
                self.denied += 1;
            }
            Decision::Cancelled | Decision::Timeout | Decision::Error => self.failed += 1,
        }
        if decision != Decision::Reused {
            self.add_measures(step);
        }
    }

    fn add_measures(&mut self, step: &Step) {
        self.bytes_in = self.bytes_in.saturating_add(step.bytes_in);
        self.bytes_out = self.bytes_out.saturating_add(step.bytes_out);
        self.tokens_in = self.tokens_in.saturating_add(step.tokens_in);
        self.tokens_out = self.tokens_out.saturating_add(step.tokens_out);
        self.token_estimator = match self.token_estimator {
            "" => step.token_estimator,
            same if same == step.token_estimator => same,
            _ => "mixed",
        };
        if let Some(latency) = step.latency_ms {
            let sums = &mut self.latency_ms;
            sums.total += latency.total;
            sums.queue += latency.queue;
            sums.guard += latency.guard;
            sums.server += latency.server;
            sums.decode += latency.decode;
        }
        if let Some(cost) = &step.cost {
            *self.cost_usd.get_or_insert(0.0) += cost.usd;
        }
    }

    /// Rounds what adding up has blurred.
    pub(super) fn settle(&mut self) {
        let Latencies { total, queue, guard, server, decode } = &mut self.latency_ms;
        for sum in [total, queue, guard, server, decode] {
            *sum = (*sum * 1_000.0).round() / 1_000.0;
        }
    }
}

/// The tools that were called, sorted by name.
pub(super) fn used(steps: &[Step]) -> Vec<ToolUse> {
    let mut tools: BTreeMap<String, (ToolUse, Vec<f64>)> = BTreeMap::new();
    for step in steps {
        let Some(decision) = step.decision else {
            continue;
        };
        let (tool, times) = tools.entry(step.tool()).or_insert_with_key(|name| (unused(name), Vec::new()));
        tool.calls += 1;
        tool.not_ok += u64::from(!decision.is_good());
        if decision != Decision::Reused {
            tool.bytes_out = tool.bytes_out.saturating_add(step.bytes_out);
            tool.tokens_in = tool.tokens_in.saturating_add(step.tokens_in);
            tool.tokens_out = tool.tokens_out.saturating_add(step.tokens_out);
            times.extend(step.latency_ms.map(|latency| latency.total));
        }
    }
    tools.into_values().map(|(tool, times)| with_percentiles(tool, times)).collect()
}

fn unused(name: &str) -> ToolUse {
    let (p50_ms, p95_ms, p99_ms, max_ms) = (0.0, 0.0, 0.0, 0.0);
    let (calls, not_ok, bytes_out, tokens_in, tokens_out) = (0, 0, 0, 0, 0);
    ToolUse { tool: name.to_owned(), calls, not_ok, bytes_out, tokens_in, tokens_out, p50_ms, p95_ms, p99_ms, max_ms }
}

fn with_percentiles(tool: ToolUse, mut times: Vec<f64>) -> ToolUse {
    times.sort_by(f64::total_cmp);
    let at = |percent| percentile(&times, percent);
    ToolUse { p50_ms: at(50), p95_ms: at(95), p99_ms: at(99), max_ms: at(100), ..tool }
}

/// The least of the sorted times that `percent` of 100 do not exceed.
fn percentile(times: &[f64], percent: usize) -> f64 {
    let place = (times.len() * percent).div_ceil(100);
    times.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_occurred() {
        let times: Vec<f64> = (1..=200).map(f64::from).collect();
        let shown = |times: &[f64], percent| percentile(times, percent).to_string();
        assert_eq!([50, 95, 99, 100].map(|percent| shown(&times, percent)), ["100", "190", "198", "200"]);
        assert_eq!([50, 100].map(|percent| shown(&[7.0], percent)), ["7", "7"]);
        assert_eq!(shown(&[], 50), "0");
    }
}
