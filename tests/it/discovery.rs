//! Tests of `discover`: real replies become models that widen, and nothing unsafe is called.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ended, Project};

const MODULE: &str = "workspace/servers/s/discovered_types.py";

/// A server that answers with its arguments; only `echo` says that it only reads.
fn project() -> Project {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/listed.py");
    let config = json!({
        "mcpServers": {"s": {"command": "python3", "args": [script, "tools.json"], "env": {"API_TOKEN": "hunter2hunter2"}}},
        "studio": {"policy": {"default": "allow"}}
    });
    let tools = json!([
        {"name": "echo", "description": "Says it\nagain \"\"\" \\", "annotations": {"readOnlyHint": true}},
        {"name": "change"},
        {"name": "answer", "annotations": {"readOnlyHint": false, "destructiveHint": true}}
    ]);
    Project::new(&config, &[("tools.json", &tools.to_string())])
}

fn plan(project: &Project, tools: &Value) {
    project.write("discovery_config.json", &json!({"servers": {"s": tools}}).to_string());
}

fn module(project: &Project) -> String {
    let text = std::fs::read_to_string(project.path(MODULE)).unwrap();
    let dated = text.split(", the last on ").skip(1).filter_map(|rest| rest.get(..10));
    dated.fold(text.clone(), |text, date| text.replace(date, "<date>"))
}

#[test]
fn replies_become_models_and_a_second_discovery_widens_them() {
    let project = project();
    let first = json!({"id": 1, "from": "x", "owner": {"name": "hunter2hunter2"}, "rows": [{"a": 1}, {"b": null}]});
    plan(&project, &json!({"echo": {"samples": [first]}}));
    let written = format!("[INFO] s: 1 tool, 1 sample written to {}\n", project.path(MODULE).display());
    assert_eq!(project.run(&["discover"]), Ended::new(0, "", &written));
    insta::assert_snapshot!("discovered", module(&project));

    plan(&project, &json!({"echo": {"samples": [{"id": 1.5, "rows": [{"a": "text"}]}, {"owner": null}]}}));
    let ended = project.run(&["discover", "s"]);
    let written = written.replace("1 sample", "2 samples");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), written.as_str()));
    insta::assert_snapshot!("discovered_wider", module(&project));
    let changed: Vec<&str> = ended.stdout.lines().filter(|line| line.starts_with(['+', '-']) && line.contains(": ")).collect();
    insta::assert_snapshot!("discovered_diff", changed.join("\n").replace(&today(&project), "<date>"));

    let again = project.run(&["discover", "s", "--json"]);
    let told: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&told[0]["observed"], &told[0]["diff"], &told[0]["failure"]), (&json!({"echo": 2}), &json!(""), &Value::Null));
    assert_eq!(project.run(&["generate", "s"]).code, Some(0));
    assert!(project.path(MODULE).exists(), "generating leaves it alone");
}

/// The day in the module.
fn today(project: &Project) -> String {
    let text = std::fs::read_to_string(project.path(MODULE)).unwrap();
    text.split(", the last on ").nth(1).unwrap()[..10].to_owned()
}

#[test]
fn what_may_change_something_is_refused_unless_it_is_listed_as_safe() {
    let project = project();
    plan(&project, &json!({"change": {"samples": [{"n": 1}]}, "answer": {"samples": [{}]}, "gone": {"samples": [{}]}}));
    let hint = "hint: label it \"read\" in studio.policy, or say \"safe\": true in discovery_config.json\n";
    let refused = format!(
        "[ERROR] s__answer was not called: nothing says that it only reads (destructiveHint is true)\n{hint}\
         [ERROR] s__change was not called: nothing says that it only reads (readOnlyHint and destructiveHint are missing)\n{hint}\
         [ERROR] s__gone is not offered\n"
    );
    assert_eq!(project.run(&["discover"]), Ended::new(1, "", &refused));
    assert!(!project.path(MODULE).exists());
    assert_eq!(project.run(&["sessions"]).stdout, "", "no call was made");

    plan(&project, &json!({"change": {"safe": true, "samples": [{"n": 1}]}}));
    assert_eq!(project.run(&["discover"]).code, Some(0));
    assert!(module(&project).contains("n: Integer | Unset = UNSET"));
}

#[test]
fn a_plan_that_fits_nothing_is_said() {
    let project = project();
    let missing = format!(
        "[ERROR] there is no {}\nhint: write it after discovery_config.example.json\n",
        project.path("discovery_config.json").display()
    );
    assert_eq!(project.run(&["discover"]), Ended::new(1, "", &missing));
    plan(&project, &json!({}));
    project.write(MODULE, "mine = 1\n");
    plan(&project, &json!({"echo": {"samples": [{"a": 1}]}}));
    let kept =
        format!("[ERROR] {} was not written: the file there is yours\nhint: move it away\n", project.path(MODULE).display());
    assert_eq!(project.run(&["discover"]), Ended::new(1, "", &kept));
    assert_eq!(std::fs::read_to_string(project.path(MODULE)).unwrap(), "mine = 1\n");
}
