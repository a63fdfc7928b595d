//! The face of the door: tools, resources and prompts over rmcp.

use std::sync::Arc;

use rmcp::handler::server::common::schema_for_output;
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolResult, GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, Json, RoleServer, ServerHandler, tool, tool_handler, tool_router};
use serde_json::json;

use super::execute;
use super::gate::Gate;
use super::shapes::{
    DiscoverArguments, DiscoverReply, DiscoveredModels, ExecuteArguments, ExecuteReply, GenerateArguments, GenerateReply,
    GeneratedPackage, GetArguments, GetReply, SearchArguments, SearchReply, ToolDetail, UnknownServer,
};
use super::{guides, schemas};
use crate::ops::{
    AGENT_TOOLS, DiscoverRequest, DiscoveredServer, GenerateRequest, GeneratedServer, SearchRequest, ServerState, Studio,
    disclose, operation, signature,
};
use crate::types::limits::SERVE_HITS;
use crate::types::{Caller, Failure, FailureKind, ServerName};

/// What one client talks to. All clients of a door share its gate.
#[derive(Debug, Clone)]
pub(super) struct AgentServer {
    studio: Studio,
    gate: Arc<Gate>,
    tools: ToolRouter<Self>,
}

type Context = RequestContext<RoleServer>;

#[tool_router]
impl AgentServer {
    #[tool(
        title = "Search tools",
        description = "Read names and summaries first, signatures of what you mean to call then; schemas are rarely needed.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn search_tools(&self, Parameters(arguments): Parameters<SearchArguments>) -> Result<Json<SearchReply>, String> {
        self.gate.admit()?;
        if !(1..=SERVE_HITS).contains(&arguments.limit) {
            return Err(format!("\"limit\" is 1 to {SERVE_HITS}"));
        }
        let server = arguments.server.as_deref().map(server_name).transpose().map_err(said)?;
        let SearchArguments { query, detail, limit, .. } = arguments;
        let request = SearchRequest { query, server, detail: detail.into(), limit };
        let hits = self.studio.search(&request).await.map_err(said)?;
        let tools = hits.iter().map(|hit| disclose(&hit.tool, request.detail)).collect();
        let unknown = if request.server.is_none() { self.unknown_servers() } else { Vec::new() };
        Ok(Json(SearchReply { tools, unknown }))
    }

    #[tool(
        title = "Get a tool",
        description = "The signature is all that is needed to call it.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn get_tool(&self, Parameters(arguments): Parameters<GetArguments>) -> Result<Json<GetReply>, String> {
        self.gate.admit()?;
        let tool = self.studio.get_tool(&arguments.tool).await.map_err(said)?;
        let id = tool.id.to_string();
        Ok(Json(match arguments.detail {
            ToolDetail::Signature => GetReply { tool: id, signature: Some(signature(&tool)), definition: None },
            ToolDetail::Schema => GetReply { tool: id, signature: None, definition: Some(tool.raw.clone()) },
        }))
    }

    #[tool(
        title = "Generate wrappers",
        description = "Scripts then import them: from servers.git import git_log. Imported wrappers are made by themselves; \
                       this makes them ahead, and anew.",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn generate_wrappers(
        &self,
        Parameters(arguments): Parameters<GenerateArguments>,
    ) -> Result<Json<GenerateReply>, String> {
        self.gate.admit()?;
        let names: Result<Vec<ServerName>, Failure> = arguments.servers.iter().map(|name| server_name(name)).collect();
        let request = GenerateRequest { servers: names.map_err(said)?, check: false, out: None, from: None };
        let generated = self.studio.generate(request).await.map_err(said)?;
        Ok(Json(GenerateReply { servers: generated.into_iter().map(package).collect() }))
    }

    #[tool(
        title = "Discover schemas",
        description = "Only tools that the project lists as safe, or that only read, are called. Scripts then import the models.",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = true)
    )]
    async fn discover_schemas(
        &self,
        Parameters(arguments): Parameters<DiscoverArguments>,
    ) -> Result<Json<DiscoverReply>, String> {
        self.gate.admit()?;
        let names: Result<Vec<ServerName>, Failure> = arguments.servers.iter().map(|name| server_name(name)).collect();
        let request = DiscoverRequest { servers: names.map_err(said)? };
        let discovered = self.studio.discover(&request, Caller::Agent, &|_| ()).await.map_err(said)?;
        Ok(Json(DiscoverReply { servers: discovered.into_iter().map(|server| self.models(server)).collect() }))
    }

    #[tool(
        title = "Execute a script",
        description = "Call tools in it with call_tool(\"server__tool\", {...}) from mcp_execution, work on the results there, \
                       and print or set_result(...) only what you need to know. The prompt write_script says more.",
        output_schema = schema_for_output::<ExecuteReply>(),
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = false, open_world_hint = true)
    )]
    async fn execute_script(
        &self,
        Parameters(arguments): Parameters<ExecuteArguments>,
        context: Context,
    ) -> Result<CallToolResult, String> {
        self.gate.admit()?;
        let _place = tokio::select! {
            place = self.gate.place() => place?,
            () = context.ct.cancelled() => return Err("cancelled before the script began".to_owned()),
        };
        let reply = execute::execute(&self.studio, arguments, &context).await.map_err(said)?;
        let value = serde_json::to_value(&reply).map_err(|error| format!("the answer cannot be written: {error}"))?;
        Ok(if reply.exit_code == 0 { CallToolResult::structured(value) } else { CallToolResult::structured_error(value) })
    }
}

impl AgentServer {
    /// For the first client of a door; further ones get clones.
    pub(super) fn new(studio: Studio) -> Self {
        Self { studio, gate: Arc::default(), tools: Self::tools() }
    }

    /// The tools, each with the sentence of the table of operations before its own, and schemas that any client reads.
    fn tools() -> ToolRouter<Self> {
        let mut tools = Self::tool_router();
        for (name, route) in &mut tools.map {
            schemas::neutral(&mut route.attr);
            let help = AGENT_TOOLS.iter().find(|tool| tool.tool == name).and_then(|tool| operation(tool.operation));
            let more = route.attr.description.take().unwrap_or_default();
            let help = help.map(|operation| format!("{}. ", operation.help)).unwrap_or_default();
            route.attr.description = Some(format!("{help}{more}").into());
        }
        tools
    }

    fn models(&self, server: DiscoveredServer) -> DiscoveredModels {
        DiscoveredModels {
            module: format!("servers.{}.discovered_types", self.studio.package_name(&server.server)),
            server: server.server.to_string(),
            observed: server.observed,
            refused: server.refused.into_iter().map(|(tool, failure)| (tool, said(failure))).collect(),
            error: server.failure.map(said),
        }
    }

    /// Servers without a known offer, each with the reason.
    fn unknown_servers(&self) -> Vec<UnknownServer> {
        let offers = self.studio.offers();
        let unknown = self.studio.servers().into_iter().filter(|(name, _)| !offers.contains_key(name));
        unknown
            .filter_map(|(name, state)| match state {
                ServerState::Failed { failure, .. } => Some(UnknownServer { server: name.to_string(), reason: failure.message }),
                ServerState::Disabled => None,
                ServerState::Idle | ServerState::Connecting { .. } | ServerState::Ready(_) | ServerState::Degraded(..) => {
                    Some(UnknownServer { server: name.to_string(), reason: "it has not been listed yet".to_owned() })
                }
            })
            .collect()
    }
}

#[tool_handler(router = self.tools)]
impl ServerHandler for AgentServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("mcp-studio", env!("CARGO_PKG_VERSION")))
            .with_instructions(guides::INSTRUCTIONS)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        guides::resources(&self.studio, request.and_then(|request| request.cursor).as_deref())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(vec![guides::signature_template(), guides::report_template()]))
    }

    async fn read_resource(&self, request: ReadResourceRequestParams, _: Context) -> Result<ReadResourceResponse, ErrorData> {
        self.gate.admit().map_err(|reason| ErrorData::internal_error(reason, None))?;
        guides::read(&self.studio, &request.uri).await.map(Into::into)
    }

    async fn list_prompts(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(vec![guides::prompt()]))
    }

    async fn get_prompt(&self, request: GetPromptRequestParams, _: Context) -> Result<GetPromptResponse, ErrorData> {
        if request.name != guides::PROMPT {
            return Err(ErrorData::invalid_params(
                format!("no prompt {:?}", request.name),
                Some(json!({"known": [guides::PROMPT]})),
            ));
        }
        let task = request.arguments.as_ref().and_then(|arguments| arguments.get("task")?.as_str());
        Ok(guides::write_script(&self.studio, task).into())
    }
}

fn server_name(name: &str) -> Result<ServerName, Failure> {
    ServerName::new(name).map_err(|error| Failure::new(FailureKind::Usage, format!("{name:?} is no server name: {error}")))
}

fn package(server: GeneratedServer) -> GeneratedPackage {
    GeneratedPackage {
        server: server.server.to_string(),
        package: format!("servers.{}", server.package),
        tools: server.tools,
        changed: server.changed.len() + server.removed.len(),
        notes: server.notes,
        error: server.failure.map(said),
    }
}

/// A failure as an agent reads it.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn said(failure: Failure) -> String {
    failure.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn schemas_name_no_format_that_only_rust_knows() {
        let tools = AgentServer::tools();
        let texts = tools.map.values().map(|route| serde_json::to_string(&route.attr).unwrap());
        assert_eq!(
            texts.filter(|text| text.contains("\"format\"") || !text.contains("outputSchema")).collect::<Vec<_>>(),
            [""; 0]
        );
    }

    #[test]
    fn the_tools_are_those_of_the_table_of_operations() {
        let tools: BTreeSet<String> = AgentServer::tool_router().map.keys().map(ToString::to_string).collect();
        assert_eq!(tools, AGENT_TOOLS.iter().map(|tool| tool.tool.to_owned()).collect());
    }
}
