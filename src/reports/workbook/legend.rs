//! What the words of the other sheets mean.

use super::sheet::{Cell, Column, Sheet};
use crate::types::Decision;

const MEANINGS: &[(&str, &str)] = &[
    ("Session ID", "A script run, a transcript, or all calls made by hand; the part before / names the journal"),
    ("Step ID", "The session and the step's place in it"),
    ("Role", "Who speaks: user, assistant (a model, or the script that stands for one) or tool"),
    ("Channel", "Who speaks to whom: user_to_llm, llm_to_tool, tool_to_llm"),
    ("Latency (ms)", "The whole call: queue, guards, server and decoding"),
    ("Queue (ms)", "Finding the tool and connecting its server"),
    ("Guards (ms)", "In schema guard, policy and guardrails"),
    ("Server (ms)", "From sending the call to its answer"),
    ("Decoding (ms)", "Reading and checking the answer"),
    ("Latency Class", "instant: up to 0.1 s, fast: up to 1 s, normal: up to 10 s, slow: longer"),
    ("Cost (USD)", "Empty where no price is known; nothing is guessed"),
    ("Violations", "Rules that refused the call, and guardrails whose score reached their threshold"),
    ("Reused Fingerprints", "Signals that were not made anew, since an equal text was looked at before"),
    ("Reused From", "The earlier call whose answer was used again; such steps are not in the totals of time, tokens and cost"),
    ("Tokens In, Tokens Out", "Of arguments and result; the column Token Estimator says what counted them"),
    ("Definition Tokens", "Of the tool's definition, which an agent reads before it can call the tool"),
    ("Context", "What scripts took of an agent's context, and what calling the same tools directly takes (docs/ledger.md)"),
    ("Session", "Each session with its model, the limits that hold for it alone, and what it took of an agent's context"),
    ("Field Names", "How names of fields were changed between script and server (docs/normalization.md)"),
    ("Check", "How what a transcript expects went: unchecked, passed, failed, skipped"),
    ("Input, Output", "The beginning of arguments and result, masked, as far as it was recorded"),
    ("Started, Ended", "Dates and times are UTC"),
    ("Empty cells", "Not known, or not recorded"),
];

pub(super) fn sheet() -> Sheet {
    const COLUMNS: &[Column] = &[Column::text("Word", 24), Column::text("Meaning", 110)];
    let mut rows: Vec<Vec<Cell>> = MEANINGS.iter().map(|(word, meaning)| vec![Cell::text(*word), Cell::text(*meaning)]).collect();
    rows.extend(Decision::ALL.iter().map(|decision| vec![Cell::text(decision.word()), Cell::text(meaning(*decision))]));
    Sheet { name: "Legend", columns: COLUMNS, rows }
}

fn meaning(decision: Decision) -> &'static str {
    match decision {
        Decision::Ok => "The server did it",
        Decision::Reused => "The answer of an equal earlier call was used",
        Decision::DryRun => "Everything but the call itself was done",
        Decision::DeniedSchema => "The arguments do not fit the tool's input schema",
        Decision::DeniedPolicy => "The policy forbids it",
        Decision::DeniedGuardrail => "A guardrail forbids it",
        Decision::DeniedUser => "A person refused it",
        Decision::Cancelled => "The caller went away or was interrupted",
        Decision::Timeout => "A time limit passed",
        Decision::Error => "The tool answered an error, or its server could not be reached",
    }
}
