//! Prompt injection and tool poisoning: text written for a model to obey, and text hidden from people.

use super::phrases::Table;
use super::provider::{Finding, Provider, Subject, Text};
use crate::types::Stage;

/// When these phrases were last revised.
pub const INJECTION_RULES_DATE: &str = "2026-11-21";

pub(super) const INSTRUCTIONS: &[(&str, f64)] = &[
    ("ignore previous instructions", 0.9),
    ("ignore all previous instructions", 0.9),
    ("ignore prior instructions", 0.9),
    ("ignore all prior instructions", 0.9),
    ("ignore your instructions", 0.9),
    ("ignore your previous instructions", 0.9),
    ("ignore the above", 0.7),
    ("ignore everything above", 0.8),
    ("ignore any previous", 0.8),
    ("disregard previous instructions", 0.9),
    ("disregard all previous", 0.9),
    ("disregard the above", 0.7),
    ("disregard your instructions", 0.9),
    ("forget your instructions", 0.9),
    ("forget all previous instructions", 0.9),
    ("forget everything above", 0.8),
    ("override your instructions", 0.9),
    ("your new instructions are", 0.9),
    ("new system prompt", 0.7),
    ("reveal your system prompt", 0.9),
    ("print your system prompt", 0.9),
    ("repeat your instructions", 0.7),
    ("you are no longer", 0.5),
    ("from now on you are", 0.6),
    ("from now on, you", 0.5),
    ("you must obey", 0.6),
    ("do anything now", 0.7),
    ("developer mode enabled", 0.7),
    ("without any restrictions", 0.4),
    ("no ethical guidelines", 0.7),
    ("<|im_start|>", 0.9),
    ("<|system|>", 0.9),
    ("<<sys>>", 0.9),
    ("[/inst]", 0.7),
    ("### system:", 0.6),
    ("assistant: sure", 0.4),
    ("note to the ai", 0.6),
    ("attention ai", 0.7),
    ("message to the language model", 0.8),
    ("if you are an ai", 0.6),
    ("if you are a language model", 0.6),
];

pub(super) const POISONING: &[(&str, f64)] = &[
    ("do not tell the user", 0.9),
    ("don't tell the user", 0.9),
    ("do not mention this", 0.7),
    ("don't mention this", 0.7),
    ("do not inform the user", 0.9),
    ("without telling the user", 0.9),
    ("without informing the user", 0.9),
    ("without the user's knowledge", 0.9),
    ("hide this from the user", 0.9),
    ("the user must not know", 0.9),
    ("user does not need to know", 0.7),
    ("<important>", 0.7),
    ("<secret>", 0.6),
    ("<hidden>", 0.7),
    ("<system>", 0.6),
    ("before using this tool, read", 0.8),
    ("before using this tool you must", 0.6),
    ("before calling this tool, read", 0.8),
    ("this tool must always be called first", 0.6),
    ("always call this tool before", 0.6),
    ("otherwise the tool will not work", 0.6),
    ("as the value of the parameter", 0.2),
    ("pass its content as", 0.8),
    ("pass its contents as", 0.8),
    ("pass the content of", 0.5),
    ("pass the conversation", 0.8),
    ("entire conversation history", 0.6),
    ("~/.ssh", 0.5),
    ("id_rsa", 0.5),
    ("id_ed25519", 0.5),
    (".aws/credentials", 0.6),
    (".cursor/mcp.json", 0.8),
    ("claude_desktop_config.json", 0.6),
    ("/etc/passwd", 0.5),
    ("/etc/shadow", 0.7),
    ("environment variables to", 0.4),
];

pub(super) const EXFILTRATION: &[(&str, f64)] = &[
    ("send it to http://", 0.8),
    ("send it to https://", 0.8),
    ("send them to http://", 0.8),
    ("send them to https://", 0.8),
    ("send this to http://", 0.7),
    ("send this to https://", 0.7),
    ("post it to http://", 0.8),
    ("post it to https://", 0.8),
    ("upload it to http://", 0.7),
    ("upload it to https://", 0.7),
    ("forward all emails", 0.8),
    ("bcc all", 0.6),
    ("webhook.site", 0.8),
    ("requestbin", 0.8),
    ("pipedream.net", 0.7),
    ("burpcollaborator", 0.9),
    ("oastify.com", 0.9),
    ("interact.sh", 0.8),
    ("ngrok-free.app", 0.6),
    ("| base64 | curl", 0.9),
    ("curl -d @", 0.5),
    ("exfiltrate", 0.5),
];

/// The provider. Poisoning is looked for where strangers write: descriptions and results.
#[derive(Debug)]
pub(super) struct Injection;

impl Provider for Injection {
    fn name(&self) -> &'static str {
        "injection"
    }

    fn rules_date(&self) -> &'static str {
        INJECTION_RULES_DATE
    }

    fn assess(&self, subject: &Subject<'_>, text: &Text) -> Vec<Finding> {
        let phrases = |metric, table| {
            let (score, count) = text.phrases().score(table);
            Finding::new(metric, score).with("phrase", count)
        };
        let mut findings = vec![phrases("instructions", Table::Instructions), phrases("exfiltration", Table::Exfiltration)];
        match subject.stage {
            Stage::Preflight | Stage::Result => findings.push(phrases("tool_poisoning", Table::Poisoning)),
            Stage::Arguments => {}
        }
        let spans = text.hidden.spans().into_iter().filter(|(_, count)| *count > 0);
        findings.push(
            spans.fold(Finding::new("hidden_text", text.hidden.score()), |finding, (kind, count)| finding.with(kind, count)),
        );
        findings
    }
}
