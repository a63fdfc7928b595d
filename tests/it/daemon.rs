//! A studio that is already running does the work of command lines, and nobody can tell but by the time it takes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::pty::screen::Screen;
use crate::support::{Ended, Project, alive, below, program};

const HELLO: &str = "import os, sys\nprint('hello', *sys.argv[1:], os.path.basename(os.getcwd()))\n\
                     print('aside', file=sys.stderr)\nsys.exit(len(sys.argv))\n";
const READS: &str = "print(input(), input())\n";
const WAITS: &str = "import time\nprint('begun', flush=True)\ntry:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    \
                     print('interrupted')\n    raise\n";

/// A project with the file server, a server that destroys, and three scripts.
fn project() -> Project {
    let agents = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/agents.py");
    let servers = json!({
        "files": {"command": "mcp-studio", "args": ["file-server", "--root", "data"]},
        "plain": {"command": "python3", "args": [agents]},
    });
    let files = [
        ("data/a.txt", "one\ntwo\n"),
        ("workspace/hello.py", HELLO),
        ("workspace/reads.py", READS),
        ("workspace/waits.py", WAITS),
        ("workspace/calls.py", "from mcp_execution import call_tool\nprint(call_tool('plain__echo', {}))\n"),
        ("elsewhere/input.txt", "x\ny\n"),
    ];
    Project::new(&json!({"mcpServers": servers}), &files)
}

/// `mcp-studio daemon`, ended when it is dropped.
pub(crate) struct Daemon {
    child: Child,
    errors: BufReader<ChildStderr>,
}

impl Daemon {
    /// Starts one, and waits until it serves.
    pub(crate) fn start(project: &Project, more: &[&str]) -> Self {
        let mut command = project.command(&[&["daemon"], more].concat());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        errors.read_line(&mut line).unwrap();
        assert!(line.contains(" serves the command lines of "), "{line}");
        Self { child, errors }
    }

    fn id(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    fn ended(&mut self) -> Option<i32> {
        let mut rest = String::new();
        while self.errors.read_line(&mut rest).unwrap() > 0 {}
        self.child.wait().unwrap().code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(process: u32, name: &str) {
    assert!(program("kill").args(["-s", name, &process.to_string()]).status().unwrap().success());
}

/// Whether a running studio did it, as `--verbose` says, and how it ended without that line.
fn told(project: &Project, arguments: &[&str]) -> (String, Ended) {
    let mut ended = project.run(&[&["--verbose"], arguments].concat());
    let first = ended.stderr.lines().find(|line| line.contains(" done by the ")).unwrap_or_default().to_owned();
    ended.stderr = ended.stderr.replacen(&format!("{first}\n"), "", 1);
    (first, ended)
}

/// Without times, and without how the script was started.
fn timeless(mut ended: Ended) -> Ended {
    ended.stderr = ended
        .stderr
        .lines()
        .map(|line| line.split_once(" after ").map_or(line.to_owned(), |(before, _)| format!("{before} after …")) + "\n")
        .collect();
    ended
}

/// Begins `exec waits.py` and waits until the script runs.
fn waiting(command: &mut Command) -> (Child, BufReader<ChildStdout>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    (child, output)
}

/// What the running studio tells of itself.
fn status(project: &Project) -> Value {
    let told: Value = serde_json::from_str(&project.run(&["daemon", "--status", "--json"]).stdout).unwrap();
    told["studio"].clone()
}

fn until_gone(processes: &[u32]) {
    while processes.iter().any(|process| alive(*process)) {
        std::thread::yield_now();
    }
}

#[test]
fn everything_comes_back_as_from_a_studio_of_its_own() {
    let project = project();
    let commands: &[&[&str]] = &[
        &["call", "files__read_text", "path=a.txt"],
        &["call", "--json", "files__read_text", r#"{"path": "a.txt", "offset": 1}"#],
        &["call", "files__read_text", "path=missing"],
        &["call", "files__read_txt", "--json"],
        &["call", "files__count", "{"],
        &["list-tools"],
        &["list-tools", "files", "--json"],
        &["traffic", "file"],
        &["list-tools", "file"],
        &["search", "lines of text", "--detail", "signature"],
        &["get-tool", "files__count", "--json"],
        &["get-tool", "files__count", "--detail", "all"],
        &["exec", "workspace/hello.py", "--", "a", "b c"],
        &["exec", "workspace/missing.py"],
        &["exec", "workspace/reads.py", "--stdin", "elsewhere/input.txt"],
        &["exec", "workspace/hello.py", "workspace/hello.py", "--jobs", "2"],
        &["exec", "workspace/waits.py", "--timeout", "0.2"],
    ];
    let cold: Vec<Ended> = commands.iter().map(|command| timeless(project.run(command))).collect();
    let daemon = Daemon::start(&project, &[]);
    let warm: Vec<Ended> = commands.iter().map(|command| timeless(project.run(command))).collect();
    for ((command, warm), cold) in commands.iter().zip(warm).zip(cold) {
        assert_eq!(warm, cold, "{command:?}");
    }
    let status = status(&project);
    assert_eq!((&status["process"], &status["kind"]), (&json!(daemon.id()), &json!("daemon")));
    assert_eq!(status["connected"], json!(["files", "plain"]), "its servers stay connected");
}

#[test]
fn every_call_is_in_the_record_of_the_studio_that_made_it() {
    let project = project();
    let daemon = Daemon::start(&project, &[]);
    for _ in 0..3 {
        let (first, ended) = told(&project, &["call", "files__count"]);
        assert_eq!((first, ended.code), (format!("[INFO] done by the daemon that is process {}", daemon.id()), Some(0)));
    }
    let sessions: Value = serde_json::from_str(&project.run(&["sessions", "--json"]).stdout).unwrap();
    assert_eq!((sessions.as_array().map(Vec::len), &sessions[0]["steps"]), (Some(1), &json!(3)), "{sessions}");
}

#[test]
fn working_folder_and_standard_input_are_those_of_the_command_line() {
    let project = project();
    let _daemon = Daemon::start(&project, &[]);
    let elsewhere = |arguments: &[&str]| {
        let mut command = project.command(&["--config", "../mcp_config.json"]);
        command.args(arguments).current_dir(project.path("elsewhere")).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"{\"path\":\n\"a.txt\"}\n").unwrap();
        Ended::of(child.wait_with_output().unwrap())
    };
    let ended = elsewhere(&["exec", "../workspace/hello.py"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), "hello elsewhere\n"));
    let ended = elsewhere(&["exec", "../workspace/reads.py"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "{\"path\": \"a.txt\"}\n"), "{}", ended.stderr);
    let ended = elsewhere(&["call", "--json", "files__read_text", "-"]);
    assert_eq!(ended.stdout, "{\"text\":\"one\\ntwo\\n\",\"size\":8,\"next_offset\":null,\"lossy\":false}\n");
}

#[test]
fn what_a_command_line_approves_is_approved_for_it_alone() {
    let project = project();
    let daemon = Daemon::start(&project, &[]);
    let refused = "[ERROR] plain__echo needs a person's approval, and nobody is here to ask\n";
    for arguments in [&["call", "plain__echo"][..], &["exec", "workspace/calls.py"]] {
        let (first, ended) = told(&project, arguments);
        assert_eq!((first.is_empty(), ended.code), (false, Some(1)), "{ended:?}");
        let (_, ended) = told(&project, &[arguments, &["--approve"]].concat());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let (_, ended) = told(&project, arguments);
        assert_eq!(ended.code, Some(1), "{ended:?}");
    }
    let ended = project.run(&["call", "plain__echo"]);
    assert!(ended.stderr.starts_with(refused), "{}", ended.stderr);
    drop(daemon);
}

#[test]
fn signals_reach_the_script_and_a_client_that_dies_takes_it_along() {
    let project = project();
    let daemon = Daemon::start(&project, &[]);
    for (name, code, last) in [("INT", Some(130), "interrupted\n"), ("TERM", Some(143), ""), ("KILL", None, "")] {
        let (mut child, mut output) = waiting(&mut project.command(&["exec", "workspace/waits.py"]));
        signal(child.id(), name);
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!((line.as_str(), child.wait().unwrap().code()), (last, code), "{name}");
        while status(&project)["clients"] != json!(0) {
            std::thread::yield_now();
        }
    }
    assert_eq!(status(&project)["process"], json!(daemon.id()), "the studio is none the worse");
}

#[test]
fn a_reader_that_has_gone_away_ends_the_script() {
    let project = project();
    project.write("workspace/flood.py", "while True: print('x' * 1000)\n");
    let _daemon = Daemon::start(&project, &[]);
    let mut command = project.command(&["exec", "workspace/flood.py"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert!(ended.code != Some(0) && !ended.stderr.contains("panicked"), "{ended:?}");
}

#[test]
fn one_that_would_do_it_differently_is_passed_over() {
    let project = project();
    let mut daemon = Daemon::start(&project, &[]);
    let call = ["call", "--json", "files__file_info", "path=a.txt"];
    let reason = |command: &mut Command| {
        let ended = Ended::of(command.arg("--verbose").output().unwrap());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let passed_over = "[INFO] not done by the studio that is running: ";
        ended.stderr.lines().next().and_then(|line| line.strip_prefix(passed_over)).map(str::to_owned)
    };
    assert_eq!(reason(&mut project.command(&call)), None);
    let language = reason(project.command(&call).env("LC_ALL", "xx"));
    assert_eq!(language.as_deref(), Some("it was started with another LC_ALL"));
    let workspace = reason(project.command(&call).args(["--workspace", "elsewhere"]));
    assert_eq!(workspace.as_deref(), Some("it has another configuration file or workspace"));
    let (first, ended) = told(&project, &["call", "files__count", "--no-daemon"]);
    assert_eq!((first.as_str(), ended.code), ("", Some(0)));
    project.write("mcp_config.json", &std::fs::read_to_string(project.path("mcp_config.json")).unwrap().replace('\n', " "));
    let changed = reason(&mut project.command(&call));
    assert_eq!(changed.as_deref(), Some("the configuration has changed since it was started"));
    daemon.signal("STOP");
    assert_eq!(reason(&mut project.command(&call)).as_deref(), Some("it does not answer"));
    daemon.signal("CONT");
    assert_eq!(project.run(&["daemon", "--stop"]).code, Some(0));
    assert_eq!(daemon.ended(), Some(0));
}

#[test]
fn what_a_killed_studio_leaves_behind_holds_nobody_up() {
    let project = project();
    let mut first = Daemon::start(&project, &[]);
    first.signal("KILL");
    assert_eq!(first.ended(), None);
    assert!(project.path(".mcp-studio/core/socket").exists());
    let (done_by, ended) = told(&project, &["call", "files__count"]);
    assert_eq!((done_by.as_str(), ended.code), ("", Some(0)));
    assert_eq!(project.run(&["daemon", "--status"]), Ended::new(1, "", "[INFO] no studio of this project is running\n"));
    let second = Daemon::start(&project, &[]);
    let (done_by, _) = told(&project, &["call", "files__count"]);
    assert_eq!(done_by, format!("[INFO] done by the daemon that is process {}", second.id()));
}

#[test]
fn a_studio_that_dies_at_work_is_told_of_and_nothing_is_done_twice() {
    let project = project();
    let daemon = Daemon::start(&project, &[]);
    let mut command = project.command(&["exec", "workspace/waits.py"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    daemon.signal("KILL");
    output.read_line(&mut line).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    let message = format!("[ERROR] the studio that was doing this, process {}, has gone\n", daemon.id());
    assert_eq!((line.as_str(), ended.code), ("begun\n", Some(1)), "one script began");
    assert!(ended.stderr.starts_with(&message), "{}", ended.stderr);
}

#[test]
fn one_studio_serves_and_the_next_says_so() {
    let project = project();
    let mut daemon = Daemon::start(&project, &[]);
    let ended = project.run(&["daemon"]);
    let served = format!(
        "[ERROR] command lines of this project are served already: daemon of {}, process {}, ",
        project.path("mcp_config.json").display(),
        daemon.id()
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.starts_with(&served), "{}", ended.stderr);
    let ended = project.run(&["daemon", "--stop"]);
    assert_eq!(ended, Ended::new(0, "", &format!("[INFO] process {} has ended\n", daemon.id())));
    assert_eq!(daemon.ended(), Some(0));
    assert!(!project.path(".mcp-studio/core/socket").exists());
    assert_eq!(project.run(&["daemon", "--stop"]), Ended::new(0, "", "[INFO] no studio of this project is running\n"));
}

#[test]
fn a_daemon_that_is_not_used_ends_and_takes_its_servers_along() {
    let project = project();
    let mut daemon = Daemon::start(&project, &["--idle", "0.5"]);
    assert_eq!(project.run(&["call", "files__count"]).code, Some(0));
    let below = below(daemon.id());
    assert_eq!(daemon.ended(), Some(0));
    until_gone(&below);
}

#[test]
fn a_daemon_that_is_told_to_stop_interrupts_what_it_does() {
    let project = project();
    let mut daemon = Daemon::start(&project, &[]);
    let (mut child, _output) = waiting(&mut project.command(&["exec", "workspace/waits.py"]));
    let below = below(daemon.id());
    assert_eq!(project.run(&["daemon", "--stop"]).code, Some(0));
    assert_eq!((daemon.ended(), child.wait().unwrap().code()), (Some(0), Some(143)));
    until_gone(&below);
}

#[test]
fn the_workbench_serves_command_lines_too_and_shows_what_they_do() {
    // A terminal has always a shell; where tests run there may be none, and a studio serves only those with its own.
    let shell = ("SHELL", "/bin/sh");
    let mut screen = Screen::open(project(), 120, 40, &[shell]);
    screen.wait_for("hello.py");
    let socket = screen.project().path(".mcp-studio/core/socket");
    while !socket.exists() {
        std::thread::yield_now();
    }
    // The variables of the terminal differ from those of the test.
    let mut command = screen.project().command(&["--verbose", "call", "files__count", "path=."]);
    command.env_remove("NO_COLOR").env("TERM", "xterm-256color").env(shell.0, shell.1);
    let ended = Ended::of(command.output().unwrap());
    let first = format!("[INFO] done by the workbench that is process {}", screen.process());
    assert_eq!((ended.code, ended.stderr.lines().next()), (Some(0), Some(first.as_str())), "{ended:?}");
    screen.wait_for("files__count");
    let ended = screen.project().run(&["daemon", "--stop"]);
    let refusal = "[ERROR] the studio that is running does not end: it is a workbench: Ctrl+Q leaves it\n";
    assert_eq!(ended, Ended::new(2, "", refusal));
    screen.send("\u{11}");
    assert_eq!(screen.ended(), 0);
    assert!(!socket.exists());
}
