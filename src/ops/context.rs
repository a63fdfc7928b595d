//! The context ledger: what a run kept out of an agent's context, and what it put there. Its assumptions are in docs/ledger.md.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::studio::Studio;
use crate::types::{RunId, TOKEN_ESTIMATOR, ToolId, estimate_tokens};

/// What the ledger is made of, in estimated tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContextFigures {
    /// Definitions of all known tools.
    pub offered: u64,
    /// Definitions of the tools that were called.
    pub used: u64,
    /// Arguments of all calls.
    pub arguments: u64,
    /// Results of all calls.
    pub results: u64,
    /// The script.
    pub script: u64,
    /// What the script printed and logged.
    pub printed: u64,
}

/// The same work done in two ways, in estimated tokens of an agent's context.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ContextLedger {
    /// How tokens are counted.
    pub estimator: &'static str,
    /// An agent that calls the tools itself.
    pub direct: DirectContext,
    /// An agent that writes the script and reads what it prints.
    pub scripted: ScriptedContext,
    /// How much less the second is, in percent of the first; below 0 where it is more.
    pub saved_percent: f64,
}

/// What calling tools directly puts into a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// What a script puts into a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScriptedContext {
    /// Whole definitions of the tools it called, as if the agent had read each.
    pub definitions: u64,
    /// The script, written by the agent.
    pub script: u64,
    /// What it printed and logged, all read by the agent.
    pub printed: u64,
    /// Their sum.
    pub total: u64,
}

/// The ledger of those figures. Pure.
pub fn context_ledger(figures: ContextFigures) -> ContextLedger {
    let ContextFigures { offered, used, arguments, results, script, printed } = figures;
    let sum = |parts: [u64; 3]| parts.into_iter().fold(0, u64::saturating_add);
    let direct = DirectContext { definitions: offered, arguments, results, total: sum([offered, arguments, results]) };
    let scripted = ScriptedContext { definitions: used, script, printed, total: sum([used, script, printed]) };
    ContextLedger { estimator: TOKEN_ESTIMATOR, direct, scripted, saved_percent: saved(direct.total, scripted.total) }
}

/// With one decimal; 0 where there is nothing to compare.
#[expect(clippy::cast_precision_loss, reason = "a percentage with one decimal")]
fn saved(direct: u64, scripted: u64) -> f64 {
    if direct == 0 {
        return 0.0;
    }
    ((1.0 - scripted as f64 / direct as f64) * 1_000.0).round() / 10.0
}

impl Studio {
    /// The ledger of a run, from the board and the known offers; none where it called no tool, or its script cannot be read.
    pub fn context_ledger(&self, run: RunId, script: &Path) -> Option<ContextLedger> {
        let view = self.board().run(run).filter(|view| view.steps.steps > 0)?;
        let steps = self.board().steps(Some(run), 0..view.steps.steps);
        let called: BTreeSet<ToolId> = steps.into_iter().map(|step| step.tool).collect();
        let offers = self.offers();
        let known = || offers.values().flat_map(|offer| offer.tools.iter());
        let source = std::fs::metadata(script).ok()?.len();
        Some(context_ledger(ContextFigures {
            offered: known().map(|tool| tool.tokens()).sum(),
            used: known().filter(|tool| called.contains(&tool.id)).map(|tool| tool.tokens()).sum(),
            arguments: view.steps.tokens_in,
            results: view.steps.tokens_out,
            script: estimate_tokens(source),
            printed: estimate_tokens(view.printed_bytes),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_are_summed_and_compared() {
        let figures = ContextFigures { offered: 9_000, used: 400, arguments: 100, results: 900, script: 80, printed: 20 };
        assert_eq!(
            context_ledger(figures),
            ContextLedger {
                estimator: "bytes/4",
                direct: DirectContext { definitions: 9_000, arguments: 100, results: 900, total: 10_000 },
                scripted: ScriptedContext { definitions: 400, script: 80, printed: 20, total: 500 },
                saved_percent: 95.0,
            }
        );
    }

    #[test]
    fn a_script_that_costs_more_says_so_and_nothing_compares_with_nothing() {
        let worse = ContextFigures { offered: 100, used: 100, script: 30, printed: 20, ..ContextFigures::default() };
        assert!((context_ledger(worse).saved_percent - -50.0).abs() < f64::EPSILON);
        assert!(context_ledger(ContextFigures { script: 5, ..ContextFigures::default() }).saved_percent.abs() < f64::EPSILON);
    }
}
