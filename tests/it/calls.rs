//! Tests of the one path of a tool call, against a real server.

use std::sync::Arc;
use std::time::Duration;

use mcp_studio::calls::{CallReply, CallRequest, Calls};
use mcp_studio::config::Settings;
use mcp_studio::journal::{Board, Event, Journal, StepState, read};
use mcp_studio::types::{
    ArgumentNames, CallValue, Caller, Decision, FailureKind, FieldNames, Label, LabelNote, Latency, Normalization, RuleRef,
    StepNumber, StepRecord, ToolId,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::catalog::{Project, listed, offer_now};
use crate::connections::bench::{hostile, name};

pub(crate) struct Desk {
    pub(crate) project: Project,
    pub(crate) board: Arc<Board>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) calls: Arc<Calls>,
}

impl Desk {
    pub(crate) fn of(project: Project) -> Self {
        let board = Arc::new(Board::new(project.pulse.clone()));
        let journal = Arc::new(Journal::new(&project.folder.path().join("journal"), "test"));
        let connections = Arc::clone(&project.connections);
        let catalog = Arc::clone(&project.catalog);
        let settings = Arc::clone(&project.settings);
        let calls = Calls::new(settings, catalog, connections, Arc::clone(&journal), Arc::clone(&board));
        Self { project, board, journal, calls }
    }

    fn new() -> Self {
        Self::of(Project::with_tools(&tools()))
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> CallReply {
        self.calls.call(request(tool, Some(arguments))).await
    }

    /// What the server has seen of `what`.
    pub(crate) async fn seen(&self, what: &str) -> Value {
        self.call("s__seen", json!({})).await.outcome.unwrap().value[what].clone()
    }

    /// The steps in the journal, once it is closed.
    pub(crate) fn recorded(&self) -> Vec<StepRecord> {
        let mut steps = Vec::new();
        let verified = read(&self.journal.path(), |entry| {
            if let Event::Step(record) = entry.event {
                steps.push(*record);
            }
        });
        verified.unwrap();
        steps
    }

    /// Waits until the first step shows its progress.
    async fn held(&self) {
        let mut seen = self.project.pulse.revision();
        loop {
            if let Some(step) = self.board.step(StepNumber(1))
                && let StepState::Running { progress: Some(progress), .. } = step.state
            {
                assert_eq!(progress, "3 of 10 · half\u{241b}[2Jway");
                return;
            }
            seen = self.project.pulse.changed_since(seen).await;
        }
    }

    /// Waits until the server has seen the cancellation, which may come after the answer to the caller.
    async fn cancelled(&self) {
        while self.seen("cancelled").await != json!(1) {}
    }

    pub(crate) async fn close(self) {
        self.project.connections.shutdown().await;
    }
}

fn tools() -> Value {
    let path = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    json!([
        {"name": "echo", "inputSchema": {"type": "object"}, "outputSchema": {"properties": {"n": {"type": "integer"}}}},
        {"name": "read", "inputSchema": path},
        {"name": "answer", "inputSchema": {"type": "object"}},
        {"name": "fail"},
        {"name": "hold"},
        {"name": "seen"}
    ])
}

pub(crate) fn request(tool: &str, arguments: Option<Value>) -> CallRequest {
    CallRequest {
        model: None,
        answering: None,
        tool: tool.to_owned(),
        arguments,
        caller: Caller::Form,
        line: Some(7),
        timeout: None,
        cancel: CancellationToken::new(),
    }
}

/// A record as it must be, with the times taken from the real one.
fn expected(tool: &str, decision: Decision, error: Option<&str>, record: &StepRecord) -> StepRecord {
    StepRecord {
        caller: Caller::Form,
        tool: ToolId::parse(tool).unwrap(),
        decision,
        error: error.map(str::to_owned),
        line: Some(7),
        ..record.clone()
    }
}

/// Those of a tool whose server says nothing of it.
fn labels() -> Vec<LabelNote> {
    let notes = [
        (Label::Destructive, "readOnlyHint and destructiveHint are missing"),
        (Label::OpenWorld, "openWorldHint is missing"),
        (Label::Untrusted, "it is open world: openWorldHint is missing"),
    ];
    notes.map(|(label, why)| LabelNote { label, why: why.into() }).to_vec()
}

#[tokio::test]
async fn a_call_answers_and_leaves_the_same_record_everywhere() {
    let desk = Desk::new();
    let reply = desk.call("s__echo", json!({"n": 1, "text": "ü"})).await;
    let raw = json!({"content": [{"type": "text", "text": "{\"n\": 1, \"text\": \"\\u00fc\"}"}], "structuredContent": {"n": 1, "text": "ü"}});
    assert_eq!(reply.outcome, Ok(CallValue { value: json!({"n": 1, "text": "ü"}), raw }));
    let record = reply.record.unwrap();
    let whole = StepRecord {
        decision: Decision::Ok,
        latency: record.latency,
        bytes_in: 19,
        bytes_out: 19,
        tokens_in: 5,
        tokens_out: 5,
        tokens_definition: 26,
        line: Some(7),
        rule: Some(RuleRef { id: "default".into(), place: None, why: "no rule matches, and all else is allowed".into() }),
        labels: labels(),
        input: record.input.clone(),
        output: record.output.clone(),
        ..StepRecord::begun(StepNumber(1), Caller::Form, ToolId::new(name("s"), "echo"))
    };
    assert_eq!(*record, whole);
    let previews = [&record.input, &record.output].map(|payload| payload.as_ref().unwrap().preview.clone());
    assert_eq!(previews, [r#"{"n":1,"text":"ü"}"#, r#"{"n":1,"text":"ü"}"#]);
    let Latency { queue, guard, server, decode } = record.latency;
    assert!([queue, guard, server, decode].iter().all(|part| !part.is_zero()), "{:?}", record.latency);
    assert!(matches!(desk.board.step(StepNumber(1)).unwrap().state, StepState::Done(shown) if shown == record));
    assert_eq!(desk.recorded(), [whole]);
    desk.close().await;
}

#[tokio::test]
async fn arguments_that_do_not_fit_never_reach_the_server() {
    let desk = Desk::new();
    assert_eq!(desk.seen("calls").await, json!(1));
    let missing = "arguments of s__read do not fit its schema: path is missing, expected string";
    let array = "arguments of s__read do not fit its schema: expected object, got array";
    for (arguments, error) in [(Some(json!({})), missing), (None, missing), (Some(json!(["a"])), array)] {
        let reply = desk.calls.call(request("s__read", arguments)).await;
        let failure = reply.outcome.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::SchemaValidation, error));
        assert_eq!(failure.hint.as_deref(), Some("s__read requires path"));
        let record = reply.record.unwrap();
        assert_eq!(*record, expected("s__read", Decision::DeniedSchema, Some(error), &record));
    }
    assert_eq!(desk.seen("calls").await, json!(2));
    assert_eq!(desk.board.summary().failed, 3);
    desk.close().await;
}

#[tokio::test]
async fn a_refusal_by_an_outdated_definition_is_checked_with_the_server() {
    let desk = Desk::new();
    desk.project.catalog.fresh(&name("s")).await.unwrap();
    desk.project.connections.shutdown().await;
    let tools = json!([{"name": "read", "inputSchema": {"properties": {"path": {"type": "string"}}}}]);
    let Project { folder, .. } = desk.project;
    let server = listed(folder.path(), "s", &tools);
    let desk = Desk::of(Project::new(folder, vec![server]));
    assert_eq!(desk.project.catalog.known(&ToolId::parse("s__read").unwrap()).unwrap().input_schema["required"], json!(["path"]));
    let reply = desk.call("s__read", json!({})).await;
    assert_eq!((reply.outcome.unwrap().value, reply.record.unwrap().decision), (json!({}), Decision::Ok));
    let still = desk.call("s__read", json!({"path": 1})).await;
    assert_eq!(still.record.unwrap().decision, Decision::DeniedSchema);
    desk.close().await;
}

#[tokio::test]
async fn errors_of_tools_and_odd_answers_are_what_they_are() {
    let desk = Desk::new();
    let failed = desk.call("s__fail", json!({})).await;
    let failure = failed.outcome.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::ToolExecution, "s__fail failed: no such file: a.txt"));
    assert_eq!(failure.notes, [("text".to_owned(), "no such file: a.txt\nlook elsewhere".to_owned())]);
    let record = failed.record.unwrap();
    assert_eq!(*record, expected("s__fail", Decision::Error, Some("s__fail failed: no such file: a.txt"), &record));

    let odd = desk.call("s__echo", json!({"n": "one"})).await;
    assert_eq!(odd.outcome.unwrap().value, json!({"n": "one"}));
    assert_eq!(odd.record.unwrap().warnings, ["the result does not fit the output schema: n: expected integer, got string"]);
    let two = json!([{"type": "text", "text": "1"}, {"type": "image", "data": "AA==", "mimeType": "image/png"}]);
    assert_eq!(desk.call("s__answer", json!({"result": {"content": two}})).await.outcome.unwrap().value, two);
    desk.close().await;
}

#[tokio::test]
async fn field_names_are_changed_for_the_caller_and_collisions_are_in_the_record() {
    let mut project = Project::with_tools(&tools());
    let normalization = [(name("s"), Normalization::AdoPascalCase.into())].into_iter().collect();
    project.settings = Arc::new(Settings { normalization, ..Settings::clone(&project.settings) });
    let desk = Desk::of(project);
    let sent = json!({"fields": {"system.Id": 1, "custom.A": 2, "Custom.A": "custom.A"}});
    let reply = desk.call("s__echo", sent.clone()).await;
    let CallValue { value, raw } = reply.outcome.unwrap();
    assert_eq!(value, json!({"fields": {"System.Id": 1, "custom.A": 2, "Custom.A": "custom.A"}}));
    assert_eq!(raw["structuredContent"], sent);
    let told = "the field \"custom.A\" keeps its name: there is another \"Custom.A\" beside it";
    let record = reply.record.unwrap();
    assert_eq!(
        (record.warnings.as_slice(), record.field_names.as_deref()),
        ([told.to_owned()].as_slice(), Some("ado-pascal-case"))
    );
    desk.close().await;
}

#[tokio::test]
async fn field_names_of_arguments_are_changed_back_where_that_is_configured() {
    let mut project = Project::with_tools(&tools());
    let names = FieldNames { results: Normalization::AdoPascalCase, arguments: ArgumentNames::ChangedBack };
    let normalization = [(name("s"), names)].into_iter().collect();
    project.settings = Arc::new(Settings { normalization, ..Settings::clone(&project.settings) });
    let desk = Desk::of(project);
    let reply = desk.call("s__echo", json!({"fields": {"System.Title": "System.Title", "Other": 1}})).await;
    let CallValue { value, raw } = reply.outcome.unwrap();
    assert_eq!(raw["structuredContent"], json!({"fields": {"system.Title": "System.Title", "Other": 1}}), "what the server saw");
    assert_eq!(value, json!({"fields": {"System.Title": "System.Title", "Other": 1}}));
    assert_eq!(reply.record.unwrap().field_names.as_deref(), Some("ado-pascal-case, arguments changed back"));
    desk.close().await;
}

#[tokio::test]
async fn an_answer_unlike_those_discovered_is_told_in_its_step() {
    let desk = Desk::new();
    let book = json!({"answer": {"shape": {"object": {"fields": {"n": {"plain": 4}}}}, "samples": 1, "date": "2026-01-31",
        "arguments": [], "description": null}});
    let folder = desk.project.settings.paths.state.join("discovery");
    std::fs::create_dir_all(&folder).unwrap();
    let answered = async |arguments| desk.call("s__answer", arguments).await.record.unwrap().warnings.clone();
    let text = json!({"result": {"content": [{"type": "text", "text": "{\"n\": \"one\"}"}]}});
    assert_eq!(answered(text.clone()).await, Vec::<String>::new(), "nothing was discovered yet");
    std::fs::write(folder.join("s.json"), book.to_string()).unwrap();
    assert_eq!(answered(text).await, ["the result does not fit what was discovered: n: expected integer, got string"]);
    desk.close().await;
}

#[tokio::test]
async fn what_names_no_tool_leaves_no_step_and_is_never_corrected() {
    let desk = Desk::new();
    for (typed, hint) in
        [("s__ehco", "did you mean s__echo?"), ("x__echo", "did you mean s__echo?"), ("echo", "did you mean s__echo?")]
    {
        let reply = desk.call(typed, json!({})).await;
        let failure = reply.outcome.unwrap_err();
        assert_eq!((failure.kind, failure.hint.as_deref()), (FailureKind::ToolNotFound, Some(hint)), "{typed}");
        assert!(reply.record.is_none());
    }
    assert_eq!((desk.board.step_count(None), desk.seen("calls").await), (0, json!(1)));
    desk.close().await;
}

#[tokio::test]
async fn a_server_that_cannot_be_had_is_a_recorded_error() {
    let desk = Desk::of(Project::new(tempfile::tempdir().unwrap(), vec![hostile("dies")]));
    let reply = desk.call("s__anything", json!({})).await;
    let failure = reply.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connection);
    let record = reply.record.unwrap();
    assert_eq!(*record, expected("s__anything", Decision::Error, Some(&failure.message), &record));
    assert_eq!(desk.recorded(), [(*record).clone()]);
    desk.close().await;
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_a_timeout() {
    let desk = Desk::new();
    let late = CallRequest { timeout: Some(Duration::from_millis(50)), ..request("s__hold", None) };
    let reply = desk.calls.call(late).await;
    let failure = reply.outcome.unwrap_err();
    let record = reply.record.unwrap();
    assert_eq!((failure.kind, record.decision), (FailureKind::Timeout, Decision::Timeout));
    desk.cancelled().await;
    desk.close().await;
}

#[tokio::test]
async fn a_cancelled_call_is_cancelled_at_the_server() {
    let desk = Desk::new();
    let request = request("s__hold", None);
    let cancel = request.cancel.clone();
    let (reply, ()) = tokio::join!(desk.calls.call(request.clone()), async {
        desk.held().await;
        cancel.cancel();
    });
    let failure = reply.outcome.unwrap_err();
    assert_eq!((failure.kind, reply.record.unwrap().decision), (FailureKind::Cancelled, Decision::Cancelled));
    desk.cancelled().await;
    let before = desk.seen("calls").await.as_u64().unwrap();
    let never_sent = desk.calls.call(request).await;
    assert_eq!(never_sent.record.unwrap().decision, Decision::Cancelled);
    assert_eq!(desk.seen("calls").await, json!(before + 1));
    desk.close().await;
}

#[tokio::test]
async fn a_dropped_call_is_recorded_and_cancelled_at_the_server() {
    let desk = Desk::new();
    tokio::select! {
        _ = desk.call("s__hold", json!({})) => panic!("nobody answers"),
        () = desk.held() => {}
    }
    let StepState::Done(record) = desk.board.step(StepNumber(1)).unwrap().state else { panic!("the step is over") };
    assert_eq!(*record, expected("s__hold", Decision::Cancelled, Some("the caller went away"), &record));
    assert_eq!(desk.recorded(), [(*record).clone()]);
    desk.cancelled().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_each_leave_their_record() {
    let desk = Desk::new();
    let replies = futures::future::join_all((0..200).map(|number| desk.call("s__echo", json!({"n": number})))).await;
    for (number, reply) in replies.iter().enumerate() {
        assert_eq!(reply.outcome.as_ref().unwrap().value, json!({"n": number}));
    }
    let mut steps: Vec<u64> = desk.recorded().iter().map(|record| record.step.0).collect();
    steps.sort_unstable();
    assert_eq!(steps, (1..=200).collect::<Vec<_>>());
    let summary = desk.board.summary();
    assert_eq!((summary.steps, summary.running, summary.failed), (200, 0, 0));
    desk.close().await;
}

#[tokio::test]
async fn a_call_that_cannot_be_recorded_is_not_made_which_is_said_once() {
    let project = Project::with_tools(&tools());
    std::fs::write(project.folder.path().join("journal"), "in the way").unwrap();
    offer_now(project.folder.path(), "s", &tools());
    let desk = Desk::of(project);
    for number in 0..3 {
        let failure = desk.call("s__echo", json!({"n": number})).await.outcome.unwrap_err();
        let refusal = "s__echo was not called, because it cannot be recorded: cannot create ";
        assert_eq!((failure.kind, failure.message.starts_with(refusal)), (FailureKind::Storage, true), "{failure}");
    }
    assert_eq!(desk.board.notices().len(), 1);
    desk.close().await;
}
