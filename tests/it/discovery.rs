//! Tests of `discover`: real replies become models that widen, and nothing unsafe is called.

use std::path::Path;
use std::sync::{Arc, Mutex};

use mcp_studio::ops::{Location, Studio, WrapperState};
use mcp_studio::types::{Caller, ToolId};
use serde_json::{Value, json};

use crate::real_servers::{pypi, shared_workspace};
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
         [ERROR] server \"s\" offers no tool \"gone\"\nhint: it offers echo, change, answer\n"
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

/// A studio on the project, within this process.
fn studio(project: &Project) -> Studio {
    Studio::open(&Location { config: Some(project.path("mcp_config.json")), workspace: None }, "test").unwrap()
}

#[tokio::test]
async fn a_screen_is_shown_wrapper_and_model_and_what_has_changed() {
    let project = project();
    let studio = studio(&project);
    let echo = ToolId::parse("s__echo").unwrap();
    assert_eq!(studio.shown_wrapper(&echo), None, "the server was never listed");
    studio.connect(&echo.server).await.unwrap();
    let fresh = studio.shown_wrapper(&echo).unwrap();
    assert_eq!((&fresh.state, fresh.path.clone()), (&WrapperState::Absent, project.path("workspace/servers/s/echo.py")));
    assert_eq!(fresh.wrapper.signature, "async def echo(**_more: Json) -> Json");
    assert_eq!((fresh.signature_tokens, fresh.estimator), (10, "bytes/4"));
    assert!(fresh.module_tokens > fresh.signature_tokens && fresh.schema_tokens > 0);
    assert!(Arc::ptr_eq(&fresh, &studio.shown_wrapper(&echo).unwrap()), "asked again it is answered from memory");

    assert_eq!(studio.regenerate(&echo.server).await.unwrap().tools, 3);
    assert_eq!(studio.shown_wrapper(&echo).unwrap().state, WrapperState::Current);
    assert_eq!(studio.shown_model(&echo).unwrap(), None);

    let heard = Mutex::new(Vec::new());
    let sample = json!({"id": 1, "token": "hunter2hunter2"}).as_object().cloned();
    let discovered = studio
        .discover_tool(&echo, sample, Caller::Form, &|progress| heard.lock().unwrap().push(progress.to_string()))
        .await
        .unwrap();
    assert_eq!(heard.into_inner().unwrap(), ["s: echo, 1 of 1"]);
    assert_eq!(discovered.summary(), format!("s: 1 tool, 1 sample written to {}", project.path(MODULE).display()));
    let model = studio.shown_model(&echo).unwrap().unwrap();
    assert_eq!((model.name.as_str(), model.samples, model.returned), ("EchoResult", 1, true));
    assert_eq!((model.date.len(), &model.arguments), (10, &vec![json!({"id": 1, "token": "[masked secret]"})]));
    assert!(model.source.starts_with("class EchoResult(OpenModel):\n") && model.source.contains("    id: Integer | Unset"));

    let outdated = studio.shown_wrapper(&echo).unwrap();
    assert_eq!(outdated.wrapper.signature, "async def echo(**_more: Json) -> EchoResult");
    let WrapperState::Outdated { diff } = &outdated.state else { panic!("{:?}", outdated.state) };
    insta::assert_snapshot!("discovered_wrapper_diff", diff);
    studio.regenerate(&echo.server).await.unwrap();
    assert_eq!(studio.shown_wrapper(&echo).unwrap().state, WrapperState::Current);
    project.write("workspace/servers/s/echo.py", "mine = 1\n");
    assert_eq!(studio.shown_wrapper(&echo).unwrap().state, WrapperState::Foreign);
    studio.shutdown().await;
}

#[test]
fn wrappers_return_what_was_discovered_and_checking_stays_right() {
    if !pypi() {
        return;
    }
    let project = project();
    let workspace = shared_workspace();
    let _ = std::fs::remove_dir_all(workspace.join("servers/s"));
    let run = |arguments: &[&str]| project.run(&[&["--workspace", workspace.to_str().unwrap()], arguments].concat());
    assert_eq!(run(&["generate"]).code, Some(0));
    plan(&project, &json!({"echo": {"samples": [{"rows": [{"n": 1}]}]}}));
    assert_eq!(run(&["discover"]).code, Some(0));
    let checked = run(&["generate", "--check"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(1), "[INFO] servers.s: 3 tools, 3 files out of date\n"));
    assert_eq!(run(&["generate"]).code, Some(0));
    let current = Ended::new(0, "", "[INFO] servers.s: 3 tools, up to date\n");
    assert_eq!(run(&["generate", "--check"]), current);

    let script = "import warnings\nfrom servers.s.sync import echo\nfrom servers.s import EchoResult\n\
                  reply = echo(rows=[{\"n\": 1, \"more\": True}])\n\
                  print(type(reply) is EchoResult, reply.rows[0].n, reply.rows[0].more)\n\
                  with warnings.catch_warnings(record=True) as caught:\n    warnings.simplefilter(\"always\")\n    \
                  print(echo(rows=\"none\"))\nprint(caught[0].message)\n";
    project.write("read.py", script);
    let printed = "True 1 True\n{'rows': 'none'}\n\
                   result of s__echo does not fit what was discovered of it and is handed over as it came: rows: Input should be a valid list\n";
    let ran = run(&["exec", "read.py"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), printed), "{}", ran.stderr);

    std::fs::write(workspace.join("servers/s/discovered_types.py"), "mine = 1\n").unwrap();
    let ended = run(&["generate", "--check"]);
    assert_eq!(ended.code, Some(1), "wrappers must not import what is not there: {}", ended.stderr);
}

#[test]
fn few_texts_are_literals_where_the_plan_asks_for_it() {
    let project = project();
    let rows = json!({"rows": [{"state": "open"}, {"state": "done"}, {"state": "open"}, {"state": "done"}]});
    plan(&project, &json!({"echo": {"literals": true, "samples": [rows]}}));
    assert_eq!(project.run(&["discover"]).code, Some(0));
    assert!(module(&project).contains("    state: Literal[\"done\", \"open\"] | Unset = UNSET\n"), "{}", module(&project));
}

#[test]
fn servers_that_want_one_package_are_told_and_progress_names_each() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/listed.py");
    let server = json!({"command": "python3", "args": [script, "tools.json"]});
    let config = json!({"mcpServers": {"a-b": server, "a b": server, "gone": {"command": "/nowhere/server"}}});
    let project = Project::new(&config, &[("tools.json", "[{\"name\": \"echo\"}]")]);
    let ended = project.run(&["generate"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let mut lines: Vec<&str> = ended.stderr.lines().filter(|line| !line.contains("gone") && !line.starts_with("hint")).collect();
    lines.sort_unstable();
    let named = "[WARN] a_b_2: the server \"a-b\" is called a_b_2 here, because another is called a_b";
    let written = ["[INFO] servers.a_b: 1 tool, 5 files written", "[INFO] servers.a_b_2: 1 tool, 5 files written"];
    assert_eq!(lines, [written[0], written[1], "[WARN] 1 of 3 servers failed", named], "{}", ended.stderr);
}

#[test]
fn wrappers_know_the_names_that_results_get_and_say_how() {
    let config = json!({"mcpServers": {"s": {"command": "/nowhere"}}, "studio": {"normalization": {"s": "snake_case"}}});
    let output = json!({"type": "object", "required": ["workItem"], "properties": {"workItem": {"type": "integer"}}});
    let tool = json!({"name": "get", "inputSchema": {"properties": {"itemType": {"type": "string"}}}, "outputSchema": output});
    let project = Project::new(&config, &[("dump.json", &json!({"server": "s", "tools": [tool]}).to_string())]);
    let written = Ended::new(0, "", "[INFO] servers.s: 1 tool, 5 files written\n");
    assert_eq!(project.run(&["generate", "--from", "dump.json"]), written);
    let module = std::fs::read_to_string(project.path("workspace/servers/s/get.py")).unwrap();
    insta::assert_snapshot!("wrapper_with_changed_names", module);
}
