//! Guardrails: providers look at tool descriptions, scripts, arguments and results, and answer with scores.
//!
//! Responsible for the built-in providers, thresholds, what a mode refuses, and reuse of equal judgements. Pure: an external
//! provider is a [`Request`] that somebody else carries out within its time limit and brings back to [`Guardrails::answered`].
//! Not responsible for masking (`types::Masker`) nor for recording.

mod external;
mod hidden;
mod injection;
mod personal;
mod phrases;
mod provider;
mod reuse;
mod size;
mod table;
mod toxicity;
mod verdict;
mod view;

pub use self::external::{Request, parse_answer};
pub use self::injection::INJECTION_RULES_DATE;
pub use self::provider::{Finding, Provider, Subject};
pub use self::toxicity::TOXICITY_RULES_DATE;
pub use self::view::ProviderView;

use std::sync::Arc;

use self::provider::Text;
use self::reuse::{Content, Kept};
use self::view::Answers;
use crate::types::{GuardrailMode, GuardrailSettings, MASKING_RULES_DATE, Origin, Signal, Stage, text_hash};

/// All guardrails of a studio.
#[derive(Debug)]
pub struct Guardrails {
    settings: Arc<GuardrailSettings>,
    built_in: Vec<Box<dyn Provider>>,
    /// SHA-256 over everything that a judgement depends on beside the text.
    rules: String,
    kept: Kept,
    answers: Answers,
}

/// What the guardrails say of one text so far, and which external providers are still to be asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assessment {
    /// Signals with a score above 0.
    pub signals: Vec<Signal>,
    /// To be carried out, each within its time limit, and handed to [`Guardrails::answered`].
    pub requests: Vec<Request>,
}

impl Guardrails {
    /// The guardrails of a studio. `policy_hash` is that of the policy.
    /// Cheap: phrases are compiled when the first text is judged.
    pub fn new(settings: Arc<GuardrailSettings>, policy_hash: &str) -> Self {
        let rules = rules_hash(&settings, policy_hash);
        let built_in: Vec<Box<dyn Provider>> = vec![
            Box::new(personal::PersonalData),
            Box::new(personal::Secrets),
            Box::new(injection::Injection),
            Box::new(toxicity::Toxicity),
            Box::new(size::Size { arguments: settings.argument_bytes, results: settings.result_bytes }),
        ];
        Self { settings, built_in, rules, kept: Kept::default(), answers: Answers::default() }
    }

    /// The mode.
    pub fn mode(&self) -> GuardrailMode {
        self.settings.mode
    }

    /// SHA-256 over settings, rules and policy: the `rules_hash` of a session.
    pub fn rules_hash(&self) -> &str {
        &self.rules
    }

    /// All providers, for `health` and the workbench.
    pub fn providers(&self) -> Vec<ProviderView> {
        let built_in = self.built_in.iter().map(|provider| ProviderView::built_in(provider.name(), provider.rules_date()));
        let external = self.settings.external.iter();
        let external = external.map(|(name, external)| ProviderView::external(name, external, self.answers.of(name)));
        built_in.chain(external).collect()
    }

    /// Judges a text, at `origin` in the session. Equal texts are judged once; the second time the signals say where first.
    pub fn assess(&self, subject: &Subject<'_>, origin: Origin) -> Assessment {
        let mut assessment = Assessment::default();
        if self.settings.mode == GuardrailMode::Off {
            return assessment;
        }
        let content = Content::of(subject);
        let mut text = None;
        for provider in &self.built_in {
            let signals = self.kept.get(provider.name(), content.as_ref()).unwrap_or_else(|| {
                let text = text.get_or_insert_with(|| Text::of(subject.value));
                let signals = self.signals(provider.name(), subject, provider.assess(subject, text));
                self.kept.put(provider.name(), content.as_ref(), &signals, origin);
                signals
            });
            assessment.signals.extend(signals);
        }
        for (name, external) in self.settings.external.iter().filter(|(_, external)| external.stages.contains(&subject.stage)) {
            match self.kept.get(name, content.as_ref()) {
                Some(signals) => assessment.signals.extend(signals),
                None => assessment.requests.push(Request::new(name, external, subject)),
            }
        }
        assessment
    }

    /// The signals of an external provider: its answer, or why there is none, in words that do not quote the text.
    /// A failure is never reused.
    pub fn answered(
        &self,
        subject: &Subject<'_>,
        request: &Request,
        answer: Result<serde_json::Value, String>,
        origin: Origin,
    ) -> Vec<Signal> {
        let answer = answer.and_then(|answer| parse_answer(&answer));
        self.answers.count(&request.provider, answer.as_ref().err().map(|why| external::one_line(&subject.masker.text(why))));
        match answer {
            Ok(findings) => {
                let signals = self.signals(&request.provider, subject, findings);
                self.kept.put(&request.provider, Content::of(subject).as_ref(), &signals, origin);
                signals
            }
            Err(why) => {
                let mut signal = self.signal(&request.provider, subject, &Finding::new("failed", 1.0));
                signal.failed = Some(external::one_line(&subject.masker.text(&why)));
                vec![signal]
            }
        }
    }

    fn signals(&self, provider: &str, subject: &Subject<'_>, findings: Vec<Finding>) -> Vec<Signal> {
        let signals = findings.into_iter().filter(|finding| finding.score > 0.0);
        signals.map(|finding| self.signal(provider, subject, &finding)).collect()
    }

    fn signal(&self, provider: &str, subject: &Subject<'_>, finding: &Finding) -> Signal {
        let threshold = self.threshold(provider, &finding.metric);
        Signal {
            provider: provider.to_owned(),
            metric: finding.metric.to_string(),
            stage: subject.stage,
            // Three places, so that a score reads the same in every record.
            score: (finding.score.clamp(0.0, 1.0) * 1_000.0).round() / 1_000.0,
            threshold,
            spans: finding.spans.iter().map(|(kind, count)| (kind.to_string(), *count)).collect(),
            fingerprint: self.fingerprint(provider, &finding.metric, subject),
            reused_from: None,
            failed: None,
        }
    }

    /// Reproducible from a record: SHA-256 over the parts with a NUL between any two.
    fn fingerprint(&self, provider: &str, metric: &str, subject: &Subject<'_>) -> String {
        let content = subject.payload.sha256.clone().unwrap_or_else(|| text_hash(&subject.payload.preview));
        let parts = [provider, metric, subject.stage.word(), subject.model, &self.rules, &content];
        text_hash(&parts.join("\0"))
    }

    fn threshold(&self, provider: &str, metric: &str) -> f64 {
        let configured = self.settings.signals.get(&format!("{provider}.{metric}")).and_then(|signal| signal.threshold);
        let external = || self.settings.external.get(provider).map(|external| external.threshold);
        configured.or_else(external).unwrap_or_else(|| table::built_in(provider, metric).0)
    }

    /// Whether a signal refuses in mode `mixed`.
    fn gates(&self, signal: &Signal) -> bool {
        let configured =
            self.settings.signals.get(&format!("{}.{}", signal.provider, signal.metric)).and_then(|signal| signal.gate);
        let external = || self.settings.external.get(&signal.provider).map(|external| external.gate);
        configured.or_else(external).unwrap_or_else(|| {
            // Secrets gate on their way out. What a script or a definition holds goes nowhere before a call takes it along,
            // and a result that is withheld cannot be undone at its server.
            let gates_here = match signal.stage {
                Stage::Arguments => true,
                Stage::Preflight => matches!(signal.provider.as_str(), "injection" | "size"),
                Stage::Result => signal.provider == "injection",
            };
            table::built_in(&signal.provider, &signal.metric).1 && gates_here
        })
    }
}

/// SHA-256 over settings, rules and policy, without making any provider: the `rules_hash` of a session.
pub fn rules_hash(settings: &GuardrailSettings, policy_hash: &str) -> String {
    text_hash(&format!("{settings:?}\n{MASKING_RULES_DATE}\n{INJECTION_RULES_DATE}\n{TOXICITY_RULES_DATE}\n{policy_hash}"))
}

#[cfg(test)]
mod tests;
