//! Discovered models: clean under the type checkers, loading every reply they were made from.

use std::fs;
use std::path::PathBuf;

use mcp_studio::codegen::{Recipe, generate};
use mcp_studio::discovery::{Book, Literals};
use mcp_studio::types::{ServerName, ToolSpec};
use serde_json::{Value, json};

use super::interpreter::{assert_mypy_is_content, assert_pyright_is_content, pyright, python, script, workspace};

/// Tools and what they answered, of every shape that replies have.
fn replies() -> Vec<(&'static str, Vec<Value>)> {
    let keyed: Value = (0..25).map(|n| (format!("2026-01-{n:02}"), json!({"count": n, "from": null}))).collect();
    vec![
        ("text", vec![json!("plain")]),
        ("maybe-text", vec![json!("plain"), json!(null)]),
        ("numbers", vec![json!([1, 2.5, -3])]),
        ("rows", vec![json!([{"id": 1, "class": "a", "tags": []}, {"id": 2, "class": null, "tags": ["x", 1]}])]),
        (
            "page",
            vec![
                json!({"items": [{"owner": {"name": "n"}}], "next": null}),
                json!({"items": [], "next": "c", "model_config": {}}),
            ],
        ),
        ("mixed", vec![json!({"value": 1}), json!([1]), json!("text"), json!(true)]),
        ("keyed", vec![keyed]),
        ("states", vec![json!([{"state": "open"}, {"state": "done"}, {"state": "open"}, {"state": "done"}])]),
        ("nothing", vec![json!(null)]),
        ("hostile \"\"\" name", vec![json!({"\"\"\"\\": 1, "\u{202e}": [{"self": {"import": 1}}], "": 2})]),
        ("lists", vec![json!([[[{"deep": 1}]], []])]),
    ]
}

#[test]
fn models_load_what_they_were_made_from_and_type_checkers_are_content() {
    let Some(interpreter) = python() else { return };
    let workspace = made();
    let printed = script(&interpreter, &workspace, "discovered.py", &["replies.json"]);
    assert_eq!(printed, "16 replies of 11 tools\n");
    assert_mypy_is_content(&interpreter, &workspace);
    if let Some(pyright) = pyright() {
        assert_pyright_is_content(&pyright, &interpreter, &workspace);
    }
}

/// A workspace with the package `d`, and its replies by the names of functions.
fn made() -> PathBuf {
    let server = ServerName::new("d").unwrap();
    let mut book = Book::default();
    for (tool, replies) in replies() {
        for reply in replies {
            book.0.entry(tool.to_owned()).or_default().add(json!({"asked": tool}), &reply, Literals::OfFew);
        }
    }
    let tool = |name| ToolSpec::from_wire(&server, json!({"name": name})).unwrap();
    let tools: Vec<ToolSpec> = replies().iter().map(|(name, _)| tool(name)).collect();
    let (discovered, models) = (book.tools(), book.models(&server));
    let package = generate(&Recipe { discovered: &discovered, ..Recipe::new("d", &server, &tools) });
    assert_eq!(package.files["discovered_types.py"], models.module(), "generating and discovering write the same");
    let workspace = workspace("discovered");
    fs::create_dir_all(workspace.join("servers/d")).unwrap();
    for (file, source) in &package.files {
        fs::write(workspace.join("servers/d").join(file), source).unwrap();
    }
    let listed: Vec<Value> = replies()
        .into_iter()
        .zip(&package.functions)
        .map(|((tool, replies), (_, function))| json!({"model": models.of(tool).unwrap().name, "function": function, "replies": replies}))
        .collect();
    fs::write(workspace.join("replies.json"), json!(listed).to_string()).unwrap();
    workspace
}
