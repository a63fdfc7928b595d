//! The context ledger: what scripts kept out of an agent's context, and what they put there. Its assumptions are in docs/ledger.md.
//!
//! It is folded from recorded facts alone, so that screen, command line and reports show the same figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::types::limits::LEDGER_TOOLS;
use crate::types::{Decision, Estimator, StepRecord, ToolId};

/// What a run puts into a context beside its calls, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunTokens {
    /// Definitions of all tools that were known.
    pub offered: u64,
    /// The script.
    pub script: u64,
    /// What it printed and logged.
    pub printed: u64,
}

/// What a call puts into a context, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallTokens {
    /// The definition of its tool.
    pub definition: u64,
    /// Its arguments.
    pub arguments: u64,
    /// Its result.
    pub results: u64,
}

impl CallTokens {
    /// Those of a record.
    pub fn of(record: &StepRecord) -> Self {
        Self { definition: record.tokens_definition, arguments: record.tokens_in, results: record.tokens_out }
    }
}

/// The same work done in two ways, in tokens of an agent's context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContextLedger {
    /// How tokens are counted.
    pub estimator: &'static str,
    /// An agent that calls the tools itself.
    pub direct: DirectContext,
    /// An agent that writes the scripts and reads what they print.
    pub scripted: ScriptedContext,
    /// How much less the second is, in percent of the first; below 0 where it is more.
    pub saved_percent: f64,
    /// Each tool that scripts called, sorted by name.
    pub tools: Vec<ToolContext>,
}

/// What calling tools directly puts into a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DirectContext {
    /// Definitions of all known tools, loaded once.
    pub definitions: u64,
    /// Arguments of all calls, written by the agent.
    pub arguments: u64,
    /// Results of all calls, read by it.
    pub results: u64,
    /// Their sum.
    pub total: u64,
}

/// What scripts put into a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ScriptedContext {
    /// Whole definitions of the tools they called, as if the agent had read each once.
    pub definitions: u64,
    /// The scripts, written by the agent.
    pub script: u64,
    /// What they printed and logged, all read by the agent.
    pub printed: u64,
    /// Their sum.
    pub total: u64,
}

/// What one tool has in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolContext {
    /// `server__tool`.
    pub tool: ToolId,
    /// Calls of it, reused answers included.
    pub calls: u64,
    /// Its definition.
    pub definition: u64,
    /// Arguments of all its calls.
    pub arguments: u64,
    /// Results of all its calls.
    pub results: u64,
}

/// Both totals at one glance, cheap enough for each frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ContextFigures {
    /// How tokens are counted.
    pub estimator: Estimator,
    /// What calling the tools directly puts into a context.
    pub direct: DirectContext,
    /// What the scripts put there.
    pub scripted: ScriptedContext,
}

impl ContextFigures {
    /// How much less scripts need, in percent with one decimal; 0 where there is nothing to compare.
    pub fn saved_percent(&self) -> f64 {
        if self.direct.total == 0 {
            return 0.0;
        }
        ((1.0 - self.scripted.total as f64 / self.direct.total as f64) * 1_000.0).round() / 10.0
    }
}

/// A sum whose parts are estimated at once and may be counted later. What is shown is in one measure throughout.
#[derive(Debug, Clone, Default)]
pub(super) struct Twofold<T> {
    estimated: T,
    counted: T,
    estimator: Estimator,
    /// Parts that are not counted yet.
    waiting: u64,
}

impl<T> Twofold<T> {
    /// Adds a part as it is estimated.
    pub(super) fn estimate(&mut self, add: impl FnOnce(&mut T)) {
        self.waiting += 1;
        add(&mut self.estimated);
    }

    /// Changes the estimate of a part that was added before.
    fn revise(&mut self, change: impl FnOnce(&mut T)) {
        change(&mut self.estimated);
    }

    /// Adds a part as it was counted, after it was estimated.
    pub(super) fn count(&mut self, estimator: Estimator, add: impl FnOnce(&mut T)) {
        self.waiting = self.waiting.saturating_sub(1);
        self.estimator = estimator;
        add(&mut self.counted);
    }

    /// The count where every part was counted, else the estimate.
    pub(super) fn best(&self) -> (Estimator, &T) {
        if self.waiting == 0 && self.estimator != Estimator::Bytes {
            (self.estimator, &self.counted)
        } else {
            (Estimator::Bytes, &self.estimated)
        }
    }
}

/// The ledger of a session, or of a run.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Twofold<Sums>);

#[derive(Debug, Clone, Default)]
struct Sums {
    runs: RunTokens,
    calls: CallTokens,
    tools: BTreeMap<ToolId, ToolContext>,
}

impl Ledger {
    /// A run begins, with what is known of it so far.
    pub fn run_begun(&mut self, tokens: RunTokens) {
        self.0.estimate(|sums| sums.grow(RunTokens::default(), tokens));
    }

    /// More is known of a run that has begun.
    pub fn run_grew(&mut self, before: RunTokens, after: RunTokens) {
        self.0.revise(|sums| sums.grow(before, after));
    }

    /// A run was counted.
    pub fn run_counted(&mut self, estimator: Estimator, tokens: RunTokens) {
        self.0.count(estimator, |sums| sums.grow(RunTokens::default(), tokens));
    }

    /// A script's call is over.
    pub fn call(&mut self, record: &StepRecord) {
        if record.decision == Decision::Reused {
            // It brought nothing new into either context.
            self.0.revise(|sums| sums.tool(&record.tool, CallTokens::default()));
            return;
        }
        self.0.estimate(|sums| sums.tool(&record.tool, CallTokens::of(record)));
    }

    /// A script's call was counted.
    pub fn call_counted(&mut self, estimator: Estimator, tool: &ToolId, tokens: CallTokens) {
        self.0.count(estimator, |sums| sums.tool(tool, tokens));
    }

    /// Both totals; none before a script has called a tool.
    pub fn figures(&self) -> Option<ContextFigures> {
        let (estimator, sums) = self.0.best();
        if sums.tools.is_empty() {
            return None;
        }
        let RunTokens { offered, script, printed } = sums.runs;
        let CallTokens { definition, arguments, results } = sums.calls;
        let sum = |parts: [u64; 3]| parts.into_iter().fold(0, u64::saturating_add);
        let direct = DirectContext { definitions: offered, arguments, results, total: sum([offered, arguments, results]) };
        let scripted = ScriptedContext { definitions: definition, script, printed, total: sum([definition, script, printed]) };
        Some(ContextFigures { estimator, direct, scripted })
    }

    /// The whole ledger; none before a script has called a tool.
    pub fn whole(&self) -> Option<ContextLedger> {
        let figures = self.figures()?;
        let estimated = &self.0.estimated.tools;
        let (_, sums) = self.0.best();
        let tools = sums.tools.values().map(|tool| {
            let calls = estimated.get(&tool.tool).map_or(tool.calls, |estimated| estimated.calls);
            ToolContext { calls, ..tool.clone() }
        });
        Some(ContextLedger {
            estimator: figures.estimator.word(),
            direct: figures.direct,
            scripted: figures.scripted,
            saved_percent: figures.saved_percent(),
            tools: tools.collect(),
        })
    }
}

impl Sums {
    /// Adds what a run has more than before. Definitions are loaded once, however many runs there are.
    fn grow(&mut self, before: RunTokens, after: RunTokens) {
        self.runs.offered = self.runs.offered.max(after.offered);
        self.runs.script = self.runs.script.saturating_add(after.script.saturating_sub(before.script));
        self.runs.printed = self.runs.printed.saturating_add(after.printed.saturating_sub(before.printed));
    }

    /// Adds a call. The definition of a tool counts once.
    fn tool(&mut self, id: &ToolId, tokens: CallTokens) {
        self.calls.arguments = self.calls.arguments.saturating_add(tokens.arguments);
        self.calls.results = self.calls.results.saturating_add(tokens.results);
        if !self.tools.contains_key(id) && self.tools.len() >= LEDGER_TOOLS {
            return;
        }
        let tool = self.tools.entry(id.clone()).or_insert_with(|| ToolContext {
            tool: id.clone(),
            calls: 0,
            definition: 0,
            arguments: 0,
            results: 0,
        });
        tool.calls += 1;
        if tool.definition == 0 {
            tool.definition = tokens.definition;
            self.calls.definition = self.calls.definition.saturating_add(tokens.definition);
        }
        tool.arguments = tool.arguments.saturating_add(tokens.arguments);
        tool.results = tool.results.saturating_add(tokens.results);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Caller, RunId, ServerName, StepNumber};

    fn call(tool: &str, decision: Decision) -> StepRecord {
        let tool = ToolId::new(ServerName::new("git").unwrap(), tool);
        StepRecord {
            decision,
            tokens_in: 10,
            tokens_out: 300,
            tokens_definition: 100,
            ..StepRecord::begun(StepNumber(1), Caller::Script(RunId(1)), tool)
        }
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        let begun = RunTokens { offered: 9_000, script: 80, printed: 0 };
        ledger.run_begun(begun);
        for (tool, decision) in
            [("log", Decision::Ok), ("log", Decision::Error), ("log", Decision::Reused), ("diff", Decision::Ok)]
        {
            ledger.call(&call(tool, decision));
        }
        ledger.run_grew(begun, RunTokens { offered: 9_070, printed: 20, ..begun });
        ledger
    }

    #[test]
    fn both_ways_are_summed_and_compared() {
        let tool = |tool, calls, made: u64| ToolContext {
            tool: ToolId::new(ServerName::new("git").unwrap(), tool),
            calls,
            definition: 100,
            arguments: 10 * made,
            results: 300 * made,
        };
        let expected = ContextLedger {
            estimator: "bytes/4",
            direct: DirectContext { definitions: 9_070, arguments: 30, results: 900, total: 10_000 },
            scripted: ScriptedContext { definitions: 200, script: 80, printed: 20, total: 300 },
            saved_percent: 97.0,
            tools: vec![tool("diff", 1, 1), tool("log", 3, 2)],
        };
        assert_eq!(ledger().whole(), Some(expected));
    }

    #[test]
    fn counts_replace_estimates_when_all_are_there_and_not_before() {
        let mut ledger = ledger();
        let estimated = ledger.whole();
        let tool = |name| call(name, Decision::Ok).tool;
        let counted = CallTokens { definition: 50, arguments: 5, results: 150 };
        ledger.call_counted(Estimator::O200kBase, &tool("log"), counted);
        ledger.call_counted(Estimator::O200kBase, &tool("log"), counted);
        ledger.run_counted(Estimator::O200kBase, RunTokens { offered: 4_535, script: 40, printed: 10 });
        assert_eq!(ledger.whole(), estimated);
        ledger.call_counted(Estimator::O200kBase, &tool("diff"), counted);
        let whole = ledger.whole().unwrap();
        assert_eq!((whole.estimator, whole.direct.total, whole.scripted.total), ("o200k_base", 5_000, 150));
        let calls: Vec<(u64, u64)> = whole.tools.iter().map(|tool| (tool.calls, tool.results)).collect();
        assert_eq!(calls, [(1, 150), (3, 300)]);
    }

    #[test]
    fn a_script_that_costs_more_says_so_and_nothing_compares_with_nothing() {
        let mut ledger = Ledger::default();
        ledger.run_begun(RunTokens { offered: 100, script: 130, printed: 20 });
        assert_eq!(ledger.whole(), None);
        ledger.call(&StepRecord { tokens_in: 0, tokens_out: 0, tokens_definition: 0, ..call("log", Decision::Ok) });
        assert!((ledger.figures().unwrap().saved_percent() - -50.0).abs() < f64::EPSILON);
        assert!(ContextFigures::default().saved_percent().abs() < f64::EPSILON);
    }
}
