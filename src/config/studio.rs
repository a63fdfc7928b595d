//! The key `studio`: what belongs to mcp-studio and not to a server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::{Member, Node};
use super::expand::expand;
use super::fields::{Complaints, Fields, Keys};
use super::{JudgingSettings, KeySettings, LimitSettings, PythonSettings, TelemetrySettings, judging, normalization, policy};
use crate::sys::sandbox::Level;
use crate::types::Policy;
use crate::types::limits::{
    CALL_TIMEOUT, CONFIG_COUNT_MAX, CONFIG_MEMORY_BYTES_MIN, CONFIG_MESSAGE_BYTES_MAX, CONFIG_MESSAGE_BYTES_MIN,
    CONFIG_OPEN_FILES_MIN, CONNECT_TIMEOUT, IDLE_TIMEOUT, MESSAGE_BYTES, SCRIPT_DESCRIPTORS, SCRIPT_FILE_BYTES, SCRIPT_FILES,
    SCRIPT_MEMORY_BYTES, SCRIPT_OUTPUT_BYTES, SCRIPT_PROCESSES, SCRIPT_WRITTEN_BYTES,
};

const KEYS: Keys = Keys {
    known: &[
        "python",
        "limits",
        "sandbox",
        "policy",
        "normalization",
        "keys",
        "model",
        "prices",
        "record",
        "telemetry",
        "tokenizer",
        "guardrails",
    ],
    foreign: &[],
    advice: &[],
};
const TELEMETRY_KEYS: Keys = Keys { known: &["endpoint", "headers"], foreign: &[], advice: &[] };
const PYTHON_KEYS: Keys = Keys { known: &["interpreter"], foreign: &[], advice: &[] };
const LIMIT_KEYS: Keys = Keys {
    known: &[
        "script_timeout_seconds",
        "script_memory_bytes",
        "script_cpu_seconds",
        "script_processes",
        "script_open_files",
        "script_output_bytes",
        "script_file_bytes",
        "script_written_bytes",
        "script_files",
        "call_timeout_seconds",
        "idle_timeout_seconds",
        "connect_timeout_seconds",
        "message_bytes",
    ],
    foreign: &[],
    advice: &[("timeout_seconds", "say which: script_timeout_seconds or call_timeout_seconds")],
};

/// The value of `studio`, with defaults filled in.
#[derive(Debug, Clone, Default)]
pub(super) struct Studio {
    pub(super) python: PythonSettings,
    pub(super) limits: LimitSettings,
    pub(super) servers: ServerDefaults,
    pub(super) sandbox: Option<Level>,
    pub(super) policy: Policy,
    pub(super) normalization: Vec<normalization::Entry>,
    pub(super) judging: JudgingSettings,
    pub(super) telemetry: TelemetrySettings,
    pub(super) keys: Vec<KeySettings>,
}

/// What holds for a server that does not say otherwise.
#[derive(Debug, Clone)]
pub(super) struct ServerDefaults {
    pub(super) call_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) message_bytes: usize,
}

impl Default for ServerDefaults {
    fn default() -> Self {
        Self {
            call_timeout: CALL_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            message_bytes: MESSAGE_BYTES,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            script_timeout: None,
            memory_bytes: SCRIPT_MEMORY_BYTES,
            cpu: None,
            processes: SCRIPT_PROCESSES,
            open_files: SCRIPT_DESCRIPTORS,
            output_bytes: SCRIPT_OUTPUT_BYTES,
            file_bytes: SCRIPT_FILE_BYTES,
            written_bytes: SCRIPT_WRITTEN_BYTES,
            files: SCRIPT_FILES,
        }
    }
}

/// Reads the object under `studio`.
pub(super) fn read(node: &Node, project: &Path, lookup: &dyn Fn(&str) -> Option<String>, complaints: &mut Complaints) -> Studio {
    let mut studio = Studio::default();
    let Some(fields) = Fields::of(node, "\"studio\"", Some(KEYS), complaints) else { return studio };
    if let Some(python) = inner(&fields, "python", PYTHON_KEYS, complaints) {
        studio.python.interpreter = interpreter(&python, project, lookup, complaints);
    }
    if let Some(limits) = inner(&fields, "limits", LIMIT_KEYS, complaints) {
        studio.limits = script_limits(&limits, complaints);
        let mut seconds = |key| limits.seconds(key, complaints);
        studio.servers.call_timeout = seconds("call_timeout_seconds").unwrap_or(CALL_TIMEOUT);
        studio.servers.idle_timeout = seconds("idle_timeout_seconds").unwrap_or(IDLE_TIMEOUT);
        studio.servers.connect_timeout = seconds("connect_timeout_seconds").unwrap_or(CONNECT_TIMEOUT);
        studio.servers.message_bytes = message_bytes(&limits, complaints).unwrap_or(MESSAGE_BYTES);
    }
    studio.sandbox = sandbox(&fields, complaints);
    studio.judging = judging::read(&fields, lookup, complaints);
    if let Some(member) = fields.get("policy") {
        studio.policy = policy::read(&member.node, project, &studio.judging, complaints);
    }
    if let Some(member) = fields.get("normalization") {
        studio.normalization = normalization::read(&member.node, complaints);
    }
    studio.telemetry = telemetry(&fields, lookup, complaints).unwrap_or_default();
    studio.keys = keys(&fields, complaints);
    studio
}

/// What scripts may use; the usual amount where nothing is said.
fn script_limits(limits: &Fields<'_>, complaints: &mut Complaints) -> LimitSettings {
    let usual = LimitSettings::default();
    let mut count = |key, least, usual| {
        let expected = format!("a number from {least} to {CONFIG_COUNT_MAX}");
        let number = limits.number(key, &(f64::from(least)..=CONFIG_COUNT_MAX), &expected, complaints);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number within the range above; fractions are cut"
        )]
        number.map_or(usual, |number| number as u64)
    };
    LimitSettings {
        memory_bytes: count("script_memory_bytes", CONFIG_MEMORY_BYTES_MIN, usual.memory_bytes),
        processes: count("script_processes", 1, usual.processes),
        open_files: count("script_open_files", CONFIG_OPEN_FILES_MIN, usual.open_files),
        output_bytes: count("script_output_bytes", 1, usual.output_bytes),
        file_bytes: count("script_file_bytes", 1, usual.file_bytes),
        written_bytes: count("script_written_bytes", 1, usual.written_bytes),
        files: count("script_files", 1, usual.files),
        script_timeout: limits.seconds("script_timeout_seconds", complaints),
        cpu: limits.seconds("script_cpu_seconds", complaints),
    }
}

/// `message_bytes` of a server or of the limits.
pub(super) fn message_bytes(fields: &Fields<'_>, complaints: &mut Complaints) -> Option<usize> {
    let expected = format!("a number of bytes from {CONFIG_MESSAGE_BYTES_MIN} to {CONFIG_MESSAGE_BYTES_MAX}");
    let range = f64::from(CONFIG_MESSAGE_BYTES_MIN)..=f64::from(CONFIG_MESSAGE_BYTES_MAX);
    let number = fields.number("message_bytes", &range, &expected, complaints)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number within the range above; fractions are cut"
    )]
    Some(number as usize)
}

fn inner<'a>(fields: &Fields<'a>, key: &str, keys: Keys, complaints: &mut Complaints) -> Option<Fields<'a>> {
    Fields::of(&fields.get(key)?.node, format!("\"studio.{key}\""), Some(keys), complaints)
}

/// A path is made absolute; a bare name is left for the search on `PATH`.
fn interpreter(
    python: &Fields<'_>,
    project: &Path,
    lookup: &dyn Fn(&str) -> Option<String>,
    complaints: &mut Complaints,
) -> Option<PathBuf> {
    let (text, line) = python.text("interpreter", complaints)?;
    let Ok(expanded) = expand(text, lookup) else {
        let message = format!("{}: \"interpreter\" names a variable that is not set", python.owner());
        complaints.error(line, message, "write ${NAME:-default}");
        return None;
    };
    if expanded.trim().is_empty() {
        complaints.error(line, format!("{}: \"interpreter\" is empty", python.owner()), "leave it out to have one found");
        return None;
    }
    Some(if expanded.contains('/') { project.join(expanded) } else { expanded.into() })
}

fn sandbox(fields: &Fields<'_>, complaints: &mut Complaints) -> Option<Level> {
    let (word, line) = fields.text("sandbox", complaints)?;
    match word {
        "off" => Some(Level::Off),
        "standard" => Some(Level::Standard),
        "strict" => Some(Level::Strict),
        other => {
            complaints.error(line, format!("\"studio\": unknown \"sandbox\" \"{other}\""), "use off, standard or strict");
            None
        }
    }
}

/// Where traces go.
fn telemetry(
    fields: &Fields<'_>,
    lookup: &dyn Fn(&str) -> Option<String>,
    complaints: &mut Complaints,
) -> Option<TelemetrySettings> {
    let telemetry = inner(fields, "telemetry", TELEMETRY_KEYS, complaints)?;
    let expanded = |text: &str, line, complaints: &mut Complaints| {
        let value = expand(text, lookup).ok();
        if value.is_none() {
            let message = "\"studio.telemetry\" names a variable that is not set".to_owned();
            complaints.error(line, message, "write ${NAME:-default}");
        }
        value
    };
    let mut settings = TelemetrySettings::default();
    if let Some((text, line)) = telemetry.text("endpoint", complaints) {
        settings.endpoint = expanded(text, line, complaints);
        settings.off = settings.endpoint.take_if(|address| address == "off").is_some();
        if !settings.endpoint.as_ref().is_none_or(|address| address.starts_with("http://") || address.starts_with("https://")) {
            let message = format!("{}: \"endpoint\" is no address of a collector", telemetry.owner());
            complaints.error(line, message, "such as http://localhost:4318");
        }
    }
    if let Some(member) = telemetry.get("headers")
        && let Some(headers) = Fields::of(&member.node, "\"studio.telemetry.headers\"", None, complaints)
    {
        for header in headers.members() {
            let value = headers.text(&header.key, complaints).and_then(|(text, line)| expanded(text, line, complaints));
            settings.headers.extend(value.map(|value| (header.key.clone(), value)));
        }
    }
    Some(settings)
}

/// Each action with one key, or a list of them.
fn keys(fields: &Fields<'_>, complaints: &mut Complaints) -> Vec<KeySettings> {
    let Some(member) = fields.get("keys") else { return Vec::new() };
    let Some(actions) = Fields::of(&member.node, "\"studio.keys\"", None, complaints) else { return Vec::new() };
    let entry = |member: &Member| KeySettings {
        action: member.key.clone(),
        keys: actions.text_or_texts(&member.key, complaints).into_iter().map(str::to_owned).collect(),
        place: complaints.place(member.line),
    };
    actions.members().iter().map(entry).collect()
}
