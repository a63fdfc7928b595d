//! Tools that were made to break a generator, and the golden ones: all load, all are clean under the type checkers,
//! and everything arrives as it was given.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

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

fn hostile_tools() -> (ServerName, Vec<ToolSpec>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/hostile.json");
    let server = ServerName::new("hostile-server.1").unwrap();
    let definitions: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let tools = definitions.into_iter().map(|raw| ToolSpec::from_wire(&server, raw).unwrap()).collect();
    (server, tools)
}
