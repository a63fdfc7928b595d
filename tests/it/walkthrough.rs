//! The commands of docs/walkthrough.md, with the same files and the same real servers.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::real_servers::{npm, pypi, shared_workspace};
use crate::support::{Ended, Project, program};

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/walkthrough")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(files().join(name)).unwrap()
}

/// The project of the walk-through, with its repository.
fn project() -> Project {
    let project = Project::empty();
    for name in ["mcp_config.json", "policy.json", "decisions.json", "survey.py", "notes.html"] {
        project.write(name, &text(name));
    }
    project.write("repo/a.txt", "one\n");
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=Ada Example", "-c", "user.email=ada@example.org"];
        let ended = program("git").args(who).args(arguments).current_dir(project.path("repo")).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    };
    git(&["init", "-b", "main"]);
    git(&["add", "a.txt"]);
    git(&["commit", "-m", "Write down what the index holds"]);
    project.write("repo/a.txt", "one\ntwo\n");
    project
}

/// Serves the page to whoever asks, for as long as the test runs.
fn serve() -> String {
    let (listener, page) = (TcpListener::bind("127.0.0.1:0").unwrap(), text("notes.html"));
    let url = format!("http://{}/notes.html", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let length = page.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    url
}

/// What the walk-through shows behind `$ mcp-studio <command>`.
fn shown(command: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/walkthrough.md")).unwrap();
    let after = text.split_once(&format!("$ mcp-studio {command}")).unwrap().1.split_once('\n').unwrap().1;
    let end = ["\n\n$ ", "\n$ ", "\n```"].iter().filter_map(|end| after.find(end)).min().unwrap();
    after[..end].lines().filter(|line| !line.starts_with("[INFO]")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_table_of_decisions_needs_no_server() {
    let ended = project().run(&["policy", "test", "decisions.json"]);
    assert_eq!(ended, Ended::new(0, &shown("policy test decisions.json"), "[INFO] 6 decisions, 0 not as expected\n"));
}

#[test]
fn every_command_answers_as_it_is_shown() {
    if !pypi() || !npm() {
        return;
    }
    let (project, url, workspace) = (project(), serve(), shared_workspace());
    let run = |arguments: &[&str]| project.run(&[&["--workspace", workspace.to_str().unwrap()], arguments].concat());
    // The first to need the environment says that it is made.
    assert_eq!(run(&["list-tools", "git"]).code, Some(0));
    let explained = run(&["policy", "explain", "git__git_commit", "repo_path=repo", "message=x"]);
    assert_eq!(explained, Ended::new(0, &shown("policy explain"), ""));
    let ended = run(&["exec", "survey.py", "--", &url]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), shown("exec survey.py").as_str()), "{}", ended.stderr);
    assert!(run(&["pins", "list", "git"]).stdout.starts_with("same     git\nsame     git__git_status\n"));
    let report = run(&["report", "latest"]);
    let decisions = |report: &str| -> Vec<String> {
        let report: Value = serde_json::from_str(report).unwrap();
        let steps = report["mcp_details"]["steps"].as_array().unwrap().clone();
        steps.iter().map(|step| format!("{} {} {}", step["tool_name"], step["decision"], step["rule"]["id"])).collect()
    };
    assert_eq!(decisions(&report.stdout), decisions(&text("report.json")), "the report that is kept is of this session");
    let steps: Value = serde_json::from_str(&report.stdout).unwrap();
    let latency = &steps["mcp_details"]["steps"][0]["latency_ms"];
    assert!(latency["queue"].as_f64() > latency["guard"].as_f64(), "starting a server is no time of the guards: {latency}");
    assert!(!report.stdout.contains(project.folder().to_str().unwrap()));
    let verified = run(&["journal", "verify", "latest"]);
    assert!(verified.code == Some(0) && verified.stdout.ends_with(" events, closed\n"), "{verified:?}");
}

#[test]
fn the_report_that_is_kept_names_no_machine() {
    let hosts = regex::Regex::new(r"https?://([A-Za-z0-9.-]+)").unwrap();
    for name in ["report.json", "report.html"] {
        let text = text(name);
        for path in ["/home/", "/root", "/tmp/", "/work", "/Users/", "/var/", ".pyenv", "ada@"] {
            assert!(!text.contains(path), "{name} has {path}");
        }
        let named: Vec<&str> = hosts.captures_iter(&text).map(|found| found.get(1).unwrap().as_str()).collect();
        assert!(named.iter().all(|host| ["127.0.0.1", "169.254.169.254", "www.w3.org"].contains(host)), "{name}: {named:?}");
    }
}
