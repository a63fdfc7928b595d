//! Counters for a monitoring system: calls by tool and decision, latencies in fixed buckets, runs. Bounded however many tools
//! are called: what is beyond the bound is counted as one further tool.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::types::limits::METRIC_TOOLS;
use crate::types::{Decision, ServerName, StepRecord, ToolId};

/// Upper bounds of the latency buckets, milliseconds.
pub const LATENCY_BUCKETS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 2_500, 10_000, 60_000];
/// What tools beyond the bound are counted as.
const FURTHER: &str = "(further tools)";

/// All counters of a studio since it was opened.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Each tool, sorted by name.
    pub tools: BTreeMap<ToolId, ToolMetrics>,
    /// Scripts that ended with exit code 0.
    pub runs_ok: u64,
    /// Scripts that ended otherwise.
    pub runs_failed: u64,
}

/// The counters of one tool.
#[derive(Debug, Clone, Default)]
pub struct ToolMetrics {
    /// Calls by how they ended.
    pub decisions: BTreeMap<&'static str, u64>,
    /// Calls that took no longer than each bound of [`LATENCY_BUCKETS`], those of the bounds before included.
    pub buckets: [u64; LATENCY_BUCKETS.len()],
    /// All calls with a latency. Reused answers have none.
    pub timed: u64,
    /// The sum of those latencies.
    pub time: Duration,
}

impl Metrics {
    pub(super) fn call(&mut self, record: &StepRecord) {
        let id = if self.tools.contains_key(&record.tool) || self.tools.len() < METRIC_TOOLS {
            record.tool.clone()
        } else {
            further(&record.tool.server, &self.tools)
        };
        let tool = self.tools.entry(id).or_default();
        *tool.decisions.entry(record.decision.word()).or_default() += 1;
        if record.decision == Decision::Reused {
            return;
        }
        let latency = record.latency.total();
        for (count, bound) in tool.buckets.iter_mut().zip(LATENCY_BUCKETS) {
            *count += u64::from(latency <= Duration::from_millis(bound));
        }
        tool.timed += 1;
        tool.time = tool.time.saturating_add(latency);
    }

    pub(super) fn run_ended(&mut self, exit_code: i32) {
        let counter = if exit_code == 0 { &mut self.runs_ok } else { &mut self.runs_failed };
        *counter += 1;
    }
}

/// The line of the calls that have none of their own; of the server where that has one already.
fn further(server: &ServerName, tools: &BTreeMap<ToolId, ToolMetrics>) -> ToolId {
    let own = ToolId::new(server.clone(), FURTHER);
    if tools.contains_key(&own) || tools.len() < 2 * METRIC_TOOLS {
        return own;
    }
    tools.keys().find(|id| &*id.tool == FURTHER).cloned().unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Caller, Latency, StepNumber};

    fn record(tool: &str, milliseconds: u64) -> StepRecord {
        let tool = ToolId::new(ServerName::new("git").unwrap(), tool);
        let latency = Latency { server: Duration::from_millis(milliseconds), ..Latency::default() };
        StepRecord { decision: Decision::Ok, latency, ..StepRecord::begun(StepNumber(1), Caller::Form, tool) }
    }

    #[test]
    fn latencies_fall_into_their_buckets_and_those_above() {
        let mut metrics = Metrics::default();
        for milliseconds in [0, 5, 6, 100_000] {
            metrics.call(&record("log", milliseconds));
        }
        let tool = metrics.tools.values().next().unwrap();
        assert_eq!(tool.buckets, [1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
        assert_eq!((tool.timed, tool.time), (4, Duration::from_millis(100_011)));
    }

    #[test]
    fn names_without_end_take_bounded_memory() {
        let mut metrics = Metrics::default();
        for number in 0..METRIC_TOOLS + 10 {
            metrics.call(&record(&format!("tool {number}"), 1));
        }
        let further = ToolId::new(ServerName::new("git").unwrap(), FURTHER);
        assert_eq!((metrics.tools.len(), metrics.tools[&further].timed), (METRIC_TOOLS + 1, 10));
    }
}
