//! Calls that wait for a person. A question holds up its own call and no other; dropping the call takes it back.

mod grants;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::oneshot;

pub(super) use self::grants::Scope;
use self::grants::{Grants, Span};
use crate::sys::pulse::Pulse;
use crate::types::limits::QUESTIONS_OPEN;
use crate::types::{Caller, Effect, Failure, FailureKind, RuleRef, StepNumber, ToolSpec, content_hash};

/// Who answers questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answering {
    /// Nobody: calls that ask are refused. So it is where no person sits in front.
    #[default]
    Nobody,
    /// A person, through [`Approvals::answer`].
    Person,
    /// Everything is approved beforehand (`--approve`).
    Approved,
}

/// An open question.
#[derive(Debug, Clone)]
pub struct Question {
    /// To answer it by.
    pub id: u64,
    /// The step that waits.
    pub step: StepNumber,
    /// The tool as it is defined now.
    pub tool: Arc<ToolSpec>,
    /// The exact arguments.
    pub arguments: Arc<Value>,
    /// Who makes the call.
    pub caller: Caller,
    /// Line of the script that makes it.
    pub line: Option<u32>,
    /// Every rule that asks, with its reason.
    pub rules: Arc<[RuleRef]>,
    /// Since when it waits.
    pub since: Instant,
}

/// For what an answer holds beyond the call it was given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// This tool with these very arguments.
    TheseArguments,
    /// This tool, whatever the arguments.
    AnyArguments,
}

/// What a person says.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Yes, this once.
    Once,
    /// Yes, until the run is over; outside of runs, until the studio is closed.
    ThisRun(Reach),
    /// Yes, also in later sessions, as long as the tool's definition stays what it is.
    Always(Reach),
    /// Yes, with other arguments, which pass the guards like any.
    Edited(Value),
    /// No.
    Deny,
}

/// A yes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Yes {
    /// In words, for the record: `approved once`.
    pub(super) how: &'static str,
    /// Other arguments.
    pub(super) edited: Option<Value>,
}

/// The open questions and what was approved for longer.
#[derive(Debug)]
pub struct Approvals {
    pulse: Pulse,
    grants: Grants,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answering: Answering,
    asked: u64,
    open: BTreeMap<u64, (Question, oneshot::Sender<Answer>)>,
}

impl Approvals {
    /// Nobody answers yet. What is approved for always stands in `file`, read when the first call asks.
    pub fn new(file: &Path, pulse: Pulse) -> Self {
        Self { pulse, grants: Grants::new(file), state: Mutex::default() }
    }

    /// Says who answers from now on.
    pub fn answered_by(&self, answering: Answering) {
        self.lock().answering = answering;
    }

    /// The open questions, oldest first. Never waits.
    pub fn questions(&self) -> Vec<Question> {
        self.lock().open.values().map(|(question, _)| question.clone()).collect()
    }

    /// Answers a question. Fails where an approval cannot be kept for always; the call goes on all the same.
    /// A question that is no longer open is passed over.
    pub fn answer(&self, id: u64, answer: Answer) -> Result<(), Failure> {
        let Some((question, waiting)) = self.lock().open.remove(&id) else { return Ok(()) };
        let kept = match &answer {
            Answer::ThisRun(reach) => {
                self.grants.for_this_run(&Scope::of(&question, *reach), question.caller.run());
                Ok(())
            }
            Answer::Always(reach) => self.grants.for_always(&Scope::of(&question, *reach)),
            Answer::Once | Answer::Edited(_) | Answer::Deny => Ok(()),
        };
        // The call may have gone away meanwhile.
        let _ = waiting.send(answer);
        self.pulse.bump();
        kept
    }

    /// Asks `asked`, else whoever answers all questions, and waits as long as it takes. Dropping the future takes the
    /// question back.
    pub(super) async fn ask(&self, question: Question, asked: Option<Answering>) -> Result<Yes, Failure> {
        let yes = |how| Ok(Yes { how, edited: None });
        // What a person approved until the studio is closed was not meant for those who brought their own answer.
        let span = if asked.is_none() { Span::Session } else { Span::Always };
        if let Some(how) = self.grants.granted(&question, span) {
            return yes(how);
        }
        let refused = |why: &str| Err(refusal(&question, why));
        let (answering, full) = {
            let state = self.lock();
            (asked.unwrap_or(state.answering), state.open.len() >= QUESTIONS_OPEN)
        };
        match answering {
            Answering::Approved => return yes("approved by --approve"),
            Answering::Nobody => return refused("nobody is here to ask"),
            Answering::Person if full => return refused("too many calls are asking"),
            Answering::Person => {}
        }
        let (_open, answered) = self.open(question.clone());
        match answered.await {
            Ok(Answer::Once) => yes("approved once"),
            Ok(Answer::ThisRun(_)) => yes("approved for this run"),
            Ok(Answer::Always(_)) => yes("approved for always"),
            Ok(Answer::Edited(arguments)) => Ok(Yes { how: "approved with other arguments", edited: Some(arguments) }),
            Ok(Answer::Deny) => Err(denial(&question)),
            Err(_) => refused("the question was dropped"),
        }
    }

    fn open(&self, question: Question) -> (Open<'_>, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        state.asked += 1;
        let id = state.asked;
        state.open.insert(id, (Question { id, ..question }, sender));
        drop(state);
        self.pulse.bump();
        (Open { approvals: self, id }, receiver)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes its question back when the call goes away.
struct Open<'a> {
    approvals: &'a Approvals,
    id: u64,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.approvals.lock().open.remove(&self.id).is_some() {
            self.approvals.pulse.bump();
        }
    }
}

fn refusal(question: &Question, why: &str) -> Failure {
    let tool = &question.tool.id;
    let failure = Failure::new(FailureKind::PolicyDenied, format!("{tool} needs a person's approval, and {why}"));
    let hint = format!("run it in the workbench, pass --approve, or add \"{tool}\" to \"allow\" of the policy");
    with_reasons(failure, question).hint(hint)
}

fn denial(question: &Question) -> Failure {
    let failure = Failure::new(FailureKind::PolicyDenied, format!("{} was denied by a person", question.tool.id));
    with_reasons(failure, question)
}

fn with_reasons(failure: Failure, question: &Question) -> Failure {
    question.rules.iter().fold(failure, |failure, rule| failure.note(Effect::Ask.word(), super::permit::told(rule)))
}

/// The hash that stands for exactly these arguments.
fn arguments_hash(question: &Question) -> String {
    content_hash(&question.arguments)
}
