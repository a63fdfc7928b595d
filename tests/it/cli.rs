//! The command line as a person or a program meets it: whole outputs, streams and exit codes.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Ended, Project, alive, below, odd_server, program};

/// A project with the embedded file server and three small files to look at.
fn project() -> Project {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "data"]});
    let project =
        Project::new(&json!({"mcpServers": {"files": files}}), &[("data/a.txt", "one\ntwo\n"), ("data/b/c.txt", "three\n")]);
    project.write("workspace/hello.py", "import sys\nprint('hello', *sys.argv[1:])\nprint('aside', file=sys.stderr)\n");
    project
}

/// A project whose only server is `odd.py` in that mode.
fn odd(mode: &str, more: &Value) -> Project {
    Project::new(&json!({"mcpServers": {"odd": odd_server(mode, more)}, "studio": {"policy": {"default": "allow"}}}), &[])
}

/// A text without what differs from machine to machine: the project's folder and the command that was resolved.
fn neutral(project: &Project, text: &str) -> String {
    let text = text.replace(&project.folder().display().to_string(), "<project>");
    let lines = text.lines().map(|line| if line.starts_with("  command: ") { "  command: <command>" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn without_a_terminal_the_headless_verbs_are_named() {
    let expected = "[ERROR] the workbench needs a terminal on standard input and output\n\
                    hint: without one use: mcp-studio exec, call, list-tools, generate, health or sessions\n";
    assert_eq!(project().run(&[]), Ended::new(2, "", expected));
}

#[test]
fn mistakes_on_the_command_line_exit_with_2() {
    let project = project();
    for arguments in [
        &["bogus"][..],
        &["exec"],
        &["exec", "a.py", "--timeout", "0"],
        &["exec", "a.py", "--jobs", "0"],
        &["exec", "a.py", "--sandbox", "loose"],
        &["call"],
        &["generate", "files", "--from", "dump.json"],
        &["health", "--limit", "3"],
        &["call", "files__count", "{"],
        &["call", "files__count", "path"],
        &["list-tools", "a__b"],
    ] {
        let ended = project.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.is_empty());
    }
}

#[test]
fn a_program_is_told_of_mistakes_as_of_any_failure() {
    let ended = project().run(&["sessions", "--limit", "-1", "--json"]);
    let said = "invalid value '-1' for '--limit <COUNT>': a number from 1 to 100000 is needed";
    let error = json!({"error": {"kind": "usage", "message": said}});
    assert_eq!((ended.code, ended.stdout), (Some(2), format!("{error}\n")));
    assert_eq!(ended.stderr, format!("error: {said}\n\nFor more information, try '--help'.\n"));
}

#[test]
fn every_verb_has_a_row_in_the_documentation_of_json() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/command-line.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | ").map(|(verbs, _)| format!("`{verbs}")));
    let rows: Vec<String> = rows.collect();
    let missing: Vec<&str> = mcp_studio::ops::OPERATIONS
        .iter()
        .map(|operation| operation.name)
        .filter(|name| !rows.iter().any(|row| row.contains(&format!("`{name}`")) || row.contains(&format!("`{name} "))))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn mistakes_say_what_may_have_been_meant() {
    let project = project();
    project.write("workspace/count.py", "");
    let folder = project.folder().canonicalize().unwrap();
    let place = |name: &str| folder.join(name).display().to_string();
    let forms = "write key=text or key:=json pairs, or a JSON object in single quotes: '{\"path\": \".\"}'";
    let expected = [
        (&["exec", "count.py"][..], 1, format!("cannot run {}: there is no such file\nhint: did you mean {}?", place("count.py"), place("workspace/count.py"))),
        (&["exec", "workspace"], 1, format!("cannot run {}: it is a folder\nhint: name a script in it", place("workspace"))),
        (&["list-tools", "files__count"], 2, "\"files__count\" is no server name: a server name has no double underscore and neither starts nor ends with one\nhint: \"mcp-studio get-tool files__count\" shows a tool".to_owned()),
        (&["call", "files__count", "path"], 2, format!("\"path\" is neither a JSON object nor key=text nor key:=json\nhint: {forms}")),
        (&["call", "files__count", "=x"], 2, format!("\"=x\" has no key\nhint: {forms}")),
        (&["call", "files__count", "path=a", "path=b"], 2, "\"path\" is given twice".to_owned()),
        (&["pins", "list", "nobody"], 2, "no configured server is meant by nobody\nhint: configured: files; a tool is written server__tool".to_owned()),
        (&["traffic", "file"], 1, format!("no server \"file\" in {}\nhint: did you mean \"files\"?", place("mcp_config.json"))),
        (&["steps", "nobody"], 2, "no session \"nobody\" is recorded\nhint: mcp-studio sessions lists those that are".to_owned()),
        (
            &["read-resource", "files", "x"],
            1,
            "server \"files\": resource \"x\" was refused: resources/read (JSON-RPC error -32601)\n  code: -32601\n\
             hint: \"mcp-studio list-resources files\" shows what it offers"
                .to_owned(),
        ),
        (&["--config", ".", "list-tools"], 1, "cannot read .: it is a folder\nhint: name the configuration file in it".to_owned()),
    ];
    for (arguments, code, said) in expected {
        assert_eq!(project.run(arguments), Ended::new(code, "", &format!("[ERROR] {said}\n")), "{arguments:?}");
    }
    assert_eq!(project.run(&["search", "zzqqzz"]), Ended::new(0, "", "[INFO] no tool matches \"zzqqzz\"\n"));
}

#[test]
fn what_the_workbench_shows_of_guards_steps_and_the_wire_is_told_here_too() {
    let project = project();
    assert_eq!(project.run(&["call", "files__count", "path=."]).code, Some(0));
    let failed = project.run(&["call", "files__count", "path=nowhere"]);
    assert_eq!(failed.code, Some(1));
    let steps = project.run(&["steps", "latest"]);
    let line = steps.stdout.trim_end();
    assert!(line.starts_with("   1  ") && line.contains("  error  "), "{steps:?}");
    assert!(line.contains("  files__count  command line: files__count failed: "), "{steps:?}");
    let json: Value = serde_json::from_str(&project.run(&["steps", "latest", "--json"]).stdout).unwrap();
    let told =
        (&json[0]["step"], &json[0]["tool"], &json[0]["decision"], json[0]["at"].is_string(), json.as_array().map(Vec::len));
    assert_eq!(told, (&json!(1), &json!("files__count"), &json!("error"), true, Some(1)));
    let shown = project.run(&["policy", "show"]);
    let rule = "  ask_writes  default       no rule matches: what may destroy something asks, all else is allowed\n";
    assert!(
        shown.stdout.starts_with("rules, in the order in which they are asked\n") && shown.stdout.contains(rule),
        "{shown:?}"
    );
    assert!(shown.stdout.contains("\nlimits\n  none\nguardrails, advisory\n"), "{shown:?}");
    assert!(shown.stdout.contains("\n  allow  files__count  "), "{shown:?}");
    let view: Value = serde_json::from_str(&project.run(&["policy", "show", "--json"]).stdout).unwrap();
    assert_eq!((view["mode"].as_str(), view["tools"].as_array().map(Vec::len)), (Some("advisory"), Some(5)));
    let wire: Value = serde_json::from_str(&project.run(&["traffic", "files", "--json"]).stdout).unwrap();
    let methods: Vec<Value> = wire
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["direction"] == "sent")
        .map(|message| serde_json::from_str::<Value>(message["text"].as_str().unwrap()).unwrap()["method"].clone())
        .collect();
    assert_eq!(methods, ["server/discover", "tools/list"]);
}

#[test]
fn the_wire_is_told_without_the_secrets_of_servers() {
    let secret = "s3cr3t-value-of-this-server";
    let server = json!({"command": "sh", "args": ["-c", "echo \"key $API_KEY\" >&2; exit 3"], "env": {"API_KEY": secret}});
    let project = Project::new(&json!({"mcpServers": {"leaks": server}}), &[]);
    let told = project.run(&["traffic", "leaks"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stdout.contains("  stderr  ") && told.stdout.contains("key [masked"), "{told:?}");
    assert!(!told.stdout.contains(secret), "{told:?}");
}

#[test]
fn help_is_what_it_is_said_to_be() {
    let project = project();
    let command = |arguments: &[&str]| Ended::of(project.command(arguments).env("COLUMNS", "100").output().unwrap());
    let help = command(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("help", help.stdout);
    insta::assert_snapshot!("help_exec", command(&["exec", "--help"]).stdout);
    insta::assert_snapshot!("help_call", command(&["call", "--help"]).stdout);
    insta::assert_snapshot!("help_generate", command(&["generate", "--help"]).stdout);
    assert_eq!(command(&["--version"]).stdout, format!("mcp-studio {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn tools_are_listed_as_lines_and_as_json() {
    let project = project();
    let listed = project.run(&["list-tools"]);
    let expected = "\
files__count           Counts files, lines and bytes below a directory, and the lines that match a patt…
files__file_info       Says kind, size, time of last change and permissions of a file, directory or lin…
files__list_directory  Lists the entries of a directory with kind, size and time of last change; recurs…
files__read_text       Reads a text file, or the part of it that offset and limit say, counted in lines…
files__search_text     Finds the lines of text files that hold a text or match a regular expression.
";
    assert_eq!(listed, Ended::new(0, expected, ""));
    let listed = project.run(&["list-tools", "files", "--json"]);
    let json: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(json[0]["server"], json!("files"));
    assert_eq!(json[0]["tools"].as_array().map(Vec::len), Some(5));
    assert_eq!((listed.code, listed.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_server_nobody_configured_is_not_guessed() {
    let project = project();
    let config = project.path("mcp_config.json");
    let expected = format!("[ERROR] no server \"file\" in {}\nhint: did you mean \"files\"?\n", config.display());
    assert_eq!(project.run(&["list-tools", "file"]), Ended::new(1, "", &expected));
    assert_eq!(project.run(&["generate", "file"]), Ended::new(1, "", &expected));
}

#[test]
fn a_tool_is_called_with_json_pairs_or_standard_input() {
    let project = project();
    let expected = "{\"text\":\"two\\n\",\"size\":8,\"next_offset\":null,\"lossy\":false}\n";
    for arguments in [
        &["call", "--json", "files__read_text", r#"{"path": "a.txt", "offset": 1}"#][..],
        &["call", "--json", "files__read_text", "path=a.txt", "offset:=1"],
    ] {
        assert_eq!(project.run(arguments), Ended::new(0, expected, ""), "{arguments:?}");
    }
    let mut command = project.command(&["call", "--json", "files__read_text", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(br#"{"path": "a.txt", "offset": 1}"#).unwrap();
    assert_eq!(Ended::of(child.wait_with_output().unwrap()), Ended::new(0, expected, ""));
}

#[test]
fn a_call_for_people_is_laid_out() {
    let expected = "{\n  \"text\": \"two\\n\",\n  \"size\": 8,\n  \"next_offset\": null,\n  \"lossy\": false\n}\n";
    assert_eq!(project().run(&["call", "files__read_text", "path=a.txt", "offset:=1"]), Ended::new(0, expected, ""));
}

#[test]
fn a_call_that_fails_says_why_and_exits_with_1() {
    let project = project();
    let refused = project.run(&["call", "files__read_text", "path=../x"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!("call_refused", refused.stderr);
    let unknown = project.run(&["call", "files__cuont"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!("call_unknown", unknown.stderr);
    let misfit = project.run(&["call", "files__read_text", "{}", "--json"]);
    let json: Value = serde_json::from_str(&misfit.stdout).unwrap();
    assert_eq!((misfit.code, &json["error"]["kind"]), (Some(1), &json!("schema_validation")));
    insta::assert_snapshot!("call_misfit", misfit.stderr);
}

#[test]
fn a_script_runs_with_its_own_streams_and_code() {
    let project = project();
    let ended = project.run(&["exec", "workspace/hello.py", "--", "a", "-b"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "hello a -b\n"));
    let (aside, summary) = ended.stderr.split_once('\n').unwrap();
    assert_eq!(aside, "aside");
    assert!(summary.starts_with("[INFO] ok after ") && summary.ends_with('\n') && summary.lines().count() == 1, "{summary:?}");
    project.write("workspace/code.py", "raise SystemExit(7)\n");
    assert_eq!(project.run(&["exec", "workspace/code.py"]).code, Some(7));
    assert_eq!(project.run(&["exec", "--cold", "workspace/code.py"]).code, Some(7));
}

#[test]
fn a_script_that_cannot_be_read_is_one_clear_line() {
    let project = project();
    std::fs::write(project.path("latin.py"), b"print('caf\xe9')\n").unwrap();
    let path = |name: &str| project.path(name).display().to_string();
    for (name, reason) in [
        ("missing.py", "there is no such file"),
        ("workspace", "it is a folder\nhint: name a script in it"),
        ("latin.py", "it is not UTF-8 (line 1)\nhint: save it as UTF-8"),
    ] {
        let ended = project.run(&["exec", &path(name)]);
        let expected = format!("[ERROR] cannot run {}: {reason}\n", path(name));
        assert_eq!(ended, Ended::new(1, "", &expected));
        let ended = project.run(&["exec", "--json", &path(name)]);
        let json: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((ended.code, ended.stderr.as_str(), &json["error"]["kind"]), (Some(1), expected.as_str(), &json!("script")));
    }
}

#[test]
fn what_cannot_be_recorded_or_started_is_not_done_and_says_why() {
    let project = project();
    let state = project.folder().canonicalize().unwrap().join(".mcp-studio");
    project.write(".mcp-studio/journal", "no folder");
    let refused = project.run(&["call", "files__count"]);
    let said =
        format!("[ERROR] files__count was not called, because it cannot be recorded: cannot create {}/journal/", state.display());
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.starts_with(&said), "{refused:?}");
    assert!(refused.stderr.ends_with("\nhint: let .mcp-studio, beside the configuration file, be written\n"), "{refused:?}");
    project.write(".mcp-studio/runtime", "no folder");
    project.write("workspace/a.py", "print(1)\n");
    let refused = project.run(&["exec", "workspace/a.py"]);
    let said = format!("[ERROR] workspace/a.py: cannot write {}/runtime/", state.display());
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.starts_with(&said) && refused.stderr.contains("\n[INFO] not started after "), "{refused:?}");
    assert!(!refused.stderr.contains("()"), "{refused:?}");
}

#[test]
fn a_failing_script_shows_what_was_already_done() {
    let project = project();
    let script = "from mcp_execution import call_tool\ncall_tool('files__count', {})\nraise ValueError('late')\n";
    project.write("workspace/late.py", script);
    let ended = project.run(&["exec", "workspace/late.py"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let (table, rest) = lines.split_last().unwrap();
    assert_eq!(table.split_whitespace().take(3).collect::<Vec<_>>(), ["1", "files__count", "ok"], "{}", ended.stderr);
    assert_eq!(rest.last(), Some(&"[INFO] already done: 1 step"));
    assert!(rest.contains(&"ValueError: late"), "{}", ended.stderr);
}

#[test]
fn the_example_of_progressive_disclosure_prints_only_its_summary() {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "."]});
    let sources = [("src/a.rs", "async fn a() {}\n"), ("src/deep/b.rs", "fn b() {}\n"), ("src/notes.md", "async\n")];
    let project = Project::new(&json!({"mcpServers": {"files": files}}), &sources);
    project.write("workspace/example.py", include_str!("../../workspace/example_progressive_disclosure.py"));
    let ended = project.run(&["exec", "workspace/example.py"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "1 of 2 source files contain async (4 entries listed)\n"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains(", 3 steps") && ended.stderr.contains("; context "), "{}", ended.stderr);
}

#[test]
fn a_run_is_told_as_json() {
    let project = project();
    let script =
        "from mcp_execution import call_tool, set_result\nset_result(call_tool('files__count', {})['files'])\nprint('x')\n";
    project.write("workspace/value.py", script);
    let ended = project.run(&["exec", "--json", "workspace/value.py"]);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let result = &json["result"];
    assert_eq!(
        (&result["exit_code"], &result["outcome"], &result["value"], &result["stdout"], &result["steps"]),
        (&json!(0), &json!("ok"), &json!(2), &json!("x\n"), &json!(1)),
        "{ended:?}"
    );
    assert_eq!((&json["steps"][0]["tool"], &json["steps"][0]["decision"]), (&json!("files__count"), &json!("ok")));
    let (direct, scripted) = (&json["ledger"]["direct"], &json["ledger"]["scripted"]);
    let tokens = |value: &Value| value.as_u64().unwrap();
    assert_eq!((tokens(&direct["arguments"]), tokens(&direct["results"])), (1, tokens(&json["steps"][0]["tokens_out"])));
    assert_eq!((tokens(&scripted["script"]), tokens(&scripted["printed"])), (script.len().div_ceil(4) as u64, 1));
    assert!(tokens(&direct["definitions"]) > tokens(&scripted["definitions"]) && tokens(&scripted["definitions"]) > 0, "{json}");
    let sum = |side: &Value, parts: [&str; 3]| parts.iter().map(|part| tokens(&side[part])).sum::<u64>();
    assert_eq!(tokens(&direct["total"]), sum(direct, ["definitions", "arguments", "results"]));
    assert_eq!(tokens(&scripted["total"]), sum(scripted, ["definitions", "script", "printed"]));
}

#[test]
fn several_scripts_run_at_once_each_with_its_own_record() {
    let project = project();
    for (name, code) in [("one", 0), ("two", 5), ("three", 6)] {
        let call = "from mcp_execution import call_tool\ncall_tool('files__count', {})\n";
        project.write(&format!("workspace/{name}.py"), &format!("{call}print('{name}')\nraise SystemExit({code})\n"));
    }
    let scripts = ["workspace/one.py", "workspace/two.py", "workspace/missing.py", "workspace/three.py"];
    let ended = project.run(&[&["exec", "--jobs", "3"][..], &scripts].concat());
    assert_eq!(ended.code, Some(5), "the first code that is not 0, in the order of the scripts: {ended:?}");
    let mut printed: Vec<&str> = ended.stdout.lines().collect();
    printed.sort_unstable();
    assert_eq!(printed, ["one", "three", "two"]);
    let ended = project.run(&[&["exec", "--json", "-j", "2"][..], &scripts].concat());
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let told: Vec<(&Value, &Value, usize)> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (&run["script"], &run["result"]["exit_code"], run["steps"].as_array().map_or(0, Vec::len)))
        .collect();
    let names = scripts.map(|script| json!(script));
    let expected =
        [(&names[0], &json!(0), 1), (&names[1], &json!(5), 1), (&names[2], &Value::Null, 0), (&names[3], &json!(6), 1)];
    assert_eq!(told, expected);
}

#[test]
fn a_script_is_stopped_by_time_and_by_signals() {
    let project = project();
    let sleeper = "import sys, time\nprint('ready', flush=True)\ntime.sleep(60)\n";
    project.write("workspace/sleep.py", sleeper);
    assert_eq!(project.run(&["exec", "--timeout", "0.3", "workspace/sleep.py"]).code, Some(124));
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut child =
            project.command(&["exec", "workspace/sleep.py"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut stdout, &mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        let killed = program("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(Ended::of(child.wait_with_output().unwrap()).code, Some(code), "SIG{signal}");
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let project = project();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = Ended::of(project.command(&["list-tools", "--json"]).stdout(writer).output().unwrap());
    assert_eq!(ended, Ended::new(0, "", ""));
}

#[test]
fn wrappers_are_written_checked_and_cleared_away() {
    let project = project();
    let written = project.run(&["generate"]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""), "{}", written.stderr);
    assert!(project.path("workspace/servers/files/count.py").is_file());
    assert_eq!(project.run(&["generate", "--check"]), Ended::new(0, "", "[INFO] servers.files: 5 tools, up to date\n"));
    let stale = std::fs::read_to_string(project.path("workspace/servers/files/count.py")).unwrap();
    project.write("workspace/servers/files/gone.py", &stale);
    project.write("workspace/servers/files/utils.py", "mine = 1\n");
    let check = project.run(&["generate", "--check"]);
    assert_eq!((check.code, check.stderr.as_str()), (Some(1), "[INFO] servers.files: 5 tools, 1 file to be removed\n"));
    assert!(check.stdout.starts_with("--- gone.py\n+++ /dev/null\n"), "{}", check.stdout);
    assert_eq!(project.run(&["generate"]), Ended::new(0, "", "[INFO] servers.files: 5 tools, 1 file removed\n"));
    assert!(!project.path("workspace/servers/files/gone.py").exists());
    assert!(project.path("workspace/servers/files/utils.py").is_file());
}

#[test]
fn wrappers_are_made_from_a_stored_answer() {
    let project = Project::empty();
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    let dump = json!({"server": "stored", "tools": [{"name": "read", "inputSchema": schema}]});
    project.write("dump.json", &dump.to_string());
    let ended = project.run(&["generate", "--from", "dump.json", "--out", "out"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{}", ended.stderr);
    assert!(project.path("out/stored/read.py").is_file());
    let ended = project.run(&["generate", "--from", "missing.json"]);
    assert_eq!(ended, Ended::new(1, "", "[ERROR] cannot read missing.json: No such file or directory (os error 2)\n"));
}

#[test]
fn a_failing_server_does_not_hold_up_the_others() {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "."]});
    let project = Project::new(&json!({"mcpServers": {"odd": odd_server("exits", &json!({})), "files": files}}), &[]);
    for arguments in [&["list-tools"][..], &["generate"], &["health"]] {
        let ended = project.run(arguments);
        assert_eq!(ended.code, Some(1), "{arguments:?}");
        assert!(ended.stderr.contains("  stderr: error: no token, no service\n"), "{}", ended.stderr);
    }
    assert!(project.path("workspace/servers/files/count.py").is_file());
    assert_eq!(project.run(&["list-tools", "files"]).code, Some(0));
}

#[test]
fn a_configuration_that_is_missing_or_broken_is_named() {
    let project = Project::empty();
    let missing = project.run(&["health", "--config", "nowhere.json"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!("config_missing", neutral(&project, &missing.stderr));
    project.write("mcp_config.json", "{\n  \"mcpServers\": {\n    \"a\": {\"comand\": \"x\"\n  }\n}\n");
    let broken = project.run(&["list-tools"]);
    assert_eq!((broken.code, broken.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!("config_broken", neutral(&project, &broken.stderr));
}

#[test]
fn servers_that_do_not_start_are_explained() {
    for (mode, more) in [
        ("exits", json!({})),
        ("garbage", json!({"connect_timeout_seconds": 1})),
        ("silent", json!({"connect_timeout_seconds": 1})),
    ] {
        let project = odd(mode, &more);
        let ended = project.run(&["list-tools"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        insta::assert_snapshot!(format!("server_{mode}"), neutral(&project, &ended.stderr));
    }
    let project = Project::new(&json!({"mcpServers": {"none": {"command": "no-such-command-anywhere"}}}), &[]);
    let ended = project.run(&["list-tools"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!("server_without_command", neutral(&project, &ended.stderr));
}

#[test]
fn large_and_hostile_offers_are_shown_whole_and_harmless() {
    let many = odd("many", &json!({})).run(&["list-tools"]);
    assert_eq!((many.code, many.stdout.lines().count(), many.stderr.as_str()), (Some(0), 5_000, ""));
    let escapes = odd("escapes", &json!({})).run(&["list-tools"]);
    assert_eq!(
        escapes,
        Ended::new(
            0,
            "odd__red\u{241b}[31m  clears\u{241b}[2Jthe screen\u{fffd} and turns text\nodd__plain     two\n",
            "[WARN] server \"odd\": tool 3: a tool's name is not a non-empty string\n"
        )
    );
}

#[test]
fn a_huge_result_arrives_or_fails_at_once() {
    let larger = json!({"message_bytes": 128 * 1024 * 1024});
    let ended = odd("huge", &larger).run(&["call", "odd__huge"]);
    let advice = "[WARN] guardrail: size.bytes 1.00 (threshold 1.00): bytes 67108866, looked_at_beginning_only 1\n";
    assert_eq!((ended.code, ended.stdout.len(), ended.stderr.as_str()), (Some(0), 64 * 1024 * 1024 + 1, advice));
    let refused = odd("huge", &json!({})).run(&["call", "odd__huge"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!("call_too_large", refused.stderr);
}

#[test]
fn a_call_that_never_ends_is_ended() {
    let timeout = odd("slow", &json!({"timeout_seconds": 1})).run(&["call", "odd__wait"]);
    assert_eq!((timeout.code, timeout.stdout.as_str()), (Some(124), ""));
    insta::assert_snapshot!("call_timeout", timeout.stderr);
}

#[test]
fn health_is_one_page_or_one_object() {
    let project = project();
    let page = project.run(&["health"]);
    let names: Vec<&str> = page.stdout.lines().filter_map(|line| line.get(..17)).map(str::trim_end).collect();
    let expected = [
        "mcp-studio",
        "configuration",
        "workspace",
        "state",
        "interpreter",
        "environment",
        "sandbox",
        "policy",
        "guardrails",
        "journal",
        "tokens",
        "prices",
        "traces",
        "server files",
    ];
    assert_eq!((page.code, names, page.stderr.as_str()), (Some(0), expected.to_vec(), ""));
    let json: Value = serde_json::from_str(&project.run(&["health", "--json"]).stdout).unwrap();
    assert_eq!(json["paths"]["configuration"], json!(project.path("mcp_config.json")));
    let server = &json["servers"][0];
    assert_eq!((&server["name"], &server["state"], &server["tools"]), (&json!("files"), &json!("ready"), &json!(5)));
    assert!(json["interpreter"].is_string(), "{json}");
    let levels = (json["sandbox"].as_str().unwrap(), json["sandbox_offer"]["level"].as_str().unwrap());
    let sandbox = page.stdout.lines().find_map(|line| line.strip_prefix("sandbox ")).unwrap().trim_start();
    assert!(sandbox.starts_with(&format!("{}, at most {} here", levels.0, levels.1)), "{sandbox}");
    let (guards, record) = (&json["guards"], &json["record"]);
    assert_eq!((&guards["pins"], &guards["guardrails"]), (&json!("enforce"), &json!("advisory")));
    assert_eq!((&record["level"], &record["tokenizer"], &record["model"]), (&json!("default"), &json!("bytes/4"), &Value::Null));
    assert_eq!((&record["crashed"], &record["telemetry"]["endpoint"]), (&json!([]), &Value::Null));
}

#[test]
fn sessions_are_recorded_and_listed() {
    let project = project();
    assert_eq!(project.run(&["sessions"]), Ended::new(0, "", "[INFO] no session was recorded yet\n"));
    project.run(&["call", "files__count"]);
    let listed = project.run(&["sessions", "--json"]);
    let json: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(
        (json[0]["steps"].as_u64(), json[0]["closed"].as_bool(), json.as_array().map(Vec::len)),
        (Some(1), Some(true), Some(1))
    );
}

#[test]
fn the_log_is_a_daily_file_without_payloads() {
    let project = project();
    project.run(&["call", "files__read_text", "path=a.txt"]);
    let logs = project.path(".mcp-studio/logs");
    let text: String = std::fs::read_dir(logs)
        .into_iter()
        .flatten()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains("a.txt") && !text.contains("two"), "{text}");
}

#[test]
fn a_second_interrupt_ends_a_script_that_ignores_the_first() {
    let project = project();
    let stubborn = "import signal, time\nsignal.signal(signal.SIGINT, lambda *_: print('no', flush=True))\nprint('ready', flush=True)\n\
                    while True:\n    time.sleep(1)\n";
    project.write("workspace/stubborn.py", stubborn);
    let mut child =
        project.command(&["exec", "workspace/stubborn.py"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    for expected in ["ready\n", "no\n"] {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
        assert_eq!(line, expected);
        let sent = program("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130));
    assert!(ended.stderr.starts_with("[INFO] interrupted after "), "{}", ended.stderr);
}

#[test]
fn a_signal_ends_a_verb_that_waits_and_its_server() {
    let project = odd("silent", &json!({}));
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = project.command(&["-v", "list-tools"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("odd.py silent") {
            line.clear();
            assert_ne!(std::io::BufRead::read_line(&mut stderr, &mut line).unwrap(), 0);
        }
        let mut servers = below(child.id());
        while servers.is_empty() {
            servers = below(child.id());
        }
        let sent = program("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        // The watchdog sees the end of its pipe a moment after we do.
        while servers.iter().any(|server| alive(*server)) {
            std::thread::yield_now();
        }
    }
}
