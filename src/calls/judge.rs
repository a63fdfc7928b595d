//! Guardrails on the path of a call: what goes out and what comes back is judged, also by programs and tools outside.

use std::collections::BTreeMap;
use std::ffi::OsString;

use futures::future::join_all;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Calls;
use super::step::{Recorded, Step};
use super::unwrap;
use crate::connections::CallOptions;
use crate::guards::Verdict;
use crate::guards::guardrails::{Request, Subject};
use crate::sys::process::{Exit, Launch, Stdio, Tree, exit_words, find_program};
use crate::types::limits::PROVIDER_ANSWER_BYTES;
use crate::types::{ExternalReach, Failure, GuardrailMode, Origin, RuleRef, Signal, Stage, ToolId};

/// What a provider's program gets of our environment.
const PROVIDER_VARIABLES: [&str; 5] = ["PATH", "HOME", "LANG", "TMPDIR", "USER"];

impl Calls {
    /// Judges the arguments or the result of a call. Fails where the mode refuses what was found.
    pub(super) async fn judge(
        &self,
        stage: Stage,
        tool: &ToolId,
        value: &Value,
        recorded: &Recorded,
        step: &mut Step<'_>,
    ) -> Result<(), Failure> {
        if self.guardrails.mode() == GuardrailMode::Off {
            return Ok(());
        }
        let name = tool.to_string();
        let model = step.model().unwrap_or_default();
        let Recorded { bytes, payload } = recorded;
        let subject = Subject { stage, name: &name, value, payload, bytes: *bytes, masker: &self.masker, model };
        let origin = Origin::Step(step.number());
        let signals = self.signals_of(&subject, origin).await;
        step.warn(&self.guardrails.advice(&signals));
        let verdict = self.guardrails.verdict(&signals, &format!("the {} of {name}", stage.word()));
        step.signalled(signals);
        match verdict {
            Verdict::Allow => Ok(()),
            Verdict::Deny(decision, failure) => {
                step.denied(decision);
                step.ruled(&RuleRef { id: "guardrails".into(), place: None, why: failure.message.as_str().into() });
                Err(failure)
            }
        }
    }

    /// What all providers say, those outside asked at once.
    pub(super) async fn signals_of(&self, subject: &Subject<'_>, origin: Origin) -> Vec<Signal> {
        let assessment = self.guardrails.assess(subject, origin);
        let mut signals = assessment.signals;
        let answers = join_all(assessment.requests.iter().map(|request| self.answer_of(request))).await;
        for (request, answer) in assessment.requests.iter().zip(answers) {
            signals.extend(self.guardrails.answered(subject, request, answer, origin));
        }
        signals
    }

    /// The answer of a provider outside, within its time limit.
    async fn answer_of(&self, request: &Request) -> Result<Value, String> {
        let asked = async {
            match &request.reach {
                ExternalReach::Command { command, arguments } => self.answer_of_program(command, arguments, request).await,
                ExternalReach::Tool(tool) => self.answer_of_tool(tool, request).await,
            }
        };
        let answered = tokio::time::timeout(request.timeout, asked).await;
        answered.unwrap_or_else(|_| Err(format!("no answer within {} s", request.timeout.as_secs_f64())))
    }

    /// A tool of a configured server, called past the guards: it is a guard itself, and makes no step.
    async fn answer_of_tool(&self, tool: &str, request: &Request) -> Result<Value, String> {
        let id = ToolId::parse(tool).map_err(|error| format!("{tool}: {error}"))?;
        let Value::Object(arguments) = request.question.clone() else { return Err("its question is no object".to_owned()) };
        self.connections.connect(&id.server, false).await.map_err(|failure| failure.message)?;
        let answered = self.connections.call(&id, arguments, CallOptions::default()).await;
        answered.and_then(unwrap).map(|answer| answer.value).map_err(|failure| failure.message)
    }

    /// A program: the question as one line on its standard input, the answer on its standard output. Nothing of it is
    /// left when the time is over: dropping the tree kills it.
    async fn answer_of_program(&self, command: &str, arguments: &[String], request: &Request) -> Result<Value, String> {
        let environment: BTreeMap<OsString, OsString> =
            PROVIDER_VARIABLES.iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?))).collect();
        let path = environment.get(&OsString::from("PATH")).cloned().unwrap_or_default();
        let program = find_program(command, &path).ok_or_else(|| format!("there is no program {command:?}"))?;
        let mut tree = Tree::start(Launch {
            program,
            arguments: arguments.iter().map(OsString::from).collect(),
            environment,
            folder: self.settings.paths.project.clone(),
            stdio: [Stdio::Pipe, Stdio::Pipe, Stdio::Null],
            descriptors: Vec::new(),
            sandbox: None,
        })
        .map_err(|failure| failure.message)?;
        let (Some(mut stdin), Some(stdout)) = (tree.stdin.take(), tree.stdout.take()) else {
            return Err("it was started without pipes".to_owned());
        };
        let question = format!("{}\n", request.question);
        let ask = async move {
            // A program that does not read its question may still answer.
            let _ = stdin.write_all(question.as_bytes()).await;
        };
        let mut answer = Vec::new();
        let mut bounded = stdout.take(PROVIDER_ANSWER_BYTES as u64 + 1);
        let ((), read) = tokio::join!(ask, bounded.read_to_end(&mut answer));
        read.map_err(|error| format!("its answer cannot be read: {error}"))?;
        if answer.len() > PROVIDER_ANSWER_BYTES {
            return Err(format!("its answer has more than {PROVIDER_ANSWER_BYTES} bytes"));
        }
        match tree.wait().await {
            Exit::Code(0) => serde_json::from_slice(&answer).map_err(|error| format!("its answer is not JSON: {error}")),
            exit @ (Exit::Code(_) | Exit::Signal(_)) => Err(exit_words(exit)),
        }
    }
}
