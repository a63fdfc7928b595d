//! `search` and `get-tool`: tools told as briefly as is asked.

use super::answer::Answer;
use super::arguments::{GetTool, Search};
use super::code;
use super::list::tool_line;
use crate::ops::{Detail, SearchRequest, ServerState, Studio, detail, disclose, signature};
use crate::types::{ToolSpec, neutralise, neutralise_line};

pub(super) async fn run(studio: &Studio, arguments: Search, answer: &Answer) -> u8 {
    let detail = match detail(&arguments.detail) {
        Ok(detail) => detail,
        Err(failure) => return answer.failure(&failure),
    };
    let request = SearchRequest { query: arguments.query, detail, limit: arguments.limit };
    let hits = studio.search(&request).await;
    let offers = studio.offers();
    for (name, state) in studio.servers() {
        if let ServerState::Failed { failure, .. } = state
            && !offers.contains_key(&name)
        {
            answer.warn(&failure.to_string());
        }
    }
    if answer.is_json() {
        answer.json(&hits.iter().map(|hit| disclose(&hit.tool, detail)).collect::<Vec<_>>());
        return code::SUCCESS;
    }
    let width = hits.iter().map(|hit| hit.tool.id.to_string().chars().count()).max().unwrap_or(0);
    for hit in &hits {
        show(&hit.tool, detail, width, answer);
    }
    code::SUCCESS
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
