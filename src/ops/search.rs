//! `search` and `get-tool`: finding tools without reading all of them.

use std::sync::Arc;

use super::studio::Studio;
use crate::catalog::Hit;
use crate::codegen::Detail;
use crate::types::limits::SEARCH_HITS;
use crate::types::{Failure, FailureKind, ServerName, ToolSpec};

/// What to look for, and how much of each tool to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// Words; none finds every tool.
    pub query: String,
    /// Only tools of this server.
    pub server: Option<ServerName>,
    /// How much of each hit is wanted.
    pub detail: Detail,
    /// Hits at the most.
    pub limit: usize,
}

impl SearchRequest {
    /// Hits where nobody says how many.
    pub const LIMIT: usize = 20;
}

impl Studio {
    /// Tools that match, best first. Servers that were never listed are asked first; those that fail are left out.
    /// Fails where one server is asked for that is not in use, or cannot be listed.
    pub async fn search(&self, request: &SearchRequest) -> Result<Vec<Hit>, Failure> {
        let limit = request.limit.min(SEARCH_HITS);
        self.catalog().search_complete(request.server.as_ref(), &request.query, limit).await
    }

    /// The tool of that name. Fails, with what may have been meant, where no server offers it.
    pub async fn get_tool(&self, id: &str) -> Result<Arc<ToolSpec>, Failure> {
        self.catalog().tool(id).await
    }
}

/// The detail that `word` names.
pub fn detail(word: &str) -> Result<Detail, Failure> {
    Detail::ALL.into_iter().find(|detail| detail.word() == word).ok_or_else(|| {
        let known: Vec<&str> = Detail::ALL.iter().map(|detail| detail.word()).collect();
        Failure::new(FailureKind::Usage, format!("{word:?} is no detail")).hint(format!("one of {}", known.join(", ")))
    })
}
