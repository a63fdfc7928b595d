//! Strings of servers and scripts that try to be something else in a report.

use std::collections::BTreeMap;

use mcp_studio::journal::{Event, ServerSeen};
use mcp_studio::reports::{Format, gather, render};
use mcp_studio::types::{
    Caller, Channel, Check, Decision, LabelNote, Payload, Place, Role, RuleRef, RunId, ServerName, Signal, StepNumber,
    StepRecord, ToolId, TranscriptStep,
};
use serde_json::Value;

use super::fixture::{SESSION, call, ended, events, payload, started, write};
use super::golden::{faults, schema};
use super::readers::{check_page, check_workbook, check_xml};

/// Each tries to break out of one sink; together out of all.
const EVIL: &str = "=HYPERLINK(\"http://evil.example/\",\"x\")|</td></script><script src=//evil.example></script><img src=x \
                    onerror=alert(1)>]]>&amp;' onmouseover='x\" style=\"background:url(//evil.example)` ![i](http://evil.example/p) \
                    [l](javascript:x) www.evil.example @all \u{1b}]8;;http://evil.example\u{7}\u{202e}\u{0}\u{ffff}_x0041_\r\n# head\n";

/// A journal whose every text is [`EVIL`].
fn hostile_events() -> Vec<Event> {
    let evil = || EVIL.to_owned();
    let server = ServerName::new("=1+1|<b>\"'`").unwrap();
    let signal: Signal = {
        let Some(Event::Step(record)) = events().into_iter().find(|event| matches!(event, Event::Step(_))) else {
            panic!("the fixed journal has a step")
        };
        record.signals.into_iter().next().unwrap()
    };
    let record = StepRecord {
        tool: ToolId::new(server.clone(), EVIL),
        error: Some(evil()),
        warnings: vec![evil()],
        rule: Some(RuleRef { id: EVIL.into(), place: Some(Place { file: EVIL.into(), line: 1 }), why: EVIL.into() }),
        labels: vec![LabelNote { label: mcp_studio::types::Label::Sink, why: EVIL.into() }],
        input: Some(Payload { shape: evil(), sha256: Some(evil()), text: Some(evil()), ..payload(EVIL) }),
        output: Some(payload(EVIL)),
        signals: vec![Signal { provider: evil(), metric: evil(), fingerprint: evil(), failed: Some(evil()), ..signal }],
        ..call(1, Caller::Script(RunId(1)), "x", Decision::DeniedGuardrail)
    };
    let said = TranscriptStep {
        transcript: 1,
        ordinal: 1,
        name: Some(evil()),
        role: Role::User,
        channel: Channel::UserToLlm,
        call: None,
        validation: None,
        input: Some(payload(EVIL)),
        check: Check::Failed,
        reasons: vec![evil()],
    };
    let called = StepRecord { step: StepNumber(2), caller: Caller::Session, ..record.clone() };
    let said_of_call = TranscriptStep { call: Some(StepNumber(2)), ordinal: 2, ..said.clone() };
    let seen = ServerSeen {
        server,
        name: evil(),
        version: evil(),
        protocol: evil(),
        tools: vec![evil()],
        tool_count: 1,
        pinned: 0,
        changed: vec![evil()],
        field_names: Some(evil()),
    };
    vec![
        started(SESSION),
        Event::RunStarted {
            run: RunId(1),
            script: evil(),
            sha256: evil(),
            sandbox: evil(),
            limits: BTreeMap::from([(evil(), evil())]),
        },
        Event::Step(Box::new(record)),
        Event::RunEnded { run: RunId(1), exit_code: 1, outcome: evil(), milliseconds: 1 },
        Event::TranscriptStarted { transcript: 1, name: evil(), sha256: Some(evil()), model: Some(evil()) },
        Event::TranscriptStep(Box::new(said)),
        Event::Step(Box::new(called)),
        Event::TranscriptStep(Box::new(said_of_call)),
        Event::TranscriptEnded { transcript: 1, passed: 0, failed: 1, skipped: 0, milliseconds: 1 },
        Event::ServerSeen(Box::new(seen)),
        ended(1, 1),
    ]
}

#[test]
fn hostile_strings_stay_strings() {
    let folder = tempfile::tempdir().unwrap();
    let report = gather(&write(folder.path(), SESSION, &hostile_events())).unwrap();
    let text = |format| String::from_utf8(render(&report, format).unwrap()).unwrap();

    let json: Value = serde_json::from_str(&text(Format::Json)).unwrap();
    assert_eq!(faults(&schema(), &json), Vec::<String>::new());
    assert_eq!(json["mcp_details"]["steps"][0]["tool_name"], Value::String(EVIL.to_owned()), "JSON keeps the value exact");
    assert!(!text(Format::Json).contains(['<', '\u{1b}', '\u{202e}']));

    check_page(&text(Format::Html));
    check_xml(&text(Format::Junit));
    check_workbook(&render(&report, Format::Xlsx).unwrap());

    let markdown = text(Format::Markdown);
    // What a backslash makes plain is no mark.
    let marks = regex::Regex::new(r"\\[[:punct:]]").unwrap().replace_all(&markdown, "").into_owned();
    for mark in ["<", ">", "`", "](", "\n# head", "www.evil", "http:", "@", "\u{1b}", "\u{202e}"] {
        assert!(!marks.contains(mark), "{mark:?} in {marks}");
    }
    let columns = |line: &str| line.matches('|').count();
    let rows: Vec<&str> = marks.lines().skip_while(|line| *line != "## Steps").skip(4).take(3).collect();
    assert_eq!(rows.iter().map(|row| columns(row)).collect::<Vec<_>>(), [9, 9, 9], "{rows:?}");
}
