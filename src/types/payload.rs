//! What a record keeps of the arguments or the result of a call.

use serde::{Deserialize, Serialize};

use super::MaskCounts;

/// How much of a payload is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordLevel {
    /// Shape, hash and a masked preview.
    #[default]
    Default,
    /// The masked text as well.
    Full,
    /// The text as it was, secrets included. A report of such a session says so.
    Raw,
}

impl RecordLevel {
    /// All levels, least first.
    pub const ALL: [Self; 3] = [Self::Default, Self::Full, Self::Raw];

    /// The word for it, as in configuration, journals and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Full => "full",
            Self::Raw => "raw",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_default(&self) -> bool {
        *self == Self::Default
    }
}

/// Arguments or a result as recorded. Made by [`Masker::payload`](super::Masker::payload), nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// Keys and types, without values: `{path: string, lines: [integer x 3]}`. Masked and bounded.
    pub shape: String,
    /// SHA-256, hexadecimal, of the compact JSON *after* masking, so that nobody can guess a masked value by trying.
    /// Absent where the payload was larger than [`MASKED_BYTES`](super::limits::MASKED_BYTES).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// The beginning of the masked compact JSON, on one line, with `…` where it was cut.
    pub preview: String,
    /// How many pieces of each kind were masked. Of a payload larger than
    /// [`MASKED_BYTES`](super::limits::MASKED_BYTES) only the beginning was looked at.
    #[serde(skip_serializing_if = "MaskCounts::is_empty", default)]
    pub masked: MaskCounts,
    /// The level it was recorded at.
    #[serde(skip_serializing_if = "RecordLevel::is_default", default)]
    pub level: RecordLevel,
    /// Its compact JSON: masked at level `full`, as it was at level `raw`; cut, with `…`, at
    /// [`RECORDED_BYTES`](super::limits::RECORDED_BYTES).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}
