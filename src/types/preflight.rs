//! What was judged before a script, a transcript or a first call began.

use serde::{Deserialize, Serialize};

use super::Signal;

/// The record of one preflight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    /// What was about to begin: a script as named, `transcript NAME`, or the tool that was to be called.
    pub of: String,
    /// How many texts it depends on. Those not listed below were judged before and had no signals.
    pub judged: u64,
    /// Those judged for the first time and those with signals; at most `PREFLIGHT_SUBJECTS`.
    pub subjects: Vec<PreflightSubject>,
    /// Why it was not allowed to begin; absent where it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<String>,
}

/// One text that was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreflightSubject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its name: `git__log`, `the policy`, a script or transcript as named.
    pub name: String,
    /// SHA-256, hexadecimal, of its masked compact JSON, as in the fingerprints of its signals; absent where it was too large.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// What the guardrails said.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signals: Vec<Signal>,
}

/// What kind of text is judged before anything begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// The source of a script.
    Script,
    /// What is said in a transcript.
    Transcript,
    /// The definition of a tool.
    Tool,
    /// The rules of the policy.
    Policy,
}

impl SubjectKind {
    /// The word for it, as in journals and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Transcript => "transcript",
            Self::Tool => "tool",
            Self::Policy => "policy",
        }
    }

    /// What is refused: `the definition of s__t`.
    pub fn told(self, name: &str) -> String {
        match self {
            Self::Script => format!("the script {name}"),
            Self::Transcript => format!("the transcript {name}"),
            Self::Tool => format!("the definition of {name}"),
            Self::Policy => "the policy".to_owned(),
        }
    }
}
