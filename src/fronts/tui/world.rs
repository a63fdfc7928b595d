//! What the model knows of the project: copied from the studio when the pulse says that something changed.
//! Keys act on this, never on what was drawn.

use std::sync::Arc;

use super::units::counted;
use super::veil;
use crate::ops::{
    Board, ContextFigures, EnvironmentState, Notice, NoticeLevel, Offer, Offers, Question, RunState, RunView, SandboxLevel,
    SavedCall, ScriptFile, ServerState, StepState, StepsSummary, Studio,
};
use crate::types::{Fallback, Masker, Policy, ServerName, ToolId, shell_word};

/// A copy of what is small; long lists (steps, output) are copied by the window in [`super::facts::Facts`].
#[derive(Debug, Clone)]
pub struct World {
    /// Name of the project's folder.
    pub project: String,
    /// This session: the name of its journal.
    pub session: String,
    /// Each configured server and what it is doing.
    pub servers: Vec<(ServerName, ServerState)>,
    /// What is known of their offers.
    pub offers: Arc<Offers>,
    /// Kept runs, oldest first.
    pub runs: Vec<RunView>,
    /// Steps begun in this session.
    pub steps: u64,
    /// Totals of the session's steps.
    pub summary: StepsSummary,
    /// What the session's scripts kept out of an agent's context, once one has called a tool.
    pub context: Option<ContextFigures>,
    /// Notices, oldest first.
    pub notices: Vec<Notice>,
    /// Warnings of the configuration, rendered.
    pub warnings: Vec<String>,
    /// What the policy says of calls, in a few words.
    pub policy: String,
    /// The sandbox level scripts get.
    pub sandbox: SandboxLevel,
    /// The virtual environment.
    pub environment: EnvironmentState,
    /// Line of the running script whose call is under way, with the script's name.
    pub running_line: Option<(String, u32)>,
    /// Calls that wait for a person, oldest first.
    pub questions: Vec<Question>,
    /// Scripts of the workspace.
    pub scripts: Vec<ScriptFile>,
    /// Saved calls.
    pub saved: Vec<SavedCall>,
    /// Masks what no screen shows.
    pub veil: Arc<Masker>,
    /// How this project is named to the program on the command line: `mcp-studio`, and where it is if that is elsewhere.
    pub program: String,
}

impl Default for World {
    fn default() -> Self {
        Self {
            project: String::new(),
            session: String::new(),
            servers: Vec::new(),
            offers: Arc::default(),
            runs: Vec::new(),
            steps: 0,
            summary: StepsSummary::default(),
            context: None,
            notices: Vec::new(),
            warnings: Vec::new(),
            policy: policy_words(&Policy::default()),
            sandbox: SandboxLevel::default(),
            environment: EnvironmentState::Absent,
            running_line: None,
            questions: Vec::new(),
            scripts: Vec::new(),
            saved: Vec::new(),
            veil: Arc::default(),
            program: "mcp-studio".to_owned(),
        }
    }
}

impl World {
    /// Copies it from the studio. `scripts` and `saved` are passed on, because listing them reads folders.
    pub(super) fn read(studio: &Studio, scripts: Vec<ScriptFile>, saved: Vec<SavedCall>) -> Self {
        let board = studio.board();
        let project = studio.settings().paths.project.file_name().map(|name| name.to_string_lossy().into_owned());
        let runs = board.runs();
        Self {
            running_line: running_line(board, &runs),
            project: project.unwrap_or_default(),
            session: studio.session().to_string(),
            servers: veil::servers(studio.veil(), studio.servers()),
            offers: studio.offers(),
            runs,
            steps: board.step_count(None),
            summary: board.summary(),
            context: board.context_figures(None),
            notices: veil::notices(studio.veil(), board.notices()),
            warnings: studio.warnings().iter().map(ToString::to_string).collect(),
            policy: policy_words(&studio.settings().policy),
            sandbox: studio.sandbox_level(),
            environment: studio.environment(),
            questions: studio.approvals().questions(),
            scripts,
            saved,
            veil: Arc::clone(studio.veil()),
            program: program(studio),
        }
    }

    /// The offer of the server at `index`, if it was ever listed.
    pub fn offer(&self, index: usize) -> Option<&Arc<Offer>> {
        self.offers.get(&self.servers.get(index)?.0)
    }

    /// What a server is doing.
    pub fn state(&self, server: &ServerName) -> Option<&ServerState> {
        self.servers.iter().find(|(name, _)| name == server).map(|(_, state)| state)
    }

    /// The definition of a tool, from what is known now.
    pub fn tool(&self, id: &ToolId) -> Option<&Arc<crate::types::ToolSpec>> {
        self.offers.get(&id.server)?.tools.iter().find(|tool| tool.id == *id)
    }

    /// The newest run that has not ended.
    pub fn active_run(&self) -> Option<&RunView> {
        self.runs.iter().rev().find(|run| !matches!(run.state, RunState::Ended { .. }))
    }

    /// Failures and warnings that a person should know of.
    pub fn problems(&self) -> usize {
        let failed = self.servers.iter().filter(|(_, state)| matches!(state, ServerState::Failed { .. })).count();
        let noticed = self.notices.iter().filter(|notice| notice.level != NoticeLevel::Info).count();
        failed + noticed + self.warnings.len()
    }

    /// Whether something moves by itself, so that elapsed times must be repainted.
    pub fn busy(&self) -> bool {
        let connecting = self.servers.iter().any(|(_, state)| matches!(state, ServerState::Connecting { .. }));
        connecting || self.summary.running > 0 || self.active_run().is_some()
    }
}

/// The command that opens the same project from the folder the workbench was started in.
fn program(studio: &Studio) -> String {
    let paths = &studio.settings().paths;
    let here = std::env::current_dir().unwrap_or_default();
    let usual = paths.config == here.join("mcp_config.json");
    let config = if usual { String::new() } else { format!(" --config {}", shell_word(&paths.config.to_string_lossy())) };
    let beside = paths.workspace == paths.project.join("workspace");
    let workspace =
        if beside { String::new() } else { format!(" --workspace {}", shell_word(&paths.workspace.to_string_lossy())) };
    format!("mcp-studio{config}{workspace}")
}

/// What happens to calls that no rule matches, how many rules there are, and whether anything is called at all.
fn policy_words(policy: &Policy) -> String {
    let fallback = match policy.default.value {
        Fallback::AskWrites => "ask writes",
        Fallback::Allow => "allow",
        Fallback::Ask => "ask",
        Fallback::Deny => "deny",
    };
    let rules = match policy.rules.len() {
        0 => String::new(),
        count => format!(" · {}", counted(count as u64, "rule")),
    };
    let read_only = if policy.read_only.value { " · read-only" } else { "" };
    let dry_run = if policy.dry_run.value { " · dry run" } else { "" };
    format!("policy {fallback}{rules}{read_only}{dry_run}")
}

/// The line of the newest step of the newest run, while both are under way.
fn running_line(board: &Board, runs: &[RunView]) -> Option<(String, u32)> {
    let run = runs.last().filter(|run| matches!(run.state, RunState::Running) && run.steps.running > 0)?;
    let newest = board.steps(Some(run.id), run.steps.steps.checked_sub(1)?..run.steps.steps).pop()?;
    matches!(newest.state, StepState::Running { .. }).then_some((run.script.clone(), newest.line?))
}
