//! The schemas of our own tools, as other languages' validators like them.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool};
use serde_json::Value;

/// Takes the formats of Rust's numbers (`uint64`, `double`) out of a tool's schemas: elsewhere they are unknown, and
/// clients warn of each.
pub(super) fn neutral(tool: &mut Tool) {
    tool.input_schema = without_formats(&tool.input_schema);
    tool.output_schema = tool.output_schema.as_ref().map(without_formats);
}

fn without_formats(schema: &Arc<JsonObject>) -> Arc<JsonObject> {
    let mut schema = Value::Object(JsonObject::clone(schema));
    strip(&mut schema);
    match schema {
        Value::Object(schema) => Arc::new(schema),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Arc::default(),
    }
}

fn strip(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            if entries.get("format").is_some_and(Value::is_string) {
                entries.shift_remove("format");
            }
            entries.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
