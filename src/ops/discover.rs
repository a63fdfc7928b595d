//! `discover`: safe tools are asked as `discovery_config.json` says, and models of their replies written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::join_all;
use serde::Serialize;
use serde_json::{Map, Value};
use similar::TextDiff;
use tokio_util::sync::CancellationToken;

use super::package;
use super::progress::{OnProgress, Progress};
use super::studio::Studio;
use crate::catalog::Offer;
use crate::discovery::{Book, Literals, Observation, PLAN_FILE, Plan, ToolPlan};
use crate::guards::labels::traits;
use crate::sys::clock;
use crate::sys::files::{read_bounded, write_atomic};
use crate::types::limits::DISCOVERY_BYTES;
use crate::types::{Caller, Failure, FailureKind, Label, Place, ServerName, ToolId, ToolSpec};

/// What discovery did for one server.
#[derive(Debug, Clone, Serialize)]
pub struct DiscoveredServer {
    /// The server.
    pub server: ServerName,
    /// The module with the models.
    pub path: PathBuf,
    /// Tools whose replies were added, each with their number.
    pub observed: BTreeMap<String, u64>,
    /// Tools that were refused or failed, each with the reason.
    pub refused: BTreeMap<String, Failure>,
    /// How the module has changed, where a shape known before has.
    pub diff: String,
    /// Why nothing was written.
    pub failure: Option<Failure>,
}

/// Calls made with samples: what came back, and what did not.
#[derive(Default)]
struct Answers {
    replies: Vec<Reply>,
    refused: BTreeMap<String, Failure>,
}

/// What is to be discovered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiscoverRequest {
    /// Only these servers; all of the plan when empty.
    pub servers: Vec<ServerName>,
}

/// One masked reply.
struct Reply {
    tool: String,
    description: Option<String>,
    arguments: Value,
    value: Value,
    literals: Literals,
}

impl DiscoveredServer {
    /// What was done, in one line.
    pub fn summary(&self) -> String {
        let counted = |count: u64, thing: &str| format!("{count} {thing}{}", if count == 1 { "" } else { "s" });
        let (tools, samples) = (counted(self.observed.len() as u64, "tool"), counted(self.observed.values().sum(), "sample"));
        match (&self.failure, self.observed.is_empty()) {
            (Some(failure), _) => format!("{}: {}", self.server, failure.message),
            (None, true) => format!("{}: nothing was discovered", self.server),
            (None, false) => format!("{}: {tools}, {samples} written to {}", self.server, self.path.display()),
        }
    }
}

impl Studio {
    /// Asks the tools of the plan for `caller`, servers concurrently. Fails where there is no plan, or it names no such server.
    pub async fn discover(
        &self,
        request: &DiscoverRequest,
        caller: Caller,
        progress: &OnProgress<'_>,
    ) -> Result<Vec<DiscoveredServer>, Failure> {
        let servers = &request.servers;
        for server in servers {
            self.configured(server)?;
        }
        let path = self.discovery_plan_file();
        let plan = self.discovery_plan()?.ok_or_else(|| {
            let message = format!("there is no {}", path.display());
            Failure::new(FailureKind::Configuration, message).hint("write it after discovery_config.example.json")
        })?;
        let mut planned = Vec::new();
        for (name, tools) in plan.servers {
            let place = Place { file: PLAN_FILE.into(), line: 0 };
            let server = ServerName::new(&name).map_err(|error| {
                Failure::new(FailureKind::Configuration, format!("{name:?} is no server name: {error}")).at(place.clone())
            })?;
            self.configured(&server).map_err(|failure| failure.at(place))?;
            planned.push((server, tools));
        }
        if let Some(missing) = servers.iter().find(|server| planned.iter().all(|(name, _)| name != *server)) {
            let message = format!("{} says nothing about the server \"{missing}\"", path.display());
            return Err(
                Failure::new(FailureKind::Configuration, message).hint("list its safe tools there, with sample arguments")
            );
        }
        planned.retain(|(name, _)| servers.is_empty() || servers.contains(name));
        Ok(join_all(planned.into_iter().map(|(server, tools)| self.discover_server(server, tools, caller, progress))).await)
    }

    /// Asks one tool for `caller`: with `sample`, else with the samples of the plan, else with nothing where it needs no arguments.
    /// Fails where there is nothing to ask it with. That it may be called is judged as for the plan.
    pub async fn discover_tool(
        &self,
        tool: &ToolId,
        sample: Option<Map<String, Value>>,
        caller: Caller,
        progress: &OnProgress<'_>,
    ) -> Result<DiscoveredServer, Failure> {
        let planned = self.discovery_plan()?.unwrap_or_default().servers.remove(tool.server.as_str());
        let planned = planned.unwrap_or_default().remove(&*tool.tool);
        let spec = self.catalog().tool(&tool.to_string()).await?;
        let required = spec.input_schema.get("required").and_then(Value::as_array).map_or(0, Vec::len);
        let mut plan = planned.unwrap_or(ToolPlan::default());
        match sample {
            Some(sample) => plan.samples = vec![sample],
            None if plan.samples.is_empty() && required == 0 => plan.samples.push(Map::new()),
            None if plan.samples.is_empty() => {
                let message =
                    format!("{} has no samples for {tool}, which needs arguments", self.discovery_plan_file().display());
                return Err(Failure::new(FailureKind::Configuration, message).hint("add \"samples\" there, or fill in its form"));
            }
            None => {}
        }
        let tools = BTreeMap::from([(tool.tool.to_string(), plan)]);
        Ok(self.discover_server(tool.server.clone(), tools, caller, progress).await)
    }

    fn discovery_plan_file(&self) -> PathBuf {
        self.settings().paths.project.join(PLAN_FILE)
    }

    fn discovery_plan(&self) -> Result<Option<Plan>, Failure> {
        read_bounded(&self.discovery_plan_file(), DISCOVERY_BYTES)?.map(|text| Plan::parse(&text)).transpose()
    }

    async fn discover_server(
        &self,
        server: ServerName,
        tools: BTreeMap<String, ToolPlan>,
        caller: Caller,
        progress: &OnProgress<'_>,
    ) -> DiscoveredServer {
        let path = self.wrappers_folder().join(self.package_name(&server)).join("discovered_types.py");
        let earlier = self.calls().discoveries().book(&server);
        let state = self.calls().discoveries().path(&server);
        let mut result = DiscoveredServer {
            path: path.clone(),
            observed: BTreeMap::new(),
            refused: BTreeMap::new(),
            diff: String::new(),
            failure: None,
            server,
        };
        let answers = match self.catalog().fresh(&result.server).await {
            Ok(offer) => self.ask(&result.server, &offer, tools, caller, progress).await,
            Err(failure) => return DiscoveredServer { failure: Some(failure), ..result },
        };
        for reply in &answers.replies {
            *result.observed.entry(reply.tool.clone()).or_default() += 1;
        }
        result.refused = answers.refused;
        if answers.replies.is_empty() {
            return result;
        }
        match earlier.and_then(|earlier| keep(&result.server, &earlier, answers.replies, &state, &path)) {
            Ok(diff) => DiscoveredServer { diff, ..result },
            Err(failure) => DiscoveredServer { failure: Some(failure), ..result },
        }
    }

    /// One call after the other: discovery is no load test.
    async fn ask(
        &self,
        server: &ServerName,
        offer: &Offer,
        tools: BTreeMap<String, ToolPlan>,
        caller: Caller,
        progress: &OnProgress<'_>,
    ) -> Answers {
        let (total, mut done) = (tools.values().map(|plan| plan.samples.len()).sum(), 0);
        let masker = Arc::clone(self.calls().masker());
        let mut answers = Answers::default();
        for (name, plan) in tools {
            let id = ToolId::new(server.clone(), &name);
            let tool = match self.permitted(&id, offer, &plan) {
                Ok(tool) => tool,
                Err(failure) => {
                    answers.refused.insert(name, failure);
                    continue;
                }
            };
            let description = tool.description.as_deref().map(|text| masker.text(text).into_owned());
            for sample in plan.samples {
                done += 1;
                progress(Progress { server: server.clone(), doing: name.clone(), failed: false, done, total });
                let arguments = Value::Object(sample);
                let reply = self.call_tool(&id.to_string(), Some(arguments.clone()), caller, CancellationToken::new()).await;
                match reply.outcome {
                    Ok(answer) => {
                        answers.replies.push(Reply {
                            tool: name.clone(),
                            description: description.clone(),
                            arguments: masker.value(&arguments),
                            value: masker.value(&answer.value),
                            literals: if plan.literals { Literals::OfFew } else { Literals::Never },
                        });
                    }
                    Err(failure) => {
                        answers.refused.insert(name.clone(), failure);
                    }
                }
            }
        }
        answers
    }

    /// The tool, if nothing speaks against calling it unasked. The policy still judges each call.
    fn permitted(&self, id: &ToolId, offer: &Offer, plan: &ToolPlan) -> Result<Arc<ToolSpec>, Failure> {
        let tool = offer.tools.iter().find(|tool| tool.id == *id).cloned();
        let tool = tool.ok_or_else(|| self.catalog().missing(id))?;
        let traits = traits(id, tool.annotations, &self.settings().policy);
        if self.settings().policy.dry_run.value {
            return Err(Failure::new(FailureKind::PolicyDenied, format!("{id} was not called: the policy says dry_run")));
        }
        if plan.safe || traits.reads_only() {
            return Ok(tool);
        }
        let label = if traits.why(Label::Destructive).is_empty() { Label::Write } else { Label::Destructive };
        let message = format!("{id} was not called: nothing says that it only reads ({})", traits.why(label));
        Err(Failure::new(FailureKind::PolicyDenied, message)
            .hint("label it \"read\" in studio.policy, or say \"safe\": true in discovery_config.json"))
    }
}

/// Widens what is known of the server and writes it. Answers the difference where a shape known before has changed.
fn keep(server: &ServerName, earlier: &Book, replies: Vec<Reply>, state: &Path, path: &Path) -> Result<String, Failure> {
    let before = read_bounded(path, DISCOVERY_BYTES)?.unwrap_or_default();
    if package::is_foreign(path)? {
        return Err(is_yours(path));
    }
    let mut book = earlier.clone();
    let date = clock::now().to_string().chars().take(10).collect::<String>();
    for Reply { tool, description, arguments, value, literals } in replies {
        let observation: &mut Observation = book.0.entry(tool).or_default();
        observation.add(arguments, &value, literals);
        observation.date.clone_from(&date);
        observation.description = description;
    }
    let text = book.models(server).module();
    let kept = serde_json::to_vec_pretty(&book)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("what was discovered cannot be kept: {error}")))?;
    write_atomic(state, &kept)?;
    write_atomic(path, text.as_bytes())?;
    if book.changed_since(earlier).is_empty() {
        return Ok(String::new());
    }
    let diff = TextDiff::from_lines(&before, &text);
    Ok(diff.unified_diff().context_radius(2).header("discovered_types.py before", "discovered_types.py now").to_string())
}

/// Discovered types cannot be written at `path`.
pub(super) fn is_yours(path: &Path) -> Failure {
    let message = format!("{} was not written: the file there is yours", path.display());
    Failure::new(FailureKind::Storage, message).hint("move it away")
}
