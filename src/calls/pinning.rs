//! The file of pins: read when the first call needs it, written when a server or a tool is first used.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::catalog::Offer;
use crate::config::{ServerSettings, TransportSettings};
use crate::guards::pins::{Identity, Pins, Standing, named, prompt_target};
use crate::sys::files::{storage, write_atomic};
use crate::types::limits::PINS_BYTES;
use crate::types::{Failure, FailureKind, ServerName, ToolId, ToolSpec, content_hash, shell_word};

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
        let sha256 = content_hash(&tool.raw);
        let unwritten = self.compare(&mut state, &tool.id.server, offer, &identity, |pins| {
            changed_launch(pins, &tool.id.server, &identity).or_else(|| changed_tool(pins, &tool.id, &sha256))
        })?;
        state.same.insert(tool.id.clone(), (Arc::clone(tool), identity));
        Ok(unwritten)
    }

    /// The same for a prompt about to be filled in.
    pub(super) fn check_prompt(
        &self,
        prompt: &str,
        server: &ServerSettings,
        offer: &Arc<Offer>,
        instructions: Option<&str>,
    ) -> Result<Option<Failure>, Failure> {
        let mut state = self.lock();
        let identity = state.identity(server, offer, instructions);
        self.compare(&mut state, &server.name, offer, &identity, |pins| {
            changed_launch(pins, &server.name, &identity).or_else(|| changed_prompt(pins, &server.name, prompt, &identity))
        })
    }

    /// Asks `changed` of what is pinned, and pins what is used for the first time where it knows of no change.
    fn compare(
        &self,
        state: &mut State,
        server: &ServerName,
        offer: &Offer,
        identity: &Identity,
        changed: impl Fn(&Pins) -> Option<Failure>,
    ) -> Result<Option<Failure>, Failure> {
        let mut pins = match state.pins.take() {
            Some(pins) => pins,
            None => read(&self.file)?,
        };
        if changed(&pins).is_some() {
            // Somebody may have approved it from another terminal.
            pins = read(&self.file)?;
        }
        let refused = changed(&pins);
        let more = refused.is_none() && pins.first_use(server, identity, offer.tools.iter().map(|tool| &**tool));
        let written = if more { self.add(&mut pins, server, identity, offer) } else { Ok(()) };
        state.pins = Some(pins);
        refused.map_or(Ok(written.err()), Err)
    }

    /// Writes what is new, beside what another studio may have written meanwhile.
    fn add(&self, pins: &mut Pins, server: &ServerName, identity: &Identity, offer: &Offer) -> Result<(), Failure> {
        let mut latest = read(&self.file)?;
        latest.first_use(server, identity, offer.tools.iter().map(|tool| &**tool));
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
            && identity.instructions.as_str() == instructions
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
        instructions: instructions.map_or(Value::Null, Value::from),
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

fn changed_launch(pins: &Pins, server: &ServerName, identity: &Identity) -> Option<Failure> {
    let what = || format!("the way server \"{server}\" is started is not the one it was first used with");
    (pins.launch(server, &identity.launch) == Standing::Changed).then(|| refused(what(), server.as_str()))
}

fn changed_tool(pins: &Pins, id: &ToolId, sha256: &str) -> Option<Failure> {
    let what = || format!("the definition of {id} is not the one it was first used with");
    (pins.tool(&id.server, &id.tool, sha256) == Standing::Changed).then(|| refused(what(), &id.to_string()))
}

/// A prompt that is listed twice is what it was only if both are.
fn changed_prompt(pins: &Pins, server: &ServerName, prompt: &str, identity: &Identity) -> Option<Failure> {
    let mut listed = named(&identity.prompts).filter(|(name, _)| *name == prompt);
    let changed = listed.any(|(name, definition)| pins.prompt(server, name, &content_hash(definition)) == Standing::Changed);
    let what = || format!("prompt \"{prompt}\" of server \"{server}\" is not the one it was first used with");
    changed.then(|| refused(what(), &prompt_target(server, prompt)))
}

fn refused(what: String, target: &str) -> Failure {
    let target = shell_word(target);
    let failure = Failure::new(FailureKind::PolicyDenied, what);
    failure.hint(format!("see \"mcp-studio pins diff {target}\"; \"mcp-studio pins approve {target}\" accepts it"))
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
