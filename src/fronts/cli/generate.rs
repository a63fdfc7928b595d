//! `generate`: wrappers on disk, with a summary.

use super::answer::{Answer, code_unless};
use super::arguments::Generate;
use super::list::only;
use super::narration::{self, counted};
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
        for server in &generated {
            answer.text(&server.diff);
        }
    }
    for server in &generated {
        tell(server, check);
    }
    let outdated = check && generated.iter().any(|server| !server.changed.is_empty() || !server.removed.is_empty());
    let failed = generated.iter().filter(|server| server.failure.is_some()).count();
    if failed > 0 && generated.len() > 1 {
        narration::warn(&format!("{failed} of {} servers failed", generated.len()));
    }
    code_unless(outdated || failed > 0)
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
    let changes = match (server.changed.len(), server.removed.len()) {
        (0, 0) => "up to date".to_owned(),
        (changed, 0) => format!("{} {written}", counted(changed, "file")),
        (0, gone) => format!("{} {removed}", counted(gone, "file")),
        (changed, gone) => format!("{} {written}, {gone} {removed}", counted(changed, "file")),
    };
    narration::inform(&format!("servers.{}: {}, {changes}", server.package, counted(server.tools, "tool")));
}
