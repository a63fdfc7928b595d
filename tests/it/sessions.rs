//! Transcripts executed against servers, their records and reports, as a person meets them.

use mcp_studio::ops::{Location, SessionStart, SessionStep, Studio};
use mcp_studio::types::{Check, Decision};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::real_servers::{pypi, shared_workspace};
use crate::support::{BINARY, Ended, Project, program};

const LOOK: &str = "\
assert context.request.tool == context.metadata.tool_name, context
assert context.metadata.test_name == 'counts', context
assert context.metadata.server_info.name, context
entries = context.response.result['files']
set_result({'passed': entries == 2, 'reasons': [f'{context.response.decision} with another count']})
";

fn project(transcript: &str) -> Project {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "data"]});
    let project = Project::new(
        &json!({"mcpServers": {"files": files}}),
        &[("data/a.txt", "one\ntwo\n"), ("data/b/c.txt", "three\n"), ("tests/look.py", LOOK)],
    );
    project.write("tests/checks.yaml", transcript);
    project
}

/// What is the same each time: without the session's id and times.
fn neutral(text: &str) -> String {
    let time = regex::Regex::new(r"in \d+ ms").unwrap();
    let session = regex::Regex::new(r"\d{8}-\d{6}-\d{3}-[0-9a-f]{8}").unwrap();
    session.replace_all(&time.replace_all(text, "in <time>"), "<session>").into_owned()
}

const GOOD: &str = "\
name: what is there
model: some-model
steps:
  - text: How many files are there?
  - name: counts
    tool: files__count
    expect: {latency: normal, result: [{at: /files, type: number}]}
    validate: look.py
  - role: tool
    text: Two.
    expect: {result: [{at: /files, equals: 2}]}
  - tool: files__read_text
    arguments: {path: nowhere.txt}
    expect: {decision: error, error: nowhere}
  - tool: files__read_text
    arguments: {path: 7}
    expect: {decision: denied_schema}
";

#[test]
fn a_transcript_passes_and_is_reported() {
    let project = project(GOOD);
    let ended = project.run(&["session", "run", "tests/checks.yaml"]);
    let expected = "   1  user user_to_llm                  unchecked
   2  files__count                      passed     ok  counts
   3  tool tool_to_llm                  passed
   4  files__read_text                  passed     error
   5  files__read_text                  passed     denied_schema
";
    let told = "[INFO] what is there: 5 passed, 0 failed, 0 skipped in <time>; mcp-studio report <session>\n";
    let ended = Ended { stderr: neutral(&ended.stderr), ..ended };
    assert_eq!(ended, Ended::new(0, expected, told));

    let report = project.run(&["report", "latest"]);
    assert_eq!((report.code, report.stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let session = &report["mcp_details"]["sessions"][0];
    assert_eq!(report["mcp_details"]["sessions"].as_array().map(Vec::len), Some(1), "validation is no session of its own");
    assert_eq!(
        (&session["kind"], &session["status"], &session["model"]),
        (&json!("transcript"), &json!("passed"), &json!("some-model"))
    );
    assert_eq!(session["outcome"], json!("5 passed, 0 failed, 0 skipped"));
    assert_eq!(session["discovered_tools"].as_array().map(Vec::len), Some(5));
    let steps = report["mcp_details"]["steps"].as_array().unwrap();
    let told: Vec<String> =
        steps.iter().map(|step| format!("{} {} {} {}", step["ordinal"], step["role"], step["decision"], step["check"])).collect();
    assert_eq!(
        told,
        [
            "1 \"user\" null \"unchecked\"",
            "2 \"assistant\" \"ok\" \"passed\"",
            "3 \"tool\" null \"passed\"",
            "4 \"assistant\" \"error\" \"passed\"",
            "5 \"assistant\" \"denied_schema\" \"passed\""
        ]
    );
    let said = &steps[0]["input"];
    assert_eq!((&said["shape"], &said["preview"]), (&json!("string"), &json!("\"How many files are there?\"")));
    assert_eq!(session["rules_hash"].as_str().map(str::len), Some(64));
    for file in ["r.xlsx", "r.html", "r.md", "r.xml", "r.json"] {
        assert_eq!(project.run(&["report", "latest", "--out", file]), Ended::new(0, "", ""), "{file}");
        assert!(std::fs::metadata(project.path(file)).unwrap().len() > 500, "{file}");
    }
}

#[test]
fn a_transcript_that_fails_says_where_and_why() {
    let project = project(
        &GOOD
            .replace("equals: 2", "equals: 3")
            .replace("'passed': entries == 2", "")
            .replace("steps:", "after_failure: stop\nsteps:"),
    );
    project.write("tests/look.py", &LOOK.replace("entries == 2", "entries == 1"));
    let ended = project.run(&["session", "run", "tests/checks.yaml", "--json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let result: Value = serde_json::from_str(&ended.stdout).unwrap();
    let steps: Vec<(&str, &Value)> =
        result["steps"].as_array().unwrap().iter().map(|step| (step["check"].as_str().unwrap(), &step["reasons"])).collect();
    let before = json!(["a step before it failed"]);
    assert_eq!(
        steps,
        [
            ("unchecked", &json!([])),
            ("failed", &json!(["ok with another count"])),
            ("skipped", &before),
            ("skipped", &before),
            ("skipped", &before)
        ]
    );
    assert_eq!((&result["passed"], &result["failed"], &result["skipped"]), (&json!(1), &json!(1), &json!(3)));
}

#[test]
fn a_validation_script_must_say_something() {
    for (script, reason) in [
        ("pass\n", "the validation script must call set_result with true, false, or passed and reasons"),
        ("set_result('yes')\n", "the validation script must call set_result with true, false, or passed and reasons"),
        ("set_result(False)\n", "the validation script says that it fails"),
        ("set_result({'passed': False, 'reasons': 'odd'})\n", "odd"),
        ("set_result(True)\nraise ValueError('late')\n", "the validation script ended with exit 1: ValueError: late"),
    ] {
        let project = project("steps: [{tool: files__count, validate: look.py}]\n");
        project.write("tests/look.py", script);
        let ended = project.run(&["session", "run", "tests/checks.yaml"]);
        let expected = format!("   1  files__count                      failed     ok\n        {reason}\n");
        assert_eq!((ended.code, ended.stdout), (Some(1), expected), "{script}");
    }
}

#[test]
fn secrets_of_servers_are_in_no_record_and_no_report() {
    let secret = "canary-7b1c9d2e-never-to-be-seen";
    let project = project(&format!(
        "name: {secret}\nsteps:\n  - text: tell {secret} to nobody\n  - {{name: {secret}, tool: files__count, validate: look.py}}\n"
    ));
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(project.path("mcp_config.json")).unwrap()).unwrap();
    config["mcpServers"]["files"]["env"] = json!({"CANARY_TOKEN": secret});
    project.write("mcp_config.json", &config.to_string());
    project.write("tests/look.py", &format!("set_result({{'passed': False, 'reasons': ['{secret}']}})\n"));
    assert_eq!(project.run(&["session", "run", "tests/checks.yaml"]).code, Some(1));
    let journals = std::fs::read_dir(project.path(".mcp-studio/journal")).unwrap();
    let journal = std::fs::read_to_string(journals.map(|entry| entry.unwrap().path()).next().unwrap()).unwrap();
    assert!(journal.contains("[masked") && !journal.contains(secret), "{journal}");
    for format in ["json", "html", "md", "junit"] {
        let report = project.run(&["report", "latest", "--format", format]).stdout;
        assert!(report.contains("masked") && !report.contains(secret), "{report}");
    }
}

#[test]
fn what_cannot_be_run_or_reported_is_refused() {
    let project = project("steps: [{tol: x}]\n");
    for (arguments, message) in [
        (&["session", "run", "tests/checks.yaml"][..], "this is no transcript: "),
        (&["report", "latest"], "no session was recorded yet"),
        (&["report", "../../etc/passwd"], "no session \"../../etc/passwd\" is recorded"),
        (&["journal", "verify", "x"], "no session \"x\" is recorded"),
        (&["report", "x", "--out", "a.doc"], "the ending of a.doc names no format of a report"),
    ] {
        let ended = project.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?} {}", ended.stderr);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    }
    assert_eq!(project.run(&["session", "run", "nowhere.json"]).code, Some(1));
    assert_eq!(project.run(&["journal", "verify"]), Ended::new(0, "", ""));
}

#[test]
fn a_changed_byte_of_a_journal_is_found() {
    let project = project("steps: [{tool: files__count}]\n");
    assert_eq!(project.run(&["session", "run", "tests/checks.yaml"]).code, Some(0));
    let whole = project.run(&["journal", "verify", "latest"]);
    assert_eq!((whole.code, neutral(&whole.stdout)), (Some(0), "<session>  as written: 9 events, closed\n".to_owned()));
    let journals = std::fs::read_dir(project.path(".mcp-studio/journal")).unwrap();
    let path = journals.map(|entry| entry.unwrap().path()).next().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("files__count", "files__coumt", 1)).unwrap();
    let changed = project.run(&["journal", "verify"]);
    assert_eq!(changed.code, Some(1));
    let expected =
        "<session>  CHANGED: line 4 of the journal is not what was written: its bytes do not match its own sum\n".to_owned();
    assert_eq!(neutral(&changed.stdout), expected);
    let refused = project.run(&["report", "latest"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
}

#[test]
fn scripts_and_calls_are_sessions_too() {
    let project = project("steps: []\n");
    project.write(
        "workspace/two.py",
        "from mcp_execution import call_tool\ncall_tool('files__count')\ntry:\n    call_tool('files__read_text', {'path': 'none'})\n\
         except Exception:\n    pass\n",
    );
    assert_eq!(project.run(&["exec", "workspace/two.py"]).code, Some(0));
    let junit = project.run(&["report", "latest", "--format", "junit"]).stdout;
    assert!(junit.contains("tests=\"3\" failures=\"0\" skipped=\"1\""), "{junit}");
    let report: Value = serde_json::from_str(&project.run(&["report", "latest"]).stdout).unwrap();
    let summary = json!({"total_sessions": 1, "total_steps": 2, "tools_used": ["files__count", "files__read_text"],
        "decisions": {"error": 1, "ok": 1}});
    assert_eq!(report["mcp_details"]["summary"], summary);
    assert_eq!(report["mcp_details"]["steps"][1]["line"], json!(4));
    assert_eq!(project.run(&["call", "files__count"]).code, Some(0));
    let report: Value = serde_json::from_str(&project.run(&["report", "latest"]).stdout).unwrap();
    assert_eq!(report["mcp_details"]["sessions"][0]["kind"], json!("calls"));
    assert_eq!(report["mcp_details"]["steps"][0]["caller"], json!("command_line"));
}

#[tokio::test]
async fn the_library_executes_steps_one_by_one() {
    let files = json!({"command": BINARY, "args": ["file-server", "--root", "."]});
    let project = Project::new(&json!({"mcpServers": {"files": files}}), &[]);
    let location = Location { config: Some(project.path("mcp_config.json")), workspace: None };
    let studio = Studio::open(&location, "test").unwrap();
    let mut session = studio.start_session(SessionStart { name: "by hand".to_owned(), ..SessionStart::default() }).await.unwrap();
    let step = SessionStep { tool: Some("files__count".to_owned()), ..SessionStep::default() };
    let counted = session.execute_step(step, CancellationToken::new()).await.unwrap();
    assert_eq!(counted.check, Check::Unchecked);
    assert_eq!(counted.record.as_ref().map(|record| record.decision), Some(Decision::Ok));
    let unknown = SessionStep { tool: Some("files__cont".to_owned()), ..SessionStep::default() };
    let refused = session.execute_step(unknown, CancellationToken::new()).await.unwrap();
    assert_eq!(refused.check, Check::Failed);
    let result = session.close().unwrap();
    assert_eq!((result.passed, result.failed, result.skipped, result.transcript), (1, 1, 0, 1));
    studio.shutdown().await;
}

#[test]
fn a_transcript_against_a_server_of_others() {
    if !pypi() {
        return;
    }
    let git = json!({"command": "uvx", "args": ["mcp-server-git"], "connect_timeout_seconds": 300});
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "data"]});
    let project = Project::new(&json!({"mcpServers": {"git": git, "files": files}}), &[("data/a.txt", "one\n")]);
    let init = program("git").args(["init", "-q", "-b", "main"]).current_dir(project.path("data")).status();
    assert!(init.unwrap().success());
    let transcript = json!({"steps": [
        {"text": "Is anything not committed?"},
        {"tool": "git__git_status", "arguments": {"repo_path": project.path("data")}, "expect": {"result": [{"matches": "a\\.txt"}]}},
        {"tool": "files__read_text", "arguments": {"path": "a.txt"}, "expect": {"result": [{"at": "/text", "equals": "one\n"}]}},
        {"tool": "git__git_log", "arguments": {"repo_path": "/nowhere"}, "expect": {"decision": "error"}},
    ]});
    project.write("checks.json", &transcript.to_string());
    let workspace = shared_workspace();
    let workspace = workspace.to_str().unwrap();
    let ended = project.run(&["--workspace", workspace, "session", "run", "checks.json"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let report: Value = serde_json::from_str(&project.run(&["report", "latest"]).stdout).unwrap();
    let servers: Vec<&Value> = report["servers"].as_array().unwrap().iter().map(|server| &server["name"]).collect();
    assert_eq!(servers.len(), 2);
    assert!(servers.contains(&&json!("mcp-git")), "{servers:?}");
}

const REFERRING: &str = "\
steps:
  - name: list
    tool: files__list_directory
    arguments: {path: .}
  - tool: files__file_info
    arguments: {path: '${steps.list.result.entries.0.path}'}
    expect: {result: [{at: /path, equals: '${steps.1.result.entries.0.path}'}]}
  - name: lost
    tool: files__read_text
    arguments: {path: '${steps.list.result.entries.9.path}'}
  - {role: tool, expect: {decision: ok}}
  - tool: files__count
    arguments: {path: '${steps.lost.result.path}'}
";

#[test]
fn steps_refer_to_earlier_results_and_say_which_is_not_there() {
    let project = project(REFERRING);
    let ended = project.run(&["session", "run", "tests/checks.yaml"]);
    let expected = "   1  files__list_directory             unchecked  ok  list
   2  files__file_info                  passed     ok
   3  files__read_text                  failed       lost
        it was not called: arguments: ${steps.list.result.entries.9.path}: the result of step list has no entries.9
   4  tool tool_to_llm                  failed
        there is no call before it to look at
   5  files__count                      failed
        it was not called: arguments: ${steps.lost.result.path}: step lost has no result: it made no call
";
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), expected));
}

#[test]
fn a_transcript_has_the_prices_of_the_model_it_names() {
    for tokenizer in ["estimate", "o200k_base"] {
        let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "."]});
        let price = |input: u32| json!({"input_usd_per_million": input, "output_usd_per_million": 0, "date": "2026-11-01"});
        let prices = json!({"usual": price(100_000), "named": price(200_000)});
        let studio = json!({"model": "usual", "prices": prices, "tokenizer": tokenizer});
        let project = Project::new(&json!({"mcpServers": {"files": files}, "studio": studio}), &[]);
        let cost_under = |model: &str| {
            project.write("t.yaml", &format!("{model}steps:\n  - tool: files__count\n"));
            let ended = project.run(&["session", "run", "t.yaml"]);
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            let report: Value = serde_json::from_str(&project.run(&["report", "latest"]).stdout).unwrap();
            let details = &report["mcp_details"];
            let (step, session) = (&details["steps"][0], &details["sessions"][0]);
            assert_eq!(session["totals"]["cost_usd"], step["cost"]["usd"], "{session}");
            let rounded = |usd: f64| (usd / step["tokens_out"].as_f64().unwrap() * 1e6).round() / 1e6;
            let each = step["cost"]["usd"].as_f64().map(rounded);
            (session["model"].clone(), step["cost"]["model"].clone(), each)
        };
        assert_eq!(cost_under(""), (json!("usual"), json!("usual"), Some(0.1)), "{tokenizer}");
        assert_eq!(cost_under("model: named\n"), (json!("named"), json!("named"), Some(0.2)), "{tokenizer}");
        assert_eq!(cost_under("model: unheard\n"), (json!("unheard"), Value::Null, None), "no price rather than a guess");
    }
}
