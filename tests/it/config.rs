//! Tests of the configuration: what is read, and every complaint word for word.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_studio::config::{Loaded, Location, TransportSettings, load};
use mcp_studio::sys::sandbox::Level;
use mcp_studio::types::{ArgumentNames, Failure, FieldNames, Normalization, PrefixMap, ServerName};

fn lookup(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("s3cret".to_owned()),
        "BROKEN" => Some("a\nb".to_owned()),
        "HOST" => Some("example.org".to_owned()),
        _ => None,
    }
}

fn load_text(text: impl AsRef<[u8]>) -> Result<Loaded, Failure> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mcp_config.json"), text).unwrap();
    load(&Location::default(), folder.path(), &lookup)
}

/// The complaint about a `mcpServers` that stands in one line.
fn complaint(servers: &str) -> String {
    load_text(format!("{{\"mcpServers\":\n{servers}}}")).unwrap_err().to_string()
}

#[test]
fn a_whole_configuration_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().canonicalize().unwrap();
    let text = r#"{
        "mcpServers": {
            "git": {"command": "uvx", "args": ["mcp-server-git", "${MODE:-fast}"], "env": {"KEY": "${TOKEN}"}, "cwd": "sub"},
            "local_tool": {"command": "./bin/tool", "disabled": true, "description": "x", "autoApprove": [], "env": null},
            "web": {
                "url": "https://${HOST}/mcp", "headers": {"Authorization": "Bearer ${env:TOKEN}"}, "type": "streamable-http",
                "timeout_seconds": 0.5, "idle_timeout_seconds": 2, "connect_timeout_seconds": 3, "message_bytes": 65536},
            "live": {"url": "wss://example.org/mcp"},
            "off": {"url": "${NOT_SET}", "disabled": true}
        },
        "studio": {
            "python": {"interpreter": "python/bin/python3"},
            "limits": {"script_timeout_seconds": 60, "call_timeout_seconds": 7},
            "sandbox": "strict",
            "keys": {"run": "F2", "save": ["Ctrl+S", "F3"]}
        }
    }"#;
    std::fs::write(project.join("mcp_config.json"), text).unwrap();
    let Loaded { settings, warnings } = load(&Location::default(), &project, &lookup).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(settings.paths.workspace, project.join("workspace"));
    assert_eq!(settings.paths.state, project.join(".mcp-studio"));
    assert_eq!(settings.python.interpreter, Some(project.join("python/bin/python3")));
    assert_eq!(settings.limits.script_timeout, Some(Duration::from_secs(60)));
    assert_eq!(settings.sandbox, Some(Level::Strict));
    let keys: Vec<(&str, &[String], u32)> =
        settings.keys.iter().map(|entry| (entry.action.as_str(), entry.keys.as_slice(), entry.place.line)).collect();
    assert_eq!(keys, [("run", &["F2".to_owned()][..], 15), ("save", &["Ctrl+S".to_owned(), "F3".to_owned()][..], 15)]);
    let names: Vec<&str> = settings.servers.keys().map(mcp_studio::types::ServerName::as_str).collect();
    assert_eq!(names, ["git", "local_tool", "web", "live", "off"]);
    let transports: Vec<TransportSettings> = settings.servers.values().map(|server| server.transport.clone()).collect();
    let pair = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into_iter().collect();
    let expected = [
        TransportSettings::Stdio {
            command: "uvx".to_owned(),
            arguments: vec!["mcp-server-git".to_owned(), "fast".to_owned()],
            environment: pair("KEY", "s3cret"),
            folder: project.join("sub"),
        },
        TransportSettings::Stdio {
            command: project.join("./bin/tool").to_string_lossy().into_owned(),
            arguments: Vec::new(),
            environment: indexmap::IndexMap::new(),
            folder: project.clone(),
        },
        TransportSettings::Http { url: "https://example.org/mcp".to_owned(), headers: pair("Authorization", "Bearer s3cret") },
        TransportSettings::WebSocket { url: "wss://example.org/mcp".to_owned(), headers: indexmap::IndexMap::new() },
        TransportSettings::Http { url: "${NOT_SET}".to_owned(), headers: indexmap::IndexMap::new() },
    ];
    assert_eq!(transports, expected);
    let web = &settings.servers[2];
    assert_eq!((web.place.to_string().as_str(), web.disabled, web.message_bytes), ("mcp_config.json:5", false, 65_536));
    let seconds = [web.call_timeout, web.idle_timeout, web.connect_timeout].map(|time| time.as_secs_f64());
    assert_eq!(format!("{seconds:?}"), "[0.5, 2.0, 3.0]");
    assert_eq!(settings.servers[0].call_timeout, Duration::from_secs(7), "the default of the file");
}

#[test]
fn without_the_default_file_there_are_no_servers() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().canonicalize().unwrap();
    let loaded = load(&Location::default(), &project, &lookup).unwrap();
    assert!(loaded.settings.servers.is_empty() && loaded.warnings.is_empty());
    assert_eq!(loaded.settings.sandbox, None);
    let named = Location { config: Some("sub/other.json".into()), workspace: Some("./ws".into()) };
    let failure = load(&named, &project, &lookup).unwrap_err();
    assert_eq!(failure.to_string(), "cannot read sub/other.json: there is no such file\nhint: correct --config");
    let named = Location { config: Some(".".into()), workspace: None };
    let failure = load(&named, &project, &lookup).unwrap_err();
    assert!(failure.to_string().ends_with(": it is a folder\nhint: name the configuration file in it"), "{failure}");
}

#[test]
fn the_command_line_says_where_things_are() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("sub")).unwrap();
    std::fs::write(root.join("sub/other.json"), "{}").unwrap();
    let named = Location { config: Some("./sub/other.json".into()), workspace: Some("./ws".into()) };
    let paths = load(&named, &root, &lookup).unwrap().settings.paths;
    let found = [paths.project, paths.config, paths.workspace, paths.state];
    assert_eq!(
        found,
        ["sub", "sub/other.json", "ws", "sub/.mcp-studio"].map(|path: &str| -> PathBuf { root.join(Path::new(path)) })
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn wrong_servers_are_told_with_place_and_remedy() {
    for (servers, told) in [
        ("[1]", "\"mcpServers\" must be an object, but is a list"),
        (r#"{"git": "uvx"}"#, "server \"git\" must be an object, but is a text"),
        (
            r#"{"git": {"comand": "uvx"}}"#,
            "server \"git\": has neither \"command\" nor \"url\"\nhint: rename \"comand\" to \"command\"",
        ),
        (
            r#"{"git": {"serverUrl": "https://a"}}"#,
            "server \"git\": has neither \"command\" nor \"url\"\nhint: rename \"serverUrl\" to \"url\"",
        ),
        (
            r#"{"git": {}}"#,
            "server \"git\": has neither \"command\" nor \"url\"\nhint: a local program needs \"command\", a remote server \"url\"",
        ),
        (
            r#"{"git": {"command": "a", "url": "https://a"}}"#,
            "server \"git\": has a \"url\" beside the \"command\" of line 2\nhint: keep one of the two",
        ),
        (r#"{"git": {"command": " "}}"#, "server \"git\": \"command\" is empty\nhint: name the program to start"),
        (r#"{"git": {"command": ["uvx"]}}"#, "server \"git\": \"command\" must be a text, but is a list"),
        (r#"{"git": {"command": "a", "args": "b"}}"#, "server \"git\": \"args\" must be a list of texts, but is a text"),
        (
            r#"{"git": {"command": "a", "args": ["b", 1]}}"#,
            "server \"git\": \"args[1]\" must be a text, but is a number\nhint: put it in double quotes",
        ),
        (
            r#"{"git": {"command": "a", "env": {"PORT": 80}}}"#,
            "server \"git\": \"env.PORT\" must be a text, but is a number\nhint: put it in double quotes",
        ),
        (r#"{"git": {"command": "a", "env": []}}"#, "server \"git\": \"env\" must be an object, but is a list"),
        (r#"{"git": {"command": "a", "disabled": "yes"}}"#, "server \"git\": \"disabled\" must be true or false, but is a text"),
        (
            r#"{"git": {"command": "a", "timeout_seconds": 0}}"#,
            "server \"git\": \"timeout_seconds\" must be a number of seconds from 0.001 to 2678400, but is 0",
        ),
        (
            r#"{"git": {"command": "a", "message_bytes": 1}}"#,
            "server \"git\": \"message_bytes\" must be a number of bytes from 65536 to 1073741824, but is 1",
        ),
        (
            r#"{"git": {"command": "${NOPE}"}}"#,
            "server \"git\": \"command\" needs the variable NOPE, which is not set\nhint: set NOPE, or write ${NOPE:-default}",
        ),
        (
            r#"{"git": {"command": "a", "args": ["${input:key}"]}}"#,
            "server \"git\": \"args[0]\" holds ${input:key}, which names no variable\nhint: write ${NAME} or ${NAME:-default}",
        ),
        (
            r#"{"git": {"command": "a", "cwd": "${TOKEN"}}"#,
            "server \"git\": \"cwd\" holds a ${ without its }\nhint: write ${NAME} or ${NAME:-default}",
        ),
        (
            r#"{"git": {"url": "example.org"}}"#,
            "server \"git\": \"url\" \"example.org\" is no URL of a server\nhint: it begins with http://, https://, ws:// or wss://",
        ),
        (
            r#"{"git": {"url": "ftp://${TOKEN}"}}"#,
            "server \"git\": \"url\" \"ftp://${TOKEN}\" is no URL of a server\nhint: it begins with http://, https://, ws:// or wss://",
        ),
        (
            r#"{"git": {"url": "http://a", "type": "ws"}}"#,
            "server \"git\": \"url\" \"http://a\" does not fit its \"type\"\nhint: remove \"type\"",
        ),
        (
            r#"{"git": {"url": "http://a", "type": "sse"}}"#,
            "server \"git\": speaks the old SSE transport, which mcp-studio does not\nhint: use the server's Streamable HTTP URL, \
             or \"command\": \"npx\", \"args\": [\"mcp-remote\", URL]",
        ),
        (
            r#"{"git": {"url": "http://a", "type": "grpc"}}"#,
            "server \"git\": unknown \"type\" \"grpc\"\nhint: use stdio, http or ws, or leave it out",
        ),
        (
            r#"{"git": {"url": "http://a", "type": "stdio"}}"#,
            "server \"git\": has a \"url\", but its \"type\" is stdio\nhint: remove \"type\"",
        ),
        (
            r#"{"git": {"command": "a", "type": "http"}}"#,
            "server \"git\": has a \"command\", but its \"type\" is not stdio\nhint: remove \"type\"",
        ),
        (
            r#"{"git": {"url": "http://a", "headers": {"A b": "x"}}}"#,
            "server \"git\": \"A b\" cannot name a header\nhint: letters, digits and hyphens",
        ),
        (
            r#"{"git": {"url": "http://a", "headers": {"A": "${BROKEN}"}}}"#,
            "server \"git\": the header \"A\" holds a character that no header may\nhint: is there a line break in it?",
        ),
        (
            r#"{"a__b_": {"command": "a"}}"#,
            "\"a__b_\" cannot name a server: a server name has no double underscore and neither starts nor ends with one\nhint: call \
             it \"a_b\"",
        ),
        (
            r#"{"a/b": {"command": "a"}}"#,
            "\"a/b\" cannot name a server: a server name has no control characters, slashes or backslashes\nhint: choose a short, \
             plain name",
        ),
        (
            r#"{"git": {"command": "a"}, "git": {"command": "b"}}"#,
            "\"mcpServers\": \"git\" appears twice, first in line 2\nhint: remove or rename one of them",
        ),
    ] {
        assert_eq!(complaint(servers), format!("mcp_config.json:2: {told}"), "{servers}");
    }
}

#[test]
fn a_wrong_file_is_told_with_place_and_remedy() {
    for (text, told) in [
        ("[]", "mcp_config.json:1: the configuration must be an object, but is a list"),
        ("{\n  \"studio\": 3}", "mcp_config.json:2: \"studio\" must be an object, but is a number"),
        (
            "{\"studio\": {\n\"sandbox\": \"high\"}}",
            "mcp_config.json:2: \"studio\": unknown \"sandbox\" \"high\"\nhint: use off, standard or strict",
        ),
        (
            "{\"studio\": {\"python\":\n{\"interpreter\": \"${NOPE}\"}}}",
            "mcp_config.json:2: \"studio.python\": \"interpreter\" names a variable that is not set\nhint: write ${NAME:-default}",
        ),
        (
            "{\"studio\": {\"limits\": {\n\"script_timeout_seconds\": \"1\"}}}",
            "mcp_config.json:2: \"studio.limits\": \"script_timeout_seconds\" must be a number of seconds from 0.001 to 2678400, but is \
             a text",
        ),
        (
            "{\n  \"mcpServers\": {},\n}",
            "mcp_config.json:3: this is not JSON: trailing comma in column 1\nhint: remove the comma before this bracket",
        ),
    ] {
        assert_eq!(load_text(text).unwrap_err().to_string(), told, "{text}");
    }
    let latin = load_text(b"{\n\"a\": \"\xe9\"}").unwrap_err();
    assert_eq!(latin.to_string(), "mcp_config.json:2: this is not UTF-8\nhint: save the file as UTF-8");
}

#[test]
fn servers_get_their_field_names() {
    let servers = "\"mcpServers\": {\"ado\": {\"command\": \"a\"}, \"git\": {\"command\": \"b\"}}";
    let servers = format!("{}, \"crm\": {{\"command\": \"c\"}}}}", servers.strip_suffix('}').unwrap());
    let text = r#""studio": {"normalization": {"git": {"prefixes": {"old.": "New."}}, "ado": "ado-pascal-case",
        "crm": {"strategy": "snake_case", "arguments": true}}}"#;
    let loaded = load_text(format!("{{{servers}, {text}}}")).unwrap();
    let map = PrefixMap::new([("old.".to_owned(), "New.".to_owned())]).unwrap();
    let back = FieldNames { results: Normalization::SnakeCase, arguments: ArgumentNames::ChangedBack };
    let strategies = [("git", Normalization::Prefixes(map).into()), ("ado", Normalization::AdoPascalCase.into()), ("crm", back)];
    assert_eq!(loaded.warnings, []);
    let read: Vec<(ServerName, FieldNames)> = loaded.settings.normalization.into_iter().collect();
    assert_eq!(read, strategies.map(|(name, is)| (ServerName::new(name).unwrap(), is)));
    let owner = "mcp_config.json:2: \"studio.normalization\"";
    for (entry, told) in [
        (r#""gti": "none""#, ": there is no server \"gti\"\nhint: did you mean \"git\"?"),
        (r#""git": "snakecase""#, ": \"git\": unknown strategy \"snakecase\"\nhint: did you mean \"snake_case\"?"),
        (
            r#""git": ["none"]"#,
            ": \"git\" must be a strategy or an object, but is a list\nhint: use none, ado-pascal-case, snake_case, camelCase",
        ),
        (
            r#""git": {"strategy": "none", "prefixes": {"a": "b"}}"#,
            ": \"git\" has \"strategy\" and \"prefixes\"\nhint: only one of them is possible",
        ),
        (
            r#""git": {"prefixes": {"a": "ab"}}"#,
            ": \"git\": \"a\" becomes \"ab\", which \"a\" would change again\nhint: no replacement may begin with a prefix of the map, or \
             the other way round",
        ),
    ] {
        let failure = load_text(format!("{{{servers}, \"studio\": {{\"normalization\": {{\n{entry}}}}}}}")).unwrap_err();
        assert_eq!(failure.to_string(), format!("{owner}{told}"));
    }
}

#[test]
fn all_errors_are_told_together() {
    let failure = load_text("{\"mcpServers\": {\n\"a\": {\"command\": \"${A}\"},\n\"b\": {}\n}}").unwrap_err();
    assert_eq!(
        failure.to_string(),
        "mcp_config.json:2: server \"a\": \"command\" needs the variable A, which is not set\n  also: mcp_config.json:3: server \"b\": \
         has neither \"command\" nor \"url\" (a local program needs \"command\", a remote server \"url\")\nhint: set A, or write \
         ${A:-default}"
    );
}

#[test]
fn what_is_odd_is_warned_of_and_what_is_foreign_passes() {
    let loaded = load_text(
        r#"{
  "servers": {}, "$schema": "x", "inputs": [],
  "mcpServers": {"git": {"command": "a",
    "agrs": [],
    "timeout": 3,
    "qwertyuiop": 1,
    "headers": {},
    "alwaysAllow": ["x"], "version": 1, "gallery": true, "disabledTools": []}},
  "studio": {
    "sandbx": "off"}
}"#,
    )
    .unwrap();
    let told: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let keys = "command, args, env, cwd, url, headers, type, disabled, timeout_seconds, idle_timeout_seconds, connect_timeout_seconds, \
                message_bytes";
    assert_eq!(
        told,
        [
            "mcp_config.json:2: the configuration: unknown key \"servers\" is ignored\nhint: it is called \"mcpServers\" here".to_owned(),
            "mcp_config.json:10: \"studio\": unknown key \"sandbx\" is ignored\nhint: did you mean \"sandbox\"?".to_owned(),
            "mcp_config.json:4: server \"git\": unknown key \"agrs\" is ignored\nhint: did you mean \"args\"?".to_owned(),
            "mcp_config.json:5: server \"git\": unknown key \"timeout\" is ignored\nhint: write \"timeout_seconds\": other clients \
             disagree whether \"timeout\" means seconds or milliseconds"
                .to_owned(),
            format!(
                "mcp_config.json:6: server \"git\": unknown key \"qwertyuiop\" is ignored\nhint: keys with a meaning here: {keys}"
            ),
            "mcp_config.json:7: server \"git\": \"headers\" is ignored\nhint: a local program gets no headers; use \"env\"".to_owned(),
        ]
    );
}
