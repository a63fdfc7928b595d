//! `search` and `get-tool`: tools told as briefly as is asked.

use super::answer::Answer;
use super::arguments::{GetTool, Search};
use super::code;
use super::list::{only, tool_line};
use crate::ops::{Detail, SearchRequest, ServerState, Studio, detail, disclose, signature};
use crate::types::{Failure, ToolSpec, neutralise, neutralise_line};

pub(super) async fn run(studio: &Studio, arguments: Search, answer: &Answer) -> u8 {
    let request = match asked(arguments) {
        Ok(request) => request,
        Err(failure) => return answer.failure(&failure),
    };
    let hits = match studio.search(&request).await {
        Ok(hits) => hits,
        Err(failure) => return answer.failure(&failure),
    };
    if request.server.is_none() {
        tell_of_failed(studio, answer);
    }
    let detail = request.detail;
    if answer.is_json() {
        answer.json(&hits.iter().map(|hit| disclose(&hit.tool, detail)).collect::<Vec<_>>());
        return code::SUCCESS;
    }
    if hits.is_empty() {
        answer.inform(&format!("no tool matches {:?}", request.query));
    }
    let width = hits.iter().map(|hit| hit.tool.id.to_string().chars().count()).max().unwrap_or(0);
    for hit in &hits {
        show(&hit.tool, detail, width, answer);
    }
    code::SUCCESS
}

fn asked(arguments: Search) -> Result<SearchRequest, Failure> {
    let (detail, server) = (detail(&arguments.detail)?, only(arguments.server.as_deref())?);
    Ok(SearchRequest { query: arguments.query, server, detail, limit: arguments.limit })
}

/// Servers whose tools could not be looked through.
fn tell_of_failed(studio: &Studio, answer: &Answer) {
    let offers = studio.offers();
    for (name, state) in studio.servers() {
        if let ServerState::Failed { failure, .. } = state
            && !offers.contains_key(&name)
        {
            answer.warn(&failure.to_string());
        }
    }
}

pub(super) async fn get(studio: &Studio, arguments: &GetTool, answer: &Answer) -> u8 {
    let found = match detail(&arguments.detail) {
        Ok(detail) => studio.get_tool(&arguments.tool).await.map(|tool| (tool, detail)),
        Err(failure) => Err(failure),
    };
    match found {
        Err(failure) => return answer.failure(&failure),
        Ok((tool, detail)) if answer.is_json() => answer.json(&disclose(&tool, detail)),
        Ok((tool, detail)) => show(&tool, detail, 0, answer),
    }
    code::SUCCESS
}

pub(super) fn show(tool: &ToolSpec, detail: Detail, width: usize, answer: &Answer) {
    match detail {
        Detail::Name => answer.line(&neutralise_line(&tool.id.to_string())),
        Detail::Summary => answer.line(&tool_line(tool, width)),
        Detail::Signature => answer.line(&neutralise(&signature(tool))),
        Detail::Schema => answer.pretty(&disclose(tool, detail)),
    }
}
