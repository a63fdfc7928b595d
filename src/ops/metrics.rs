//! The counters of a studio in the text form that Prometheus reads.

use std::fmt::Write as _;

use super::studio::Studio;
use crate::connections::State;
use crate::journal::{LATENCY_BUCKETS, Metrics};
use crate::types::limits::METRIC_LABEL_CHARS;
use crate::types::{ToolId, neutralise_line};

impl Studio {
    /// All counters since the studio was opened. Never waits.
    pub fn metrics(&self) -> String {
        let (metrics, summary) = (self.board().metrics(), self.board().summary());
        let servers = self.servers().into_iter().map(|(name, state)| (name.to_string(), is_up(&state)));
        let mut page = Page::default();
        page.calls(&metrics);
        page.head("tokens_total", "counter", "Tokens of arguments (in) and results (out) of tool calls");
        for (direction, tokens) in [("in", summary.tokens_in), ("out", summary.tokens_out)] {
            page.line("tokens_total", &[("direction", direction), ("estimator", summary.estimator.word())], tokens);
        }
        page.head("calls_under_way", "gauge", "Tool calls that are not answered yet");
        page.line("calls_under_way", &[], summary.running);
        page.head("runs_total", "counter", "Scripts that have ended");
        page.line("runs_total", &[("outcome", "ok")], metrics.runs_ok);
        page.line("runs_total", &[("outcome", "failed")], metrics.runs_failed);
        page.head("server_up", "gauge", "Whether a configured server is connected");
        for (server, up) in servers {
            page.line("server_up", &[("server", &server)], u64::from(up));
        }
        let traces = self.telemetry();
        page.head("spans_total", "counter", "Spans by what became of them");
        for (fate, spans) in [("exported", traces.exported), ("dropped", traces.dropped), ("failed", traces.failed)] {
            page.line("spans_total", &[("fate", fate)], spans);
        }
        page.head("build_info", "gauge", "The version that runs");
        page.line("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        page.0
    }
}

fn is_up(state: &State) -> bool {
    match state {
        State::Ready(_) | State::Degraded(..) => true,
        State::Idle | State::Disabled | State::Connecting { .. } | State::Failed { .. } => false,
    }
}

/// The text under way.
#[derive(Default)]
struct Page(String);

impl Page {
    fn calls(&mut self, metrics: &Metrics) {
        self.head("calls_total", "counter", "Tool calls by how they ended");
        for (id, tool) in &metrics.tools {
            for (decision, count) in &tool.decisions {
                self.line("calls_total", &[("server", id.server.as_str()), ("tool", &id.tool), ("decision", decision)], *count);
            }
        }
        self.head("call_duration_seconds", "histogram", "Whole time of tool calls");
        for (id, tool) in &metrics.tools {
            for (bound, count) in LATENCY_BUCKETS.iter().zip(tool.buckets) {
                let bound = (*bound as f64 / 1_000.0).to_string();
                self.line("call_duration_seconds_bucket", &with(id, &[("le", &bound)]), count);
            }
            self.line("call_duration_seconds_bucket", &with(id, &[("le", "+Inf")]), tool.timed);
            self.line("call_duration_seconds_sum", &with(id, &[]), tool.time.as_secs_f64());
            self.line("call_duration_seconds_count", &with(id, &[]), tool.timed);
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP mcp_studio_{name} {help}\n# TYPE mcp_studio_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "mcp_studio_{name}{labels} {value}");
    }
}

fn with<'a>(id: &'a ToolId, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [("server", id.server.as_str()), ("tool", &*id.tool)].into_iter().chain(more.iter().copied()).collect()
}

/// A label's value: on one line, cut, quotes and backslashes escaped as the text form wants it.
fn escaped(value: &str) -> String {
    let short: String = value.chars().take(METRIC_LABEL_CHARS).collect();
    neutralise_line(&short).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_within_its_quotes() {
        let mut page = Page::default();
        page.line("x", &[("tool", "a\"} 1\nmcp_studio_y{z=\"\\")], 2);
        assert_eq!(page.0, "mcp_studio_x{tool=\"a\\\"} 1\u{240a}mcp_studio_y{z=\\\"\\\\\"} 2\n");
        assert_eq!(escaped(&"ä".repeat(1_000)).chars().count(), METRIC_LABEL_CHARS);
    }
}
