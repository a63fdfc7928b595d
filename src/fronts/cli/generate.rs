//! `generate`: wrappers on disk, with a summary.

use super::answer::{Answer, code_unless};
use super::arguments::Generate;
use super::count::Count;
use super::list::only;
use super::narration;
use crate::ops::{GenerateRequest, GeneratedServer, Studio};
use crate::types::{Failure, ServerName};

pub(super) async fn run(studio: &Studio, arguments: Generate, answer: &Answer) -> u8 {
    let check = arguments.check;
    let generated = match request(arguments) {
        Ok(request) => {
            let count = Count::default();
            studio.generate_watched(request, &|progress| count.hear(&progress)).await
        }
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
        tell(server);
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

/// What there is to say of a server beside that it is done.
fn tell(server: &GeneratedServer) {
    for note in &server.notes {
        narration::warn(&format!("{}: {note}", server.package));
    }
    if let Some(failure) = &server.failure {
        narration::complain(failure);
    }
}
