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
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => 0,
    }
}

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
