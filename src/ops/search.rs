//! `search` and `get-tool`: finding tools without reading all of them.

use std::sync::Arc;

use super::studio::Studio;
use crate::catalog::Hit;
use crate::codegen::Detail;
use crate::types::limits::SEARCH_HITS;
use crate::types::{Failure, FailureKind, ToolSpec};

/// What to look for, and how much of each tool to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// Words; none finds every tool.
    pub query: String,
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
    pub async fn search(&self, request: &SearchRequest) -> Vec<Hit> {
        self.catalog().complete().await;
        self.catalog().search(&request.query, request.limit.min(SEARCH_HITS))
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
