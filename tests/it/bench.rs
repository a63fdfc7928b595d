//! `mcp-studio bench`: what it prints, how it ends, and that nothing of it is left. No time is looked at.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Ended, Project, alive, below, odd_server, program};

fn project() -> Project {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "."]});
    Project::new(&json!({"mcpServers": {"files": files}}), &[])
}

/// Runs it, and answers how it ended with the folders that it made beside the project and left.
fn measured(project: &Project, arguments: &[&str]) -> (Ended, Vec<PathBuf>) {
    let mut command = project.command(&[&["bench", "--quick"], arguments].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = child.id();
    let mut ended = Ended::of(child.wait_with_output().unwrap());
    let lines = ended.stderr.lines().filter(|line| !line.contains("this is a debug build"));
    ended.stderr = lines.map(|line| format!("{line}\n")).collect();
    (ended, left(process))
}

/// Temporary folders of that process.
fn left(process: u32) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().map(|entry| entry.unwrap().path());
    let own = format!("mcp-studio-{process}-");
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&own)).collect()
}

/// Each figure's quantity, unit and baseline; their numbers are above 0, but for a difference.
fn shape(bill: &Value) -> Vec<String> {
    let figures = bill["figures"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    figures
        .map(|figure| {
            let keys: Vec<&String> = figure.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["quantity", "unit", "value", "p99", "samples", "baseline", "ratio"]);
            for number in [&figure["samples"], &figure["baseline"]["value"]] {
                assert!(number.as_f64().unwrap() > 0.0, "{figure}");
            }
            // A difference of two medians is nothing where the machine was busier for the baseline.
            let least = if figure["quantity"].as_str().unwrap().starts_with("added") { 0.0 } else { f64::MIN_POSITIVE };
            assert!(figure["value"].as_f64() >= Some(least) && figure["ratio"].as_f64() >= Some(least), "{figure}");
            assert!(figure["p99"].is_null() || figure["p99"].as_f64() >= figure["value"].as_f64(), "{figure}");
            format!("{} [{}] / {}", text(&figure["quantity"]), text(&figure["unit"]), text(&figure["baseline"]["name"]))
        })
        .collect()
}

#[test]
fn each_quantity_stands_beside_a_baseline_and_nothing_is_left() {
    let project = project();
    let (ended, left) = measured(&project, &["--json"]);
    let bill: Value = serde_json::from_str(&ended.stdout).unwrap();
    let expected = [
        "cold run, process start to exit [ms] / python3 -I -S -c pass",
        "warm run, request to exit code [ms] / cold run",
        "warm run with one tool call [ms] / warm run",
        "runs, one at a time [1/s] / cold runs",
        "runs, two at a time [1/s] / one at a time",
        "interrupt to script gone [ms] / SIGINT to a bare python3",
        "tool call, 100 B answer [ms] / bare JSON-RPC request, same server",
        "added to a call by guards, record, board [ms] / bare JSON-RPC request, same server",
        "calls, one at a time [1/s] / bare requests",
        "calls, 32 in flight [1/s] / one at a time",
        "search over 5 tools [ms] / looking for the word in their text",
        "frame of the workbench, 10,000 steps [ms] / an empty frame",
    ];
    assert_eq!(shape(&bill), expected);
    assert_eq!((&bill["missed"], &bill["complete"]), (&json!([]), &json!(true)));
    let parts = [
        "setting up",
        "cold runs",
        "warm runs",
        "runs with a call",
        "runs a second",
        "interrupts",
        "calls",
        "calls in flight",
        "search",
        "frames",
    ];
    let told: String = parts.iter().map(|part| format!("[INFO] now: {part}\n")).collect();
    assert_eq!((ended.code, ended.stderr), (Some(0), told));
    let files: Vec<_> = std::fs::read_dir(project.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!((files, left), (vec!["mcp_config.json".into()], Vec::new()));
}

#[test]
fn a_tool_of_ones_own_is_measured_and_recorded() {
    let project = project();
    let (ended, _) = measured(&project, &["files__file_info", "path=mcp_config.json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), "[INFO] now: calls\n"));
    let rows: Vec<(&str, &str)> = ended
        .stdout
        .lines()
        .skip(2)
        .map(|line| (line.split("  ").next().unwrap(), line.rsplit("  ").next().unwrap().split(':').next().unwrap()))
        .collect();
    let expected = [
        ("quantity", "to this baseline"),
        ("files__file_info, first call with its server's start", "a later call"),
        ("files__file_info, later calls", "the server's part of them"),
    ];
    assert_eq!(rows, expected);
    let sessions: Value = serde_json::from_str(&project.run(&["sessions", "--json"]).stdout).unwrap();
    let (sessions, steps) = (sessions.as_array().unwrap().len(), sessions[0]["steps"].as_u64());
    assert_eq!((sessions, steps.is_some_and(|steps| steps >= 5)), (1, true), "the first call, a warm-up, and three at least");
}

#[test]
fn what_may_change_something_is_not_called_again_and_again() {
    let servers = json!({"odd": odd_server("plain", &json!({}))});
    let project = Project::new(&json!({"mcpServers": servers, "studio": {"policy": {"default": "allow"}}}), &[]);
    let (ended, _) = measured(&project, &["odd__echo"]);
    let expected = "[INFO] now: calls\n\
        [ERROR] odd__echo is not called again and again: it is no read (readOnlyHint and destructiveHint are missing)\n\
        hint: if it changes nothing, say so: \"studio\": {\"policy\": {\"labels\": {\"odd__echo\": [\"read\"]}}}\n";
    assert_eq!(ended, Ended::new(1, "", expected));
    assert_eq!(project.run(&["sessions"]).stdout, "", "nothing was called");
}

#[test]
fn answers_that_no_server_gave_are_not_measured() {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "."]});
    let config = json!({"mcpServers": {"files": files}, "studio": {"policy": {"dry_run": true}}});
    let (ended, _) = measured(&Project::new(&config, &[]), &["files__count", "--json"]);
    let bill: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &bill["figures"], &bill["complete"]), (Some(1), &json!([]), &json!(true)));
    let expected = json!([{"part": "calls", "error": {
        "kind": "policy_denied",
        "message": "the server was not asked: the policy made it \"dry_run\"",
        "hint": "measure without \"dry_run\" and \"reuse\"",
    }}]);
    assert_eq!(bill["missed"], expected);
}

#[test]
fn what_cannot_be_measured_is_said_and_the_rest_is_measured() {
    let config = json!({"mcpServers": {}, "studio": {"python": {"interpreter": "/nonexistent/python3"}}});
    let (ended, left) = measured(&Project::new(&config, &[]), &["--json"]);
    let bill: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, left), (Some(1), Vec::new()));
    assert_eq!(shape(&bill), ["frame of the workbench, 10,000 steps [ms] / an empty frame"]);
    let missed = &bill["missed"][0];
    assert_eq!((&missed["part"], &missed["error"]["kind"]), (&json!("setting up"), &json!("environment")));
}

#[test]
fn an_interrupt_ends_it_and_shows_what_is_there() {
    let project = project();
    let mut command = project.command(&["bench", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line == "[INFO] now: warm runs"));
    let started = below(child.id());
    assert!(program("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success());
    let process = child.id();
    let ended = Ended::of(child.wait_with_output().unwrap());
    let bill: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &bill["complete"]), (Some(130), &json!(false)));
    assert_eq!(shape(&bill), ["cold run, process start to exit [ms] / python3 -I -S -c pass"]);
    assert!(!started.is_empty(), "the watchdog at least");
    while started.iter().any(|process| alive(*process)) {
        std::thread::yield_now();
    }
    assert_eq!(left(process), Vec::<PathBuf>::new());
}

#[test]
fn mistakes_are_refused_before_anything_is_measured() {
    let project = project();
    for arguments in [&["bench", "--approve"][..], &["bench", "files__count", "path"], &["bench", "--jobs", "2"]] {
        let ended = project.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
    }
}
