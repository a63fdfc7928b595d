//! Size: how near a text comes to what is allowed.

use super::provider::{Finding, Provider, Subject, Text};
use crate::types::Stage;

/// Scores 1 at the limit. Below half of it there is nothing to say.
#[derive(Debug)]
pub(super) struct Size {
    /// Bytes of arguments, and of anything looked at before the session.
    pub(super) arguments: u64,
    /// Bytes of results.
    pub(super) results: u64,
}

impl Provider for Size {
    fn name(&self) -> &'static str {
        "size"
    }

    fn rules_date(&self) -> &'static str {
        ""
    }

    fn assess(&self, subject: &Subject<'_>, text: &Text) -> Vec<Finding> {
        let limit = match subject.stage {
            Stage::Preflight | Stage::Arguments => self.arguments,
            Stage::Result => self.results,
        };
        let score = (subject.bytes as f64 / limit.max(1) as f64).min(1.0);
        if score < 0.5 && !text.cut {
            return Vec::new();
        }
        let finding = Finding::new("bytes", score).with("bytes", subject.bytes);
        vec![if text.cut { finding.with("looked_at_beginning_only", 1) } else { finding }]
    }
}
