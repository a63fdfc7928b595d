//! Tests of what is configured about judging and recording, and of records that carry payloads and signals.

use std::path::Path;
use std::time::Duration;

use mcp_studio::config::{JudgingSettings, Loaded, Location, load};
use mcp_studio::journal::{Event, Journal, read};
use mcp_studio::types::{
    Caller, Cost, Decision, Estimator, ExternalProvider, ExternalReach, Failure, GuardrailMode, GuardrailSettings, MaskKind,
    Masker, Origin, Payload, Price, Prices, RecordLevel, Secret, Signal, SignalSettings, Stage, StepNumber, StepRecord, ToolId,
};
use serde_json::{Value, json};

use crate::support::Project;
use crate::telemetry::Collector;

fn load_text(text: &str) -> Result<Loaded, Failure> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mcp_config.json"), text).unwrap();
    load(&Location::default(), folder.path(), &|name| (name == "TOKEN").then(|| "s3cret-from-outside".to_owned()))
}

#[test]
fn judging_is_read_whole() {
    let text = r#"{"studio": {"model": "some-model", "record": "full", "tokenizer": "o200k_base",
        "prices": {"some-model": {"input_usd_per_million": 1.5, "output_usd_per_million": 6, "date": "2026-11-01"},
            "free": {"input_usd_per_million": 0, "output_usd_per_million": 0}},
        "guardrails": {"mode": "mixed", "argument_bytes": 1000, "result_bytes": 2000,
            "signals": {"pii.email": {"threshold": 1.1}, "judge.bias": {"gate": false}},
            "external": {
                "judge": {"command": "judge", "args": ["--key", "${TOKEN}"], "stages": ["preflight", "result"], "timeout_seconds": 2.5,
                    "threshold": 0.25, "gate": false, "sees": "raw"},
                "other": {"tool": "safety__check"}}}}}"#;
    let Loaded { settings, warnings } = load_text(text).unwrap();
    assert_eq!(warnings, []);
    let price = |input, output, date: &str, line: u32| Price {
        input,
        output,
        date: date.to_owned(),
        source: format!("mcp_config.json:{line}"),
    };
    let judge = ExternalProvider {
        reach: ExternalReach::Command {
            command: "judge".to_owned(),
            arguments: vec!["--key".to_owned(), "s3cret-from-outside".to_owned()],
        },
        stages: vec![Stage::Preflight, Stage::Result],
        timeout: Duration::from_millis(2_500),
        threshold: 0.25,
        gate: false,
        sees_raw: true,
    };
    let other = ExternalProvider {
        reach: ExternalReach::Tool("safety__check".to_owned()),
        stages: vec![Stage::Arguments, Stage::Result],
        timeout: Duration::from_secs(5),
        threshold: 0.5,
        gate: true,
        sees_raw: false,
    };
    let signals = [
        ("pii.email".to_owned(), SignalSettings { threshold: Some(1.1), gate: None }),
        ("judge.bias".to_owned(), SignalSettings { threshold: None, gate: Some(false) }),
    ];
    let expected = JudgingSettings {
        model: Some("some-model".to_owned()),
        prices: Prices {
            configured: [
                ("some-model".to_owned(), price(1.5, 6.0, "2026-11-01", 2)),
                ("free".to_owned(), price(0.0, 0.0, "", 3)),
            ]
            .into(),
        },
        record: RecordLevel::Full,
        tokenizer: Estimator::O200kBase,
        guardrails: GuardrailSettings {
            mode: GuardrailMode::Mixed,
            signals: signals.into(),
            argument_bytes: 1_000,
            result_bytes: 2_000,
            external: [("judge".to_owned(), judge), ("other".to_owned(), other)].into(),
        },
    };
    assert_eq!(*settings.judging, expected);
    assert_eq!(*load_text("{}").unwrap().settings.judging, JudgingSettings::default());
}

#[test]
fn what_would_judge_otherwise_than_meant_is_refused() {
    for (studio, complaint) in [
        (r#""tokenizer": "gpt""#, "\"studio\": unknown \"tokenizer\" \"gpt\"\nhint: use estimate, o200k_base"),
        (r#""record": "raw""#, "\"studio\": unknown \"record\" \"raw\"\nhint: use default, full"),
        (
            r#""prices": {"m": {"input_usd_per_million": 1}}"#,
            "the price of \"m\": \"output_usd_per_million\" is missing\nhint: US dollars for a million tokens",
        ),
        (
            r#""guardrails": {"mode": "strict"}"#,
            "\"studio.guardrails\": unknown \"mode\" \"strict\"\nhint: use off, advisory, mixed, hard_gate",
        ),
        (
            r#""guardrails": {"signals": {"pii.emial": {}}}"#,
            "\"studio.guardrails\": there is no signal \"pii.emial\"\nhint: did you mean \"pii.email\"?",
        ),
        (
            r#""guardrails": {"external": {"pii": {"command": "x"}}}"#,
            "\"studio.guardrails\": \"pii\" cannot name a provider\nhint: a short word of a-z, 0-9, _ and - that no built-in provider has",
        ),
        (r#""guardrails": {"external": {"x": {}}}"#, "the provider \"x\" needs \"command\" or \"tool\", one of them"),
        (
            r#""guardrails": {"external": {"x": {"tool": "check"}}}"#,
            "the provider \"x\": \"check\" is no tool\nhint: write server__tool",
        ),
        (
            r#""guardrails": {"external": {"x": {"tool": "a__b", "stages": ["before"]}}}"#,
            "the provider \"x\": there is no stage \"before\"\nhint: use preflight, arguments, result",
        ),
    ] {
        let failure = load_text(&format!("{{\"studio\": {{{studio}}}}}")).unwrap_err();
        assert_eq!(failure.to_string(), format!("mcp_config.json:1: {complaint}"), "{studio}");
    }
    assert!(load_text(r#"{"studio": {"guardrails": {"modus": "off"}}}"#).is_err());
}

#[test]
fn the_secrets_of_a_configuration_are_known() {
    let text = r#"{"mcpServers": {
        "a": {"command": "x", "args": ["--api-key", "k1", "--verbose", "yes", "--token=k2", "Authorization: Bearer k3"], "env": {"A": "${TOKEN}"}},
        "b": {"url": "https://me:k4@example.org/mcp?key=k5&page=2", "headers": {"X-Key": "k6"}}}}"#;
    let secret = |name: &str, value: &str| Secret { name: name.to_owned(), value: value.to_owned() };
    let expected = [
        secret("A", "s3cret-from-outside"),
        secret("--token", "k2"),
        secret("Authorization", "Bearer k3"),
        secret("--api-key", "k1"),
        secret("X-Key", "k6"),
        secret("password", "k4"),
        secret("key", "k5"),
    ];
    assert_eq!(load_text(text).unwrap().settings.secrets(), expected);
}

/// A step with everything that judging and recording add.
fn step() -> StepRecord {
    let masker = Masker::new([Secret { name: "KEY".to_owned(), value: "canary-4711".to_owned() }]);
    let signal = Signal {
        provider: "pii".to_owned(),
        metric: "email".to_owned(),
        stage: Stage::Arguments,
        score: 0.95,
        threshold: 0.9,
        spans: [("email".to_owned(), 1)].into(),
        fingerprint: "00ff".to_owned(),
        reused_from: Some(Origin::Step(StepNumber(1))),
        failed: None,
    };
    StepRecord {
        decision: Decision::DeniedGuardrail,
        input: Some(masker.payload(&json!({"to": "joe@example.com", "key": "canary-4711"}), RecordLevel::Full)),
        output: Some(masker.payload(&json!(null), RecordLevel::Default)),
        signals: vec![
            Signal { reused_from: None, failed: Some("it did not answer".to_owned()), score: 1.0, ..signal.clone() },
            signal,
        ],
        cost: Prices::default().cost("gpt-4o", 1_000, 3),
        ..StepRecord::begun(StepNumber(2), Caller::Form, ToolId::parse("s__t").unwrap())
    }
}

#[test]
fn a_step_with_payloads_and_signals_reads_back_whole_and_without_the_canary() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path(), "test");
    let event = Event::Step(Box::new(step()));
    journal.record(&event).unwrap();
    journal.close().unwrap();
    let mut events = Vec::new();
    read(&journal.path(), |entry| events.push(entry.event)).unwrap();
    assert!(events.contains(&event));
    let text = std::fs::read_to_string(journal.path()).unwrap();
    assert!(!text.contains("canary") && !text.contains("joe@"));
    let Payload { shape, preview, masked, text, .. } = step().input.unwrap();
    assert_eq!((shape.as_str(), text.as_deref()), ("{to: string, key: string}", Some(preview.as_str())));
    assert_eq!(preview, r#"{"to":"[masked email]","key":"[masked secret]"}"#);
    assert_eq!(masked, [(MaskKind::Secret, 1), (MaskKind::Email, 1)].into());
    let Cost { usd, source, .. } = step().cost.unwrap();
    assert_eq!((usd, source.as_str()), (0.010_007_5, "built in"));
}

const CANARY: &str = "canary-0815-zebra-4711";

/// Everything the studio has written in this project, and whether there was anything.
fn written(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let inner =
            if path.is_dir() { written(&path) } else { String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned() };
        text.push_str(&inner);
    }
    text
}

/// A server that is given the canary, a file that holds it, and a script that sends and prints it.
fn canary_project(studio: &Value) -> Project {
    let files = json!({"command": "mcp-studio", "args": ["file-server", "--root", "data"], "env": {"DEMO": CANARY}});
    let script = format!(
        "from mcp_execution import call_tool, McpExecutionError\nprint(call_tool('files__read_text', {{'path': 'a.txt'}}))\n\
         try:\n    call_tool('files__read_text', {{'path': '{CANARY}'}})\nexcept McpExecutionError as error:\n    print(error)\n"
    );
    Project::new(
        &json!({"mcpServers": {"files": files}, "studio": studio}),
        &[("data/a.txt", &format!("it is {CANARY}, joe@example.com\n")), ("workspace/leak.py", &script)],
    )
}

#[test]
fn a_canary_is_in_nothing_that_a_run_leaves_behind() {
    for record in ["default", "full"] {
        let project = canary_project(&json!({"record": record, "model": "gpt-4o", "policy": {"default": "allow"}}));
        let ended = project.run(&["exec", "workspace/leak.py"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains(CANARY), "the script itself gets what the server sent: {ended:?}");
        let left = written(&project.path(".mcp-studio"));
        assert!(left.contains("[masked secret]") && left.contains("[masked email]") && left.contains("\"cost\":{\"usd\":"));
        for part in [CANARY, "canary-0815", "zebra", "joe@example.com"] {
            assert!(!left.contains(part), "{part} is in what was written at level {record}");
        }
    }
}

/// The report of the latest session in that format, as text; a workbook unpacked.
fn report(project: &Project, format: &str) -> String {
    let file = project.path(&format!("report.{format}"));
    let ended = project.run(&["report", "latest", "--format", format, "--out", &file.to_string_lossy()]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let unpack = "import sys, zipfile\nbook = zipfile.ZipFile(sys.argv[1])\nfor name in book.namelist():\n    print(book.read(name).decode())";
    if format == "xlsx" {
        let text = crate::support::program("python3").args(["-c", unpack]).arg(&file).output().unwrap();
        return String::from_utf8(text.stdout).unwrap();
    }
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn a_canary_is_in_no_report_and_no_trace() {
    let project = canary_project(&json!({"record": "full", "policy": {"default": "allow"}}));
    let collector = Collector::start();
    let mut command = project.command(&["exec", "workspace/leak.py"]);
    let ended = command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(collector.text().contains("tools/call read_text"));
    let mut texts = vec![("trace", collector.text())];
    texts.extend(["json", "xlsx", "html", "md", "junit"].map(|format| (format, report(&project, format))));
    for (place, text) in texts {
        assert!(text.contains("read_text"), "{place} tells of the call");
        for part in [CANARY, "canary-0815", "zebra", "joe@example.com"] {
            assert!(!text.contains(part), "{part} is in {place}");
        }
    }
}

#[test]
fn raw_is_recorded_only_when_asked_for_and_reports_say_so() {
    let project = canary_project(&json!({"policy": {"default": "allow"}}));
    let recorded = |level: &str| {
        let ended = project.run(&["exec", "--record", level, "workspace/leak.py"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let json: Value = serde_json::from_str(&report(&project, "json")).unwrap();
        assert_eq!(json["journal"]["recorded"], json!(level));
        (report(&project, "html"), json["mcp_details"]["steps"][0]["output"]["text"].clone())
    };
    let marked = "This session was recorded raw";
    let (page, text) = recorded("default");
    assert_eq!((page.contains(marked), text), (false, Value::Null));
    let (page, text) = recorded("full");
    assert!(!page.contains(marked) && text.as_str().unwrap().contains("[masked secret]"), "{text}");
    let (page, text) = recorded("raw");
    assert!(page.contains(marked) && text.as_str().unwrap().contains(CANARY), "{text}");
    let refused = project.run(&["exec", "--record", "everything", "workspace/leak.py"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[test]
fn a_gate_refuses_what_carries_a_secret_out_and_a_script_that_holds_one() {
    let gate = json!({"guardrails": {"mode": "hard_gate"}, "policy": {"default": "allow"}});
    let project = canary_project(&gate);
    let ended = project.run(&["exec", "workspace/leak.py"]);
    let expected = "[ERROR] a guardrail refused the script";
    assert!(ended.code == Some(1) && ended.stderr.starts_with(expected), "{ended:?}");
    let call = project.run(&["call", "files__read_text", &json!({"path": CANARY}).to_string()]);
    assert_eq!((call.code, call.stdout.as_str()), (Some(1), ""), "{call:?}");
    assert!(call.stderr.contains("secrets.known 1.00 (threshold 0.50): known 1"), "{call:?}");
    assert!(written(&project.path(".mcp-studio")).contains("\"denied_guardrail\""));
}
