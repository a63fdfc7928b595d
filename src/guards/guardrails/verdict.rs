//! What follows from signals.

use super::Guardrails;
use crate::guards::Verdict;
use crate::types::{Decision, Failure, FailureKind, GuardrailMode, Signal};

impl Guardrails {
    /// Whether what was judged may go on. `what` names it: `the arguments of git__log`. The failure names signals, never text.
    pub fn verdict(&self, signals: &[Signal], what: &str) -> Verdict {
        let mut refusing = signals.iter().filter(|signal| self.refuses(signal));
        let Some(first) = refusing.next() else { return Verdict::Allow };
        let key = format!("{}.{}", first.provider, first.metric);
        let failure = Failure::new(FailureKind::PolicyDenied, format!("a guardrail refused {what}: {}", reason(first)));
        let failure = refusing.fold(failure, |failure, signal| failure.note("guardrail", reason(signal)));
        let failure = match &first.failed {
            Some(_) => {
                failure.hint("mode hard_gate refuses what a provider cannot judge; mend the provider or choose another mode")
            }
            None => failure
                .hint(format!("raise the threshold of \"{key}\" under \"guardrails\" in \"studio\", or choose another mode")),
        };
        Verdict::Deny(Decision::DeniedGuardrail, failure)
    }

    /// One line for each signal that counts and does not refuse.
    pub fn advice(&self, signals: &[Signal]) -> Vec<String> {
        let advising = signals.iter().filter(|signal| signal.crossed() && !self.refuses(signal));
        advising.map(|signal| format!("guardrail: {}", reason(signal))).collect()
    }

    fn refuses(&self, signal: &Signal) -> bool {
        signal.crossed()
            && match self.mode() {
                GuardrailMode::Off | GuardrailMode::Advisory => false,
                GuardrailMode::Mixed => signal.failed.is_none() && self.gates(signal),
                GuardrailMode::HardGate => true,
            }
    }
}

/// `pii.card 0.95 (threshold 0.50): card 2`.
fn reason(signal: &Signal) -> String {
    let Signal { provider, metric, score, threshold, spans, .. } = signal;
    if let Some(why) = &signal.failed {
        return format!("provider {provider} failed: {why}");
    }
    let spans: Vec<String> = spans.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let spans = if spans.is_empty() { String::new() } else { format!(": {}", spans.join(", ")) };
    format!("{provider}.{metric} {score:.2} (threshold {threshold:.2}){spans}")
}
