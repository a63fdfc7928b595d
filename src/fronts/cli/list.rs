//! `list-tools` and `sessions`.

use serde_json::{Value, json};

use super::answer::{Answer, code_unless};
use super::arguments::{ListTools, Sessions};
use super::code;
use super::narration::counted;
use super::search::show;
use crate::ops::{Detail, Offer, Studio, detail, disclose};
use crate::types::{Failure, FailureKind, ServerName, ToolId, ToolSpec, neutralise_line};

/// Columns of a tool's description in the list.
const DESCRIPTION_COLUMNS: usize = 80;

pub(super) async fn run(studio: &Studio, arguments: &ListTools, answer: &Answer) -> u8 {
    let asked =
        only(arguments.server.as_deref()).and_then(|only| Ok((only, arguments.detail.as_deref().map(detail).transpose()?)));
    let (only, detail) = match asked {
        Ok(asked) => asked,
        Err(failure) => return answer.failure(&failure),
    };
    let listed = match studio.list_tools(only.as_ref()).await {
        Ok(listed) => listed,
        Err(failure) => return answer.failure(&failure),
    };
    if answer.is_json() {
        answer.json(&listed.iter().map(|(server, offer)| server_json(server, offer, detail)).collect::<Vec<_>>());
    } else {
        let offers = || listed.iter().filter_map(|(_, offer)| offer.as_ref().ok());
        let width = offers().flat_map(|offer| &offer.tools).map(|tool| tool.id.to_string().chars().count()).max().unwrap_or(0);
        for tool in offers().flat_map(|offer| &offer.tools) {
            show(tool, detail.unwrap_or(Detail::Summary), width, answer);
        }
    }
    if listed.is_empty() {
        let path = &studio.settings().paths.config;
        let why = if path.exists() { "no servers are configured in" } else { "no servers are configured: there is no" };
        answer.inform(&format!("{why} {}", path.display()));
    }
    for (server, offer) in &listed {
        tell(server, offer, answer);
    }
    code_unless(listed.iter().any(|(_, offer)| offer.is_err()))
}

fn tell(server: &ServerName, offer: &Result<std::sync::Arc<Offer>, Failure>, answer: &Answer) {
    match offer {
        Ok(offer) => offer.rejected.iter().for_each(|reason| answer.warn(&format!("server \"{server}\": {reason}"))),
        Err(failure) => answer.complain(failure),
    }
}

pub(super) fn only(server: Option<&str>) -> Result<Option<ServerName>, Failure> {
    let name = server.map(|name| {
        ServerName::new(name).map_err(|error| {
            let failure = Failure::new(FailureKind::Usage, format!("{name:?} is no server name: {error}"));
            match ToolId::parse(name) {
                Ok(tool) => failure.hint(format!("\"mcp-studio get-tool {tool}\" shows a tool")),
                Err(_) => failure,
            }
        })
    });
    name.transpose()
}

fn server_json(server: &ServerName, offer: &Result<std::sync::Arc<Offer>, Failure>, detail: Option<Detail>) -> Value {
    match offer {
        Ok(offer) => {
            let told = |tool: &ToolSpec| detail.map_or_else(|| tool.raw.clone(), |detail| disclose(tool, detail));
            let tools: Vec<Value> = offer.tools.iter().map(|tool| told(tool)).collect();
            json!({ "server": server, "tools": tools, "rejected": offer.rejected })
        }
        Err(failure) => json!({ "server": server, "error": failure }),
    }
}

pub(super) fn tool_line(tool: &ToolSpec, width: usize) -> String {
    let text = tool.description.as_deref().or(tool.title.as_deref()).unwrap_or_default();
    let first = text.trim().lines().next().unwrap_or_default();
    let mut shown: String = first.chars().take(DESCRIPTION_COLUMNS).collect();
    if shown.len() < first.len() {
        shown.push('…');
    }
    neutralise_line(format!("{:width$}  {shown}", tool.id.to_string()).trim_end()).into_owned()
}

pub(super) fn sessions(studio: &Studio, arguments: &Sessions, answer: &Answer) -> u8 {
    let sessions = match studio.sessions(arguments.limit) {
        Ok(sessions) => sessions,
        Err(failure) => return answer.failure(&failure),
    };
    if answer.is_json() {
        answer.json(&sessions);
        return code::SUCCESS;
    }
    if sessions.is_empty() {
        answer.inform("no session was recorded yet");
    }
    for session in &sessions {
        let count = |number: u64, thing| counted(usize::try_from(number).unwrap_or(usize::MAX), thing);
        let (runs, steps) = (count(session.runs, "run"), count(session.steps, "step"));
        let end = match (session.closed, session.under_way) {
            (true, _) => "",
            (false, true) => ", under way",
            (false, false) => ", crashed",
        };
        answer.line(&format!("{}  {} UTC  {runs}, {steps}{end}", session.session, session.at.strftime("%F %T")));
    }
    code::SUCCESS
}
