//! `discover`: models of what tools answered, with what was refused and what has changed.

use super::answer::{Answer, code_unless};
use super::arguments::Discover;
use super::list::only;
use super::narration;
use crate::ops::{DiscoverRequest, DiscoveredServer, Studio};
use crate::types::{Caller, Failure, ServerName};

/// Exits 1 if any tool was refused or failed: what was asked for is not all there.
pub(super) async fn run(studio: &Studio, arguments: &Discover, answer: &Answer) -> u8 {
    let names: Result<Vec<Option<ServerName>>, Failure> = arguments.servers.iter().map(|name| only(Some(name))).collect();
    let discovered = match names {
        Ok(names) => {
            let request = DiscoverRequest { servers: names.into_iter().flatten().collect() };
            studio.discover(&request, Caller::CommandLine, &|_| ()).await
        }
        Err(failure) => Err(failure),
    };
    let discovered = match discovered {
        Ok(discovered) => discovered,
        Err(failure) => return answer.failure(&failure),
    };
    if answer.is_json() {
        answer.json(&discovered);
    }
    for server in &discovered {
        tell(server, answer);
    }
    code_unless(discovered.iter().any(|server| server.failure.is_some() || !server.refused.is_empty()))
}

fn tell(server: &DiscoveredServer, answer: &Answer) {
    if !answer.is_json() {
        answer.text(&server.diff);
    }
    for failure in server.refused.values().chain(&server.failure) {
        narration::complain(failure);
    }
    if server.failure.is_none() && !server.observed.is_empty() {
        narration::inform(&server.summary());
    }
}
