//! What is judged before anything begins: scripts, transcripts, the policy, and the definitions of the tools they may use.
//!
//! A definition is judged once as long as it stays the same, whoever asks first; a tool that no preflight has seen is judged
//! before its first call. Judgements that a provider failed at are not kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{StreamExt as _, stream};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Calls;
use super::step::Step;
use crate::guards::Verdict;
use crate::guards::guardrails::Subject;
use crate::guards::policy::policy_words;
use crate::journal::{Event, NoticeLevel};
use crate::types::limits::{PREFLIGHT_AT_ONCE, PREFLIGHT_SUBJECTS};
use crate::types::{
    Decision, Failure, GuardrailMode, Origin, Preflight, PreflightSubject, RecordLevel, RuleRef, Signal, Stage, SubjectKind,
    ToolId, ToolSpec, json_bytes,
};

/// Something that is judged before anything begins.
#[derive(Debug, Clone)]
pub enum Matter {
    /// A script: its name and its source.
    Script(String, String),
    /// A transcript: its name and what is said in it.
    Transcript(String, Vec<String>),
    /// The definition of a tool.
    Tool(Arc<ToolSpec>),
    /// The policy in force.
    Policy,
}

/// What was found about one matter.
#[derive(Debug)]
struct Judgement {
    subject: PreflightSubject,
    verdict: Verdict,
    /// One line for each signal that counts and does not refuse.
    advice: Vec<String>,
}

impl Judgement {
    fn refusal(&self) -> Option<&Failure> {
        match &self.verdict {
            Verdict::Allow => None,
            Verdict::Deny(_, failure) => Some(failure),
        }
    }

    fn is_certain(&self) -> bool {
        self.subject.signals.iter().all(|signal| signal.failed.is_none())
    }
}

/// Filled by whoever comes first; all others wait for that.
type Slot = Arc<OnceCell<Arc<Judgement>>>;

/// The judgements of what stays the same: the policy, and definitions as long as they do.
#[derive(Debug, Default)]
pub(super) struct Judged {
    tools: Mutex<HashMap<ToolId, (Arc<ToolSpec>, Slot)>>,
    policy: Mutex<Slot>,
}

impl Judged {
    fn tool(&self, tool: &Arc<ToolSpec>) -> Slot {
        let mut tools = locked(&self.tools);
        if let Some((known, slot)) = tools.get(&tool.id)
            && Arc::ptr_eq(known, tool)
        {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        tools.insert(tool.id.clone(), (Arc::clone(tool), Arc::clone(&slot)));
        slot
    }

    fn policy(&self) -> Slot {
        Arc::clone(&locked(&self.policy))
    }

    /// Has what `slot` holds judged anew the next time.
    fn forget(&self, slot: &Slot) {
        locked(&self.tools).retain(|_, (_, kept)| !Arc::ptr_eq(kept, slot));
        let mut policy = locked(&self.policy);
        if Arc::ptr_eq(&policy, slot) {
            *policy = Slot::default();
        }
    }
}

fn locked<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a judgement was made now or stands from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    New,
    Known,
}

impl Calls {
    /// Judges `matters` before `of` begins, and records what was found. Advice becomes notices, once for each matter that
    /// stays the same. Fails with the first refusal where the mode refuses one of them.
    pub async fn preflight(&self, of: &str, matters: Vec<Matter>) -> Result<(), Failure> {
        if self.guardrails.mode() == GuardrailMode::Off || matters.is_empty() {
            return Ok(());
        }
        let judged = stream::iter(matters).map(|matter| self.judged_matter(matter)).buffered(PREFLIGHT_AT_ONCE);
        let judged: Vec<(Arc<Judgement>, Age)> = judged.collect().await;
        self.tell(of, &judged);
        match judged.iter().find_map(|(judgement, _)| judgement.refusal()) {
            None => Ok(()),
            Some(failure) => Err(failure.clone()),
        }
    }

    /// The guardrails' word on the definition of a tool about to be called, and on the policy. Fails where the mode refuses one.
    pub(super) async fn known_to_be_harmless(&self, tool: &Arc<ToolSpec>, step: &mut Step<'_>) -> Result<(), Failure> {
        if self.guardrails.mode() == GuardrailMode::Off {
            return Ok(());
        }
        let judged = [self.judged_matter(Matter::Policy).await, self.judged_matter(Matter::Tool(Arc::clone(tool))).await];
        if judged.iter().any(|(_, age)| *age == Age::New) {
            self.tell(&tool.id.to_string(), &judged);
        }
        let [_, (definition, _)] = &judged;
        step.signalled(definition.subject.signals.iter().map(of_preflight).collect());
        step.warn(&definition.advice);
        match judged.iter().find_map(|(judgement, _)| judgement.refusal()) {
            None => Ok(()),
            Some(failure) => {
                step.denied(Decision::DeniedGuardrail);
                step.ruled(&RuleRef { id: "guardrails".into(), place: None, why: failure.message.as_str().into() });
                Err(failure.clone())
            }
        }
    }

    async fn judged_matter(&self, matter: Matter) -> (Arc<Judgement>, Age) {
        let (slot, kind, name, value) = match matter {
            Matter::Script(name, source) => return self.judged_text(SubjectKind::Script, name, Value::from(source)).await,
            Matter::Transcript(name, texts) => {
                return self.judged_text(SubjectKind::Transcript, name, Value::from(texts)).await;
            }
            Matter::Tool(tool) => (self.judged.tool(&tool), SubjectKind::Tool, tool.id.to_string(), Some(tool)),
            Matter::Policy => (self.judged.policy(), SubjectKind::Policy, "the policy".to_owned(), None),
        };
        let mut age = Age::Known;
        let judge = async {
            age = Age::New;
            let rules;
            let value = match &value {
                Some(tool) => &tool.raw,
                None => {
                    rules = policy_words(&self.policy);
                    &rules
                }
            };
            Arc::new(self.judgement(kind, name, value).await)
        };
        let judgement = Arc::clone(slot.get_or_init(|| judge).await);
        if !judgement.is_certain() {
            self.judged.forget(&slot);
        }
        (judgement, age)
    }

    async fn judged_text(&self, kind: SubjectKind, name: String, value: Value) -> (Arc<Judgement>, Age) {
        (Arc::new(self.judgement(kind, name, &value).await), Age::New)
    }

    async fn judgement(&self, kind: SubjectKind, name: String, value: &Value) -> Judgement {
        let bytes = json_bytes(value);
        let payload = self.masker.payload_of(value, bytes, RecordLevel::Default);
        let subject = Subject {
            stage: Stage::Preflight,
            name: &name,
            value,
            payload: &payload,
            bytes,
            masker: &self.masker,
            model: self.settings.judging.model.as_deref().unwrap_or_default(),
        };
        let signals = self.signals_of(&subject, Origin::Preflight).await;
        let verdict = self.guardrails.verdict(&signals, &kind.told(&name));
        let advice = self.guardrails.advice(&signals);
        let name = self.line(&name);
        Judgement { subject: PreflightSubject { kind, name, sha256: payload.sha256, signals }, verdict, advice }
    }

    /// Records a preflight, and has advice that is new shown.
    fn tell(&self, of: &str, judged: &[(Arc<Judgement>, Age)]) {
        for (judgement, _) in judged.iter().filter(|(_, age)| *age == Age::New) {
            for advice in &judgement.advice {
                self.board.notice(NoticeLevel::Warning, format!("{}: {advice}", judgement.subject.name));
            }
        }
        let worth = judged.iter().filter(|(judgement, age)| *age == Age::New || !judgement.subject.signals.is_empty());
        let refused = judged.iter().find_map(|(judgement, _)| judgement.refusal());
        let preflight = Preflight {
            of: self.line(of),
            judged: judged.len() as u64,
            subjects: worth.take(PREFLIGHT_SUBJECTS).map(|(judgement, _)| judgement.subject.clone()).collect(),
            refused: refused.map(|failure| self.line(&failure.message)),
        };
        if let Err(failure) = self.journal.record(&Event::Preflight(Box::new(preflight))) {
            self.trouble(&failure);
        }
    }
}

/// A signal of a preflight as a step has it.
fn of_preflight(signal: &Signal) -> Signal {
    Signal { reused_from: Some(Origin::Preflight), ..signal.clone() }
}
