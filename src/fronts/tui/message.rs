//! What comes into the model, and what it asks to have done. Both are plain data.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crossterm::event::{KeyEvent, MouseEvent};
use serde_json::Value;

use super::answer::Answer;
use super::discovered::Found;
use super::history::Recollection;
use super::outside::{Edit, Purpose};
use super::steps::StepSearch;
use super::summary::{Counted, RunFigures};
use super::tool_effects::ToolEffect;
use super::world::World;
use crate::ops::{
    ApprovalAnswer, DiscoveredServer, GeneratedServer, NoticeLevel, OutputLine, PinReport, Piped, PolicyView, Progress,
    ReportFormat, RunResult, SavedCall, ScriptFile, SessionSummary, ShownWrapper, StepView, WireMessage,
};
use crate::types::{Failure, RunId, ServerName, ToolId};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted; line ends are `\n`.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has this many columns and rows now.
    Resized(u16, u16),
    /// The terminal window has the keyboard again.
    FocusGained,
    /// It is this late. Comes before anything that asks for the time.
    Clock(Instant),
    /// The project changed.
    World(Box<World>),
    /// An effect has come to something.
    Reply(Reply),
    /// A text comes back from the person's editor, or why it does not.
    Edited(Purpose, Result<String, Failure>),
    /// Replies were lost because too many came at once: everything under way must be asked anew.
    Resync,
}

/// What came of an effect.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Scripts of the workspace, listed anew.
    Scripts(Vec<ScriptFile>),
    /// A connection attempt is over.
    Connected(ServerName, Result<(), Failure>),
    /// A tool call is over.
    Called(Ticket, Box<Answer>),
    /// The wrapper of a tool.
    Wrapped(ToolId, Option<Arc<ShownWrapper>>),
    /// The servers whose generated wrappers are not what would be generated now.
    Outdated(BTreeSet<ServerName>),
    /// What is known of a tool's replies.
    Discovered(ToolId, Found),
    /// How far a discovery is.
    Discovering(Progress),
    /// What a discovery came to.
    Discovery(ServerName, Result<Box<DiscoveredServer>, Failure>),
    /// What is in force.
    Policy(Box<PolicyView>),
    /// What is pinned, compared.
    Pins(Result<PinReport, Failure>),
    /// A changed server or tool was accepted, or not.
    PinApproved(String, Result<(), Failure>),
    /// A pin was forgotten, or not.
    PinForgotten(String, Result<(), Failure>),
    /// What a resource or a prompt of that name holds.
    Content(String, Result<Value, Failure>),
    /// Why the arguments of a form do not fit, if they do not.
    Judged(ToolId, Option<String>),
    /// The saved calls, listed anew.
    SavedCalls(Vec<SavedCall>),
    /// A call was saved, or not.
    CallSaved(Result<PathBuf, Failure>),
    /// The configuration file is another one than was read; this is what is said of it.
    ConfigurationChanged(NoticeLevel, String),
    /// The wire traffic of a server.
    Traffic(ServerName, Arc<Vec<WireMessage>>),
    /// A run began, or why it did not.
    Started(Result<RunId, Failure>),
    /// A run is over.
    Ended(Arc<RunResult>),
    /// A script was read to be edited.
    ScriptRead(PathBuf, Result<String, Failure>),
    /// The open script was changed by somebody else and holds this now.
    ScriptChanged(PathBuf, String),
    /// A script was written, or why not.
    Saved(PathBuf, Result<String, SaveFault>),
    /// An approval could not be kept for always.
    NotKept(Failure),
    /// A report was written into this file, or why not.
    Reported(Result<PathBuf, Failure>),
    /// What was recorded in all sessions.
    History(Result<Box<Recollection>, Failure>),
    /// The session before this one, if its process died.
    Crashed(Option<SessionSummary>),
    /// The line that has the words looked for in the output of a run.
    LineFound(RunId, Option<u64>),
    /// What a shell command made of what it was given.
    Piped(String, Result<Piped, Failure>),
    /// Wrappers were generated.
    Generated(Result<Vec<GeneratedServer>, Failure>),
    /// The step asked for by [`Effect::ShowStep`].
    Step(Option<Box<StepView>>),
    /// The steps that a search found, oldest first.
    StepHits(StepSearch, Vec<u64>),
    /// What the steps of a run come to.
    Summarised(Box<RunFigures>),
    /// The line asked for by [`Effect::ShowLine`].
    Line(Option<OutputLine>),
}

/// Why a script was not written.
#[derive(Debug, Clone)]
pub enum SaveFault {
    /// The file holds something else than what was opened or last saved; this is what it holds.
    Changed(String),
    /// Writing failed.
    Failed(Failure),
}

/// Names one call of the form, so that its answer finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A text that goes outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// This one.
    Text(String),
    /// All kept output of a run.
    Output(RunId),
}

/// Which way a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To newer lines, then from the oldest.
    Forward,
    /// To older lines, then from the newest.
    Backward,
}

/// Something to be done outside the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Connect a server and list what it offers.
    Connect(ServerName),
    /// Close a server.
    Disconnect(ServerName),
    /// Call a tool.
    Call(Ticket, ToolId, Value),
    /// Answer the question of a waiting call.
    Answer(u64, ApprovalAnswer),
    /// Give a call up.
    Cancel(Ticket),
    /// Make the wrapper of a tool.
    Wrap(ToolId),
    /// Fetch the wire traffic of a server.
    Traffic(ServerName),
    /// Run a script: the file, or the text that stands in for it.
    Run(PathBuf, Option<String>),
    /// Interrupt a run.
    Interrupt(RunId),
    /// Read a script to edit it.
    Read(PathBuf),
    /// Write a script. The file must hold `base`, or the one who wrote it is asked about.
    Save {
        /// The file.
        path: PathBuf,
        /// What to write.
        text: String,
        /// What it is expected to hold.
        base: String,
    },
    /// List the scripts of the workspace.
    ListScripts,
    /// Write the wrappers of a server, or of all.
    Generate(Option<ServerName>),
    /// Fetch the step at this position from the oldest, of the run or the session.
    ShowStep(Option<RunId>, u64),
    /// Find the steps that match.
    FindSteps(StepSearch),
    /// Count the steps of a run.
    Summarise(Counted),
    /// Write a report of this session.
    Report(ReportFormat),
    /// Read every call and run that was recorded.
    ReadHistory,
    /// Look whether the session before this one was closed.
    LookBack,
    /// Find the line of a run's output that has these words, from a line on, that one excluded.
    FindLine(RunId, String, Option<u64>, Direction),
    /// Give a text to a shell command.
    Pipe(String, Piece),
    /// Fetch a line of a run's output.
    ShowLine(RunId, u64),
    /// Something about tools and what else servers offer.
    Tool(ToolEffect),
    /// Something for the terminal or the program itself.
    Terminal(TerminalEffect),
}

impl From<ToolEffect> for Effect {
    fn from(effect: ToolEffect) -> Self {
        Self::Tool(effect)
    }
}

impl From<TerminalEffect> for Effect {
    fn from(effect: TerminalEffect) -> Self {
        Self::Terminal(effect)
    }
}

/// Something to be done with the terminal, or with the program itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalEffect {
    /// Put text on the clipboard of the terminal.
    Copy(String),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Paint everything anew.
    Repaint,
    /// Open a text in the person's editor.
    Edit(Edit),
    /// Stop this process until the shell continues it.
    Suspend,
    /// Leave.
    Quit,
}
