//! `policy explain` and `policy test`: what the policy says of a call, without making it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::studio::Studio;
use crate::guards::labels::traits;
use crate::guards::policy::{Approved, Facts, Ruling, Used, decide};
use crate::guards::{Schemas, Verdict};
use crate::sys::files::storage;
use crate::types::limits::POLICY_TESTS_BYTES;
use crate::types::{Effect, Failure, FailureKind, LabelNote, RuleRef, ToolAnnotations, ToolId};

/// What would be decided about a call that comes first in its run.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    /// The tool.
    pub tool: ToolId,
    /// Allow, ask or deny.
    pub decision: Effect,
    /// The rule that decides.
    pub rule: RuleRef,
    /// Further rules that ask as well.
    pub also: Vec<RuleRef>,
    /// What the tool is.
    pub labels: Vec<LabelNote>,
    /// Why the arguments do not fit the tool's schema, if they do not: the call is refused then, whatever the policy says.
    pub misfit: Option<String>,
    /// Whether calls are made at all.
    pub dry_run: bool,
}

/// One row of a table of expected decisions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    call: String,
    #[serde(default)]
    arguments: Map<String, Value>,
    /// Hints of the tool; those that are known of it when absent.
    annotations: Option<ToolAnnotations>,
    /// Calls of the run before this one.
    #[serde(default)]
    steps: u64,
    expect: Effect,
    /// The id of the rule that must decide.
    rule: Option<String>,
}

/// What came of one row.
#[derive(Debug, Clone, Serialize)]
pub struct Tested {
    /// The call.
    pub call: String,
    /// What was expected.
    pub expected: Effect,
    /// What is decided.
    pub decision: Effect,
    /// The rule that decides.
    pub rule: RuleRef,
    /// Whether both decision and rule are as expected.
    pub passed: bool,
}

impl Studio {
    /// What would be decided about a call, and why. Asks the server where the tool is not known yet.
    pub async fn explain_call(&self, tool: &str, arguments: Option<Value>) -> Result<Explained, Failure> {
        let spec = self.catalog().tool(tool).await?;
        let arguments = arguments.unwrap_or_else(|| Value::Object(Map::new()));
        let ruling = self.ruling(&spec.id, spec.annotations, &arguments, 0);
        let policy = &self.settings().policy;
        let misfit = match Schemas::default().check_arguments(&spec, &arguments).0 {
            Verdict::Allow => None,
            Verdict::Deny(_, failure) => Some(failure.message),
        };
        Ok(Explained {
            tool: spec.id.clone(),
            decision: ruling.effect,
            rule: ruling.rule,
            also: ruling.also,
            labels: traits(&spec.id, spec.annotations, policy).notes,
            misfit,
            dry_run: policy.dry_run.value,
        })
    }

    /// Why `arguments` do not fit the schema of a known tool, if they do not. Contacts no server.
    pub fn schema_fault(&self, tool: &ToolId, arguments: &Value) -> Option<String> {
        let spec = self.catalog().known(tool)?;
        match Schemas::default().check_arguments(&spec, arguments).0 {
            Verdict::Allow => None,
            Verdict::Deny(_, failure) => {
                let whole = failure.message;
                let why = whole.split_once(" do not fit its schema: ").map(|(_, why)| why.to_owned());
                Some(why.unwrap_or(whole))
            }
        }
    }

    /// Compares a table of expected decisions with what is decided. Contacts no server.
    pub fn test_policy(&self, file: &Path) -> Result<Vec<Tested>, Failure> {
        let wrong = |why: String| {
            Failure::new(FailureKind::Usage, format!("{} is no table of expected decisions: {why}", file.display()))
                .hint(r#"write [{"call": "server__tool", "arguments": {}, "expect": "allow"}, ...]"#)
        };
        let facts = std::fs::metadata(file).map_err(|error| storage("read", file, &error))?;
        if facts.len() > POLICY_TESTS_BYTES {
            return Err(wrong(format!("it has more than {POLICY_TESTS_BYTES} bytes")));
        }
        let text = std::fs::read(file).map_err(|error| storage("read", file, &error))?;
        let rows: Vec<Expected> = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        let tested = rows.into_iter().map(|row| {
            let id = ToolId::parse(&row.call).map_err(|error| wrong(format!("{:?} names no tool: {error}", row.call)))?;
            let known = || self.catalog().known(&id).map(|spec| spec.annotations);
            let hints = row.annotations.or_else(known).unwrap_or_default();
            let ruling = self.ruling(&id, hints, &Value::Object(row.arguments), row.steps);
            let same_rule = row.rule.is_none_or(|rule| *rule == *ruling.rule.id);
            let passed = ruling.effect == row.expect && same_rule;
            Ok(Tested { call: row.call, expected: row.expect, decision: ruling.effect, rule: ruling.rule, passed })
        });
        tested.collect()
    }

    pub(super) fn ruling(&self, id: &ToolId, hints: ToolAnnotations, arguments: &Value, steps: u64) -> Ruling {
        let policy = &self.settings().policy;
        let facts = Facts { used: Used { steps, ..Used::default() }, flow: None, approved: Approved::No };
        decide(id, arguments, &traits(id, hints, policy), policy, &facts)
    }
}
