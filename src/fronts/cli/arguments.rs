//! What may be typed. The types say the form; every sentence of help comes from the table of operations.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::values::{hits, jobs, record, sandbox, seconds, sessions};
use crate::ops::{Location, OPERATIONS, Operation, SandboxLevel, SearchRequest};
use crate::types::limits::DAEMON_IDLE_SECONDS;
use crate::types::{Failure, FailureKind, RecordLevel};

/// What help says above the options that every verb has.
const GLOBAL: &str = "Options of every verb";

/// A terminal workbench for code execution with MCP. Without a command it opens the workbench.
#[derive(Debug, Parser)]
#[command(name = "mcp-studio", version, disable_help_subcommand = true)]
pub struct Invocation {
    /// The configuration file.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "Configuration file [default: mcp_config.json]",
        help_heading = GLOBAL
    )]
    pub config: Option<PathBuf>,
    /// Folder of scripts and generated wrappers [default: workspace, beside the configuration file]
    #[arg(long, global = true, value_name = "FOLDER", help_heading = GLOBAL)]
    pub workspace: Option<PathBuf>,
    /// Print JSON on standard output
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub json: bool,
    /// Tell on standard error what servers do
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub verbose: bool,
    /// Do not use a studio of this project that is already running
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub no_daemon: bool,
    /// The verb; none opens the workbench.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The verbs of the command line, as in [`OPERATIONS`].
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See [`OPERATIONS`].
    Exec(Exec),
    /// See [`OPERATIONS`].
    ListTools(ListTools),
    /// See [`OPERATIONS`].
    Call(Call),
    /// See [`OPERATIONS`].
    Search(Search),
    /// See [`OPERATIONS`].
    GetTool(GetTool),
    /// See [`OPERATIONS`].
    ListResources(OneServer),
    /// See [`OPERATIONS`].
    ReadResource(ReadResource),
    /// See [`OPERATIONS`].
    ListPrompts(OneServer),
    /// See [`OPERATIONS`].
    GetPrompt(GetPrompt),
    /// See [`OPERATIONS`].
    Generate(Generate),
    /// See [`OPERATIONS`].
    Discover(Discover),
    /// See [`OPERATIONS`].
    Health,
    /// See [`OPERATIONS`].
    Bench(Bench),
    /// See [`OPERATIONS`].
    Sessions(Sessions),
    /// See [`OPERATIONS`].
    Session(Session),
    /// See [`OPERATIONS`].
    Steps(Steps),
    /// See [`OPERATIONS`].
    Report(Report),
    /// See [`OPERATIONS`].
    Journal(Journal),
    /// See [`OPERATIONS`].
    Policy(Policy),
    /// See [`OPERATIONS`].
    Pins(Pins),
    /// See [`OPERATIONS`].
    Traffic(Traffic),
    /// See [`OPERATIONS`].
    Serve(Serve),
    /// See [`OPERATIONS`].
    Daemon(Daemon),
    /// See [`OPERATIONS`].
    FileServer(FileServer),
}

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct Exec {
    #[arg(value_name = "SCRIPT", required = true)]
    pub scripts: Vec<PathBuf>,
    #[arg(short, long, value_name = "COUNT", default_value_t = 1, value_parser = jobs)]
    pub jobs: usize,
    #[arg(long, value_name = "off | standard | strict", value_parser = sandbox)]
    pub sandbox: Option<SandboxLevel>,
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<f64>,
    #[arg(long, value_name = "FILE")]
    pub stdin: Option<PathBuf>,
    #[arg(long)]
    pub cold: bool,
    #[arg(long)]
    pub approve: bool,
    /// How much is recorded, instead of as configured.
    #[arg(long, value_name = "default | full | raw", value_parser = record)]
    pub record: Option<RecordLevel>,
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub arguments: Vec<String>,
}

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct ListTools {
    pub server: Option<String>,
    /// Summaries for people and definitions for programs when absent.
    #[arg(long)]
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct Call {
    #[arg(value_name = "SERVER__TOOL")]
    pub tool: String,
    #[arg(value_name = "JSON | - | KEY=TEXT | KEY:=JSON")]
    pub arguments: Vec<String>,
    #[arg(long)]
    pub approve: bool,
    /// How much is recorded, instead of as configured.
    #[arg(long, value_name = "default | full | raw", value_parser = record)]
    pub record: Option<RecordLevel>,
    /// What standard input said, once it was read for `-`.
    #[arg(skip)]
    pub read: Option<String>,
}

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct Search {
    #[arg(default_value = "")]
    pub query: String,
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,
    #[arg(long, default_value = "summary")]
    pub detail: String,
    #[arg(long, value_name = "COUNT", default_value_t = SearchRequest::LIMIT, value_parser = hits, allow_negative_numbers = true)]
    pub limit: usize,
}

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct GetTool {
    #[arg(value_name = "SERVER__TOOL")]
    pub tool: String,
    #[arg(long, default_value = "signature")]
    pub detail: String,
}

#[derive(Debug, Args)]
pub struct OneServer {
    pub server: Option<String>,
}

#[derive(Debug, Args)]
pub struct ReadResource {
    pub server: String,
    pub uri: String,
}

#[derive(Debug, Args)]
pub struct GetPrompt {
    pub server: String,
    pub prompt: String,
    #[arg(value_name = "JSON | - | KEY=TEXT")]
    pub arguments: Vec<String>,
}

/// How agents are served.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen, instead of standard input and output.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub http: Option<SocketAddr>,
    /// Further names in `Host`.
    #[arg(long, value_name = "HOST", requires = "http")]
    pub allow_host: Vec<String>,
    /// Web pages that may come in.
    #[arg(long, value_name = "ORIGIN", requires = "http")]
    pub allow_origin: Vec<String>,
    /// Show counters at `/metrics`.
    #[arg(long, requires = "http")]
    pub metrics: bool,
}

/// A studio without a screen.
#[derive(Debug, Args)]
pub struct Daemon {
    /// End the one that runs.
    #[arg(long, conflicts_with_all = ["status", "idle"])]
    pub stop: bool,
    /// Tell of the one that runs.
    #[arg(long, conflicts_with = "idle")]
    pub status: bool,
    /// Seconds without use after which it ends.
    #[arg(long, value_name = "SECONDS", default_value_t = DAEMON_IDLE_SECONDS, value_parser = seconds)]
    pub idle: f64,
}

#[derive(Debug, Args)]
pub struct Generate {
    #[arg(value_name = "SERVER")]
    pub servers: Vec<String>,
    #[arg(long)]
    pub check: bool,
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    #[arg(long, value_name = "DUMP.json", conflicts_with = "servers")]
    pub from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Discover {
    #[arg(value_name = "SERVER")]
    pub servers: Vec<String>,
}

/// What is measured, and for how long.
#[derive(Debug, Clone, Args)]
pub struct Bench {
    /// A tool of the project.
    #[arg(value_name = "SERVER__TOOL")]
    pub tool: Option<String>,
    /// What it is called with.
    #[arg(value_name = "JSON | - | KEY=TEXT | KEY:=JSON")]
    pub arguments: Vec<String>,
    /// Shorter, and less sure.
    #[arg(long)]
    pub quick: bool,
    /// Yes to every question of the policy.
    #[arg(long, requires = "tool")]
    pub approve: bool,
}

#[derive(Debug, Args)]
pub struct Sessions {
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = sessions, allow_negative_numbers = true)]
    pub limit: usize,
}

#[derive(Debug, Args)]
pub struct Session {
    pub action: SessionAction,
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long)]
    pub approve: bool,
    /// How much is recorded, instead of as configured.
    #[arg(long, value_name = "default | full | raw", value_parser = record)]
    pub record: Option<RecordLevel>,
}

/// What can be done with a transcript.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SessionAction {
    Run,
}

#[derive(Debug, Args)]
pub struct Steps {
    pub session: String,
}

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct Traffic {
    pub server: String,
}

#[derive(Debug, Args)]
pub struct Report {
    pub session: String,
    #[arg(long)]
    pub format: Option<Format>,
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// The formats of a report, as typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    Json,
    Xlsx,
    Html,
    Md,
    Junit,
}

#[derive(Debug, Args)]
pub struct Journal {
    pub action: JournalAction,
    pub session: Option<String>,
}

/// What can be done with the journals.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum JournalAction {
    Verify,
}

#[derive(Debug, Args)]
pub struct Policy {
    pub action: PolicyAction,
    #[arg(value_name = "SERVER__TOOL | FILE", required_if_eq_any([("action", "explain"), ("action", "test")]))]
    pub target: Option<String>,
    #[arg(value_name = "JSON | - | KEY=TEXT | KEY:=JSON")]
    pub arguments: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PolicyAction {
    Show,
    Explain,
    Test,
}

#[derive(Debug, Args)]
pub struct Pins {
    #[arg(default_value = "list")]
    pub action: PinsAction,
    #[arg(value_name = "SERVER | SERVER__TOOL")]
    pub targets: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PinsAction {
    List,
    Diff,
    Approve,
    Forget,
}

#[derive(Debug, Args)]
pub struct FileServer {
    #[arg(long, default_value = ".")]
    pub root: PathBuf,
}

impl Invocation {
    /// Where the project is.
    pub fn location(&self) -> Location {
        Location { config: self.config.clone(), workspace: self.workspace.clone() }
    }

    /// Whether every question of the policy is answered with yes beforehand.
    pub fn approves(&self) -> bool {
        match &self.command {
            Some(Command::Exec(exec)) => exec.approve,
            Some(Command::Call(call)) => call.approve,
            Some(Command::Session(session)) => session.approve,
            Some(Command::Bench(bench)) => bench.approve,
            Some(_) | None => false,
        }
    }

    /// How much is recorded, where that is said.
    pub fn record(&self) -> Option<RecordLevel> {
        match &self.command {
            Some(Command::Exec(exec)) => exec.record,
            Some(Command::Call(call)) => call.record,
            Some(Command::Session(session)) => session.record,
            Some(_) | None => None,
        }
    }

    /// How the journal calls this front.
    pub fn front(&self) -> &'static str {
        match self.command {
            None => "tui",
            Some(Command::Exec(_)) => "exec",
            Some(Command::ListTools(_)) => "list-tools",
            Some(Command::Call(_)) => "call",
            Some(Command::Search(_)) => "search",
            Some(Command::GetTool(_)) => "get-tool",
            Some(Command::ListResources(_)) => "list-resources",
            Some(Command::ReadResource(_)) => "read-resource",
            Some(Command::ListPrompts(_)) => "list-prompts",
            Some(Command::GetPrompt(_)) => "get-prompt",
            Some(Command::Generate(_)) => "generate",
            Some(Command::Discover(_)) => "discover",
            Some(Command::Health) => "health",
            Some(Command::Bench(_)) => "bench",
            Some(Command::Sessions(_)) => "sessions",
            Some(Command::Serve(_)) => "serve",
            Some(Command::Session(_)) => "session",
            Some(Command::Steps(_)) => "steps",
            Some(Command::Report(_)) => "report",
            Some(Command::Journal(_)) => "journal",
            Some(Command::Policy(_)) => "policy",
            Some(Command::Pins(_)) => "pins",
            Some(Command::Traffic(_)) => "traffic",
            Some(Command::Daemon(_)) => "daemon",
            Some(Command::FileServer(_)) => "file-server",
        }
    }
}

/// Reads the command line. Help, the version and mistakes are printed here; the code is what to exit with then.
pub fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Invocation, ExitCode> {
    let arguments: Vec<std::ffi::OsString> = arguments.into_iter().collect();
    let json = arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
    let parsed = grammar().try_get_matches_from(arguments).and_then(|matches| Invocation::from_arg_matches(&matches));
    parsed.map_err(|error| {
        // Nobody is left to tell when the streams themselves are broken.
        let _ = error.print();
        if json && error.use_stderr() {
            let text = error.render().to_string();
            let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Answer::new(true).json(&serde_json::json!({"error": Failure::new(FailureKind::Usage, message)}));
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(super::code::USAGE))
    })
}

/// The grammar, with the sentences of the table in it.
fn grammar() -> clap::Command {
    OPERATIONS.iter().fold(Invocation::command(), |grammar, operation| {
        grammar.mut_subcommand(operation.name, |command| with_help(command, operation))
    })
}

fn with_help(command: clap::Command, operation: &Operation) -> clap::Command {
    operation.parameters.iter().fold(command.about(operation.help), |command, parameter| {
        command.mut_arg(parameter.name, |argument| argument.help(parameter.help))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What the derived types know, without the table's help.
    fn derived() -> BTreeSet<(String, Vec<String>)> {
        let subcommands: Vec<clap::Command> = Invocation::command().get_subcommands().cloned().collect();
        let parameters = |command: &clap::Command| {
            command
                .get_arguments()
                .filter(|argument| !argument.is_global_set())
                .map(|argument| argument.get_id().to_string())
                .collect()
        };
        subcommands.iter().map(|command| (command.get_name().to_owned(), parameters(command))).collect()
    }

    #[test]
    fn the_command_line_and_the_table_of_operations_are_the_same() {
        let table = OPERATIONS.iter().map(|operation| {
            (operation.name.to_owned(), operation.parameters.iter().map(|parameter| parameter.name.to_owned()).collect())
        });
        assert_eq!(derived(), table.collect());
        grammar().debug_assert();
    }

    #[test]
    fn everything_has_help() {
        for command in grammar().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
