//! What the core and a script say to each other over the tool channel: JSON objects, each with its length before it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::result::ScriptError;
use crate::codegen::Detail;
use crate::types::{CONTENT_NOTE, Failure, FailureKind};

/// The first message to a fresh process: what it is to run. Read by `_mcp_studio/run.py`.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of a message on the wire, not a state")]
pub(super) struct Job<'a> {
    /// File name of the code: the script's path, or the name of a text.
    pub(super) script: &'a str,
    /// Its source.
    pub(super) source: &'a str,
    /// Its code as compiled by an earlier process of the same interpreter, in hexadecimal.
    pub(super) code: Option<&'a str>,
    /// Whether to send the compiled code back.
    pub(super) keep: bool,
    /// Whether `script` is a file that tracebacks can read.
    pub(super) saved: bool,
    /// `sys.argv[1:]`.
    pub(super) arguments: &'a [String],
    /// Set on top of the environment.
    pub(super) environment: BTreeMap<&'a str, &'a str>,
    /// Working folder.
    pub(super) folder: &'a Path,
    /// Head of `sys.path`.
    pub(super) path: &'a [String],
    /// The packages of the virtual environment, which come last in `sys.path`.
    pub(super) packages: Option<&'a str>,
    /// Resource limits by the names of Python's `resource` module.
    pub(super) limits: &'a BTreeMap<&'static str, u64>,
    /// Whether there is a context to ask for.
    pub(super) context: bool,
    /// Whether nothing runs once it is compiled.
    pub(super) compile_only: bool,
    /// The function of it to call with the context.
    pub(super) function: Option<&'a str>,
}

/// A message from a script.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromScript {
    /// The script's first statement comes next.
    Started {
        /// Its compiled code, if it was asked for.
        code: Option<String>,
    },
    /// Call a tool.
    Call(CallMessage),
    /// List tools.
    List(ListMessage),
    /// Search tools.
    Search(SearchMessage),
    /// Hand over the context.
    Context {
        /// Number of the request.
        id: u64,
    },
    /// Nobody waits for this request any more. It is answered all the same.
    Cancel {
        /// Number of the request.
        id: u64,
    },
    /// A line for the output.
    Log {
        /// As the script says.
        level: String,
        /// The text.
        message: String,
    },
    /// The run's value.
    Result {
        /// Any JSON.
        value: Value,
    },
    /// The script is over; its process ends by itself at once.
    Ended(Ended),
}

/// A call as a script asks for it.
#[derive(Debug, Deserialize)]
pub(super) struct CallMessage {
    /// Number of the request.
    pub(super) id: u64,
    /// `server__tool`.
    pub(super) tool: String,
    /// The arguments.
    pub(super) arguments: Option<Value>,
    /// Line of the script.
    pub(super) line: Option<u32>,
    /// Seconds.
    pub(super) timeout: Option<f64>,
    /// Whether the whole result is wanted instead of the value in it.
    #[serde(default)]
    pub(super) whole: bool,
}

/// A list as a script asks for it.
#[derive(Debug, Deserialize)]
pub(super) struct ListMessage {
    /// Number of the request.
    pub(super) id: u64,
    /// Only this server's.
    pub(super) server: Option<String>,
    /// How much of each tool.
    pub(super) detail: Detail,
}

/// A search as a script asks for it.
#[derive(Debug, Deserialize)]
pub(super) struct SearchMessage {
    /// Number of the request.
    pub(super) id: u64,
    /// What to look for.
    pub(super) query: String,
    /// How much of each hit.
    pub(super) detail: Detail,
    /// Hits at the most.
    pub(super) limit: usize,
    /// Only this server's.
    pub(super) server: Option<String>,
}

/// How a script ended, in its own words.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Ended {
    /// Its exit status.
    pub(super) code: i32,
    /// The exception that nobody caught.
    pub(super) error: Option<ScriptError>,
    /// Its number, if it came from the system.
    #[serde(default)]
    pub(super) errno: Option<i32>,
    /// Peak memory, bytes.
    pub(super) peak_memory: Option<u64>,
    /// Processor time, seconds.
    pub(super) cpu: Option<f64>,
}

/// The answer to a request of a script.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    id: u64,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Value(Value),
    Failure(Described),
}

/// A failure as `mcp_execution/errors.py` reads it.
#[derive(Debug, Serialize)]
struct Described {
    kind: FailureKind,
    message: String,
    hint: Option<String>,
    text: Option<String>,
    content: Option<Value>,
}

impl Answer {
    pub(super) fn new(id: u64, outcome: Result<Value, Failure>) -> Self {
        let outcome = match outcome {
            Ok(value) => Outcome::Value(value),
            Err(failure) => Outcome::Failure(describe(failure)),
        };
        Self { id, outcome }
    }
}

/// Notes stand below the message, but for those that errors carry as fields of their own.
fn describe(failure: Failure) -> Described {
    let mut described = Described { kind: failure.kind, message: failure.message, hint: failure.hint, text: None, content: None };
    for (label, text) in failure.notes {
        match label.as_str() {
            CONTENT_NOTE => described.content = serde_json::from_str(&text).ok(),
            TEXT_NOTE => described.text = Some(text),
            _ => {
                let lines = text.lines().map(|line| format!("\n  {label}: {line}"));
                described.message.extend(lines);
            }
        }
    }
    described
}

/// Label of the note that holds what a tool said.
pub(super) const TEXT_NOTE: &str = "text";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_on_the_way_in() {
        let text = r#"{"call":{"id":1,"tool":"a__b","arguments":{"x":12345678901234567890.10},"line":3}}"#;
        let FromScript::Call(call) = serde_json::from_str(text).unwrap() else { panic!("not a call") };
        assert_eq!((call.id, call.line, call.whole), (1, Some(3), false));
        assert_eq!(call.arguments.unwrap().to_string(), r#"{"x":12345678901234567890.10}"#);
    }

    #[test]
    fn an_answer_is_a_value_or_a_failure_with_its_facts() {
        let value = Answer::new(1, Ok(serde_json::json!({"x": 1.50})));
        assert_eq!(serde_json::to_string(&value).unwrap(), r#"{"id":1,"value":{"x":1.5}}"#);
        let failure = Failure::new(FailureKind::ToolExecution, "tool \"t\" failed")
            .note("text", "no such file")
            .note("content", r#"[{"type":"text"}]"#)
            .note("stderr", "boom")
            .hint("look");
        assert_eq!(
            serde_json::to_string(&Answer::new(2, Err(failure))).unwrap(),
            r#"{"id":2,"failure":{"kind":"tool_execution","message":"tool \"t\" failed\n  stderr: boom","hint":"look","text":"no such file","content":[{"type":"text"}]}}"#
        );
    }
}
