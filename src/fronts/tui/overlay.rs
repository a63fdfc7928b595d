//! What lies over the panes and has the keys while it does.

use std::path::PathBuf;

use super::actions::{ACTIONS, Action, ActionInfo, actions_of};
use super::fill::Fill;
use super::fuzzy::ranked;
use super::keymap::id;
use super::list::ListCursor;
use super::model::Model;
use super::page::{Page, Piece};
use super::pane::Pane;
use super::sheets::styled;
use super::text::input::LineInput;
use super::theme::TEXT;
use super::tree::{TreeRow, others};
use crate::types::{RunId, ToolId};

/// Something over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// A list to choose from by a few letters: the palette, or the help.
    Picker(Picker),
    /// Text to read.
    Reader(Reader),
    /// A question.
    Ask(Ask),
    /// A small form.
    Fill(Box<Fill>),
    /// Every call and run of all sessions.
    History,
    /// Asks for a shell command.
    Prompt(Prompt),
    /// Waits for the digit of a pane.
    Jump,
}

/// A line to be typed.
#[derive(Debug, Default)]
pub struct Prompt {
    pub(crate) input: LineInput,
}

/// Text to read, with a title.
#[derive(Debug)]
pub struct Reader {
    /// Its title.
    pub title: String,
    /// Its text.
    pub(crate) page: Page,
    /// The same text, to be copied.
    pub source: String,
    /// What is shown, so that it can be kept up to date.
    pub kind: ReaderKind,
    /// The line of a script that it is about; `o` goes there.
    pub place: Option<(PathBuf, u32)>,
}

/// What a reader shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderKind {
    /// Failures, warnings and notices, kept up to date.
    Problems,
    /// The summary of a run, kept up to date.
    Summary,
    /// Something of the history; closing it comes back there.
    OfHistory,
    /// Something that stays as it is.
    Fixed,
}

/// A list to choose from.
#[derive(Debug)]
pub struct Picker {
    /// Its title.
    pub title: &'static str,
    /// What was typed.
    pub query: String,
    /// Everything there is.
    pub items: Vec<Item>,
    /// Positions in `items` of what matches, best first.
    pub hits: Vec<usize>,
    /// The cursor in `hits`.
    pub cursor: ListCursor,
}

/// One thing to choose.
#[derive(Debug, Clone)]
pub struct Item {
    /// What sort of thing, as a word.
    pub kind: &'static str,
    /// Its name; what the query is matched against, together with `detail`.
    pub label: String,
    /// More about it.
    pub detail: String,
    /// Its key, for actions.
    pub key: String,
    /// Why it cannot be chosen now.
    pub obstacle: Option<&'static str>,
    /// What choosing it does.
    pub choice: Choice,
}

/// What choosing an item does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Perform an action.
    Act(Action),
    /// Go to a server, by position.
    Server(usize),
    /// Show a tool.
    Tool(ToolId),
    /// Open a saved call, by position.
    Saved(usize),
    /// Open a prompt or a resource.
    Offered(TreeRow),
    /// Edit a script, by position.
    Script(usize),
    /// Show a run.
    Run(RunId),
    /// Go to a pane.
    Pane(Pane),
}

/// A question with its answers.
#[derive(Debug)]
pub struct Ask {
    /// What is asked.
    pub title: String,
    /// What to know before answering.
    pub(crate) page: Page,
    /// The answers with the keys that give them. Esc always withdraws the question.
    pub answers: Vec<(&'static str, &'static str, Answer)>,
}

/// What an answer does.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Leave, and lose what is unsaved.
    QuitAnyway,
    /// Save, then leave.
    SaveAndQuit,
    /// Answer the question of a waiting call.
    Approve(u64, crate::ops::ApprovalAnswer),
    /// Let a waiting call's longer answers hold for more, or for less.
    Reach(u64, crate::ops::Reach),
    /// Edit the arguments of a waiting call.
    EditArguments(u64),
    /// Write a report of this session.
    Report(crate::ops::ReportFormat),
    /// Put a text on the clipboard.
    Copy(String),
    /// Write over what somebody else wrote.
    Overwrite,
    /// Accept a changed server or tool as it was shown.
    ApprovePin(Box<crate::ops::PinRow>),
    /// Forget what a server or tool was.
    ForgetPin(String),
    /// Take what is in the file and lose what is in the editor.
    TakeFile,
    /// Save, then open the other script.
    SaveAndOpen(PathBuf),
    /// Open the other script and lose what is unsaved.
    OpenAnyway(PathBuf),
}

impl Ask {
    /// A question with plain lines above its answers.
    pub(super) fn new(title: String, lines: &[String], answers: Vec<(&'static str, &'static str, Answer)>) -> Self {
        Self::showing(title, lines.iter().map(|line| styled(line, TEXT).into()).collect(), answers)
    }

    /// A question with prose and code above its answers.
    pub(super) fn showing(title: String, pieces: Vec<Piece>, answers: Vec<(&'static str, &'static str, Answer)>) -> Self {
        Self { title, page: Page::mixed(pieces), answers }
    }
}

impl Picker {
    /// All that can be done where the focus is.
    pub fn help(model: &Model) -> Self {
        let items = actions_of(model.focus).map(|row| action_item(row, model)).collect();
        Self::over("What can be done here", items)
    }

    /// Everything that has a name.
    pub fn palette(model: &Model) -> Self {
        let world = &model.world;
        let mut items = Vec::new();
        for (at, (name, _)) in world.servers.iter().enumerate() {
            items.push(Item::new("server", name.to_string(), String::new(), Choice::Server(at)));
        }
        for tool in world.offers.values().flat_map(|offer| &offer.tools) {
            let about =
                tool.title.as_ref().or(tool.description.as_ref()).and_then(|text| text.lines().next()).unwrap_or_default();
            items.push(Item::new("tool", tool.id.to_string(), about.to_owned(), Choice::Tool(tool.id.clone())));
        }
        for (at, script) in world.scripts.iter().enumerate() {
            items.push(Item::new("script", script.name.clone(), String::new(), Choice::Script(at)));
        }
        for (at, saved) in world.saved.iter().enumerate() {
            items.push(Item::new("call", saved.name.clone(), "A saved call.".to_owned(), Choice::Saved(at)));
        }
        for (row, name, sort) in others(world) {
            items.push(Item::new(sort, name, String::new(), Choice::Offered(row)));
        }
        for run in world.runs.iter().rev() {
            items.push(Item::new("run", format!("{} {}", run.id, run.script), String::new(), Choice::Run(run.id)));
        }
        items.extend(ACTIONS.iter().map(|row| action_item(row, model)));
        items.extend(Pane::ALL.into_iter().map(pane_item));
        Self::over("Palette", items)
    }

    fn over(title: &'static str, items: Vec<Item>) -> Self {
        let hits = (0..items.len()).collect();
        Self { title, query: String::new(), items, hits, cursor: ListCursor::default() }
    }

    /// Takes a new query.
    pub fn search(&mut self, query: String) {
        self.hits = ranked(&query, self.items.iter().map(|item| (item.label.as_str(), item.detail.as_str())));
        self.query = query;
        self.cursor = ListCursor::default();
    }

    /// What is selected.
    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(*self.hits.get(self.cursor.selected)?)
    }
}

impl Item {
    fn new(kind: &'static str, label: String, detail: String, choice: Choice) -> Self {
        Self { kind, label, detail, key: String::new(), obstacle: None, choice }
    }
}

fn pane_item(pane: Pane) -> Item {
    let key = format!("Alt+{}", pane.label());
    Item { key, ..Item::new("pane", pane.title().to_owned(), format!("Go to the pane: {}.", pane.about()), Choice::Pane(pane)) }
}

fn action_item(row: &ActionInfo, model: &Model) -> Item {
    let obstacle = if row.is_for(model.focus) { (row.obstacle)(model) } else { Some("not in this pane") };
    Item {
        key: model.keymap.shown_key(row.action, model.typing()),
        obstacle,
        ..Item::new("action", row.name.to_owned(), format!("{} ({})", row.sentence, id(row)), Choice::Act(row.action))
    }
}
