//! `health`: one page that says what works.

use super::answer::{Answer, code_unless};
use super::narration::{self, counted};
use crate::ops::{GuardHealth, Health, RecordHealth, SandboxLevel, ServerHealth, Studio};
use crate::types::neutralise_line;

pub(super) async fn run(studio: &Studio, answer: &Answer) -> u8 {
    let health = studio.health().await;
    if answer.is_json() {
        answer.json(&health);
    } else {
        for line in page(&health) {
            answer.line(&line);
        }
    }
    for failure in health.servers.iter().filter_map(|server| server.failure.as_ref()).chain(health.interpreter.as_ref().err()) {
        narration::complain(failure);
    }
    code_unless(!health.is_well())
}

fn page(health: &Health) -> Vec<String> {
    let mut lines = vec![line("mcp-studio", &health.version)];
    lines.extend(health.paths.iter().map(|(name, path)| line(name, &path.display().to_string())));
    lines.push(line("interpreter", health.interpreter.as_deref().unwrap_or("none")));
    lines.push(line("environment", &health.environment));
    lines.push(line("sandbox", &sandbox(health)));
    lines.extend(guards(&health.guards));
    lines.extend(record(&health.record));
    lines.extend(health.servers.iter().map(|server| line(&format!("server {}", server.name), &server_words(server))));
    lines
}

/// What scripts get, what this machine can give, and why not more.
fn sandbox(health: &Health) -> String {
    let word = |level: SandboxLevel| serde_json::to_value(level).ok().and_then(|word| word.as_str().map(str::to_owned));
    let [level, most] = [health.sandbox, health.sandbox_offer.level].map(|level| word(level).unwrap_or_default());
    let reasons = health.sandbox_offer.reasons.iter().map(|reason| format!("; {reason}")).collect::<String>();
    format!("{level}, at most {most} here{reasons}")
}

fn guards(guards: &GuardHealth) -> [String; 2] {
    let GuardHealth { rules_hash, rules, default, pins, guardrails, providers, masking_rules } = guards;
    let rules = counted(*rules, "rule");
    let hash = rules_hash.get(..12).unwrap_or(rules_hash);
    let external = if providers.is_empty() { String::new() } else { format!(", external: {}", providers.join(", ")) };
    [
        line("policy", &format!("{rules}, else {default}; pins {pins}; rules hash {hash}")),
        line("guardrails", &format!("{guardrails}, rules of {masking_rules}{external}")),
    ]
}

fn record(record: &RecordHealth) -> Vec<String> {
    let crashed = if record.crashed.is_empty() { String::new() } else { format!(", {} crashed", record.crashed.len()) };
    let model = record.model.as_ref().map_or("no model".to_owned(), |model| {
        let price = model.price.as_deref().map_or("no price".to_owned(), |price| format!("price {price}"));
        format!("{}, {price}", model.name)
    });
    let traces = record.telemetry.endpoint.as_deref().unwrap_or("off");
    vec![
        line("journal", &format!("{}{crashed}, recorded {}", counted(record.sessions, "session"), record.level)),
        line("tokens", &format!("counted by {}", record.tokenizer)),
        line("prices", &format!("built in of {}; {model}", record.prices)),
        line("traces", traces),
    ]
}

fn line(name: &str, words: &str) -> String {
    neutralise_line(&format!("{name:<16} {words}")).into_owned()
}

fn server_words(server: &ServerHealth) -> String {
    let state = format!("{} {}", server.transport, server.state);
    let peer = server.peer.as_ref().map(|peer| format!("{} {}, protocol {}", peer.name, peer.version, peer.protocol));
    let tools = server.tools.map(|tools| counted(tools, "tool"));
    [Some(state), peer, tools, server.withheld.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
