//! Everything the workbench knows and shows. Only [`super::update`] changes it; drawing reads it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ratatui::layout::Rect;
use serde_json::Value;

use super::actions::Typing;
use super::approval::Approvals;
use super::history::HistoryView;
use super::keymap::Keymap;
use super::list::ListCursor;
use super::message::Ticket;
use super::overlay::Overlay;
use super::pane::Pane;
use super::pins::PinsPane;
use super::rules::RulesPane;
use super::scripting::EditorPane;
use super::steps::StepsPane;
use super::summary::Summary;
use super::tool_pane::{Tab, ToolPane};
use super::tree::{TreeRow, WorkRow, tree_rows, work_rows};
use super::world::World;
use crate::ops::{NoticeLevel, RunView, ScriptFile};
use crate::types::{RunId, ServerName, ToolId, ToolSpec};

/// The workbench.
#[derive(Debug)]
pub struct Model {
    /// The screen.
    pub area: Rect,
    /// The time of the message under way; comes from outside, so that tests can stop it.
    pub now: Instant,
    /// Which key does what.
    pub keymap: Keymap,
    /// The project.
    pub world: World,
    /// The pane that has the keys.
    pub focus: Pane,
    /// Whether that pane has the whole screen.
    pub zoomed: bool,
    /// Servers whose offers are shown.
    pub open: BTreeSet<ServerName>,
    /// Cursor of the servers pane.
    pub tree: ListCursor,
    /// Its rows, as filtered.
    pub tree_rows: Vec<TreeRow>,
    /// Cursor of the scripts pane.
    pub work: ListCursor,
    /// Its rows, as filtered.
    pub work_rows: Vec<WorkRow>,
    /// Servers whose generated wrappers are not what would be generated now.
    pub outdated: BTreeSet<ServerName>,
    /// The tool pane.
    pub tool: ToolPane,
    /// The editor pane.
    pub editor: EditorPane,
    /// The output pane.
    pub output: OutputPane,
    /// The steps pane.
    pub steps: StepsPane,
    /// The policy pane.
    pub rules: RulesPane,
    /// The pins pane.
    pub pins: PinsPane,
    /// The figures of the run summary.
    pub summary: Summary,
    /// The run whose output is shown; the newest when absent.
    pub shown_run: Option<RunId>,
    /// Every call and run of all sessions.
    pub history: HistoryView,
    /// Where the last run failed.
    pub fault: Option<Fault>,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// Where the person has been.
    pub trail: Trail,
    /// Calls of the form under way, oldest first.
    pub calls: Vec<OpenCall>,
    /// The last call made by hand.
    pub last_call: Option<(ToolId, Value)>,
    /// Calls that wait for the person.
    pub approvals: Approvals,
    /// One line for the status line, gone with the next key.
    pub notice: Option<(NoticeLevel, String)>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Tickets given out so far.
    pub tickets: u64,
    /// The row and pane of the last click, so that a second one opens.
    pub clicked: Option<(Pane, u16)>,
}

/// The cursor of the output pane.
#[derive(Debug, Clone, Default)]
pub struct OutputPane {
    /// The selected line, counted from the first; follows the newest when absent.
    pub line: Option<u64>,
    /// What is looked for in it.
    pub search: super::list::Filter,
}

/// A call of the form that has not been answered.
#[derive(Debug, Clone)]
pub struct OpenCall {
    /// Its ticket.
    pub ticket: Ticket,
    /// What is called.
    pub tool: ToolId,
    /// With what.
    pub arguments: Value,
    /// Since when.
    pub since: Instant,
}

/// The line at which a script failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The script.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: u32,
    /// Why.
    pub text: String,
}

/// A place to come back to.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// The pane.
    pub pane: Pane,
    /// The tool shown.
    pub tool: Option<ToolId>,
    /// Its tab.
    pub tab: Tab,
}

/// Places visited, as a browser keeps them.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// Behind, oldest first.
    pub behind: Vec<Spot>,
    /// Ahead, nearest last.
    pub ahead: Vec<Spot>,
}

impl Model {
    /// The workbench as it opens, with the usual keys.
    pub fn new(area: Rect, now: Instant, world: World) -> Self {
        let mut model = Self {
            area,
            now,
            keymap: Keymap::default(),
            world: World::default(),
            focus: Pane::Servers,
            zoomed: false,
            open: BTreeSet::new(),
            tree: ListCursor::default(),
            tree_rows: Vec::new(),
            work: ListCursor::default(),
            work_rows: Vec::new(),
            outdated: BTreeSet::new(),
            tool: ToolPane::default(),
            editor: EditorPane::default(),
            output: OutputPane::default(),
            steps: StepsPane::default(),
            rules: RulesPane::default(),
            pins: PinsPane::default(),
            summary: Summary::default(),
            shown_run: None,
            history: HistoryView::default(),
            fault: None,
            overlay: None,
            trail: Trail::default(),
            calls: Vec::new(),
            last_call: None,
            approvals: Approvals::default(),
            notice: None,
            mouse: true,
            tickets: 0,
            clicked: None,
        };
        model.learn(world);
        model
    }

    /// Takes in a newer world; selections stay on what they were on.
    pub(super) fn learn(&mut self, world: World) {
        self.world = world;
        self.tool.traffic.behind = true;
        self.editor.show_running(self.world.running_line.as_ref());
        if let Some(run) = self.world.active_run() {
            self.summary.memory.saw(run);
        }
        self.rebuild();
    }

    /// Computes the rows anew.
    pub(super) fn rebuild(&mut self) {
        let tree_row = self.tree_rows.get(self.tree.selected).copied();
        self.pins.search();
        self.tool.traffic.search();
        self.tree_rows = tree_rows(&self.world, &self.open, &self.tree.filter.text);
        if let Some(at) = tree_row.and_then(|row| self.tree_rows.iter().position(|other| *other == row)) {
            self.tree.selected = at;
        }
        let work_row = self.work_rows.get(self.work.selected).copied();
        self.work_rows = work_rows(&self.world, &self.work.filter.text);
        if let Some(at) = work_row.and_then(|row| self.work_rows.iter().position(|other| *other == row)) {
            self.work.selected = at;
        }
    }

    /// Whether keys go into a text now.
    pub fn typing(&self) -> Typing {
        let text = match self.focus {
            Pane::Editor => true,
            Pane::Tool => self.tool.filling() || self.tool.traffic_filter() || self.tool.search.editing,
            Pane::Pins => self.pins.cursor.filter.editing,
            Pane::Servers => self.tree.filter.editing,
            Pane::Scripts => self.work.filter.editing,
            Pane::Steps => self.steps.filter.editing,
            Pane::Output => self.output.search.editing,
            Pane::Policy => false,
        };
        if text { Typing::Yes } else { Typing::No }
    }

    /// The selected row of the servers pane.
    pub fn tree_row(&self) -> Option<TreeRow> {
        self.tree_rows.get(self.tree.selected).copied()
    }

    /// The selected row of the scripts pane.
    pub fn work_row(&self) -> Option<WorkRow> {
        self.work_rows.get(self.work.selected).copied()
    }

    /// The server that is selected, or whose tool is shown.
    pub fn server(&self) -> Option<&ServerName> {
        if self.focus == Pane::Tool {
            return self.tool.spec.as_ref().map(|spec| &spec.id.server);
        }
        if self.focus == Pane::Pins {
            let target = &self.pins.chosen()?.target;
            let of = |name: &&ServerName| {
                target.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with("__"))
            };
            return self.world.servers.iter().map(|(name, _)| name).find(of);
        }
        Some(&self.world.servers.get(self.tree_row()?.server())?.0)
    }

    /// The tool that is selected, or shown.
    pub fn target_tool(&self) -> Option<&Arc<ToolSpec>> {
        match (self.focus, self.tree_row()) {
            (Pane::Servers, Some(TreeRow::Tool(server, at))) => self.world.offer(server)?.tools.get(at),
            (Pane::Servers, _) => None,
            _ => self.tool.spec.as_ref(),
        }
    }

    /// The script that Run would run: the selected one, else the one in the editor.
    pub fn target_script(&self) -> Option<PathBuf> {
        self.selected_script().map(|script| script.path.clone()).or_else(|| self.editor.path.clone())
    }

    /// The script selected in the scripts pane, while that pane has the keys.
    pub fn selected_script(&self) -> Option<&ScriptFile> {
        match self.work_row() {
            Some(WorkRow::Script(at)) if self.focus == Pane::Scripts => self.world.scripts.get(at),
            Some(WorkRow::Script(_) | WorkRow::Calls | WorkRow::Call(_) | WorkRow::Runs | WorkRow::Run(_)) | None => None,
        }
    }

    /// The run whose output is shown.
    pub fn run(&self) -> Option<&RunView> {
        match self.shown_run {
            Some(id) => self.world.runs.iter().find(|run| run.id == id),
            None => self.world.runs.last(),
        }
    }

    /// The file of the script of a run, if it is one of the workspace.
    pub fn script_of(&self, run: RunId) -> Option<PathBuf> {
        let run = self.world.runs.iter().find(|view| view.id == run)?;
        let listed = self.world.scripts.iter().find(|script| script.name == run.script).map(|script| script.path.clone());
        listed.or_else(|| self.editor.path.clone().filter(|path| path.ends_with(&run.script)))
    }

    /// The run whose steps are listed; all of the session when absent.
    pub fn steps_of(&self) -> Option<RunId> {
        self.steps.of_run.then(|| self.run().map(|run| run.id)).flatten()
    }

    /// How many steps the steps pane lists, as filtered.
    pub fn step_total(&self) -> u64 {
        self.steps.hits.as_ref().map_or_else(|| self.steps_unfiltered(), |hits| hits.len() as u64)
    }

    /// How many steps there are without the filter.
    pub fn steps_unfiltered(&self) -> u64 {
        match self.steps_of().and(self.run()) {
            Some(run) => run.steps.steps,
            None => self.world.steps,
        }
    }
}

/// Why an action cannot be done now. `None` means that it can.
impl Model {
    pub(super) fn no_selection(&self) -> Option<&'static str> {
        let some = match self.focus {
            Pane::Servers => self.tree_row().is_some(),
            Pane::Scripts => self.work_row().is_some(),
            Pane::Tool => self.tool.spec.is_some(),
            Pane::Editor => true,
            Pane::Output => self.run().is_some_and(|run| run.output_lines > 0),
            Pane::Steps => self.step_total() > 0,
            Pane::Policy => self.rules.is_known(),
            Pane::Pins => self.pins.chosen().is_some(),
        };
        (!some).then_some("nothing is selected")
    }

    pub(super) fn no_tool(&self) -> Option<&'static str> {
        self.target_tool().is_none().then_some("no tool is selected")
    }

    pub(super) fn no_shown_tool(&self) -> Option<&'static str> {
        self.tool.spec.is_none().then_some("no tool is shown")
    }

    pub(super) fn nothing_to_keep(&self) -> Option<&'static str> {
        match &self.tool.spec {
            None => Some("no tool is shown"),
            Some(spec) if self.tool.arguments_of(&spec.id).is_none() => Some("its form is not filled in"),
            Some(_) => None,
        }
    }

    pub(super) fn no_answer(&self) -> Option<&'static str> {
        self.tool.shown_answer().is_none().then_some("no answer is shown")
    }

    pub(super) fn nothing_searched(&self) -> Option<&'static str> {
        let text = match self.focus {
            Pane::Output => &self.output.search.text,
            Pane::Servers | Pane::Scripts | Pane::Tool | Pane::Editor | Pane::Steps | Pane::Policy | Pane::Pins => {
                &self.tool.search.text
            }
        };
        text.is_empty().then_some("/ says what to look for")
    }

    pub(super) fn no_server(&self) -> Option<&'static str> {
        self.server().is_none().then_some("no server is selected")
    }

    pub(super) fn cannot_discover(&self) -> Option<&'static str> {
        match self.server() {
            None => Some("no server is selected"),
            Some(server) if self.tool.discovered.under_way(server).is_some() => Some("this server is asked already"),
            Some(_) => None,
        }
    }

    pub(super) fn nothing_to_accept(&self) -> Option<&'static str> {
        match self.pins.chosen() {
            None => Some("nothing is selected"),
            Some(row) if row.standing != "changed" => Some("it has not changed"),
            Some(_) => None,
        }
    }

    pub(super) fn nothing_to_forget(&self) -> Option<&'static str> {
        match self.pins.chosen() {
            None => Some("nothing is selected"),
            Some(row) if row.pinned.is_none() => Some("it is not pinned"),
            Some(_) => None,
        }
    }

    pub(super) fn no_servers(&self) -> Option<&'static str> {
        self.world.servers.is_empty().then_some("no servers are configured")
    }

    pub(super) fn no_script(&self) -> Option<&'static str> {
        self.target_script().is_none().then_some("no script is open or selected")
    }

    pub(super) fn nothing_runs(&self) -> Option<&'static str> {
        let idle = self.world.active_run().is_none() && self.calls.is_empty();
        idle.then_some("nothing runs")
    }

    pub(super) fn no_last_call(&self) -> Option<&'static str> {
        self.last_call.is_none().then_some("no tool was called by hand yet")
    }

    pub(super) fn no_fault(&self) -> Option<&'static str> {
        self.fault.is_none().then_some("no script has failed at a line")
    }

    pub(super) fn nothing_to_save(&self) -> Option<&'static str> {
        match &self.editor.path {
            None => Some("no script is open"),
            Some(_) if !self.editor.dirty() => Some("everything is saved"),
            Some(_) => None,
        }
    }

    pub(super) fn nothing_to_insert(&self) -> Option<&'static str> {
        if self.editor.path.is_none() {
            return Some("no script is open");
        }
        match (self.focus, self.target_tool()) {
            (_, Some(_)) => None,
            (_, None) => Some("no tool is selected"),
        }
    }

    pub(super) fn no_way_back(&self) -> Option<&'static str> {
        self.trail.behind.is_empty().then_some("this is where you began")
    }

    pub(super) fn no_way_forward(&self) -> Option<&'static str> {
        self.trail.ahead.is_empty().then_some("you have not gone back")
    }

    pub(super) fn no_run(&self) -> Option<&'static str> {
        self.run().is_none().then_some("no script was run yet")
    }

    pub(super) fn no_form(&self) -> Option<&'static str> {
        (!self.tool.filling()).then_some("open a tool's form first")
    }

    pub(super) fn no_command(&self) -> Option<&'static str> {
        super::command::command(self).is_none().then_some("there is no command for this")
    }
}
