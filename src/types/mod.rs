//! The words of the project: ids, calls, decisions, failures, limits. No I/O, no runtime.

mod call;
mod canonical;
mod failure;
mod guardrails;
mod ids;
pub mod limits;
mod masking;
mod normalization;
mod payload;
mod policy;
mod preflight;
mod prices;
mod signal;
mod text;
mod tokens;
mod tool;
mod transcript;

pub use call::{CallOutcome, CallValue, Caller, Decision, Latency, StepRecord};
pub use canonical::{canonical_json, content_hash, sorted_keys, text_hash};
pub use failure::{CONTENT_NOTE, Failure, FailureKind, Place, Suggestion, nearest};
pub use guardrails::{BUILT_IN_SIGNALS, ExternalProvider, ExternalReach, GuardrailMode, GuardrailSettings, SignalSettings};
pub use ids::{IdError, RunId, ServerName, SessionId, StepNumber, ToolId};
pub use masking::{MASKING_RULES_DATE, MaskCounts, MaskKind, Masker, Secret, Span, decoded_texts};
pub use normalization::{ArgumentNames, FieldNames, Normalization, PrefixMap};
pub use payload::{Payload, RecordLevel};
pub use policy::{
    Condition, CostBudget, Effect, Fallback, Flows, Glob, Label, LabelNote, Labelled, PinMode, Placed, Policy, Rate, Rule,
    RuleRef, Test, ToolPattern,
};
pub use preflight::{Preflight, PreflightSubject, SubjectKind};
pub use prices::{Cost, PRICES_DATE, Price, Prices};
pub use signal::{Origin, Signal, Stage};
pub use text::{neutralise, neutralise_line, percent_decoded, shell_word};
pub use tokens::{Estimator, TOKEN_ESTIMATOR, estimate_tokens, json_bytes};
pub use tool::{ToolAnnotations, ToolSpec};
pub use transcript::{Channel, Check, LatencyClass, Role, TranscriptStep};
