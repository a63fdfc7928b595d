//! Naming a tool: exact, or refused with what may have been meant.

use super::Offers;
use crate::config::Settings;
use crate::types::limits::SUGGESTED_NAMES;
use crate::types::{Failure, FailureKind, IdError, ServerName, ToolId, nearest};

/// The id that `typed` names, of a server that is configured and not disabled.
pub(super) fn parse(typed: &str, settings: &Settings, offers: &Offers) -> Result<ToolId, Failure> {
    let id = ToolId::parse(typed).map_err(|error| malformed(typed, &error, offers))?;
    match settings.servers.get(&id.server) {
        None => Err(no_server(&id, settings, offers)),
        Some(server) if server.disabled => Err(disabled(&id.server).at(server.place.clone())),
        Some(_) => Ok(id),
    }
}

/// The refusal to use a server that is not configured.
pub(super) fn unknown_server(server: &ServerName, settings: &Settings) -> Failure {
    let failure = Failure::new(FailureKind::Configuration, format!("no server \"{server}\" is configured"));
    let known: Vec<&str> = settings.servers.keys().map(ServerName::as_str).collect();
    match nearest(server.as_str(), known.iter().copied()) {
        Some(meant) => failure.hint(format!("did you mean \"{meant}\"?")),
        None if known.is_empty() => failure.hint("add servers under \"mcpServers\" in mcp_config.json"),
        None => failure.hint(format!("configured are {}", listed(known.into_iter()))),
    }
}

/// The refusal to use a disabled server.
pub(super) fn disabled(server: &ServerName) -> Failure {
    Failure::new(FailureKind::Configuration, format!("server \"{server}\" is disabled"))
        .hint(format!("remove \"disabled\" from \"{server}\" to use it"))
}

/// The refusal of a tool that its server does not offer.
pub(super) fn no_tool(id: &ToolId, offers: &Offers) -> Failure {
    let failure = not_found(format!("server \"{}\" offers no tool {:?}", id.server, &*id.tool));
    let names = || offers.get(&id.server).into_iter().flat_map(|offer| &offer.tools).map(|tool| &*tool.id.tool);
    if let Some(meant) = nearest(&id.tool, names()) {
        return failure.hint(format!("did you mean {}?", ToolId::new(id.server.clone(), &meant)));
    }
    match elsewhere(&id.tool, offers) {
        Some(meant) => failure.hint(format!("did you mean {meant}?")),
        None if names().next().is_none() => failure.hint(format!("server \"{}\" offers no tools", id.server)),
        None => failure.hint(format!("it offers {}", listed(names()))),
    }
}

fn no_server(id: &ToolId, settings: &Settings, offers: &Offers) -> Failure {
    let failure = not_found(format!("no server \"{}\" is configured, so there is no tool {id}", id.server));
    let server = nearest(id.server.as_str(), settings.servers.keys().map(ServerName::as_str));
    let meant = server.and_then(|server| ServerName::new(&server).ok()).map(|server| ToolId::new(server, &id.tool));
    match meant.or_else(|| elsewhere(&id.tool, offers)) {
        Some(meant) => failure.hint(format!("did you mean {meant}?")),
        None => failure.hint(unknown_server(&id.server, settings).hint.unwrap_or_default()),
    }
}

fn malformed(typed: &str, error: &IdError, offers: &Offers) -> Failure {
    let failure = not_found(format!("{typed:?} names no tool: {error}"));
    match elsewhere(typed, offers) {
        Some(meant) => failure.hint(format!("did you mean {meant}?")),
        None => failure.hint("list-tools shows the names of all tools"),
    }
}

fn not_found(message: String) -> Failure {
    Failure::new(FailureKind::ToolNotFound, message)
}

/// The tool of any server whose name, or whole id, is nearest to `typed`.
fn elsewhere(typed: &str, offers: &Offers) -> Option<ToolId> {
    let tools = || offers.values().flat_map(|offer| &offer.tools).map(|tool| &tool.id);
    if let Some(name) = nearest(typed, tools().map(|id| &*id.tool)) {
        return tools().find(|id| *id.tool == *name).cloned();
    }
    let ids: Vec<String> = tools().map(ToString::to_string).collect();
    nearest(typed, ids.iter().map(String::as_str)).and_then(|id| ToolId::parse(&id).ok())
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names = names.peekable();
    let first: Vec<&str> = names.by_ref().take(SUGGESTED_NAMES).collect();
    let more = if names.peek().is_some() { ", ..." } else { "" };
    format!("{}{more}", first.join(", "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::Offer;
    use crate::types::ToolSpec;
    use serde_json::json;

    fn offers() -> Offers {
        let server = ServerName::new("git").unwrap();
        let tools = ["git_status", "git_log"].map(|name| Arc::new(ToolSpec::from_wire(&server, json!({"name": name})).unwrap()));
        Offers::from_iter([(server, Arc::new(Offer { tools: tools.into_iter().collect(), ..Offer::default() }))])
    }

    #[test]
    fn a_missing_tool_is_answered_with_what_may_have_been_meant() {
        let refused = |tool: &str| no_tool(&ToolId::parse(tool).unwrap(), &offers()).to_string();
        assert_eq!(
            refused("git__git_sttaus"),
            "server \"git\" offers no tool \"git_sttaus\"\nhint: did you mean git__git_status?"
        );
        assert_eq!(refused("git__commit"), "server \"git\" offers no tool \"commit\"\nhint: it offers git_status, git_log");
        assert_eq!(refused("fetch__git_log"), "server \"fetch\" offers no tool \"git_log\"\nhint: did you mean git__git_log?");
    }

    #[test]
    fn a_text_that_is_no_id_is_answered_too() {
        let refused = |typed: &str| malformed(typed, &ToolId::parse(typed).unwrap_err(), &offers()).to_string();
        assert_eq!(
            refused("git_status"),
            "\"git_status\" names no tool: a tool id has the form server__tool\nhint: did you mean git__git_status?"
        );
        assert_eq!(
            refused("git_git_status"),
            "\"git_git_status\" names no tool: a tool id has the form server__tool\nhint: did you mean git__git_status?"
        );
        assert_eq!(
            refused("x"),
            "\"x\" names no tool: a tool id has the form server__tool\nhint: list-tools shows the names of all tools"
        );
    }
}
