//! What the tools take and answer. The schemas that agents see are made from these types and their comments.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ops::Detail;

/// Arguments of `search_tools`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchArguments {
    /// Words to look for in names, titles, descriptions and parameters; empty lists all tools.
    #[serde(default)]
    pub(super) query: String,
    /// Only tools of this server.
    #[serde(default)]
    pub(super) server: Option<String>,
    /// How much of each tool is told. Begin with summary; signature is all that is needed to call it.
    #[serde(default)]
    pub(super) detail: DetailArgument,
    /// At most this many.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    pub(super) limit: usize,
}

fn twenty() -> usize {
    20
}

/// How much of a tool is told.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DetailArgument {
    Name,
    #[default]
    Summary,
    Signature,
    Schema,
}

impl From<DetailArgument> for Detail {
    fn from(detail: DetailArgument) -> Self {
        match detail {
            DetailArgument::Name => Self::Name,
            DetailArgument::Summary => Self::Summary,
            DetailArgument::Signature => Self::Signature,
            DetailArgument::Schema => Self::Schema,
        }
    }
}

/// Answer of `search_tools`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct SearchReply {
    /// Best first: texts for name and signature, objects for summary and schema.
    pub(super) tools: Vec<Value>,
    /// Servers whose tools are not known, each with the reason.
    pub(super) unknown: Vec<UnknownServer>,
}

/// A server that could not be listed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct UnknownServer {
    /// Its name.
    pub(super) server: String,
    /// Why its tools are not known.
    pub(super) reason: String,
}

/// Arguments of `get_tool`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetArguments {
    /// The tool, written `server__tool`.
    pub(super) tool: String,
    /// signature: all that is needed to call it, in a few lines. schema: the definition as its server sent it.
    #[serde(default)]
    pub(super) detail: ToolDetail,
}

/// How much of one tool is told.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ToolDetail {
    #[default]
    Signature,
    Schema,
}

/// Answer of `get_tool`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct GetReply {
    /// The tool.
    pub(super) tool: String,
    /// Its compact signature, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<String>,
    /// Its definition as its server sent it, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) definition: Option<Value>,
}

/// Arguments of `generate_wrappers`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GenerateArguments {
    /// Only these servers; all when empty.
    #[serde(default)]
    pub(super) servers: Vec<String>,
}

/// Answer of `generate_wrappers`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct GenerateReply {
    /// One for each server.
    pub(super) servers: Vec<GeneratedPackage>,
}

/// The wrappers of one server.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct GeneratedPackage {
    /// The server.
    pub(super) server: String,
    /// What scripts import: `from servers.git import ...`.
    pub(super) package: String,
    /// Tools with a wrapper.
    pub(super) tools: usize,
    /// Files written or removed.
    pub(super) changed: usize,
    /// Renamings and loosened types, each in one line.
    pub(super) notes: Vec<String>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// Arguments of `discover_schemas`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscoverArguments {
    /// Only these servers; all of `discovery_config.json` when empty.
    #[serde(default)]
    pub(super) servers: Vec<String>,
}

/// Answer of `discover_schemas`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct DiscoverReply {
    /// One for each server.
    pub(super) servers: Vec<DiscoveredModels>,
}

/// The models of one server's replies.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct DiscoveredModels {
    /// The server.
    pub(super) server: String,
    /// What scripts import the models from.
    pub(super) module: String,
    /// Tools whose replies were seen, each with how many.
    pub(super) observed: BTreeMap<String, u64>,
    /// Tools that were not called or failed, each with the reason.
    pub(super) refused: BTreeMap<String, String>,
    /// Why nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// Arguments of `execute_script`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExecuteArguments {
    /// Python source to run. Either this or path.
    #[serde(default)]
    pub(super) source: Option<String>,
    /// A script of the workspace to run, relative to it. Either this or source.
    #[serde(default)]
    pub(super) path: Option<String>,
    /// sys.argv[1:] of the script.
    #[serde(default)]
    pub(super) arguments: Vec<String>,
    /// What the script reads as `mcp_execution.context`.
    #[serde(default)]
    pub(super) context: Option<Map<String, Value>>,
    /// Stop the script after this many seconds.
    #[serde(default)]
    #[schemars(range(min = 0.001))]
    pub(super) timeout: Option<f64>,
}

/// Answer of `execute_script`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct ExecuteReply {
    /// Number of the run in this session of the studio.
    pub(super) run: u64,
    /// In words: ok, exit 3, interrupted, timeout after 5 s.
    pub(super) outcome: String,
    /// 0 success, 1 error, 124 timeout, 130 interrupted, or the script's own.
    pub(super) exit_code: i32,
    /// What the script gave to `set_result`; null if it gave nothing.
    pub(super) value: Value,
    /// Bytes of a value that is too large to be answered: print less of it, or write it to a file in output/.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value_bytes: Option<u64>,
    /// What ended the script badly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ErrorReply>,
    /// Standard output.
    pub(super) stdout: Excerpt,
    /// Standard error.
    pub(super) stderr: Excerpt,
    /// Tool calls the script made.
    pub(super) steps: StepsReply,
    /// What the script kept out of your context; absent where it called no tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ledger: Option<LedgerReply>,
    /// Resource with the report of this session, all its runs and steps.
    pub(super) report: String,
    /// Time the script took, from request to end, in milliseconds.
    pub(super) milliseconds: f64,
}

/// Tokens of an agent's context, as estimated.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct LedgerReply {
    /// How tokens are counted.
    pub(super) estimator: String,
    /// Had you called the tools yourself: all definitions, and arguments and results of these calls.
    pub(super) direct: u64,
    /// With the script: definitions of the tools it called, the script, and what it printed.
    pub(super) scripted: u64,
    /// How much less the second is, in percent of the first; below 0 where it is more.
    pub(super) saved_percent: f64,
}

/// What ended a script badly.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct ErrorReply {
    /// Class of the exception.
    pub(super) class: String,
    /// Its message.
    pub(super) message: String,
    /// Line of the script, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u32>,
    /// The traceback; its end where it is long.
    pub(super) traceback: String,
}

/// Head and tail of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub(super) struct Excerpt {
    /// Its beginning, or all of it.
    pub(super) head: String,
    /// Its end, where there is something between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tail: Option<String>,
    /// Bytes left out between the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) omitted_bytes: Option<usize>,
}

/// The tool calls of a run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct StepsReply {
    /// How many.
    pub(super) count: u64,
    /// How many of them failed.
    pub(super) failed: u64,
    /// Estimated tokens of all arguments and results: what stayed out of your context.
    pub(super) tokens: u64,
    /// Some of them, failed ones first, as "tool: decision, milliseconds".
    pub(super) named: Vec<String>,
}
