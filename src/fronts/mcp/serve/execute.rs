//! `execute_script`: a run from request to answer, stopped when nobody waits for it any more.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::service::RequestContext;
use serde_json::Value;

use super::progress::{Progress, Reached};
use super::reply::reply;
use super::shapes::{ExecuteArguments, ExecuteReply};
use crate::ops::{Folder, Output, Run, RunRequest, Script, Studio};
use crate::types::limits::{SCRIPT_BYTES, SERVE_ARGUMENTS, SERVE_SCRIPT_TIMEOUT};
use crate::types::{Failure, FailureKind};

/// Tracebacks show this for a script that is no file.
const SOURCE_NAME: &str = "<script>";

/// Runs a script and waits for its end. The client's cancellation interrupts it.
pub(super) async fn execute(
    studio: &Studio,
    arguments: ExecuteArguments,
    context: &RequestContext<RoleServer>,
) -> Result<ExecuteReply, Failure> {
    let starting = studio.run_script(request(studio, arguments)?);
    let run = tokio::select! {
        run = starting => run?,
        () = context.ct.cancelled() => return Err(Failure::new(FailureKind::Cancelled, "cancelled before the script began")),
    };
    // The task may be dropped at any point: the session has ended.
    let stopping = StopWhenDropped(run.clone());
    if let Some(token) = context.meta.get_progress_token() {
        let mut progress = Progress { studio, run: run.id(), peer: &context.peer, token, told: Reached::default() };
        tokio::select! {
            () = ended(&run, context) => {}
            () = progress.tell() => {}
        }
        progress.tell_news().await;
    } else {
        ended(&run, context).await;
    }
    let result = run.finished().await;
    drop(stopping);
    Ok(reply(studio, &result))
}

/// Waits for the end of `run`, asking for it when the client has cancelled.
async fn ended(run: &Run, context: &RequestContext<RoleServer>) {
    tokio::select! {
        _ = run.finished() => {}
        () = context.ct.cancelled() => {
            run.interrupt();
            run.finished().await;
        }
    }
}

/// A run that is stopped with whoever waits for it. Stopping one that is over does nothing.
struct StopWhenDropped(Run);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

/// Checks what the schema cannot say.
fn request(studio: &Studio, arguments: ExecuteArguments) -> Result<RunRequest, Failure> {
    let script = match (arguments.source, arguments.path) {
        (Some(source), None) if source.len() as u64 > SCRIPT_BYTES => {
            return Err(usage(format!("\"source\" has more than {SCRIPT_BYTES} bytes")));
        }
        (Some(source), None) => Script::Text { name: SOURCE_NAME.to_owned(), source },
        (None, Some(path)) => Script::File(studio.workspace_script(&path)?),
        (Some(_), Some(_)) => return Err(usage("\"source\" and \"path\" exclude each other".to_owned())),
        (None, None) => return Err(usage("either \"source\" or \"path\" is needed".to_owned())),
    };
    if arguments.arguments.len() > SERVE_ARGUMENTS {
        return Err(usage(format!("\"arguments\" has more than {SERVE_ARGUMENTS} texts")));
    }
    let most = studio.settings().limits.script_timeout.unwrap_or(SERVE_SCRIPT_TIMEOUT);
    Ok(RunRequest {
        arguments: arguments.arguments,
        context: arguments.context.map_or(Value::Null, Value::Object),
        timeout: Some(timeout(arguments.timeout, most)?),
        output: Output::Capture,
        folder: Folder::Workspace,
        ..RunRequest::of(script)
    })
}

/// The limit that was asked for. The project's own cannot be exceeded.
fn timeout(seconds: Option<f64>, most: Duration) -> Result<Duration, Failure> {
    let Some(seconds) = seconds else {
        return Ok(most);
    };
    let asked = Duration::try_from_secs_f64(seconds).ok().filter(|asked| !asked.is_zero() && *asked <= most);
    asked.ok_or_else(|| usage(format!("\"timeout\" is above 0 and at most {} seconds here", most.as_secs_f64())))
}

fn usage(message: String) -> Failure {
    Failure::new(FailureKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_within_the_projects() {
        let most = Duration::from_secs(5);
        assert_eq!(timeout(None, most), Ok(most));
        assert_eq!(timeout(Some(0.5), most), Ok(Duration::from_millis(500)));
        for wrong in [0.0, -1.0, 5.1, f64::NAN, 1e300] {
            let failure = timeout(Some(wrong), most).unwrap_err();
            assert_eq!(failure.message, "\"timeout\" is above 0 and at most 5 seconds here");
        }
    }
}
