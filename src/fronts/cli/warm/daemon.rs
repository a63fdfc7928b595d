//! `daemon`: a studio without a screen, there for command lines.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::client::ask;
use super::host::{Host, Kind};
use super::{Ask, Status};
use crate::fronts::cli::answer::Answer;
use crate::fronts::cli::arguments::{Daemon, Invocation};
use crate::fronts::cli::code;
use crate::fronts::cli::errand::signals;
use crate::fronts::cli::narration::Narrator;
use crate::ops::{Listening, Place, Studio, Surroundings};
use crate::types::limits::{CLIENT_HANDSHAKE, SHUTDOWN};
use crate::types::{Failure, FailureKind, neutralise_line};

/// Is one, ends one, or tells of one. Fails where there is one already, or none.
pub async fn daemon(invocation: &Invocation, arguments: &Daemon) -> Result<ExitCode, Failure> {
    let place = Surroundings::own(&invocation.location())?.place();
    let answer = Answer::new(invocation.json);
    if arguments.status {
        return status(&place, &answer).await;
    }
    if arguments.stop {
        return stop(&place, &answer).await;
    }
    let Some(listening) = place.listen()? else {
        let there = who(&place).await.map_or_else(|| "another studio".to_owned(), |status| words(&status));
        let failure = Failure::new(FailureKind::Usage, format!("command lines of this project are served already: {there}"));
        return Err(failure.hint("end a daemon with: mcp-studio daemon --stop"));
    };
    let studio = Studio::open(&invocation.location(), invocation.front())?;
    studio.start_log();
    let code = serve(&studio, listening, Duration::from_secs_f64(arguments.idle), invocation.verbose, &answer).await;
    Ok(ExitCode::from(code))
}

async fn serve(studio: &Studio, listening: Listening, idle: Duration, verbose: bool, answer: &Answer) -> u8 {
    let mut stops = match signals() {
        Ok(stops) => stops,
        Err(failure) => return answer.failure(&failure),
    };
    let following = studio.follow_changes();
    let stop = CancellationToken::new();
    let host = Host::new(studio.clone(), Kind::Daemon, stop.clone());
    let serving = tokio::spawn(std::sync::Arc::clone(&host).attend(listening, Some(idle)));
    answer.inform(&format!(
        "process {} serves the command lines of {}; it ends after {} s without use",
        std::process::id(),
        studio.settings().paths.config.display(),
        idle.as_secs_f64()
    ));
    let warm = studio.clone();
    tokio::spawn(async move { warm.warm().await });
    let until_stopped = async {
        tokio::select! {
            () = stop.cancelled() => code::SUCCESS,
            Some(stop) = stops.recv() => stop.code(),
        }
    };
    let code = Narrator::new(studio, verbose, answer).beside(until_stopped).await;
    stop.cancel();
    // Servers end while the last command lines are told of it.
    let ((), ended) = tokio::join!(studio.shutdown(), timeout(SHUTDOWN, serving));
    drop((ended, host, following));
    code
}

async fn status(place: &Place, answer: &Answer) -> Result<ExitCode, Failure> {
    let found = who(place).await;
    let code = if found.is_some() { code::SUCCESS } else { code::FAILURE };
    match found {
        found if answer.is_json() => answer.json(&json!({"running": found.is_some(), "studio": found})),
        Some(status) => answer.line(&words(&status)),
        None => answer.inform("no studio of this project is running"),
    }
    Ok(ExitCode::from(code))
}

async fn stop(place: &Place, answer: &Answer) -> Result<ExitCode, Failure> {
    let Some(mut stream) = place.connect().await else {
        answer.inform("no studio of this project is running");
        return Ok(ExitCode::from(code::SUCCESS));
    };
    let refused = |reason: String| Failure::new(FailureKind::Usage, format!("the studio that is running does not end: {reason}"));
    let asked = timeout(CLIENT_HANDSHAKE, ask(&mut stream, &Ask::Stop)).await;
    let status = asked.unwrap_or_else(|_| Err("it does not answer".to_owned())).map_err(refused)?;
    // It closes the connection with its last breath.
    if timeout(2 * SHUTDOWN, closed(&stream)).await.is_err() {
        return Err(refused("it takes too long".to_owned()).hint(format!("kill process {}", status.process)));
    }
    answer.inform(&format!("process {} has ended", status.process));
    Ok(ExitCode::from(code::SUCCESS))
}

async fn closed(stream: &UnixStream) {
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut [0; 1]) {
            Ok(0) => break,
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => break,
            Ok(_) | Err(_) => {}
        }
    }
}

/// The studio that is met at `place`.
async fn who(place: &Place) -> Option<Status> {
    let mut stream = place.connect().await?;
    timeout(CLIENT_HANDSHAKE, ask(&mut stream, &Ask::Status)).await.ok()?.ok()
}

fn words(status: &Status) -> String {
    let Status { process, kind, config, session, up_seconds, clients, connected, .. } = status;
    let connected = if connected.is_empty() { "none".to_owned() } else { connected.join(", ") };
    let line = format!(
        "{} of {config}, process {process}, up {up_seconds} s, serves {clients} now, connected: {connected}, session {session}",
        kind.word()
    );
    neutralise_line(&line).into_owned()
}
