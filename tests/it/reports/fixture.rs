//! Journals with fixed times. The chain of hashes is made here anew, so that it is also read by code that did not write it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_studio::journal::{Event, RunTokens, ServerSeen};
use mcp_studio::types::{
    Caller, Channel, Check, Cost, Decision, Label, LabelNote, Latency, MaskKind, Payload, Place, RecordLevel, Role, RuleRef,
    RunId, ServerName, SessionId, Signal, Stage, StepNumber, StepRecord, ToolId, TranscriptStep,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The session of [`events`].
pub(super) const SESSION: &str = "20261121-194412-078-0badcafe";

/// A session as its start, its events and its end, one second apart.
pub(super) fn write(folder: &Path, session: &str, events: &[Event]) -> PathBuf {
    let path = folder.join(format!("{session}.jsonl"));
    let mut text = String::new();
    let mut prev = "0".repeat(64);
    for (event, number) in events.iter().zip(1_u64..) {
        let at = format!("2026-11-21T19:44:{:02}.078{:03}Z", 11 + number, number);
        let mut line = json!({"seq": number, "at": at, "prev": prev});
        let Value::Object(fields) = serde_json::to_value(event).unwrap() else { panic!("an event is an object") };
        line.as_object_mut().unwrap().extend(fields);
        let line = line.to_string();
        let body = line.strip_suffix('}').unwrap();
        let line = format!("{body},\"sum\":\"{}\"}}", hash(body));
        prev = hash(&line);
        text += &line;
        text.push('\n');
    }
    std::fs::write(&path, text).unwrap();
    path
}

pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

pub(super) fn started(session: &str) -> Event {
    let event = json!({"event": "session_started", "session": session, "version": "0.1.0", "front": "session",
        "model": "some-model", "limits": {"script_memory_bytes": "1073741824", "policy.max_steps": "100"}});
    serde_json::from_value(event).unwrap()
}

pub(super) fn ended(steps: u64, runs: u64) -> Event {
    Event::SessionEnded { steps, runs }
}

pub(super) fn call(number: u64, caller: Caller, tool: &str, decision: Decision) -> StepRecord {
    let tool = ToolId::new(ServerName::new("git").unwrap(), tool);
    StepRecord {
        decision,
        latency: Latency {
            queue: Duration::from_micros(1_500),
            guard: Duration::from_micros(40),
            server: Duration::from_millis(120 * number),
            decode: Duration::from_micros(60),
        },
        bytes_in: 40,
        bytes_out: 2_048,
        tokens_in: 10,
        tokens_out: 512,
        tokens_definition: 150,
        ..StepRecord::begun(StepNumber(number), caller, tool)
    }
}

pub(super) fn payload(preview: &str) -> Payload {
    Payload {
        shape: "{repo_path: string}".to_owned(),
        sha256: Some(hash(preview)),
        preview: preview.to_owned(),
        masked: BTreeMap::from([(MaskKind::Email, 1)]),
        level: RecordLevel::Default,
        text: None,
    }
}

fn step(record: StepRecord) -> Event {
    Event::Step(Box::new(record))
}

/// A script with calls of every colour, a call by hand, and a transcript with a message, a call and a validation.
#[expect(clippy::too_many_lines, reason = "one event after the other")]
pub(super) fn events() -> Vec<Event> {
    let script = Caller::Script(RunId(1));
    let denied = StepRecord {
        error: Some("git__git_reset is denied".to_owned()),
        line: Some(12),
        rule: Some(RuleRef {
            id: "deny[0]".into(),
            place: Some(Place { file: "mcp_config.json".into(), line: 9 }),
            why: "nothing is reset here".into(),
        }),
        ..call(2, script, "git_reset", Decision::DeniedPolicy)
    };
    let signal = Signal {
        provider: "injection".to_owned(),
        metric: "override".to_owned(),
        stage: Stage::Result,
        score: 0.75,
        threshold: 0.5,
        spans: BTreeMap::from([("instruction".to_owned(), 1)]),
        fingerprint: "f00d".to_owned(),
        reused_from: None,
        failed: None,
    };
    let labelled = StepRecord {
        input: Some(payload("{\"repo_path\":\"[masked email]\"}")),
        output: Some(payload("\"= 1 + 1 <b>\"")),
        warnings: vec!["the tool has an output schema but sent no structuredContent".to_owned()],
        labels: vec![LabelNote { label: Label::Untrusted, why: "openWorldHint".into() }],
        signals: vec![signal],
        line: Some(7),
        field_names: Some("snake_case".to_owned()),
        cost: Some(Cost {
            usd: 0.001_25,
            model: "some-model".to_owned(),
            source: "mcp_config.json:7".to_owned(),
            date: "2026-11-01".to_owned(),
        }),
        ..call(1, script, "git_status", Decision::Ok)
    };
    let reused = StepRecord { reused_from: Some(StepNumber(1)), ..call(3, script, "git_status", Decision::Reused) };
    let failed = StepRecord {
        error: Some("git__git_log failed: no such branch".to_owned()),
        ..call(4, Caller::Form, "git_log", Decision::Error)
    };
    let said = |ordinal, role, channel, call: Option<u64>, check, reasons: &[&str]| {
        Event::TranscriptStep(Box::new(TranscriptStep {
            transcript: 1,
            ordinal,
            name: None,
            role,
            channel,
            call: call.map(StepNumber),
            validation: (ordinal == 2).then_some(RunId(2)),
            input: None,
            check,
            reasons: reasons.iter().map(|&reason| reason.to_owned()).collect(),
        }))
    };
    let run = |run, script: &str| Event::RunStarted {
        run: RunId(run),
        script: script.to_owned(),
        sha256: "ab".repeat(32),
        sandbox: "standard".to_owned(),
        limits: (run == 1).then(|| ("script_timeout_seconds".to_owned(), "2.5".to_owned())).into_iter().collect(),
    };
    let run_ended = |run, exit_code: i32| Event::RunEnded {
        run: RunId(run),
        exit_code,
        outcome: if exit_code == 0 { "ok".to_owned() } else { format!("exit {exit_code}") },
        milliseconds: 900,
    };
    let seen = ServerSeen {
        server: ServerName::new("git").unwrap(),
        name: "mcp-git".to_owned(),
        version: "1.0".to_owned(),
        protocol: "2025-06-18".to_owned(),
        tools: ["git_log", "git_reset", "git_status"].map(str::to_owned).to_vec(),
        tool_count: 3,
        pinned: 2,
        changed: vec!["git_reset".to_owned()],
        field_names: Some("snake_case".to_owned()),
    };
    vec![
        started(SESSION),
        run(1, "report.py"),
        step(labelled),
        step(denied),
        step(reused),
        Event::RunTokens { run: RunId(1), tokens: RunTokens { offered: 4_000, script: 90, printed: 12 } },
        run_ended(1, 3),
        step(failed),
        Event::TranscriptStarted { transcript: 1, name: "checks".to_owned(), sha256: None, model: Some("some-model".to_owned()) },
        said(1, Role::User, Channel::UserToLlm, None, Check::Unchecked, &[]),
        step(call(5, Caller::Session, "git_status", Decision::Ok)),
        run(2, "check.py"),
        step(call(6, Caller::Script(RunId(2)), "git_status", Decision::Ok)),
        run_ended(2, 0),
        said(2, Role::Assistant, Channel::LlmToTool, Some(5), Check::Passed, &[]),
        step(call(7, Caller::Session, "git_log", Decision::Timeout)),
        said(3, Role::Assistant, Channel::LlmToTool, Some(7), Check::Failed, &["the decision is timeout, not ok"]),
        said(4, Role::Tool, Channel::ToolToLlm, None, Check::Skipped, &["a step before it failed"]),
        Event::TranscriptEnded { transcript: 1, passed: 2, failed: 1, skipped: 1, milliseconds: 2_000 },
        Event::ServerSeen(Box::new(seen)),
        ended(7, 2),
    ]
}

/// The id of a session.
pub(super) fn id(session: &str) -> SessionId {
    SessionId(session.into())
}
