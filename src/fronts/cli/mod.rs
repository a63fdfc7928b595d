//! The command line: every verb without a terminal. Standard output carries data only; what happens is told on standard error.

mod answer;
mod arguments;
mod bench;
mod call;
mod content;
mod count;
mod discover;
mod errand;
mod exec;
mod generate;
mod health;
mod list;
mod narration;
mod offered;
mod policy;
mod report;
mod rules;
mod search;
mod session;
mod steps;
mod traffic;
mod values;
mod warm;

pub use arguments::{Bench, Command, Invocation, Serve, parse};
pub use bench::bench;
pub use warm::{Host, Kind as HostKind, daemon, through_studio};

use std::future::Future;
use std::process::ExitCode;

use crate::ops::{Answering, Studio};
use crate::types::{Failure, FailureKind};

use answer::Answer;
use errand::{Asker, Errand, until_stopped};
use narration::Narrator;

/// Exit codes of DESIGN D6 that are not a script's own.
mod code {
    pub(super) const SUCCESS: u8 = 0;
    pub(super) const FAILURE: u8 = 1;
    pub(super) const USAGE: u8 = 2;
    pub(super) const TIMEOUT: u8 = 124;
    pub(super) const INTERRUPTED: u8 = 130;
    pub(super) const TERMINATED: u8 = 143;
}

/// Tells a failure that left nothing to do, and answers the code it exits with.
pub fn refuse(failure: &Failure, json: bool) -> ExitCode {
    ExitCode::from(Answer::new(json).failure(failure))
}

fn code_of(failure: &Failure) -> u8 {
    match failure.kind {
        FailureKind::Usage => code::USAGE,
        FailureKind::Timeout => code::TIMEOUT,
        FailureKind::Cancelled => code::INTERRUPTED,
        FailureKind::Configuration
        | FailureKind::Environment
        | FailureKind::Connection
        | FailureKind::ToolNotFound
        | FailureKind::ToolExecution
        | FailureKind::SchemaValidation
        | FailureKind::PolicyDenied
        | FailureKind::Script
        | FailureKind::Storage
        | FailureKind::Internal => code::FAILURE,
    }
}

/// Does what a headless invocation asks for. Ctrl+C and SIGTERM end it at any time; the studio is shut down by the caller.
pub async fn run(studio: &Studio, invocation: Invocation) -> ExitCode {
    let answer = Answer::new(invocation.json);
    answer_beforehand(studio, &invocation);
    let mut stops = match errand::signals() {
        Ok(stops) => stops,
        Err(failure) => return ExitCode::from(answer.failure(&failure)),
    };
    let Some(command) = invocation.command else { return ExitCode::from(code::USAGE) };
    let work = async {
        match Errand::of(&command) {
            Some(errand) => errand.run(studio, &Asker::Own, &answer, stops).await,
            None => until_stopped(Box::pin(verb(studio, command, &answer)), &mut stops).await,
        }
    };
    ExitCode::from(Narrator::new(studio, invocation.verbose, &answer).beside(work).await)
}

async fn verb(studio: &Studio, command: Command, answer: &Answer) -> u8 {
    match command {
        Command::Policy(arguments) => policy::policy(studio, arguments, answer).await,
        Command::Pins(arguments) => policy::pins(studio, &arguments, answer).await,
        Command::ListResources(arguments) => offered::resources(studio, &arguments, answer).await,
        Command::ListPrompts(arguments) => offered::prompts(studio, &arguments, answer).await,
        Command::ReadResource(arguments) => content::resource(studio, &arguments, answer).await,
        Command::GetPrompt(arguments) => content::prompt(studio, &arguments, answer).await,
        Command::Generate(arguments) => generate::run(studio, arguments, answer).await,
        Command::Discover(arguments) => discover::run(studio, &arguments, answer).await,
        Command::Health => health::run(studio, answer).await,
        Command::Sessions(arguments) => list::sessions(studio, &arguments, answer),
        Command::Session(arguments) => session::run(studio, &arguments, answer).await,
        Command::Steps(arguments) => steps::run(studio, &arguments, answer),
        Command::Report(arguments) => report::run(studio, &arguments, answer),
        Command::Journal(arguments) => report::verify(studio, &arguments, answer),
        Command::Exec(_)
        | Command::ListTools(_)
        | Command::Call(_)
        | Command::Search(_)
        | Command::GetTool(_)
        | Command::Bench(_)
        | Command::Traffic(_)
        | Command::Serve(_)
        | Command::Daemon(_)
        | Command::FileServer(_) => code::USAGE,
    }
}

/// Does work that has nothing to do with standard output, with warnings told beside it. Ctrl+C and SIGTERM end it.
pub async fn attend(studio: &Studio, verbose: bool, work: impl Future<Output = Result<(), Failure>>) -> ExitCode {
    let answer = Answer::new(false);
    let mut stops = match errand::signals() {
        Ok(stops) => stops,
        Err(failure) => return ExitCode::from(answer.failure(&failure)),
    };
    let work = async {
        match work.await {
            Ok(()) => code::SUCCESS,
            Err(failure) => answer.failure(&failure),
        }
    };
    let work = until_stopped(work, &mut stops);
    ExitCode::from(Narrator::new(studio, verbose, &answer).beside(work).await)
}

/// Questions of the policy are answered with yes where that was said on the command line.
fn answer_beforehand(studio: &Studio, invocation: &Invocation) {
    if invocation.approves() {
        studio.approvals().answered_by(Answering::Approved);
    }
}

/// Says something in passing, on standard error.
pub fn inform(text: &str) {
    narration::inform(text);
}
