//! The steps pane: its cursor, what it is narrowed to, and why a step ended as it did.

use std::cmp::Ordering;
use std::time::Duration;

use super::fuzzy::Query;
use super::list::Filter;
use crate::ops::{StepState, StepView};
use crate::types::{Decision, RunId, Signal, StepRecord};

/// The cursor of the steps pane.
#[derive(Debug, Clone, Default)]
pub struct StepsPane {
    /// The selected step by position from the oldest; follows the newest when absent.
    pub selected: Option<u64>,
    /// What the list is filtered by.
    pub filter: Filter,
    /// Only steps of this kind are listed.
    pub kind: StepKind,
    /// Positions of the steps that match, oldest first; absent while all are listed.
    pub hits: Option<Vec<u64>>,
    /// The search that `hits` answers.
    pub searched: Option<StepSearch>,
    /// The search that is under way.
    pub searching: Option<StepSearch>,
    /// Whether only steps of the shown run are listed.
    pub of_run: bool,
}

/// A search through the steps; the number of those that are over makes it new when some were added or have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSearch {
    /// The run they belong to; all of the session when absent.
    pub run: Option<RunId>,
    /// What was typed.
    pub text: String,
    /// Which kind is wanted.
    pub kind: StepKind,
    /// How many steps there were.
    pub steps: u64,
    /// How many of them were under way.
    pub running: u64,
}

/// Steps that ended alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepKind {
    /// Any.
    #[default]
    All,
    /// Not over yet.
    Running,
    /// The server did it.
    Ok,
    /// Nothing was sent: an earlier answer was used, or it was a dry run.
    NotSent,
    /// A guard or a person refused it.
    Denied,
    /// It was let through and came to nothing.
    Failed,
}

impl StepKind {
    /// The kind of a step.
    pub fn of(step: &StepView) -> Self {
        match &step.state {
            StepState::Running { .. } => Self::Running,
            StepState::Done(record) => match record.decision {
                Decision::Ok => Self::Ok,
                Decision::Reused | Decision::DryRun => Self::NotSent,
                Decision::DeniedSchema | Decision::DeniedPolicy | Decision::DeniedGuardrail | Decision::DeniedUser => {
                    Self::Denied
                }
                Decision::Cancelled | Decision::Timeout | Decision::Error => Self::Failed,
            },
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Running => "running",
            Self::Ok => "ok",
            Self::NotSent => "reused or dry run",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// The kind that one key shows after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Failed,
            Self::Failed => Self::Denied,
            Self::Denied => Self::NotSent,
            Self::NotSent => Self::Ok,
            Self::Ok => Self::Running,
            Self::Running => Self::All,
        }
    }
}

impl StepsPane {
    /// Whether a line says what the list is narrowed to.
    pub fn narrowed(&self) -> bool {
        self.filter.shown() || self.kind != StepKind::All
    }

    /// Lists everything again.
    pub fn widen(&mut self) {
        self.filter = Filter::default();
        self.kind = StepKind::All;
        self.forget_hits();
    }

    /// What was found answers no question any more.
    pub fn forget_hits(&mut self) {
        (self.hits, self.searched, self.selected) = (None, None, None);
    }
}

/// What a filter looks at.
#[derive(Debug, Clone)]
pub(super) struct Looked {
    kind: StepKind,
    word: String,
    /// The tool or the script: matched fuzzily.
    name: String,
    /// Everything else, in small letters: matched as it stands.
    text: String,
    time: Duration,
}

impl Looked {
    /// Of a step.
    pub(super) fn of(step: &StepView) -> Self {
        let (input, time) = match &step.state {
            StepState::Running { .. } => ("", Duration::ZERO),
            StepState::Done(record) => (record.input.as_ref().map_or("", |input| input.preview.as_str()), record.latency.total()),
        };
        let word = word(step).to_owned();
        let text = format!("{word} {} {input}", reason(step).unwrap_or_default()).to_lowercase();
        Self { kind: StepKind::of(step), word, name: step.tool.to_string(), text, time }
    }

    /// Of a run: how it ended, in a word and in full, and how long it took.
    pub(super) fn of_run(kind: StepKind, script: &str, outcome: &str, time: Duration) -> Self {
        let (name, text) = (script.to_owned(), format!("run {outcome}").to_lowercase());
        Self { kind, word: kind.word().to_owned(), name, text, time }
    }
}

/// A filter made ready: words that say how a step ended (`denied`, `timeout`) or how long it took (`>100ms`, `<2s`) must
/// be true of it; the others are looked for in its name, and as they stand in its reason and its arguments.
pub(super) struct Sieve {
    kind: StepKind,
    words: Vec<String>,
    spans: Vec<(Ordering, Duration)>,
    /// Each with the same in small letters.
    queries: Vec<(Query, String)>,
}

impl Sieve {
    /// What was typed, and the kind that is wanted.
    pub(super) fn new(kind: StepKind, text: &str) -> Self {
        let (mut words, mut spans, mut queries) = (Vec::new(), Vec::new(), Vec::new());
        for word in text.split_whitespace() {
            if let Some(span) = span(word) {
                spans.push(span);
            } else if ends(&word.to_lowercase()) {
                words.push(word.to_lowercase());
            } else {
                queries.push((Query::new(word), word.to_lowercase()));
            }
        }
        Self { kind, words, spans, queries }
    }

    /// Whether it goes through.
    pub(super) fn lets(&mut self, looked: &Looked) -> bool {
        let Looked { kind, word, name, text, time } = looked;
        let ended = |wanted: &String| word == wanted || kind.word() == wanted.as_str();
        (self.kind == StepKind::All || *kind == self.kind)
            && self.words.iter().all(ended)
            && self.spans.iter().all(|(order, span)| time.cmp(span) == *order)
            && self.queries.iter_mut().all(|(query, small)| query.matches(name) || text.contains(small.as_str()))
    }
}

/// `>100ms`, `<1.5s`: more or less than that time.
fn span(word: &str) -> Option<(Ordering, Duration)> {
    let (order, rest) = match word.split_at_checked(1)? {
        (">", rest) => (Ordering::Greater, rest),
        ("<", rest) => (Ordering::Less, rest),
        _ => return None,
    };
    let unit = rest.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(rest.len());
    let seconds = match &rest[unit..] {
        "ms" | "" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        _ => return None,
    };
    let number: f64 = rest[..unit].parse().ok()?;
    Duration::try_from_secs_f64(number * seconds).ok().map(|span| (order, span))
}

/// Whether a word says how steps end.
fn ends(word: &str) -> bool {
    const KINDS: [StepKind; 3] = [StepKind::Running, StepKind::Denied, StepKind::Failed];
    Decision::ALL.iter().any(|decision| decision.word() == word) || KINDS.iter().any(|kind| kind.word() == word)
}

/// How a step ended, in the word of records.
pub(super) fn word(step: &StepView) -> &'static str {
    match &step.state {
        StepState::Running { .. } => "running",
        StepState::Done(record) => record.decision.word(),
    }
}

/// Why a step ended as it did, or what is odd about it, in one line. Nothing where all is as usual.
pub(super) fn reason(step: &StepView) -> Option<String> {
    match &step.state {
        StepState::Running { progress, .. } => progress.clone(),
        StepState::Done(record) => match record.decision {
            Decision::Ok => record.warnings.first().cloned().or_else(|| record.signals.iter().find_map(crossed)),
            Decision::Reused => record.reused_from.map(|from| format!("answer of {from}")),
            Decision::DryRun => Some("not sent".to_owned()),
            Decision::DeniedSchema
            | Decision::DeniedPolicy
            | Decision::DeniedGuardrail
            | Decision::DeniedUser
            | Decision::Cancelled
            | Decision::Timeout
            | Decision::Error => record.error.as_deref().map(|error| own_words(record, error)),
        },
    }
}

fn crossed(signal: &Signal) -> Option<String> {
    signal.crossed().then(|| format!("{}.{} in the {}", signal.provider, signal.metric, signal.stage.word()))
}

/// An error without the words that the row says already.
fn own_words(record: &StepRecord, error: &str) -> String {
    let tool = record.tool.to_string();
    let said = [
        format!("arguments of {tool} do not fit its schema: "),
        format!("{tool} is denied by the policy: "),
        format!("{tool} failed: "),
    ];
    let rest = said.iter().find_map(|said| error.strip_prefix(said.as_str()));
    rest.unwrap_or(error).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Caller, StepNumber, ToolId};

    fn step(tool: &str, decision: Decision, error: Option<&str>) -> StepView {
        let tool = ToolId::parse(tool).unwrap();
        let record = StepRecord {
            decision,
            error: error.map(str::to_owned),
            ..StepRecord::begun(StepNumber(1), Caller::Form, tool.clone())
        };
        let at = "2026-01-02T03:04:05Z".parse().unwrap();
        StepView { step: StepNumber(1), tool, caller: Caller::Form, at, line: None, state: StepState::Done(record.into()) }
    }

    #[test]
    fn words_that_say_how_a_step_ended_must_be_true_of_it() {
        let failed = step("git__terror", Decision::Error, Some("git__terror failed: no such file"));
        let denied = step("git__error_log", Decision::DeniedPolicy, Some("git__error_log is denied by the policy: read-only"));
        let lets = |kind, text: &str| [&failed, &denied].map(|step| Sieve::new(kind, text).lets(&Looked::of(step)));
        assert_eq!(lets(StepKind::All, ""), [true, true]);
        assert_eq!(lets(StepKind::All, "error"), [true, false]);
        assert_eq!(lets(StepKind::All, "denied"), [false, true]);
        assert_eq!(lets(StepKind::All, "Denied_Policy log"), [false, true]);
        assert_eq!(lets(StepKind::All, "erro"), [true, true], "what is no whole word is looked for in the names");
        assert_eq!(lets(StepKind::All, "such"), [true, false], "reasons are searched");
        assert_eq!(lets(StepKind::All, "<1ms git"), [true, true]);
        assert_eq!(lets(StepKind::All, ">0.5s"), [false, false]);
        assert_eq!(lets(StepKind::Denied, ""), [false, true]);
        assert_eq!(lets(StepKind::Failed, "git"), [true, false]);
    }

    #[test]
    fn times_are_read_with_their_units() {
        let table = [(">100ms", Ordering::Greater, 100), ("<1.5s", Ordering::Less, 1_500), (">2min", Ordering::Greater, 120_000)];
        for (word, order, milliseconds) in table {
            assert_eq!(span(word), Some((order, Duration::from_millis(milliseconds))));
        }
        assert_eq!(["s", ">", ">x", ">1h", "100ms", ">-1s"].map(span), [None; 6]);
    }

    #[test]
    fn a_reason_does_not_repeat_the_row() {
        let of = |decision, error| reason(&step("a__b", decision, error));
        assert_eq!(of(Decision::Error, Some("a__b failed: boom")), Some("boom".to_owned()));
        assert_eq!(of(Decision::Timeout, Some("no answer within 5 s")), Some("no answer within 5 s".to_owned()));
        assert_eq!(
            of(Decision::DeniedSchema, Some("arguments of a__b do not fit its schema: x is missing")),
            Some("x is missing".into())
        );
        assert_eq!(of(Decision::DryRun, None), Some("not sent".to_owned()));
        assert_eq!(of(Decision::Ok, None), None);
    }

    #[test]
    fn one_key_goes_through_every_kind() {
        let mut kind = StepKind::All;
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(kind.word());
            kind = kind.next();
        }
        assert_eq!((kind, seen.len()), (StepKind::All, 6));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 6);
    }
}
