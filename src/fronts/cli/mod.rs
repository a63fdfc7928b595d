//! The command line: every verb without a terminal. Standard output carries data only; what happens is told on standard error.

mod answer;
mod arguments;
mod call;
mod count;
mod discover;
mod exec;
mod generate;
mod health;
mod list;
mod narration;
mod policy;
mod report;
mod search;
mod session;

pub use arguments::{Command, Invocation, Serve, parse};

use std::future::Future;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::ops::{Answering, Studio};
use crate::types::{Failure, FailureKind};

use answer::Answer;

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
    if invocation.approves() {
        studio.approvals().answered_by(Answering::Approved);
    }
    let narrator = narration::narrate(studio, invocation.verbose);
    let code = match invocation.command {
        // A script is interrupted, not abandoned: it has its own way with signals.
        Some(Command::Exec(arguments)) => told_while(narrator, exec::run(studio, &arguments, &answer)).await,
        Some(command) => told_while(narrator, until_signal(Box::pin(verb(studio, command, &answer)))).await,
        None => code::USAGE,
    };
    ExitCode::from(code)
}

async fn verb(studio: &Studio, command: Command, answer: &Answer) -> u8 {
    match command {
        Command::ListTools(arguments) => list::run(studio, &arguments, answer).await,
        Command::Call(arguments) => call::run(studio, &arguments, answer).await,
        Command::Policy(arguments) => policy::policy(studio, arguments, answer).await,
        Command::Pins(arguments) => policy::pins(studio, &arguments, answer).await,
        Command::Search(arguments) => search::run(studio, arguments, answer).await,
        Command::GetTool(arguments) => search::get(studio, &arguments, answer).await,
        Command::Generate(arguments) => generate::run(studio, arguments, answer).await,
        Command::Discover(arguments) => discover::run(studio, &arguments, answer).await,
        Command::Health => health::run(studio, answer).await,
        Command::Sessions(arguments) => list::sessions(studio, &arguments, answer),
        Command::Session(arguments) => session::run(studio, &arguments, answer).await,
        Command::Report(arguments) => report::run(studio, &arguments, answer),
        Command::Journal(arguments) => report::verify(studio, &arguments, answer),
        Command::Exec(_) | Command::Serve(_) | Command::FileServer(_) => code::USAGE,
    }
}

/// Does work that has nothing to do with standard output, with warnings told beside it. Ctrl+C and SIGTERM end it.
pub async fn attend(studio: &Studio, verbose: bool, work: impl Future<Output = Result<(), Failure>>) -> ExitCode {
    let work = async {
        match work.await {
            Ok(()) => code::SUCCESS,
            Err(failure) => Answer::new(false).failure(&failure),
        }
    };
    ExitCode::from(told_while(narration::narrate(studio, verbose), until_signal(work)).await)
}

/// Says something in passing, on standard error.
pub fn inform(text: &str) {
    narration::inform(text);
}

/// The code of `work`, or that of the signal that came first.
async fn until_signal(work: impl Future<Output = u8>) -> u8 {
    tokio::select! {
        code = work => code,
        code = stop_signal() => code,
    }
}

/// Waits for Ctrl+C or SIGTERM and answers its exit code.
async fn stop_signal() -> u8 {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => code::INTERRUPTED,
        _ = terminate.recv() => code::TERMINATED,
    }
}

/// `work`, with the narration going on beside it.
async fn told_while(narrator: impl Future<Output = ()>, work: impl Future<Output = u8>) -> u8 {
    tokio::select! {
        biased;
        code = work => code,
        () = narrator => code::FAILURE,
    }
}
