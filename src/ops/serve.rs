//! `serve`: what an agent's door needs of the studio beyond the other verbs.

use std::path::{Path, PathBuf};

use super::studio::Studio;
use crate::codegen;
use crate::config::{ServerSettings, TransportSettings};
use crate::connections::ANCESTORS;
use crate::types::{Failure, FailureKind, ServerName};

/// Where a studio answers on the network, for telling whether it is its own client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// The address it listens on.
    pub address: std::net::SocketAddr,
}

impl Studio {
    /// Fails where this studio would be a client of itself: started by a studio of the same project, however many
    /// others stand between them, or listening where a server of its configuration is.
    pub fn refuse_to_serve_itself(&self, door: Option<Door>) -> Result<(), Failure> {
        let config = canonical(&self.settings().paths.config);
        let above = std::env::var_os(ANCESTORS).unwrap_or_default();
        if std::env::split_paths(&above).any(|ancestor| ancestor == config) {
            let message = format!("a studio of {} was started by that studio itself", config.display());
            let hint = "remove the server that runs \"mcp-studio serve\" for this project from its \"mcpServers\"";
            return Err(Failure::new(FailureKind::Configuration, message).hint(hint));
        }
        let mut servers = self.settings().servers.values();
        match door.and_then(|door| servers.find(|server| leads_to(server, door))) {
            None => Ok(()),
            Some(server) => {
                let message = format!("server \"{}\" of this project is the address that is to be served", server.name);
                let hint = "serve another address, or remove that server";
                Err(Failure::new(FailureKind::Configuration, message).at(server.place.clone()).hint(hint))
            }
        }
    }

    /// The file of the workspace that `path` names. Fails for what lies outside, links followed.
    pub fn workspace_script(&self, path: &str) -> Result<PathBuf, Failure> {
        let workspace = canonical(&self.settings().paths.workspace);
        let outside = || {
            Failure::new(FailureKind::Usage, format!("{path:?} is no script of the workspace"))
                .hint("give a path relative to the workspace, or the source itself")
        };
        let found = workspace.join(path).canonicalize().map_err(|_| outside())?;
        if found.starts_with(&workspace) && found.is_file() { Ok(found) } else { Err(outside()) }
    }

    /// The generated README of a server's wrappers, as it would be written now.
    pub async fn readme(&self, server: &ServerName) -> Result<String, Failure> {
        self.configured(server)?;
        let offer = match self.offers().get(server) {
            Some(offer) => std::sync::Arc::clone(offer),
            None => self.catalog().fresh(server).await?,
        };
        let (package, folder) = (self.package_name(server), self.wrappers_folder());
        let making = self.making(server.clone(), package, offer.tools.to_vec(), Vec::new(), &folder);
        let made = tokio::task::spawn_blocking(move || {
            codegen::generate(&making.recipe()).files.remove("README.md").unwrap_or_default()
        });
        made.await.map_err(|error| Failure::new(FailureKind::Internal, format!("writing the README broke: {error}")))
    }
}

/// Whether a server of the configuration is reached at `door`.
fn leads_to(server: &ServerSettings, door: Door) -> bool {
    let TransportSettings::Http { url, .. } = &server.transport else {
        return false;
    };
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        Some(_) | None => (authority, Some(if url.starts_with("https:") { 443 } else { 80 })),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let here = host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip == door.address.ip());
    here && port == Some(door.address.port())
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
