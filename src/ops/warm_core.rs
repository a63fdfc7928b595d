//! The warm core: whether a running studio may do what a command line of the same project asks for.
//!
//! It may where a studio that the command line started itself would have come out the same: same program, same project,
//! same configuration with the same values in it, same variables for servers and scripts.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::studio::Studio;
use crate::config::{Location, locate};
use crate::connections::ANCESTORS;
use crate::engine::script_environment;
use crate::environment::base_environment;
use crate::sys::private_socket::Place;
use crate::types::{Failure, FailureKind, text_hash};

/// What a process would make a studio of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Which program it is: its version, and size and time of its file.
    program: String,
    config: PathBuf,
    workspace: PathBuf,
    /// Its working folder.
    pub folder: PathBuf,
    variables: BTreeMap<String, String>,
}

/// What a studio was made of.
#[derive(Debug)]
pub(super) struct Origins {
    surroundings: Surroundings,
    /// Hash of the configuration file; none where there was none.
    config: Option<String>,
    /// Variables that the configuration asked for.
    asked: Vec<String>,
}

impl Surroundings {
    /// Those of this process.
    pub fn own(location: &Location) -> Result<Self, Failure> {
        let folder = std::env::current_dir()
            .map_err(|error| Failure::new(FailureKind::Storage, format!("cannot find the current folder: {error}")))?;
        let paths = locate(location, &folder);
        let text = |value: OsString| value.to_string_lossy().into_owned();
        let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Ok(Self { program: program(), config: paths.config, workspace: paths.workspace, folder, variables })
    }

    /// Where a studio of this project would be met.
    pub fn place(&self) -> Place {
        let project = self.config.parent().unwrap_or(Path::new("/"));
        let runtime = self.variables.get("XDG_RUNTIME_DIR").map(Path::new);
        Place::new(&project.join(".mcp-studio").join("core"), runtime)
    }

    /// The variables that make a difference to servers, scripts and the configuration.
    fn relevant(&self, asked: &[String]) -> BTreeMap<String, String> {
        let all = || self.variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let passed = base_environment(all()).into_keys().chain(script_environment(all()).into_keys());
        let passed = passed.filter_map(|name| name.into_string().ok());
        let names = passed.chain(asked.iter().cloned()).chain([ANCESTORS.to_owned()]);
        names.filter_map(|name| self.variables.get(&name).cloned().map(|value| (name, value))).collect()
    }
}

impl Origins {
    pub(super) fn new(location: &Location, asked: Vec<String>) -> Result<Self, Failure> {
        let surroundings = Surroundings::own(location)?;
        Ok(Self { config: content(&surroundings.config), surroundings, asked })
    }
}

impl Studio {
    /// Why a process with those surroundings should rather open a studio of its own; none where this one does as well.
    pub fn misfit(&self, theirs: &Surroundings) -> Option<String> {
        let Origins { surroundings: own, config, asked } = self.origins();
        if own.program != theirs.program {
            return Some("it is another version of the program".to_owned());
        }
        if (&own.config, &own.workspace) != (&theirs.config, &theirs.workspace) {
            return Some("it has another configuration file or workspace".to_owned());
        }
        if *config != content(&own.config) {
            return Some("the configuration has changed since it was started".to_owned());
        }
        let (here, there) = (own.relevant(asked), theirs.relevant(asked));
        let differs = here.keys().chain(there.keys()).find(|name| here.get(*name) != there.get(*name));
        differs.map(|name| format!("it was started with another {name}"))
    }

    /// Where command lines of this project find this studio.
    pub fn meeting_place(&self) -> Place {
        self.origins().surroundings.place()
    }
}

fn program() -> String {
    let facts = std::env::current_exe().and_then(std::fs::metadata);
    let changed = facts.as_ref().ok().and_then(|facts| facts.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let size = facts.map_or(0, |facts| facts.len());
    format!("{} {size} {}", env!("CARGO_PKG_VERSION"), changed.unwrap_or_default().as_nanos())
}

fn content(config: &Path) -> Option<String> {
    let bytes = std::fs::read(config).ok()?;
    Some(text_hash(&String::from_utf8_lossy(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> (tempfile::TempDir, Location, Studio) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("mcp_config.json");
        let servers = r#"{"mcpServers": {"s": {"command": "x", "args": ["${MCP_STUDIO_TEST_ABSENT:-a}"]}}}"#;
        std::fs::write(&config, servers).unwrap();
        let location = Location { config: Some(config), workspace: None };
        let studio = Studio::open(&location, "test").unwrap();
        (folder, location, studio)
    }

    #[tokio::test]
    async fn what_makes_no_difference_fits() {
        let (_folder, location, studio) = project();
        let mut theirs = Surroundings::own(&location).unwrap();
        theirs.folder = "/elsewhere".into();
        theirs.variables.insert("EDITOR".to_owned(), "x".to_owned());
        assert_eq!(studio.misfit(&theirs), None);
        assert_eq!(studio.meeting_place(), theirs.place());
    }

    #[tokio::test]
    async fn what_makes_a_difference_is_named() {
        let (_folder, location, studio) = project();
        let misfit = |change: fn(&mut Surroundings)| {
            let mut theirs = Surroundings::own(&location).unwrap();
            change(&mut theirs);
            studio.misfit(&theirs)
        };
        assert_eq!(misfit(|theirs| theirs.program.push('x')), Some("it is another version of the program".to_owned()));
        let elsewhere = Some("it has another configuration file or workspace".to_owned());
        assert_eq!(misfit(|theirs| theirs.workspace.push("x")), elsewhere);
        for name in ["PATH", "LC_ALL", "NO_COLOR", ANCESTORS, "https_proxy", "MCP_STUDIO_TEST_ABSENT"] {
            let mut theirs = Surroundings::own(&location).unwrap();
            theirs.variables.insert(name.to_owned(), "another".to_owned());
            assert_eq!(studio.misfit(&theirs), Some(format!("it was started with another {name}")));
        }
        std::fs::write(location.config.as_ref().unwrap(), "{}").unwrap();
        assert_eq!(misfit(|_| ()), Some("the configuration has changed since it was started".to_owned()));
    }
}
