//! `generate`: wrappers on disk, with a summary.

use super::answer::{Answer, code_unless};
use super::arguments::Generate;
use super::list::only;
use super::{code, narration};
use crate::ops::{GenerateRequest, GeneratedServer, Studio};
use crate::types::{Failure, ServerName};

pub(super) async fn run(studio: &Studio, arguments: Generate, answer: &Answer) -> u8 {
    let check = arguments.check;
    let generated = match request(arguments) {
        Ok(request) => studio.generate(request).await,
        Err(failure) => Err(failure),
    };
    let generated = match generated {
        Ok(generated) => generated,
        Err(failure) => return answer.failure(&failure),
    };
    if answer.is_json() {
        answer.json(&generated);
    } else if check {
        generated.iter().for_each(|server| answer.text(&server.diff));
    }
    generated.iter().for_each(|server| tell(server, check));
    let outdated = check && generated.iter().any(|server| !server.changed.is_empty() || !server.removed.is_empty());
    let failed = generated.iter().filter(|server| server.failure.is_some()).count();
    if failed > 0 && generated.len() > 1 {
        narration::warn(&format!("{failed} of {} servers failed", generated.len()));
    }
    code_unless(outdated || failed > 0).max(code::SUCCESS)
}

fn request(arguments: Generate) -> Result<GenerateRequest, Failure> {
    let names: Result<Vec<Option<ServerName>>, Failure> = arguments.servers.iter().map(|name| only(Some(name))).collect();
    let servers = names?.into_iter().flatten().collect();
    Ok(GenerateRequest { servers, check: arguments.check, out: arguments.out, from: arguments.from })
}

fn tell(server: &GeneratedServer, check: bool) {
    for note in &server.notes {
        narration::warn(&format!("{}: {note}", server.package));
    }
    if let Some(failure) = &server.failure {
        narration::complain(failure);
        return;
    }
    let (written, removed) = if check { ("out of date", "to be removed") } else { ("written", "removed") };
    let mut words = format!("servers.{}: {}", server.package, counted(server.tools, "tool"));
    match (server.changed.len(), server.removed.len()) {
        (0, 0) => words.push_str(", up to date"),
        (changed, 0) => words.push_str(&format!(", {} {written}", counted(changed, "file"))),
        (0, gone) => words.push_str(&format!(", {} {removed}", counted(gone, "file"))),
        (changed, gone) => words.push_str(&format!(", {} {written}, {gone} {removed}", counted(changed, "file"))),
    }
    narration::inform(&words);
}

fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
