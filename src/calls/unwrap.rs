//! What a `tools/call` result means to the caller.

use serde_json::{Map, Value};

use crate::types::limits::{TOOL_CONTENT_BYTES, TOOL_ERROR_BYTES};
use crate::types::{CONTENT_NOTE, CallOutcome, CallValue, Failure, FailureKind};

/// What a `tools/call` result object holds for the caller, in this order: `structuredContent`; `value`, as some bridges send;
/// one text block, parsed when it is JSON; several blocks, or one that is no text, as the list they are.
/// A result of another form is answered as it is. `isError` is a failure with the text.
pub fn unwrap(result: Value) -> CallOutcome {
    let Value::Object(fields) = &result else {
        return Ok(CallValue { value: result.clone(), raw: result });
    };
    if fields.get("isError") == Some(&Value::Bool(true)) {
        return Err(with_content(failure_of(fields), fields));
    }
    let value = value_of(fields).unwrap_or_else(|| result.clone());
    Ok(CallValue { value, raw: result })
}

fn value_of(fields: &Map<String, Value>) -> Option<Value> {
    let given = |key: &str| fields.get(key).filter(|value| !value.is_null());
    if let Some(value) = given("structuredContent").or_else(|| given("value")) {
        return Some(value.clone());
    }
    match given("content")? {
        Value::Array(blocks) => Some(match blocks.as_slice() {
            [] => Value::Null,
            [block] => text_of(block).map_or_else(|| Value::Array(blocks.clone()), text_value),
            _ => Value::Array(blocks.clone()),
        }),
        Value::String(text) => Some(text_value(text)),
        Value::Object(_) => None,
        odd @ (Value::Null | Value::Bool(_) | Value::Number(_)) => Some(odd.clone()),
    }
}

/// The text of a text block.
fn text_of(block: &Value) -> Option<&str> {
    if block.get("type")?.as_str()? == "text" { block.get("text")?.as_str() } else { None }
}

fn text_value(text: &str) -> Value {
    let may_be_json = text.trim_start().starts_with(|c: char| "{[\"-tfn".contains(c) || c.is_ascii_digit());
    let parsed = if may_be_json { serde_json::from_str(text).ok() } else { None };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// All content blocks beside the words, so that a script loses none: an image, a link to a log.
fn with_content(failure: Failure, fields: &Map<String, Value>) -> Failure {
    let content = fields.get("content").and_then(Value::as_array);
    let is_bare = |block: &Value| text_of(block).is_some() && block.as_object().is_some_and(|fields| fields.len() == 2);
    let says_all = |blocks: &[Value]| blocks.is_empty() || matches!(blocks, [block] if is_bare(block));
    match content.filter(|blocks| !says_all(blocks)).map(|blocks| Value::from(blocks.as_slice()).to_string()) {
        Some(content) if content.len() <= TOOL_CONTENT_BYTES => failure.note(CONTENT_NOTE, content),
        Some(_) | None => failure,
    }
}

/// The text of an error: its first line as the message, the whole of several lines beside it.
fn failure_of(fields: &Map<String, Value>) -> Failure {
    let blocks = match fields.get("content") {
        Some(Value::Array(blocks)) => blocks.iter().filter_map(text_of).collect::<Vec<_>>().join("\n"),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => String::new(),
    };
    let text = match (blocks.trim(), fields.get("structuredContent")) {
        ("", Some(structured)) => structured.to_string(),
        ("", None) => return Failure::new(FailureKind::ToolExecution, "it reported an error without a text"),
        (text, _) => text.to_owned(),
    };
    let text = &text[..text.floor_char_boundary(TOOL_ERROR_BYTES)];
    let failure = Failure::new(FailureKind::ToolExecution, text.lines().next().unwrap_or_default());
    if text.lines().nth(1).is_some() { failure.note("text", text) } else { failure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(text: &str) -> Value {
        json!({"content": [{"type": "text", "text": text}]})
    }

    #[test]
    fn each_form_of_result_has_one_meaning() {
        let image = json!({"type": "image", "data": "AA==", "mimeType": "image/png"});
        let two = json!([{"type": "text", "text": "1"}, {"type": "text", "text": "2"}]);
        let table = [
            (json!({"structuredContent": {"a": 1}, "content": [{"type": "text", "text": "{}"}]}), json!({"a": 1})),
            (json!({"structuredContent": {"result": [1]}, "content": []}), json!({"result": [1]})),
            (json!({"structuredContent": {}, "value": 1}), json!({})),
            (json!({"structuredContent": false}), json!(false)),
            (json!({"structuredContent": null, "content": [{"type": "text", "text": "x"}]}), json!("x")),
            (json!({"value": {"a": null}, "content": [{"type": "text", "text": "x"}]}), json!({"a": null})),
            (text("plain"), json!("plain")),
            (text("{\"a\": [1, null]}"), json!({"a": [1, null]})),
            (text(" [1]\n"), json!([1])),
            (text("true"), json!(true)),
            (text("null"), json!(null)),
            (text("\"quoted\""), json!("quoted")),
            (text("-1.50"), serde_json::from_str("-1.50").unwrap()),
            (text("123456789012345678901234567890"), serde_json::from_str("123456789012345678901234567890").unwrap()),
            (text("{not json}"), json!("{not json}")),
            (text("1 2"), json!("1 2")),
            (text("007"), json!("007")),
            (text("NaN"), json!("NaN")),
            (text("2026-11-21"), json!("2026-11-21")),
            (text(""), json!("")),
            (text(&"[".repeat(100_000)), json!("[".repeat(100_000))),
            (json!({"content": []}), json!(null)),
            (json!({"content": [image]}), json!([image])),
            (json!({"content": two}), two),
            (json!({"content": [{"type": "text"}]}), json!([{"type": "text"}])),
            (json!({"content": "bare"}), json!("bare")),
            (json!({"content": {"type": "text"}}), json!({"content": {"type": "text"}})),
            (json!({"content": 7}), json!(7)),
            (json!({"toolResult": 1}), json!({"toolResult": 1})),
            (json!({}), json!({})),
            (json!("not an object"), json!("not an object")),
            (json!({"isError": false, "content": [{"type": "text", "text": "ok"}]}), json!("ok")),
            (json!({"isError": "true", "content": [{"type": "text", "text": "ok"}]}), json!("ok")),
        ];
        for (raw, value) in table {
            assert_eq!(unwrap(raw.clone()), Ok(CallValue { value, raw }));
        }
    }

    #[test]
    fn an_error_is_a_failure_with_its_text() {
        let error = |content: Value| unwrap(json!({"isError": true, "content": content})).unwrap_err();
        let plain = |message: &str| Failure::new(FailureKind::ToolExecution, message);
        assert_eq!(error(json!([{"type": "text", "text": "no such file"}])), plain("no such file"));
        let two = json!([{"type": "text", "text": "first\nsecond"}, {"type": "image"}, {"type": "text", "text": "third"}]);
        let content = two.to_string();
        assert_eq!(error(two), plain("first").note("text", "first\nsecond\nthird").note("content", content));
        for nothing in [json!([]), json!(null), json!([{"type": "text", "text": " "}])] {
            assert_eq!(error(nothing), plain("it reported an error without a text"));
        }
        let structured = unwrap(json!({"isError": true, "content": [], "structuredContent": {"code": 7}})).unwrap_err();
        assert_eq!(structured, plain("{\"code\":7}"));
        assert_eq!(error(json!("é".repeat(TOOL_ERROR_BYTES))).message.len(), TOOL_ERROR_BYTES);
    }
}
