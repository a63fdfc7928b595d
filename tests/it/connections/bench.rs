//! Connections to the servers in `tests/servers`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use mcp_studio::config::{Paths, ServerSettings, Settings, TransportSettings};
use mcp_studio::connections::{CallOptions, Connections, Direction};
use mcp_studio::environment::Environment;
use mcp_studio::sys::pulse::Pulse;
use mcp_studio::sys::sandbox::Level;
use mcp_studio::types::{Failure, Place, ServerName, ToolId};
use serde_json::{Map, Value, json};

/// Connections and the pulse they bump.
pub(crate) struct Bench {
    pub(crate) connections: Arc<Connections>,
    pub(crate) pulse: Pulse,
    _folder: tempfile::TempDir,
}

/// A server's settings with limits that are never met.
pub(crate) fn server(name: &str, transport: TransportSettings) -> ServerSettings {
    ServerSettings {
        name: ServerName::new(name).unwrap(),
        place: Place { file: "mcp_config.json".into(), line: 7 },
        transport,
        disabled: false,
        call_timeout: Duration::from_secs(60),
        idle_timeout: Duration::from_secs(60),
        connect_timeout: Duration::from_secs(60),
        message_bytes: 64 * 1024 * 1024,
    }
}

/// A server of `tests/servers/hostile.py`, called `s`.
pub(crate) fn hostile(behaviour: &str) -> ServerSettings {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/hostile.py");
    server("s", stdio("python3", &[&script.display().to_string(), behaviour]))
}

pub(crate) fn stdio(command: &str, arguments: &[&str]) -> TransportSettings {
    TransportSettings::Stdio {
        command: command.to_owned(),
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        environment: IndexMap::new(),
        folder: std::env::temp_dir(),
    }
}

impl Bench {
    pub(crate) fn new(servers: Vec<ServerSettings>) -> Self {
        Self::with_variables(servers, std::env::vars_os().collect())
    }

    /// As [`Bench::new`]; the virtual environment is looked for with `variables`.
    pub(crate) fn with_variables(servers: Vec<ServerSettings>, variables: BTreeMap<OsString, OsString>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = PathBuf::from("/project");
        let paths = Paths {
            config: project.join("mcp_config.json"),
            workspace: folder.path().join("workspace"),
            state: folder.path().join(".mcp-studio"),
            project,
        };
        let settings = Arc::new(Settings {
            servers: servers.into_iter().map(|server| (server.name.clone(), server)).collect(),
            sandbox: Some(Level::Off),
            ..Settings::bare(paths)
        });
        let pulse = Pulse::default();
        let environment = Arc::new(Environment::with_variables(Arc::clone(&settings), pulse.clone(), variables));
        Self { connections: Connections::new(settings, environment, pulse.clone()), pulse, _folder: folder }
    }

    pub(crate) fn of(behaviour: &str) -> Self {
        Self::new(vec![hostile(behaviour)])
    }

    /// Calls a tool of the server `s`.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<Value, Failure> {
        self.call_with(tool, arguments, CallOptions::default()).await
    }

    pub(crate) async fn call_with(&self, tool: &str, arguments: Value, options: CallOptions) -> Result<Value, Failure> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        self.connections.call(&ToolId::new(name("s"), tool), arguments, options).await
    }

    /// The text that a tool of `s` answers.
    pub(crate) async fn text(&self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await.unwrap();
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// The state of `s`, in words.
    pub(crate) fn state(&self) -> String {
        format!("{:?}", self.connections)
    }

    /// What we noticed about `s`.
    pub(crate) fn notes(&self) -> Vec<String> {
        let traffic = self.connections.traffic(&name("s"));
        traffic.into_iter().filter(|message| message.direction == Direction::Note).map(|message| message.text).collect()
    }

    /// Waits until `done` holds; asked again whenever something changes.
    pub(crate) async fn until(&self, mut done: impl FnMut() -> bool) {
        let mut seen = self.pulse.revision();
        while !done() {
            seen = self.pulse.changed_since(seen).await;
        }
    }
}

pub(crate) fn name(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

/// A tool's text result, as sent.
pub(crate) fn text_result(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

pub(crate) fn none() -> Value {
    Value::Object(Map::new())
}

/// Whether a process is there and no zombie.
pub(crate) fn is_running(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}
