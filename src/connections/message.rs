//! The outer shape of messages, and reading what is inside within bounds. Pure.

use std::fmt;

use rmcp::model::{ErrorCode, ErrorData, NumberOrString, ServerJsonRpcMessage, ServerResult};
use serde::Deserialize;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::ledger::Outcome;
use super::scan::{self, Shape};
use super::traffic::cut;
use crate::types::limits::{ERROR_BYTES, MESSAGE_DEPTH, MESSAGE_NODES, NOTE_BYTES, TOOLS_PER_SERVER};

/// A message whose parts stay unread, however deep they are.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) method: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl Envelope<'_> {
    /// What a reply says.
    pub(super) fn outcome(&self) -> Outcome {
        match (self.error, self.result) {
            (Some(error), _) => error_outcome(error),
            (None, Some(result)) => Outcome::Result(result.to_owned()),
            (None, None) => Outcome::Broken("the reply has neither a result nor an error".to_owned()),
        }
    }
}

/// Tells `null` from absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The first elements of an array, unread; how many more there were is counted only.
#[derive(Debug, Default)]
pub(super) struct Items<'a> {
    pub(super) kept: Vec<&'a RawValue>,
    pub(super) surplus: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Items<'de>, A::Error> {
                let mut items = Items::default();
                while items.kept.len() < TOOLS_PER_SERVER {
                    let Some(item) = sequence.next_element()? else { return Ok(items) };
                    items.kept.push(item);
                }
                while sequence.next_element::<IgnoredAny>()?.is_some() {
                    items.surplus += 1;
                }
                Ok(items)
            }
        }
        deserializer.deserialize_seq(Collect)
    }
}

/// Reads a part of a message that may be too deep, too large for the memory, or not quite JSON.
pub(super) fn read(raw: &RawValue) -> Result<Value, String> {
    let text = raw.get();
    let Shape { depth, nodes } = scan::shape(text);
    if depth > MESSAGE_DEPTH {
        return Err(format!("it nests deeper than {MESSAGE_DEPTH} levels"));
    }
    if nodes > MESSAGE_NODES {
        return Err(format!("it has more than {MESSAGE_NODES} values"));
    }
    serde_json::from_str(text).or_else(|error| match scan::mended(text) {
        Some(mended) => serde_json::from_str(&mended).map_err(|error| error.to_string()),
        None => Err(error.to_string()),
    })
}

/// A JSON-RPC id as the number we sent, also where it came back as a text or a float.
pub(super) fn number(raw: &str) -> Option<i64> {
    let raw = raw.trim_matches('"');
    raw.parse().ok().or_else(|| raw.strip_suffix(".0").and_then(|whole| whole.parse().ok()))
}

fn error_outcome(raw: &RawValue) -> Outcome {
    #[derive(Deserialize)]
    struct Fault<'a> {
        #[serde(default)]
        code: i64,
        #[serde(default)]
        message: String,
        #[serde(borrow, default)]
        data: Option<&'a RawValue>,
    }
    match serde_json::from_str::<Fault<'_>>(raw.get()) {
        Ok(Fault { code, message, data }) => {
            Outcome::Error { code, message: cut(message.as_bytes(), ERROR_BYTES), data: data.map(ToOwned::to_owned) }
        }
        Err(_) => Outcome::Error { code: 0, message: cut(raw.get().as_bytes(), NOTE_BYTES), data: None },
    }
}

/// A reply for the protocol crate.
pub(super) fn response(id: i64, result: ServerResult) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::response(result, NumberOrString::Number(id))
}

/// An error for the protocol crate.
pub(super) fn error(id: i64, code: i64, message: String, data: Option<Value>) -> ServerJsonRpcMessage {
    let code = ErrorCode(i32::try_from(code).unwrap_or(ErrorCode::INTERNAL_ERROR.0));
    ServerJsonRpcMessage::error(ErrorData::new(code, message, data), Some(NumberOrString::Number(id)))
}

/// What the protocol crate sees of a result. It needs tool lists itself only for header parameters over HTTP.
pub(super) fn stub(method: &str, result: &RawValue) -> ServerResult {
    if method == "tools/list"
        && result.get().contains("x-mcp-header")
        && let Ok(list) = read(result)
        && let Ok(list) = serde_json::from_value(list)
    {
        return ServerResult::ListToolsResult(list);
    }
    ServerResult::empty(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_kept_up_to_a_bound_and_counted_beyond() {
        let text = format!("[{}0]", "1,".repeat(TOOLS_PER_SERVER + 2));
        let items: Items<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!((items.kept.len(), items.surplus), (TOOLS_PER_SERVER, 3));
        assert!(serde_json::from_str::<Items<'_>>("{}").is_err());
    }

    #[test]
    fn values_that_would_fill_the_memory_are_not_read() {
        let text = format!("[{}0]", "0,".repeat(MESSAGE_NODES));
        let raw = RawValue::from_string(text).unwrap();
        assert_eq!(read(&raw), Err(format!("it has more than {MESSAGE_NODES} values")));
    }
}
