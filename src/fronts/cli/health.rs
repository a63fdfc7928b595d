//! `health`: one page that says what works.

use super::answer::{Answer, code_unless};
use super::narration::{self, counted};
use crate::ops::{Health, ServerHealth, Studio};
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
    let sandbox = serde_json::to_value(health.sandbox).unwrap_or_default();
    let mut lines = vec![line("mcp-studio", &health.version)];
    lines.extend(health.paths.iter().map(|(name, path)| line(name, &path.display().to_string())));
    lines.push(line("interpreter", health.interpreter.as_deref().unwrap_or("none")));
    lines.push(line("environment", &health.environment));
    lines.push(line("sandbox", sandbox.as_str().unwrap_or_default()));
    lines.extend(health.servers.iter().map(|server| line(&format!("server {}", server.name), &server_words(server))));
    lines
}

fn line(name: &str, words: &str) -> String {
    neutralise_line(&format!("{name:<16} {words}")).into_owned()
}

fn server_words(server: &ServerHealth) -> String {
    let state = format!("{} {}", server.transport, server.state);
    let peer = server.peer.as_ref().map(|peer| format!("{} {}, protocol {}", peer.name, peer.version, peer.protocol));
    let tools = server.tools.map(|tools| counted(tools, "tool"));
    [Some(state), peer, tools].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
