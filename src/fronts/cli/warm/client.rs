//! The command line's end: asks, passes signals on, prints what comes back.

use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::frame::{self, Kind};
use super::{Ask, Request, Status, signal};
use crate::fronts::cli::answer::Answer;
use crate::fronts::cli::arguments::{Command, Invocation};
use crate::fronts::cli::errand::{Errand, Stop, signals};
use crate::fronts::cli::{call, code};
use crate::ops::{Place, Surroundings, send_with_descriptors};
use crate::types::limits::{CLIENT_HANDSHAKE, CLIENT_REQUEST_BYTES};
use crate::types::{Failure, FailureKind, neutralise_line};

/// Has a running studio of this project do what `invocation` asks for. None where that is no errand for one, or where none
/// is there or fits: then nothing has been done, but standard input may have been read into `invocation`.
pub fn through_studio(invocation: &mut Invocation) -> Option<ExitCode> {
    let command = invocation.command.as_ref().filter(|_| !invocation.no_daemon && invocation.record().is_none())?;
    Errand::of(command)?;
    let surroundings = Surroundings::own(&invocation.location()).ok()?;
    let place = surroundings.place();
    if !place.is_inhabited() {
        return None;
    }
    let answer = Answer::new(invocation.json);
    if let Err(failure) = read_arguments(invocation) {
        return Some(ExitCode::from(answer.failure(&failure)));
    }
    let errand = Errand::of(invocation.command.as_ref()?)?;
    let terminal = std::io::stdout().is_terminal();
    let request = Request { surroundings, json: invocation.json, verbose: invocation.verbose, terminal, errand };
    // One thread is enough to wait with, and a second is started only to write.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let code = runtime.block_on(served(&place, request, &answer));
    // A thread that still writes to whoever reads no more must not hold us up.
    runtime.shutdown_background();
    code.map(ExitCode::from)
}

/// A studio cannot read what is typed here.
fn read_arguments(invocation: &mut Invocation) -> Result<(), Failure> {
    if let Some(Command::Call(call)) = &mut invocation.command
        && call.arguments == ["-"]
        && call.read.is_none()
    {
        call.read = Some(call::standard_input()?);
    }
    Ok(())
}

async fn served(place: &Place, request: Request, answer: &Answer) -> Option<u8> {
    let (verbose, reads_stdin) = (request.verbose, request.errand.reads_stdin());
    let mut stream = place.connect().await?;
    let asked = timeout(CLIENT_HANDSHAKE, ask(&mut stream, &Ask::Errand(Box::new(request)))).await;
    let status = match asked.unwrap_or_else(|_| Err("it does not answer".to_owned())) {
        Ok(status) => status,
        Err(reason) => {
            if verbose {
                answer.inform(&format!("not done by the studio that is running: {}", neutralise_line(&reason)));
            }
            return None;
        }
    };
    if verbose {
        answer.inform(&format!("done by the {} that is process {}", status.kind.word(), status.process));
    }
    let mut stops = match signals() {
        Ok(stops) => stops,
        Err(failure) => return Some(answer.failure(&failure)),
    };
    let stdin = io::stdin();
    let given = reads_stdin.then(|| stdin.as_fd());
    if send_with_descriptors(&stream, &[signal::GO], given.as_slice()).await.is_err() {
        return Some(answer.failure(&gone(&status)));
    }
    let (reader, writer) = stream.into_split();
    let mut printing = std::pin::pin!(print(reader, &writer));
    loop {
        tokio::select! {
            ended = &mut printing => return Some(ended.unwrap_or_else(|_| answer.failure(&gone(&status)))),
            Some(stop) = stops.recv() => tell(&writer, match stop {
                Stop::Interrupt => signal::INTERRUPT,
                Stop::Terminate => signal::TERMINATE,
            }),
        }
    }
}

/// Puts a question, and answers who accepted it or why not.
pub(super) async fn ask(stream: &mut UnixStream, ask: &Ask) -> Result<Status, String> {
    let broken = |error: io::Error| format!("it breaks off: {error}");
    frame::write_json(stream, Kind::Ask, ask).await.map_err(broken)?;
    match frame::read(stream, CLIENT_REQUEST_BYTES).await.map_err(broken)? {
        (Kind::Accepted, status) => serde_json::from_slice(&status).map_err(|error| broken(error.into())),
        (Kind::Declined, reason) => Err(String::from_utf8_lossy(&reason).into_owned()),
        (Kind::Ask | Kind::Output | Kind::Error | Kind::Exit, _) => Err("it answers something else".to_owned()),
    }
}

/// Prints until the exit code comes. A reader of ours that has gone away is told, once.
async fn print(mut reader: OwnedReadHalf, writer: &OwnedWriteHalf) -> io::Result<u8> {
    let (mut stdout, mut stderr) = (tokio::io::stdout(), tokio::io::stderr());
    let (mut out_gone, mut error_gone) = (false, false);
    loop {
        match frame::read(&mut reader, CLIENT_REQUEST_BYTES).await? {
            (Kind::Output, bytes) if !out_gone => {
                out_gone = stdout.write_all(&bytes).await.is_err() || stdout.flush().await.is_err();
                if out_gone {
                    tell(writer, signal::OUTPUT_CLOSED);
                }
            }
            (Kind::Error, bytes) if !error_gone => {
                error_gone = stderr.write_all(&bytes).await.is_err() || stderr.flush().await.is_err();
                if error_gone {
                    tell(writer, signal::ERROR_CLOSED);
                }
            }
            (Kind::Exit, exit) => return Ok(exit.first().copied().unwrap_or(code::FAILURE)),
            (Kind::Output | Kind::Error | Kind::Ask | Kind::Accepted | Kind::Declined, _) => {}
        }
    }
}

/// A byte always fits: nobody types that many signals.
fn tell(writer: &OwnedWriteHalf, byte: u8) {
    let _ = writer.try_write(&[byte]);
}

fn gone(status: &Status) -> Failure {
    let message = format!("the studio that was doing this, process {}, has gone", status.process);
    let hint = format!("what it had done by then: mcp-studio report {}", status.session);
    Failure::new(FailureKind::Internal, message).hint(hint)
}
