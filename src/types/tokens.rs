//! A labelled estimate of token counts, cheap enough for the call path.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What counts tokens. Its name is shown and recorded wherever its figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub enum Estimator {
    /// A labelled estimate: bytes divided by four.
    #[default]
    #[serde(rename = "bytes/4")]
    Bytes,
    /// The vocabulary `o200k_base`, exactly.
    #[serde(rename = "o200k_base")]
    O200kBase,
}

impl Estimator {
    /// All there are, the usual one first.
    pub const ALL: [Self; 2] = [Self::Bytes, Self::O200kBase];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bytes => "bytes/4",
            Self::O200kBase => "o200k_base",
        }
    }

    /// Whether it is the estimate that records have where they name none.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(super) fn is_estimate(&self) -> bool {
        *self == Self::Bytes
    }
}

/// The name of the estimate, which everything is counted by until a tokenizer has counted it.
pub const TOKEN_ESTIMATOR: &str = Estimator::Bytes.word();

/// Bytes per token. English prose and JSON average 3.5 to 4.5 bytes a token under current vocabularies.
const BYTES_PER_TOKEN: u64 = 4;

/// Estimated tokens of `bytes` bytes of text.
pub fn estimate_tokens(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

/// Bytes of `value` written as compact JSON, without writing it anywhere.
pub fn json_bytes(value: &Value) -> u64 {
    let commas = |count: usize| count.saturating_sub(1) as u64;
    match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => number.as_str().len() as u64,
        Value::String(text) => text_bytes(text),
        Value::Array(items) => 2 + commas(items.len()) + items.iter().map(json_bytes).sum::<u64>(),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| text_bytes(key) + 1 + json_bytes(value);
            2 + commas(fields.len()) + fields.iter().map(field).sum::<u64>()
        }
    }
}

/// The bytes of a text in quotes.
fn text_bytes(text: &str) -> u64 {
    let more: u64 = text.bytes().map(|byte| u64::from(ESCAPE[usize::from(byte)])).sum();
    2 + text.len() as u64 + more
}

/// Bytes that the escape of a byte has beyond itself: `\n` or `\u0001`.
const ESCAPE: [u8; 256] = {
    let mut more = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        more[control] = 5;
        control += 1;
    }
    let (short, mut next) = (*b"\"\\\x08\t\n\x0c\r", 0);
    while next < short.len() {
        more[short[next] as usize] = 1;
        next += 1;
    }
    more
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_counted_as_it_would_be_written() {
        let controls: String = (0..=0x7f_u8).map(char::from).collect();
        let more = serde_json::json!([[], {}, [true, false], -1.5e300, u64::MAX, {"\n": controls, "b": {}}]);
        for value in [serde_json::json!({"a": [1, "ü", null]}), more] {
            assert_eq!(json_bytes(&value), value.to_string().len() as u64);
        }
        assert_eq!(estimate_tokens(9), 3);
    }
}
