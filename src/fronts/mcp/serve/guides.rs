//! What agents may read: READMEs of servers, signatures of tools, and how a script is written.

use std::fmt::Write as _;

use rmcp::ErrorData;
use rmcp::model::{
    GetPromptResult, ListResourcesResult, Prompt, PromptArgument, PromptMessage, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate, Role,
};
use serde_json::json;

use super::uri::Address;
use crate::ops::{ReportFormat, Studio, signature};
use crate::types::limits::{SERVE_PAGE, SERVE_REPORT_BYTES, SERVE_REPORTS};
use crate::types::{Failure, FailureKind, ServerName, neutralise_line};

/// Sent with the greeting.
pub(super) const INSTRUCTIONS: &str = "Find tools with search_tools, read their signatures, then write one Python script that \
    calls them and prints a summary, and run it with execute_script. Results stay in the script; only what it prints or gives \
    to set_result comes back.";

/// Name of the only prompt.
pub(super) const PROMPT: &str = "write_script";

const GUIDE: &str = include_str!("write_script.md");
const MARKDOWN: &str = "text/markdown";
const PLAIN: &str = "text/plain";

/// A page of resources: the READMEs of all servers, the signatures of all known tools, then the reports of the newest sessions.
pub(super) fn resources(studio: &Studio, cursor: Option<&str>) -> Result<ListResourcesResult, ErrorData> {
    let start: usize = match cursor {
        None => 0,
        Some(cursor) => cursor.parse().map_err(|_| ErrorData::invalid_params(format!("no cursor {cursor:?}"), None))?,
    };
    let offers = studio.offers();
    let servers = studio.servers();
    let readmes = servers.iter().map(|(name, _)| readme(name));
    let signatures = offers.values().flat_map(|offer| &offer.tools).map(|tool| {
        let id = tool.id.to_string();
        let uri = Address::Signature(id.clone()).uri();
        Resource::new(uri, neutralise_line(&id)).with_mime_type(PLAIN)
    });
    let sessions = studio.sessions(SERVE_REPORTS).unwrap_or_default();
    let reports = sessions.iter().map(|session| report(&session.session.to_string()));
    let mut page: Vec<Resource> = readmes.chain(signatures).chain(reports).skip(start).take(SERVE_PAGE + 1).collect();
    let more = page.len() > SERVE_PAGE;
    page.truncate(SERVE_PAGE);
    let mut listed = ListResourcesResult::with_all_items(page);
    listed.next_cursor = more.then(|| (start + SERVE_PAGE).to_string());
    Ok(listed)
}

fn readme(server: &ServerName) -> Resource {
    Resource::new(Address::Readme(server.to_string()).uri(), format!("{server} README"))
        .with_description(format!("What the server \"{server}\" offers, and how its wrappers are imported"))
        .with_mime_type(MARKDOWN)
}

fn report(session: &str) -> Resource {
    Resource::new(Address::Report(session.to_owned()).uri(), format!("report of session {session}"))
        .with_description("Runs and steps of a session of the studio, with masked previews")
        .with_mime_type(MARKDOWN)
}

/// For sessions by id.
pub(super) fn report_template() -> ResourceTemplate {
    ResourceTemplate::new(Address::report_template(), "report of a session")
        .with_description("Runs and steps of a session of the studio")
        .with_mime_type(MARKDOWN)
}

/// For tools by name.
pub(super) fn signature_template() -> ResourceTemplate {
    ResourceTemplate::new(Address::signature_template(), "signature of a tool")
        .with_description("All that is needed to call a tool written server__tool")
        .with_mime_type(PLAIN)
}

/// The text of a resource.
pub(super) async fn read(studio: &Studio, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let missing = |failure: Failure| ErrorData::resource_not_found(failure.to_string(), Some(json!({"uri": uri})));
    let (text, kind) = match Address::parse(uri) {
        None => return Err(ErrorData::resource_not_found(format!("no resource {uri:?}"), Some(json!({"uri": uri})))),
        Some(Address::Signature(tool)) => (signature(&*studio.get_tool(&tool).await.map_err(missing)?), PLAIN),
        Some(Address::Report(session)) => (report_text(studio, session).await.map_err(missing)?, MARKDOWN),
        Some(Address::Readme(server)) => {
            let server = ServerName::new(&server)
                .map_err(|error| ErrorData::resource_not_found(format!("{server:?} is no server name: {error}"), None))?;
            (studio.readme(&server).await.map_err(missing)?, MARKDOWN)
        }
    };
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri).with_mime_type(kind)]))
}

/// The report of a session; of a long one the beginning.
async fn report_text(studio: &Studio, session: String) -> Result<String, Failure> {
    let (studio, name) = (studio.clone(), session.clone());
    let made = tokio::task::spawn_blocking(move || studio.report(&name, ReportFormat::Markdown)).await;
    let bytes =
        made.map_err(|error| Failure::new(FailureKind::Internal, format!("the report of {session} broke off: {error}")))??;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if text.len() > SERVE_REPORT_BYTES {
        text.truncate(text.floor_char_boundary(SERVE_REPORT_BYTES));
        let _ = write!(text, "\n\nThe rest: mcp-studio report {session} --format md\n");
    }
    Ok(text)
}

/// The prompt in a list.
pub(super) fn prompt() -> Prompt {
    let task = PromptArgument::new("task").with_description("What the script is to do").with_required(false);
    Prompt::new(PROMPT, Some("How a script for this studio is written"), Some(vec![task]))
}

/// The guide, the servers there are, and the task.
pub(super) fn write_script(studio: &Studio, task: Option<&str>) -> GetPromptResult {
    let servers: Vec<String> = studio.servers().into_iter().map(|(name, _)| format!("`{name}`")).collect();
    let servers = if servers.is_empty() { "none".to_owned() } else { servers.join(", ") };
    let mut text = format!("{GUIDE}\nConfigured servers: {servers}.\n");
    if let Some(task) = task {
        let _ = write!(text, "\n# The task\n\n{task}\n");
    }
    GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)])
        .with_description("How a script for this studio is written")
}
