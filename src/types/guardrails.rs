//! Guardrails as configured. Judging is the business of `guards::guardrails`; reading a file that of `config`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Stage;
use super::limits::{GUARDED_ARGUMENT_BYTES, GUARDED_RESULT_BYTES};

/// Every signal of the providers that are built in, as `provider.metric`.
pub const BUILT_IN_SIGNALS: [&str; 13] = [
    "pii.card",
    "pii.email",
    "pii.iban",
    "pii.phone",
    "pii.ssn",
    "secrets.known",
    "secrets.key",
    "injection.instructions",
    "injection.hidden_text",
    "injection.tool_poisoning",
    "injection.exfiltration",
    "toxicity.abuse",
    "size.bytes",
];

/// What follows from a signal that has crossed its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardrailMode {
    /// Nothing is looked at.
    Off,
    /// It is recorded and shown; nothing is refused.
    #[default]
    Advisory,
    /// Signals that gate refuse; the others are recorded.
    Mixed,
    /// Every signal refuses, and so does a provider that fails.
    HardGate,
}

impl GuardrailMode {
    /// All modes, mildest first.
    pub const ALL: [Self; 4] = [Self::Off, Self::Advisory, Self::Mixed, Self::HardGate];

    /// The word for it, as in configuration, journals and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Advisory => "advisory",
            Self::Mixed => "mixed",
            Self::HardGate => "hard_gate",
        }
    }
}

/// `studio.guardrails`.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardrailSettings {
    /// What follows from a signal.
    pub mode: GuardrailMode,
    /// By `provider.metric`; what is absent has its built-in threshold and gate.
    pub signals: BTreeMap<String, SignalSettings>,
    /// Bytes of arguments and of a result at which `size.bytes` scores 1.
    pub argument_bytes: u64,
    /// See `argument_bytes`.
    pub result_bytes: u64,
    /// Providers outside of this program, by name.
    pub external: BTreeMap<String, ExternalProvider>,
}

impl Default for GuardrailSettings {
    fn default() -> Self {
        Self {
            mode: GuardrailMode::default(),
            signals: BTreeMap::new(),
            argument_bytes: GUARDED_ARGUMENT_BYTES,
            result_bytes: GUARDED_RESULT_BYTES,
            external: BTreeMap::new(),
        }
    }
}

/// What is configured for one signal.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SignalSettings {
    /// The score from which on it counts, 0 to 1; above 1 never.
    pub threshold: Option<f64>,
    /// Whether it refuses in mode `mixed`.
    pub gate: Option<bool>,
}

/// A provider outside of this program.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalProvider {
    /// How it is reached.
    pub reach: ExternalReach,
    /// Where it looks.
    pub stages: Vec<Stage>,
    /// Longest time for an answer.
    pub timeout: Duration,
    /// Its signals' threshold where none is configured for them.
    pub threshold: f64,
    /// Whether its signals refuse in mode `mixed`.
    pub gate: bool,
    /// Whether it gets the text as it is; else it gets it masked.
    pub sees_raw: bool,
}

/// How an external provider is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalReach {
    /// A program: the request on its standard input, the answer on its standard output, exit status 0.
    Command {
        /// Name or path.
        command: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
    /// A tool of a configured server: the request as its arguments, the answer as its result.
    Tool(String),
}
