//! The schema guard on a typical valid call, against the validator alone.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

use std::sync::Arc;

use divan::{Bencher, black_box};
use mcp_studio::guards::{Schemas, Verdict};
use mcp_studio::types::{ServerName, ToolSpec};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

fn tool() -> Arc<ToolSpec> {
    let raw = json!({"name": "git_log", "inputSchema": {"type": "object", "required": ["repo_path"], "properties": {
        "repo_path": {"type": "string", "description": "Path to the repository"},
        "max_count": {"type": "integer", "default": 10},
        "start": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null}}}});
    Arc::new(ToolSpec::from_wire(&ServerName::new("git").unwrap(), raw).unwrap())
}

fn arguments() -> Value {
    json!({"repo_path": "/home/somebody/projects/mcp-studio", "max_count": 20, "start": "yesterday"})
}

#[divan::bench]
fn baseline_validator(bencher: Bencher) {
    let validator = jsonschema::validator_for(&tool().input_schema).unwrap();
    let arguments = arguments();
    bencher.bench(|| validator.is_valid(black_box(&arguments)));
}

#[divan::bench]
fn valid_call(bencher: Bencher) {
    let (schemas, tool, arguments) = (Schemas::default(), tool(), arguments());
    assert_eq!(schemas.check_arguments(&tool, &arguments).0, Verdict::Allow);
    bencher.bench(|| schemas.check_arguments(black_box(&tool), black_box(&arguments)));
}

#[divan::bench]
fn refused_call(bencher: Bencher) {
    let (schemas, tool) = (Schemas::default(), tool());
    bencher.bench(|| schemas.check_arguments(black_box(&tool), black_box(&json!({"repo_path": 7}))));
}

#[divan::bench]
fn first_call_compiles(bencher: Bencher) {
    let (tool, arguments) = (tool(), arguments());
    bencher.bench(|| Schemas::default().check_arguments(black_box(&tool), &arguments));
}
