//! Calls of a tool of the embedded server, and of a tool of the project.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::bare::Bare;
use super::figure::Figure;
use super::sample::{Sample, Turns};
use super::trial::Trial;
use crate::calls::CallRequest;
use crate::guards::labels::{Doing, traits};
use crate::ops::Studio;
use crate::types::limits::BENCH_IN_FLIGHT;
use crate::types::{Caller, Decision, Failure, FailureKind, Label};

/// One call at a time, through all guards, against a bare request to the same server program.
pub(super) async fn one_at_a_time(trial: &Trial, turns: Turns, tell: &dyn Fn(Figure)) -> Result<f64, Failure> {
    const BARE: &str = "bare JSON-RPC request, same server";
    let mut server = Bare::start(trial).await?;
    let [bare, ours] = turns.of_both(async || server.call().await, async || trial.call().await).await?;
    tell(Figure::time("tool call, 100 B answer", &ours, (BARE, &bare)));
    let added = Sample::of(vec![ours.median().saturating_sub(bare.median())]);
    if let Some(added) = added {
        tell(Figure::time("added to a call by guards, record, board", &added, (BARE, &bare)));
    }
    tell(Figure::rate("calls, one at a time", (ours.per_second(), ours.count()), ("bare requests", bare.per_second())));
    Ok(ours.per_second())
}

/// Calls a second with many in flight.
pub(super) async fn in_flight(trial: &Trial, span: Duration, single: f64, tell: &dyn Fn(Figure)) -> Result<(), Failure> {
    let burst = burst(trial, Turns::during(span)).await?;
    tell(Figure::rate(format!("calls, {BENCH_IN_FLIGHT} in flight"), burst, ("one at a time", single)));
    Ok(())
}

/// Calls a second, [`BENCH_IN_FLIGHT`] at a time, and how many there were.
pub async fn burst(trial: &Trial, turns: Turns) -> Result<(f64, usize), Failure> {
    let sample = turns
        .each(async || {
            let start = Instant::now();
            try_join_all((0..BENCH_IN_FLIGHT).map(|_| trial.call())).await?;
            Ok(start.elapsed())
        })
        .await?;
    Ok((sample.per_second() * BENCH_IN_FLIGHT as f64, sample.count() * BENCH_IN_FLIGHT))
}

/// A tool of the project, called as ever: judged, asked about, recorded. Only one that changes nothing.
pub(super) async fn own(
    studio: &Studio,
    (tool, arguments): (&str, Option<Value>),
    turns: Turns,
    tell: &dyn Fn(Figure),
) -> Result<(), Failure> {
    refuse_unless_read_only(studio, tool).await?;
    let mut servers = Vec::new();
    let mut call = async || {
        let start = Instant::now();
        let server = answered(studio, tool, arguments.clone()).await?;
        let took = start.elapsed();
        servers.push(server);
        Ok(took)
    };
    let first = call().await?;
    let whole = turns.each(call).await?;
    // The first call, and the first turn, are not in the sample.
    let servers = servers.split_off(2);
    let (Some(first), Some(server)) = (Sample::of(vec![first]), Sample::of(servers)) else { return Ok(()) };
    tell(Figure::time(format!("{tool}, first call with its server's start"), &first, ("a later call", &whole)));
    tell(Figure::time(format!("{tool}, later calls"), &whole, ("the server's part of them", &server)));
    Ok(())
}

async fn refuse_unless_read_only(studio: &Studio, tool: &str) -> Result<(), Failure> {
    let spec = studio.catalog().tool(tool).await?;
    let traits = traits(&spec.id, spec.annotations, &studio.settings().policy);
    let label = match traits.doing {
        Doing::Read => return Ok(()),
        Doing::Write => Label::Write,
        Doing::Destructive => Label::Destructive,
    };
    let message = format!("{tool} is not called again and again: it is no read ({})", traits.why(label));
    let hint = format!("if it changes nothing, say so: \"studio\": {{\"policy\": {{\"labels\": {{\"{tool}\": [\"read\"]}}}}}}");
    Err(Failure::new(FailureKind::PolicyDenied, message).hint(hint))
}

/// One call; the server's part of it. A call that no server answered is none to measure.
async fn answered(studio: &Studio, tool: &str, arguments: Option<Value>) -> Result<Duration, Failure> {
    let cancel = CancellationToken::new();
    // Whoever ends the measuring drops this call; its server is told through the guard.
    let _cancelled_when_dropped = cancel.clone().drop_guard();
    let (tool, caller) = (tool.to_owned(), Caller::CommandLine);
    let request = CallRequest { tool, arguments, caller, line: None, timeout: None, answering: None, model: None, cancel };
    let reply = studio.call(request).await;
    reply.outcome?;
    match reply.record {
        Some(record) if record.decision == Decision::Ok => Ok(record.latency.server),
        Some(record) => {
            let message = format!("the server was not asked: the policy made it \"{}\"", record.decision.word());
            Err(Failure::new(FailureKind::PolicyDenied, message).hint("measure without \"dry_run\" and \"reuse\""))
        }
        None => Err(Failure::new(FailureKind::Internal, "a call without a record")),
    }
}
