//! The JSON Schema Test Suite, from the source archive of the Python package `jsonschema`.

use std::collections::BTreeMap;
use std::fs;

use mcp_studio::types::{ServerName, ToolSpec};
use serde_json::Value;

use super::corpus::write_packages;
use super::interpreter::{command, python, script, workspace};

#[test]
fn every_valid_instance_of_the_test_suite_is_accepted() {
    let Some(interpreter) = python() else {
        return;
    };
    let workspace = workspace("suite");
    let script_path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/suite.py");
    let prepared = command(&interpreter).arg(script_path).args(["prepare", "."]).current_dir(&workspace).output().unwrap();
    if !prepared.status.success() {
        eprintln!("passed over: the test suite cannot be downloaded here");
        return;
    }
    let dump: Value = serde_json::from_str(&fs::read_to_string(workspace.join("tools.json")).unwrap()).unwrap();
    let server = ServerName::new("suite").unwrap();
    let tools = dump["tools"].as_array().unwrap().iter();
    let tools: Vec<ToolSpec> = tools.map(|raw| ToolSpec::from_wire(&server, raw.clone()).unwrap()).collect();
    assert!(tools.len() > 300, "the suite has its groups");
    write_packages(&BTreeMap::from([(server, tools)]), &workspace);
    eprintln!("{}", script(&interpreter, &workspace, "suite.py", &["check", "."]));
}
