//! What scripts rely on when they call wrappers: `tests/python/behaviour.py` on real CPython.

use std::collections::BTreeMap;

use mcp_studio::types::{ServerName, ToolSpec};
use serde_json::json;

use super::corpus::write_packages;
use super::golden::golden_tools;
use super::interpreter::{python, script, workspace};

#[test]
fn wrappers_behave_as_described() {
    let Some(interpreter) = python() else {
        return;
    };
    let workspace = workspace("behaviour");
    let servers: BTreeMap<_, _> = golden_tools().into_iter().chain([big_server()]).collect();
    write_packages(&servers, &workspace);
    assert_eq!(script(&interpreter, &workspace, "behaviour.py", &[]), "all as described\n");
}

fn big_server() -> (ServerName, Vec<ToolSpec>) {
    let server = ServerName::new("big").unwrap();
    let tool = |index: usize| ToolSpec::from_wire(&server, json!({"name": format!("tool_{index}")})).unwrap();
    (server.clone(), (0..200).map(tool).collect())
}
