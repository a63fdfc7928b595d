//! Validation scripts: Python that looks at a call and says through `set_result` whether it is as it should be.

use std::path::Path;

use serde_json::Value;

use crate::engine::{RunRequest, RunResult, Script};
use crate::ops::Studio;
use crate::types::RunId;

/// What a validation script said.
pub(super) struct Verdict {
    pub(super) run: Option<RunId>,
    /// Why the call is not as it should be; nothing where it is.
    pub(super) reasons: Vec<String>,
}

/// Runs the script at `path`. It must end well and call `set_result`; anything else is a reason.
pub(super) async fn run(studio: &Studio, path: &Path, context: Value) -> Verdict {
    let request = RunRequest { context, ..RunRequest::of(Script::File(path.to_owned())) };
    match studio.run_script(request).await {
        Err(failure) => Verdict { run: None, reasons: vec![format!("the validation script did not start: {}", failure.message)] },
        Ok(run) => {
            let stop = StopWhenDropped(&run);
            let result = stop.0.finished().await;
            Verdict { run: Some(result.run), reasons: reasons(&result) }
        }
    }
}

/// Interrupts a script whose session is abandoned. One that has ended does not hear it.
struct StopWhenDropped<'a>(&'a crate::engine::Run);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

fn reasons(result: &RunResult) -> Vec<String> {
    if result.exit_code != 0 {
        let why = result.error.as_ref().map_or(String::new(), |error| format!(": {error}"));
        return vec![format!("the validation script ended with {}{why}", result.outcome)];
    }
    let unclear = || vec!["the validation script must call set_result with true, false, or passed and reasons".to_owned()];
    match &result.value {
        Some(Value::Bool(passed)) => said(*passed, &Value::Null),
        Some(Value::Object(fields)) => match fields.get("passed") {
            Some(Value::Bool(passed)) => said(*passed, fields.get("reasons").unwrap_or(&Value::Null)),
            Some(_) | None => unclear(),
        },
        Some(Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_)) | None => unclear(),
    }
}

/// The script's reasons, where it says that the call is not as it should be.
fn said(passed: bool, reasons: &Value) -> Vec<String> {
    let text = |reason: &Value| reason.as_str().map_or_else(|| reason.to_string(), str::to_owned);
    match reasons {
        _ if passed => Vec::new(),
        Value::Array(reasons) if !reasons.is_empty() => reasons.iter().map(text).collect(),
        Value::Null | Value::Array(_) => vec!["the validation script says that it fails".to_owned()],
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![text(reasons)],
    }
}
