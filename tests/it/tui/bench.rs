//! A workbench on a hand-made project, driven by macros of keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mcp_studio::fronts::tui::chord::parse_macro;
use mcp_studio::fronts::tui::{Effect, Facts, Look, Model, Msg, Reply, ToolEffect, World, draw, regions, update};
use mcp_studio::ops::{
    Board, EnvironmentState, Offer, Offers, OutputStream, Peer, Pulse, RunState, SandboxLevel, ScriptFile, ServerState,
    ShownWrapper, Wrapper, WrapperState,
};
use mcp_studio::types::{
    Caller, Decision, Failure, FailureKind, Latency, RunId, ServerName, StepNumber, StepRecord, ToolId, ToolSpec,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};

/// The script that the workbench opens first.
pub(crate) const EXAMPLE: &str = "/project/workspace/example.py";

/// A workbench, its board, and what it asked to have done.
pub(crate) struct Bench {
    pub(crate) model: Model,
    pub(crate) board: Board,
    pub(crate) look: Look,
    pub(crate) now: Instant,
    pub(crate) effects: Vec<Effect>,
}

impl Bench {
    /// On a project with four servers, two scripts and nothing done yet.
    pub(crate) fn new(columns: u16, rows: u16) -> Self {
        Self::with_world(columns, rows, world())
    }

    /// On a project of one's own.
    pub(crate) fn with_world(columns: u16, rows: u16, world: World) -> Self {
        let now = Instant::now();
        let model = Model::new(Rect::new(0, 0, columns, rows), now, world);
        let look = Look::of(|name| (name == "TERM").then(|| "xterm".to_owned()));
        let mut bench = Self { model, board: Board::new(Pulse::default()), look, now, effects: Vec::new() };
        bench.tell(Msg::Clock(now));
        bench.effects.clear();
        bench
    }

    /// Takes a message in; its effects are kept.
    pub(crate) fn tell(&mut self, message: Msg) -> &mut Self {
        let effects = update(&mut self.model, message);
        self.effects.extend(effects);
        self
    }

    /// Takes in what came of an effect.
    pub(crate) fn reply(&mut self, reply: Reply) -> &mut Self {
        self.tell(Msg::Reply(reply))
    }

    /// Presses keys, as in `<Down><Down>/git<Enter>`.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        for chord in parse_macro(keys).expect("a macro of keys") {
            self.tell(Msg::Key(chord.event()));
        }
        self
    }

    /// The effects since the last time this was asked, without those that follow each selection and each change of a form.
    pub(crate) fn asked(&mut self) -> Vec<Effect> {
        let own = |effect: &Effect| !matches!(effect, Effect::Wrap(_) | Effect::Tool(ToolEffect::Judge(..)));
        self.all_asked().into_iter().filter(own).collect()
    }

    /// All effects since the last time this was asked.
    pub(crate) fn all_asked(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, span: Duration) -> &mut Self {
        self.now += span;
        self.tell(Msg::Clock(self.now))
    }

    /// Changes the project.
    pub(crate) fn world(&mut self, change: impl FnOnce(&mut World)) -> &mut Self {
        let mut world = self.model.world.clone();
        change(&mut world);
        self.tell(Msg::World(Box::new(world)))
    }

    /// Takes over what the board says.
    pub(crate) fn learn(&mut self) -> &mut Self {
        let (runs, steps, summary) = (self.board.runs(), self.board.step_count(None), self.board.summary());
        let now = self.now;
        self.world(|world| {
            world.runs = runs;
            for run in &mut world.runs {
                run.since = now;
                run.at = "2026-01-02T03:04:05Z".parse().unwrap();
            }
            (world.steps, world.summary) = (steps, summary);
        })
    }

    /// The frame as it would be painted now.
    pub(crate) fn frame(&mut self) -> Buffer {
        self.tell(Msg::Clock(self.now));
        let regions = regions(&self.model, self.model.area);
        let facts = Facts::gather(&self.board, &self.model, &regions, self.now);
        let mut buffer = Buffer::empty(self.model.area);
        draw(&self.model, &facts, &self.look, &mut buffer);
        buffer
    }

    /// The frame as text, one line a row.
    pub(crate) fn screen(&mut self) -> String {
        text_of(&self.frame())
    }

    /// Opens the example script in the editor.
    pub(crate) fn open_example(&mut self, text: &str) -> &mut Self {
        self.reply(Reply::ScriptRead(EXAMPLE.into(), Ok(text.to_owned())))
    }

    /// A finished run of the example with output and steps.
    pub(crate) fn finished_run(&mut self) -> RunId {
        let run = self.board.run_begun("example.py");
        self.board.run_state(run, RunState::Running, Some(4_242));
        self.board.run_output(run, OutputStream::Stdout, b"12 files, 5 with async\n");
        self.board.run_output(run, OutputStream::Stderr, "careful: \u{1b}[31mred\u{1b}[0m\n".as_bytes());
        let script = Caller::Script(run);
        self.step(script, "git__git_status", Decision::Ok, 3);
        self.step_with(script, "git__git_diff", Decision::Reused, 0, |record| record.reused_from = Some(StepNumber(1)));
        self.step_with(script, "demo__no_arguments", Decision::Error, 120, |record| {
            record.error = Some("demo__no_arguments failed: the disk is full".to_owned());
        });
        self.step_with(script, "demo__echo", Decision::DeniedSchema, 1, |record| {
            record.error = Some("arguments of demo__echo do not fit its schema: text is missing, expected string".to_owned());
        });
        let ended =
            RunState::Ended { exit_code: 0, outcome: "ok".to_owned(), duration: Duration::from_millis(1_240), line: None };
        self.board.run_state(run, ended, None);
        self.learn();
        run
    }

    /// A finished step.
    pub(crate) fn step(&self, caller: Caller, tool: &str, decision: Decision, milliseconds: u64) {
        self.step_with(caller, tool, decision, milliseconds, |_| {});
    }

    /// A finished step with more in its record.
    pub(crate) fn step_with(
        &self,
        caller: Caller,
        tool: &str,
        decision: Decision,
        milliseconds: u64,
        more: impl FnOnce(&mut StepRecord),
    ) {
        let tool = ToolId::parse(tool).unwrap();
        let step = self.board.step_begun(tool.clone(), caller, Some(2));
        let mut record = StepRecord {
            decision,
            latency: Latency { server: Duration::from_millis(milliseconds), ..Latency::default() },
            bytes_in: 164,
            bytes_out: 3_520,
            tokens_in: 41,
            tokens_out: 880,
            line: Some(2),
            ..StepRecord::begun(step, caller, tool)
        };
        more(&mut record);
        self.board.step_done(record);
    }
}

/// A frame as text. The cell behind a wide character is not a space.
pub(crate) fn text_of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(ratatui::text::Span::raw(symbol).width().max(1)).unwrap();
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A name of a server.
pub(crate) fn server(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

/// The id of a tool.
pub(crate) fn tool_id(id: &str) -> ToolId {
    ToolId::parse(id).unwrap()
}

/// A connected server.
pub(crate) fn ready() -> ServerState {
    ServerState::Ready(Peer {
        name: "demo".to_owned(),
        version: "1.0".to_owned(),
        protocol: "2025-11-25".to_owned(),
        instructions: None,
        capabilities: json!({}),
        process: Some(77),
        connection: 1,
        connect_time: Duration::from_millis(40),
    })
}

/// The wrapper of `demo__echo`, its file as given.
pub(crate) fn shown_wrapper(state: WrapperState) -> Arc<ShownWrapper> {
    let wrapper = Wrapper {
        file: "echo.py".to_owned(),
        source: "async def echo(*, text: str) -> str:\n    return await _tool.call(text=text)\n".to_owned(),
        signature: "async def echo(*, text: str, times: int | Unset = UNSET) -> str".to_owned(),
        import: "from servers.demo import echo".to_owned(),
        call: "await echo(text=\"\")".to_owned(),
    };
    let path = "/project/workspace/servers/demo/echo.py".into();
    let (signature_tokens, module_tokens, schema_tokens) = (16, 412, 86);
    Arc::new(ShownWrapper { wrapper, path, state, signature_tokens, module_tokens, schema_tokens, estimator: "bytes/4" })
}

/// What a server offers.
pub(crate) fn offer(name: &str, tools: &[Value]) -> Offer {
    let tools: Vec<Arc<ToolSpec>> =
        tools.iter().map(|raw| Arc::new(ToolSpec::from_wire(&server(name), raw.clone()).unwrap())).collect();
    let tokens = tools.iter().map(|tool| tool.tokens()).sum();
    Offer { tools: tools.into(), tokens, ..Offer::default() }
}

/// Tools of the connected server: without arguments, with one string, destructive, hostile.
pub(crate) fn demo_tools() -> Vec<Value> {
    let read_only = json!({"readOnlyHint": true});
    vec![
        json!({"name": "no_arguments", "description": "Says hello.", "inputSchema": {"type": "object"}, "annotations": read_only}),
        json!({
            "name": "echo", "title": "Echo", "description": "Says what it is told.", "annotations": read_only,
            "inputSchema": {"type": "object", "required": ["text"], "properties": {
                "text": {"type": "string", "description": "What to say; it may be long, and then the description goes on below itself."},
                "times": {"type": "integer", "description": "How often."}
            }}
        }),
        json!({"name": "drop_all", "description": "Deletes everything.", "inputSchema": {}, "annotations": {"destructiveHint": true}}),
        json!({"name": "odd\u{1b}[2J\u{202e}name", "description": "Line one\r\u{1b}]0;title\u{7}\nline two 漢字漢字", "inputSchema": {}}),
    ]
}

/// The project of most tests: one server ready, one stale, one never contacted, one failed.
pub(crate) fn world() -> World {
    let mut offers = Offers::new();
    offers.insert(server("demo"), Arc::new(offer("demo", &demo_tools())));
    let git: Vec<Value> = ["git_status", "git_diff", "git_log"]
        .iter()
        .map(|name| {
            json!({"name": name, "description": "Shows something of a repository.", "inputSchema": {"type": "object",
            "required": ["repo_path"], "properties": {"repo_path": {"type": "string", "description": "Path of the repository"}}}})
        })
        .collect();
    let stale = Offer {
        stale: true,
        prompts: vec![json!({"name": "commit_message", "description": "Writes a commit message."})],
        resources: vec![json!({"uri": "git://HEAD"})],
        ..offer("git", &git)
    };
    offers.insert(server("git"), Arc::new(stale));
    let failure = Failure::new(FailureKind::Connection, "server \"ado\" exited with status 3 while connecting")
        .note("stderr", "error: no organisation given\nusage: ado ORGANISATION")
        .hint("add the organisation to \"args\" of \"ado\" in mcp_config.json:7");
    let script = |name: &str| ScriptFile { name: name.to_owned(), path: format!("/project/workspace/{name}").into() };
    World {
        project: "project".to_owned(),
        session: "20260102-030405-000-0badcafe".to_owned(),
        servers: vec![
            (server("demo"), ready()),
            (server("git"), ServerState::Idle),
            (server("fetch"), ServerState::Idle),
            (server("ado"), ServerState::Failed { failure, retry_at: None }),
        ],
        offers: Arc::new(offers),
        sandbox: SandboxLevel::Standard,
        environment: EnvironmentState::Absent,
        scripts: vec![script("example.py"), script("test_simple.py")],
        ..World::default()
    }
}

/// A project with one server that lists many tools.
pub(crate) fn large_world(tools: usize) -> World {
    let tools: Vec<Value> = (0..tools).map(|at| json!({"name": format!("tool_{at:05}"), "description": "x"})).collect();
    let mut offers = Offers::new();
    offers.insert(server("large"), Arc::new(offer("large", &tools)));
    World { servers: vec![(server("large"), ready())], offers: Arc::new(offers), ..World::default() }
}
