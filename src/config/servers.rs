//! `mcpServers`: how each server is reached and for how long it is waited for.

use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;

use super::document::{Member, Node};
use super::expand::{ExpandError, expand};
use super::fields::{Complaints, Fields, Keys};
use super::{ServerSettings, TransportSettings, studio};
use crate::types::{IdError, ServerName, nearest};

const KEYS: Keys = Keys {
    known: &[
        "command",
        "args",
        "env",
        "cwd",
        "url",
        "headers",
        "type",
        "disabled",
        "timeout_seconds",
        "idle_timeout_seconds",
        "connect_timeout_seconds",
        "message_bytes",
    ],
    foreign: &[
        "$schema",
        "description",
        "alwaysAllow",
        "autoApprove",
        "gallery",
        "version",
        "disabledTools",
        "enabledTools",
        "icon",
        "dev",
        "transport",
        "transportType",
        "note",
        "comment",
        "_comment",
    ],
    advice: &[
        ("serverUrl", "it is called \"url\" here"),
        ("httpUrl", "it is called \"url\" here"),
        ("enabled", "to switch a server off, write \"disabled\": true"),
        ("timeout", "write \"timeout_seconds\": other clients disagree whether \"timeout\" means seconds or milliseconds"),
        ("envFile", "write the variables under \"env\", for example as \"KEY\": \"${KEY}\""),
    ],
};

/// What a server's keys are read against.
pub(super) struct Context<'a> {
    pub(super) project: &'a Path,
    pub(super) lookup: &'a dyn Fn(&str) -> Option<String>,
    pub(super) defaults: studio::ServerDefaults,
}

/// Reads the object under `mcpServers`.
pub(super) fn read(node: &Node, context: &Context<'_>, complaints: &mut Complaints) -> IndexMap<ServerName, ServerSettings> {
    let Some(fields) = Fields::of(node, "\"mcpServers\"", None, complaints) else { return IndexMap::new() };
    let servers = fields.members().iter().filter_map(|member| server(member, context, complaints));
    servers.map(|server| (server.name.clone(), server)).collect()
}

fn server(member: &Member, context: &Context<'_>, complaints: &mut Complaints) -> Option<ServerSettings> {
    let name = name(member, complaints);
    let fields = Fields::of(&member.node, format!("server \"{}\"", member.key), Some(KEYS), complaints)?;
    let disabled = fields.flag("disabled", complaints).unwrap_or(false);
    let seconds = |key, default: Duration, complaints: &mut Complaints| fields.seconds(key, complaints).unwrap_or(default);
    let defaults = &context.defaults;
    let call_timeout = seconds("timeout_seconds", defaults.call_timeout, complaints);
    let idle_timeout = seconds("idle_timeout_seconds", defaults.idle_timeout, complaints);
    let connect_timeout = seconds("connect_timeout_seconds", defaults.connect_timeout, complaints);
    let message_bytes = studio::message_bytes(&fields, complaints).unwrap_or(defaults.message_bytes);
    let mut texts = Texts { owner: fields.owner().to_owned(), lookup: context.lookup, disabled, complaints };
    let transport = transport(&fields, member.line, context.project, &mut texts)?;
    let place = complaints.place(member.line);
    Some(ServerSettings { name: name?, place, transport, disabled, call_timeout, idle_timeout, connect_timeout, message_bytes })
}

fn name(member: &Member, complaints: &mut Complaints) -> Option<ServerName> {
    let error = match ServerName::new(&member.key) {
        Ok(name) => return Some(name),
        Err(error) => error,
    };
    let remedy = match error {
        IdError::Underscores => format!("call it \"{}\"", member.key.replace("__", "_").trim_matches('_')),
        IdError::Length | IdError::Characters | IdError::Form => "choose a short, plain name".to_owned(),
    };
    complaints.error(member.line, format!("\"{}\" cannot name a server: {error}", member.key), remedy);
    None
}

/// Expands texts of one server; references in a server that is switched off may lead nowhere.
struct Texts<'a> {
    owner: String,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    disabled: bool,
    complaints: &'a mut Complaints,
}

impl Texts<'_> {
    /// `label` names the key, such as `args[1]`.
    fn expand(&mut self, label: &str, (text, line): (&str, u32)) -> String {
        let error = match expand(text, self.lookup) {
            Ok(expanded) => return expanded,
            Err(_) if self.disabled => return text.to_owned(),
            Err(error) => error,
        };
        let (message, hint) = match error {
            ExpandError::Missing(name) => {
                (format!("needs the variable {name}, which is not set"), format!("set {name}, or write ${{{name}:-default}}"))
            }
            ExpandError::Form(reference) => {
                (format!("holds ${{{reference}}}, which names no variable"), "write ${NAME} or ${NAME:-default}".to_owned())
            }
            ExpandError::Open => ("holds a ${ without its }".to_owned(), "write ${NAME} or ${NAME:-default}".to_owned()),
        };
        self.complaints.error(line, format!("{}: \"{label}\" {message}", self.owner), hint);
        text.to_owned()
    }

    fn expand_map(&mut self, label: &str, texts: IndexMap<&str, (&str, u32)>) -> IndexMap<String, String> {
        texts.into_iter().map(|(key, text)| (key.to_owned(), self.expand(&format!("{label}.{key}"), text))).collect()
    }

    fn error(&mut self, line: u32, message: &str, hint: &str) {
        self.complaints.error(line, format!("{}: {message}", self.owner), hint);
    }
}

/// What `type` (or `transport`, or `transportType`) says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stdio,
    Http,
    WebSocket,
    Unsaid,
}

fn transport(fields: &Fields<'_>, line: u32, project: &Path, texts: &mut Texts<'_>) -> Option<TransportSettings> {
    let kind = kind(fields, texts)?;
    match (fields.get("command"), fields.get("url")) {
        (Some(_), None) if matches!(kind, Kind::Stdio | Kind::Unsaid) => stdio(fields, project, texts),
        (None, Some(_)) if kind != Kind::Stdio => remote(fields, kind, texts),
        (Some(command), Some(url)) => {
            texts.error(
                url.line,
                &format!("has a \"url\" beside the \"command\" of line {}", command.line),
                "keep one of the two",
            );
            None
        }
        (None, None) => {
            texts.error(line, "has neither \"command\" nor \"url\"", &meant(fields));
            None
        }
        (Some(command), None) => {
            texts.error(command.line, "has a \"command\", but its \"type\" is not stdio", "remove \"type\"");
            None
        }
        (None, Some(url)) => {
            texts.error(url.line, "has a \"url\", but its \"type\" is stdio", "remove \"type\"");
            None
        }
    }
}

/// What a server that says nothing of use may have wanted to say.
fn meant(fields: &Fields<'_>) -> String {
    let near = |member: &Member| match member.key.as_str() {
        "serverUrl" | "httpUrl" => Some("url".to_owned()),
        key => nearest(key, ["command", "url"]),
    };
    let mut unknown = fields.members().iter().filter(|member| !KEYS.known.contains(&member.key.as_str()));
    let guess = unknown.find_map(|member| Some((&member.key, near(member)?)));
    guess.map_or_else(
        || "a local program needs \"command\", a remote server \"url\"".to_owned(),
        |(written, meant)| format!("rename \"{written}\" to \"{meant}\""),
    )
}

fn kind(fields: &Fields<'_>, texts: &mut Texts<'_>) -> Option<Kind> {
    let key = ["type", "transport", "transportType"].into_iter().find(|key| fields.get(key).is_some());
    let Some(key) = key else { return Some(Kind::Unsaid) };
    let (word, line) = fields.text(key, texts.complaints)?;
    match word {
        "stdio" => Some(Kind::Stdio),
        "http" | "streamable-http" | "streamableHttp" | "streamable_http" => Some(Kind::Http),
        "ws" | "websocket" => Some(Kind::WebSocket),
        "sse" => {
            let hint = "use the server's Streamable HTTP URL, or \"command\": \"npx\", \"args\": [\"mcp-remote\", URL]";
            texts.error(line, "speaks the old SSE transport, which mcp-studio does not", hint);
            None
        }
        other => {
            texts.error(line, &format!("unknown \"{key}\" \"{other}\""), "use stdio, http or ws, or leave it out");
            None
        }
    }
}

fn stdio(fields: &Fields<'_>, project: &Path, texts: &mut Texts<'_>) -> Option<TransportSettings> {
    warn_of(fields, &["headers"], "a local program gets no headers; use \"env\"", texts);
    let (command, line) = fields.text("command", texts.complaints)?;
    let command = texts.expand("command", (command, line));
    if command.trim().is_empty() {
        texts.error(line, "\"command\" is empty", "name the program to start");
        return None;
    }
    let arguments = fields.texts("args", texts.complaints).into_iter().enumerate();
    let arguments = arguments.map(|(index, text)| texts.expand(&format!("args[{index}]"), text)).collect();
    let environment = fields.text_map("env", texts.complaints);
    let environment = texts.expand_map("env", environment);
    let folder = fields.text("cwd", texts.complaints).map(|text| texts.expand("cwd", text));
    let command = if command.contains('/') { project.join(&command).to_string_lossy().into_owned() } else { command };
    let folder = folder.map_or_else(|| project.to_owned(), |folder| project.join(folder));
    Some(TransportSettings::Stdio { command, arguments, environment, folder })
}

fn remote(fields: &Fields<'_>, kind: Kind, texts: &mut Texts<'_>) -> Option<TransportSettings> {
    warn_of(fields, &["args", "env", "cwd"], "it is for local programs only", texts);
    let (written, line) = fields.text("url", texts.complaints)?;
    let url = texts.expand("url", (written, line));
    let headers = fields.text_map("headers", texts.complaints);
    let headers = check_headers(headers, texts);
    if texts.disabled && url.contains("${") {
        return Some(TransportSettings::Http { url, headers });
    }
    let parsed = url.parse::<http::Uri>().ok().filter(|uri| uri.host().is_some_and(|host| !host.is_empty()));
    let scheme = parsed.as_ref().and_then(http::Uri::scheme_str).map(str::to_ascii_lowercase);
    match (scheme.as_deref(), kind) {
        (Some("http" | "https"), Kind::Http | Kind::Unsaid) => Some(TransportSettings::Http { url, headers }),
        (Some("ws" | "wss"), Kind::WebSocket | Kind::Unsaid) => Some(TransportSettings::WebSocket { url, headers }),
        (Some("http" | "https" | "ws" | "wss"), _) => {
            texts.error(line, &format!("\"url\" \"{written}\" does not fit its \"type\""), "remove \"type\"");
            None
        }
        (Some(_) | None, _) => {
            texts.error(
                line,
                &format!("\"url\" \"{written}\" is no URL of a server"),
                "it begins with http://, https://, ws:// or wss://",
            );
            None
        }
    }
}

/// A bad header would fail only at the first request, and its value may be a secret: it is checked here and never shown.
fn check_headers(headers: IndexMap<&str, (&str, u32)>, texts: &mut Texts<'_>) -> IndexMap<String, String> {
    let lines: Vec<u32> = headers.values().map(|(_, line)| *line).collect();
    let expanded = texts.expand_map("headers", headers);
    for ((name, value), line) in expanded.iter().zip(lines) {
        if name.parse::<http::HeaderName>().is_err() {
            texts.error(line, &format!("\"{name}\" cannot name a header"), "letters, digits and hyphens");
        } else if value.parse::<http::HeaderValue>().is_err() {
            texts.error(
                line,
                &format!("the header \"{name}\" holds a character that no header may"),
                "is there a line break in it?",
            );
        }
    }
    expanded
}

fn warn_of(fields: &Fields<'_>, keys: &[&str], why: &str, texts: &mut Texts<'_>) {
    for member in keys.iter().filter_map(|key| fields.get(key)) {
        texts.complaints.warn(member.line, format!("{}: \"{}\" is ignored", fields.owner(), member.key), why);
    }
}
