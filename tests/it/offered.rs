//! Prompts and resources on the command line, from a real server.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ended, Project};

/// The configuration of `tests/servers/offers.py`.
pub(crate) fn offers() -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/offers.py");
    json!({"mcpServers": {"offers": {"command": "python3", "args": [script]}}})
}

#[test]
fn a_resource_is_read_as_text_as_its_size_or_as_sent() {
    let project = Project::new(&offers(), &[]);
    let read = |arguments: &[&str]| project.run(&[&["read-resource", "offers"], arguments].concat());
    assert_eq!(read(&["note://welcome"]), Ended::new(0, "Welcome.\nSecond line \u{1b}[31mred\n", ""));
    assert_eq!(read(&["note://logo"]), Ended::new(0, "image/png, 8 bytes\n", ""));
    let sent = "{\"contents\":[{\"uri\":\"note://by-name/a b\",\"text\":\"The note note://by-name/a b\"}]}\n";
    assert_eq!(read(&["note://by-name/a b", "--json"]), Ended::new(0, sent, ""));
}

#[test]
fn a_prompt_is_filled_in() {
    let project = Project::new(&offers(), &[]);
    let filled = project.run(&["get-prompt", "offers", "praise", "whom=Ada"]);
    assert_eq!(filled, Ended::new(0, "[user]\nPraise Ada loudly.\n", ""));
}

#[test]
fn what_there_is_to_read_and_to_fill_in_is_listed() {
    let project = Project::new(&offers(), &[]);
    let listed = project.run(&["list-resources"]);
    insta::assert_snapshot!("list_resources", listed.stdout);
    assert_eq!((listed.code, listed.stderr.as_str()), (Some(0), ""));
    let listed = project.run(&["list-prompts", "offers"]);
    insta::assert_snapshot!("list_prompts", listed.stdout);
    let json: Value = serde_json::from_str(&project.run(&["list-prompts", "--json"]).stdout).unwrap();
    assert_eq!((&json[0]["server"], &json[0]["prompts"][0]["name"]), (&json!("offers"), &json!("praise")));
    let json: Value = serde_json::from_str(&project.run(&["list-resources", "--json"]).stdout).unwrap();
    assert_eq!(json[0]["resources"][0]["uri"], json!("note://welcome"));
}

#[test]
fn mistakes_are_named() {
    let project = Project::new(&offers(), &[]);
    let unknown = project.run(&["read-resource", "offer", "note://welcome"]);
    let message =
        format!("[ERROR] no server \"offer\" in {}\nhint: did you mean \"offers\"?\n", project.path("mcp_config.json").display());
    assert_eq!(unknown, Ended::new(1, "", &message));
    let list = project.run(&["get-prompt", "offers", "praise", "[1]"]);
    assert_eq!(list, Ended::new(2, "", "[ERROR] the arguments of a prompt are a JSON object\n"));
}
