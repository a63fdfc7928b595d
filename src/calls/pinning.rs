//! The file of pins: read when the first call needs it, written when a server or a tool is first used.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use crate::catalog::Offer;
use crate::config::{ServerSettings, TransportSettings};
use crate::guards::pins::{Identity, Pins, Standing};
use crate::sys::files::{storage, write_atomic};
use crate::types::limits::PINS_BYTES;
use crate::types::{Failure, FailureKind, ServerName, ToolId, ToolSpec, content_hash};

/// The pins of one project. Cheap for a tool that was compared before.
#[derive(Debug)]
pub struct PinBook {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Read when first needed.
    pins: Option<Pins>,
    /// Definitions that are as they were pinned, with the launch data they came by.
    same: HashMap<ToolId, (Arc<ToolSpec>, Arc<Identity>)>,
    /// What each server was when it was last looked at.
    identities: HashMap<ServerName, (ServerSettings, Arc<Offer>, Arc<Identity>)>,
}

impl PinBook {
    /// Pins in `file`, which need not exist.
    pub fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), state: Mutex::default() }
    }

    /// What is pinned now. Fails where there is a file that cannot be read.
    pub fn read(&self) -> Result<Pins, Failure> {
        read(&self.file)
    }

    /// Changes what is pinned, in the file and here.
    pub fn change(&self, change: impl FnOnce(&mut Pins)) -> Result<(), Failure> {
        let mut state = self.lock();
        let mut pins = read(&self.file)?;
        change(&mut pins);
        let written = write(&self.file, &pins);
        state.same.clear();
        state.pins = Some(pins);
        written
    }

    /// Compares a tool about to be called, and pins what is used for the first time. Fails with `PolicyDenied` where the
    /// tool, or the way its server is started, is not what it was. The warning says that pins could not be written.
    pub(super) fn check(
        &self,
        tool: &Arc<ToolSpec>,
        server: &ServerSettings,
        offer: &Arc<Offer>,
        instructions: Option<&str>,
    ) -> Result<Option<Failure>, Failure> {
        let mut state = self.lock();
        let identity = state.identity(server, offer, instructions);
        let known = state.same.get(&tool.id);
        if known.is_some_and(|(same, by)| Arc::ptr_eq(same, tool) && Arc::ptr_eq(by, &identity)) {
            return Ok(None);
        }
        let mut pins = match state.pins.take() {
            Some(pins) => pins,
            None => read(&self.file)?,
        };
        let sha256 = content_hash(&tool.raw);
        if changed(&pins, tool, &identity, &sha256).is_some() {
            // Somebody may have approved it from another terminal.
            pins = read(&self.file)?;
        }
        let refused = changed(&pins, tool, &identity, &sha256);
        let server = &tool.id.server;
        let more = refused.is_none() && pins.first_use(server, &identity, offer.tools.iter().map(|tool| &**tool));
        let written = if more { self.add(&mut pins, tool, &identity, offer) } else { Ok(()) };
        state.pins = Some(pins);
        if let Some(failure) = refused {
            return Err(failure);
        }
        state.same.insert(tool.id.clone(), (Arc::clone(tool), identity));
        Ok(written.err())
    }

    /// Writes what is new, beside what another studio may have written meanwhile.
    fn add(&self, pins: &mut Pins, tool: &ToolSpec, identity: &Identity, offer: &Offer) -> Result<(), Failure> {
        let mut latest = read(&self.file)?;
        latest.first_use(&tool.id.server, identity, offer.tools.iter().map(|tool| &**tool));
        let written = write(&self.file, &latest);
        for (server, theirs) in latest.servers {
            pins.servers.entry(server).or_insert(theirs);
        }
        written
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What the server is, computed anew only when something of it was replaced.
    fn identity(&mut self, server: &ServerSettings, offer: &Arc<Offer>, instructions: Option<&str>) -> Arc<Identity> {
        if let Some((settings, seen, identity)) = self.identities.get(&server.name)
            && Arc::ptr_eq(seen, offer)
            && identity.instructions.as_deref() == instructions
            && settings.transport == server.transport
        {
            return Arc::clone(identity);
        }
        let identity = Arc::new(identity(server, offer, instructions));
        self.identities.insert(server.name.clone(), (server.clone(), Arc::clone(offer), Arc::clone(&identity)));
        identity
    }
}

/// What a server is: launch data, instructions and prompts.
pub fn identity(server: &ServerSettings, offer: &Offer, instructions: Option<&str>) -> Identity {
    Identity {
        launch: launch_hash(&server.transport),
        instructions: instructions.map(str::to_owned),
        prompts: offer.prompts.clone(),
    }
}

/// Values of variables and headers are left out: tokens change, and nobody should be able to guess them from a hash.
fn launch_hash(transport: &TransportSettings) -> String {
    content_hash(&match transport {
        TransportSettings::Stdio { command, arguments, environment, folder } => {
            json!({"command": command, "arguments": arguments, "variables": environment.keys().collect::<Vec<_>>(), "folder": folder})
        }
        TransportSettings::Http { url, headers } | TransportSettings::WebSocket { url, headers } => {
            json!({"url": url, "headers": headers.keys().collect::<Vec<_>>()})
        }
    })
}

fn changed(pins: &Pins, tool: &ToolSpec, identity: &Identity, sha256: &str) -> Option<Failure> {
    let id = &tool.id;
    let (what, target) = if pins.launch(&id.server, &identity.launch) == Standing::Changed {
        (format!("the way server \"{}\" is started is not the one it was first used with", id.server), id.server.to_string())
    } else if pins.tool(&id.server, &id.tool, sha256) == Standing::Changed {
        (format!("the definition of {id} is not the one it was first used with"), id.to_string())
    } else {
        return None;
    };
    let failure = Failure::new(FailureKind::PolicyDenied, what);
    Some(failure.hint(format!("see \"mcp-studio pins diff {target}\"; \"mcp-studio pins approve {target}\" accepts it")))
}

fn read(path: &Path) -> Result<Pins, Failure> {
    let broken = |why: String| {
        Failure::new(FailureKind::Storage, format!("the pins in {} cannot be used: {why}", path.display()))
            .hint("repair the file; removing it pins everything anew as it is then")
    };
    match std::fs::metadata(path) {
        Ok(facts) if facts.len() > PINS_BYTES => return Err(broken(format!("it has more than {PINS_BYTES} bytes"))),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Pins::default()),
        Err(error) => return Err(storage("read", path, &error)),
    }
    let text = std::fs::read(path).map_err(|error| storage("read", path, &error))?;
    serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))
}

fn write(path: &Path, pins: &Pins) -> Result<(), Failure> {
    let text = serde_json::to_vec_pretty(pins)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("the pins are no JSON: {error}")))?;
    write_atomic(path, &text)
}
