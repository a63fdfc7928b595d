//! `exec`: a script is run, with the wrappers it imports made first where they are missing or out of date.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::generate::{Keep, make};
use super::shown::Stamp;
use super::studio::Studio;
use crate::calls::Matter;
use crate::catalog::Offer;
use crate::engine::{Run, RunRequest};
use crate::python::outline;
use crate::sys::files::write_atomic;
use crate::types::{Failure, FieldNames, ServerName, ToolId};

/// The folder of generated packages, as a Python package.
const PREFIX: &str = "servers.";

impl Studio {
    /// Runs a script as it is now. The guardrails judge it first, with the policy and the definitions of all tools of the servers it may
    /// use: one poisoned description is meant for the use of others. Wrappers it imports are generated where they are
    /// missing or older than what is known of the server.
    pub async fn run_script(&self, request: RunRequest) -> Result<Run, Failure> {
        let source = self.engine().read(&request.script)?;
        let (name, text) = (source.shown(), source.text());
        self.calls().preflight(name, vec![Matter::Script(name.to_owned(), text.to_owned()), Matter::Policy]).await?;
        let imported = self.imported_servers(text);
        for server in &imported {
            self.make_ready(server).await?;
        }
        let servers = imported.into_iter().chain(self.named_servers(text)).collect();
        self.calls().preflight(name, self.definitions(&servers)).await?;
        self.engine().start_read(request, source).await
    }

    /// Starts the interpreter for scripts ahead of need.
    pub async fn warm(&self) {
        self.engine().warm().await;
    }

    /// The configured servers whose packages a script imports.
    fn imported_servers(&self, source: &str) -> Vec<ServerName> {
        // Most scripts of the hot path import none; a look at the text is cheaper than reading it as Python.
        if !source.contains("servers") {
            return Vec::new();
        }
        let imports = outline(source).imports;
        let packages: Vec<&str> = imports
            .modules
            .iter()
            .chain(&imports.names)
            .filter_map(|name| name.strip_prefix(PREFIX)?.split('.').next())
            .collect();
        let names = crate::codegen::package_names(self.settings().servers.keys());
        names.into_iter().filter(|(_, package)| packages.contains(&package.as_str())).map(|(server, _)| server).collect()
    }

    /// The configured servers of which a script names a tool, as `server__tool`.
    fn named_servers(&self, source: &str) -> Vec<ServerName> {
        if !source.contains("__") {
            return Vec::new();
        }
        let words = source
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | ','))
            .filter(|word| word.contains("__"));
        let named = words.filter_map(|word| ToolId::parse(word).ok().map(|id| id.server));
        named.filter(|server| self.settings().servers.contains_key(server)).collect()
    }

    /// What is known of the tools of `servers`.
    pub(super) fn definitions(&self, servers: &BTreeSet<ServerName>) -> Vec<Matter> {
        let offers = self.offers();
        let offers = servers.iter().filter_map(|server| offers.get(server));
        offers.flat_map(|offer| offer.tools.iter().cloned().map(Matter::Tool)).collect()
    }

    /// Makes the package of `server` be there and fit what is known of it; what was never listed is asked for.
    async fn make_ready(&self, server: &ServerName) -> Result<(), Failure> {
        let package = self.package_name(server);
        let folder = self.wrappers_folder();
        let there = folder.join(&package).join("__init__.py").is_file();
        let known = self.offers().get(server).cloned();
        let offer = match known {
            None if there => return Ok(()),
            None => self.catalog().fresh(server).await?,
            Some(offer) => offer,
        };
        let names = self.settings().normalization.get(server);
        let digest = digest(&offer, &(Stamp::of(&self.calls().discoveries().path(server)), names));
        let mark = self.digest_file(&package);
        if there && std::fs::read(&mark).is_ok_and(|written| written == digest) {
            return Ok(());
        }
        let making = self.making(server.clone(), package, offer.tools.to_vec(), Vec::new(), &folder);
        match make(making, folder, Keep::Write).await.failure {
            Some(failure) => Err(failure),
            None => write_atomic(&mark, &digest),
        }
    }

    /// Remembers which definitions the package on disk was made from.
    fn digest_file(&self, package: &str) -> PathBuf {
        self.settings().paths.state.join("wrappers").join(package)
    }
}

/// Changes with any definition, with what was discovered and how fields are named (`more`), and with the generator.
fn digest(offer: &Offer, more: &(Stamp, Option<&FieldNames>)) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(env!("CARGO_PKG_VERSION"));
    hasher.update(format!("{more:?}"));
    for tool in &offer.tools {
        hasher.update(tool.raw.to_string());
        hasher.update([0]);
    }
    hasher.finalize().to_vec()
}
