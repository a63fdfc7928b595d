//! Tools that were made to break a generator, and the golden ones: all load, all are clean under the type checkers,
//! and everything arrives as it was given.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::iter;
use std::path::Path;

use mcp_studio::codegen::{Recipe, wrapper};
use mcp_studio::types::{ServerName, ToolSpec};
use serde_json::Value;

use super::corpus::write_packages;
use super::golden::golden_tools;
use super::interpreter::{assert_mypy_is_content, assert_pyright_is_content, pyright, python, script, workspace};

#[test]
fn hostile_tools_pass_with_full_types() {
    let Some(interpreter) = python() else {
        return;
    };
    let workspace = workspace("hostile");
    let servers: BTreeMap<_, _> = golden_tools().into_iter().chain([hostile_tools()]).collect();
    write_packages(&servers, &workspace);
    eprintln!("{}", script(&interpreter, &workspace, "fidelity.py", &["manifest.json", "--report"]));
    assert_mypy_is_content(&interpreter, &workspace);
    if let Some(pyright) = pyright() {
        assert_pyright_is_content(&pyright, &interpreter, &workspace);
    }
}

/// Every signature, and below it each field of its models that has no type of its own.
#[test]
fn hostile_tools_are_typed_as_far_as_their_schemas_say() {
    let (server, tools) = hostile_tools();
    let recipe = Recipe::new("hostile", &server, &tools);
    let typed = |tool: &ToolSpec| {
        let wrapper = wrapper(&recipe, &tool.id).unwrap();
        let fields = wrapper.source.lines().filter(|line| line.starts_with("    ") && line.contains(": Json"));
        let fields: BTreeSet<&str> = fields.map(|line| line.trim_end_matches(',')).collect();
        iter::once(wrapper.signature.as_str()).chain(fields).map(|line| format!("{line}\n")).collect::<String>()
    };
    insta::assert_snapshot!(tools.iter().map(typed).collect::<String>());
}

fn hostile_tools() -> (ServerName, Vec<ToolSpec>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/hostile.json");
    let server = ServerName::new("hostile-server.1").unwrap();
    let definitions: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let tools = definitions.into_iter().map(|raw| ToolSpec::from_wire(&server, raw).unwrap()).collect();
    (server, tools)
}
