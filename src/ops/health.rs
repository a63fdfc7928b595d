//! `health`: everything looked at once, so that one answer says what works and what does not.

use std::path::PathBuf;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::studio::Studio;
use crate::calls::rules_hash;
use crate::config::TransportSettings;
use crate::connections::{Peer, State};
use crate::environment;
use crate::guards::pins::{Pins, Standing, instructions_target};
use crate::journal;
use crate::sys::sandbox::{Level, Offer as SandboxOffer};
use crate::telemetry::TelemetryState;
use crate::types::limits::HEALTH_SESSIONS;
use crate::types::{Failure, MASKING_RULES_DATE, PRICES_DATE, PinMode, ServerName, shell_word};

/// What `mcp-studio health` says.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// Version of this program.
    pub version: String,
    /// Configuration file, workspace, state folder. An object in JSON.
    #[serde(serialize_with = "as_object")]
    pub paths: Vec<(String, PathBuf)>,
    /// Per server: name, transport, state word, protocol, tools, failure.
    pub servers: Vec<ServerHealth>,
    /// Interpreter path and version, or why there is none. A text or an object with `error` in JSON.
    #[serde(serialize_with = "text_or_error")]
    pub interpreter: Result<String, Failure>,
    /// State of the virtual environment in words.
    pub environment: String,
    /// Sandbox level for scripts.
    pub sandbox: Level,
    /// The level that this machine can give, why not more, and what it lacks.
    pub sandbox_offer: SandboxOffer,
    /// What guards calls.
    pub guards: GuardHealth,
    /// What is recorded and counted, and where it goes.
    pub record: RecordHealth,
    /// Warnings of the configuration.
    pub warnings: Vec<Failure>,
}

impl Health {
    /// Whether every server that is not disabled answers and an interpreter is there.
    pub fn is_well(&self) -> bool {
        self.interpreter.is_ok() && self.servers.iter().all(|server| server.failure.is_none())
    }
}

/// What guards calls, in [`Health`].
#[derive(Debug, Clone, Serialize)]
pub struct GuardHealth {
    /// Hash of policy and guardrails in force, as sessions record it.
    pub rules_hash: String,
    /// Rules of the policy.
    pub rules: usize,
    /// What becomes of calls without a rule.
    pub default: &'static str,
    /// Whether changed tools are refused or only noted.
    pub pins: &'static str,
    /// Mode of the guardrails.
    pub guardrails: &'static str,
    /// Names of the guardrails' external providers.
    pub providers: Vec<String>,
    /// Date of the masking rules.
    pub masking_rules: &'static str,
}

/// What is recorded and counted, in [`Health`].
#[derive(Debug, Clone, Serialize)]
pub struct RecordHealth {
    /// How much is recorded of payloads.
    pub level: &'static str,
    /// What counts tokens.
    pub tokenizer: &'static str,
    /// Date of the built-in prices.
    pub prices: &'static str,
    /// The configured model, and where its price comes from if it has one.
    pub model: Option<ModelHealth>,
    /// Recorded sessions.
    pub sessions: usize,
    /// Those among the latest hundred that neither were closed nor are under way.
    pub crashed: Vec<String>,
    /// Where traces go, and what became of them in this session.
    pub telemetry: TelemetryState,
}

/// The configured model, in [`RecordHealth`].
#[derive(Debug, Clone, Serialize)]
pub struct ModelHealth {
    /// Its name.
    pub name: String,
    /// Where its price comes from; absent where it has none.
    pub price: Option<String>,
}

/// One server in [`Health`].
#[derive(Debug, Clone, Serialize)]
pub struct ServerHealth {
    /// Its name.
    pub name: ServerName,
    /// `stdio`, `http`, `websocket`.
    pub transport: &'static str,
    /// `ready`, `degraded`, `connecting`, `failed`, `disabled`, `idle`.
    pub state: &'static str,
    /// What it said of itself, without what is withheld.
    pub peer: Option<Peer>,
    /// What is not shown of it, and how to see it: instructions that changed since it was first used.
    pub withheld: Option<String>,
    /// Tools it lists.
    pub tools: Option<usize>,
    /// Why it failed, or what is wrong with it.
    pub failure: Option<Failure>,
}

impl Studio {
    /// Looks at everything, connecting all servers.
    pub async fn health(&self) -> Health {
        let environment = self.interpreter_environment();
        let (interpreter, listed, sandbox_offer) =
            tokio::join!(environment.interpreter(), self.catalog().fresh_all(), self.engine().sandbox());
        let paths = &self.settings().paths;
        Health {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            paths: vec![
                ("configuration".to_owned(), paths.config.clone()),
                ("workspace".to_owned(), paths.workspace.clone()),
                ("state".to_owned(), paths.state.clone()),
            ],
            servers: self.server_health(&listed.into_iter().filter_map(|(name, listed)| Some((name, listed.err()?))).collect()),
            interpreter: interpreter.map(|interpreter| {
                let (major, minor, micro) = interpreter.version;
                format!("{} ({major}.{minor}.{micro}, from {})", interpreter.path.display(), interpreter.found_by)
            }),
            environment: environment_words(&self.environment()),
            sandbox: self.sandbox_level(),
            sandbox_offer,
            guards: self.guard_health(),
            record: self.record_health(),
            warnings: self.warnings().to_vec(),
        }
    }

    fn guard_health(&self) -> GuardHealth {
        let (policy, guardrails) = (&self.settings().policy, &self.settings().judging.guardrails);
        GuardHealth {
            rules_hash: rules_hash(self.settings()),
            rules: policy.rules.len(),
            default: policy.default.value.word(),
            pins: policy.pins.value.word(),
            guardrails: guardrails.mode.word(),
            providers: guardrails.external.keys().cloned().collect(),
            masking_rules: MASKING_RULES_DATE,
        }
    }

    fn record_health(&self) -> RecordHealth {
        let judging = &self.settings().judging;
        let folder = self.journal_folder();
        // A folder that cannot be read has no sessions to show; the next recording says why.
        let files = journal::files(&folder).unwrap_or_default();
        let latest = journal::sessions(&folder, HEALTH_SESSIONS).unwrap_or_default();
        let crashed = latest.into_iter().filter(|session| !session.closed && !session.under_way);
        RecordHealth {
            level: judging.record.word(),
            tokenizer: judging.tokenizer.word(),
            prices: PRICES_DATE,
            model: judging.model.as_ref().map(|name| ModelHealth {
                name: name.clone(),
                price: judging.prices.of(name).map(|price| format!("{} {}", price.source, price.date).trim_end().to_owned()),
            }),
            sessions: files.len(),
            crashed: crashed.map(|session| session.session.to_string()).collect(),
            telemetry: self.telemetry(),
        }
    }

    fn server_health(&self, failures: &std::collections::HashMap<ServerName, Failure>) -> Vec<ServerHealth> {
        let offers = self.offers();
        let states = self.servers().into_iter();
        let pins = self.calls().pins().read();
        let enforced = self.settings().policy.pins.value == PinMode::Enforce;
        let servers = states.map(|(name, state)| {
            let (state, mut peer, mut failure) = state_parts(state);
            let withheld = peer.as_mut().filter(|_| enforced).and_then(|peer| withhold(peer, &name, pins.as_ref().ok()));
            let disabled = state == "disabled";
            failure = failure.or_else(|| failures.get(&name).cloned()).filter(|_| !disabled);
            let tools = offers.get(&name).filter(|_| peer.is_some()).map(|offer| offer.tools.len());
            let transport = self.settings().servers.get(&name).map_or("", |server| transport_word(&server.transport));
            ServerHealth { name, transport, state, peer, withheld, tools, failure }
        });
        servers.collect()
    }
}

/// Takes away instructions that are not what was pinned, or of which nobody can tell; answers where they can be seen.
fn withhold(peer: &mut Peer, server: &ServerName, pins: Option<&Pins>) -> Option<String> {
    let now = Value::from(peer.instructions.as_deref()?);
    match pins.map(|pins| pins.instructions(server, &now)) {
        Some(Standing::New | Standing::Same) => None,
        Some(Standing::Changed) | None => {
            peer.instructions = None;
            let target = shell_word(&instructions_target(server));
            Some(format!("instructions have changed and are not shown; see \"mcp-studio pins diff {target}\""))
        }
    }
}

fn as_object<S: Serializer>(pairs: &[(String, PathBuf)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, path)| (name, path)))
}

fn text_or_error<S: Serializer>(found: &Result<String, Failure>, serializer: S) -> Result<S::Ok, S::Error> {
    match found {
        Ok(text) => serializer.serialize_str(text),
        Err(failure) => serializer.collect_map([("error", failure)]),
    }
}

/// What a connected server said of itself.
pub(super) fn peer_of(state: State) -> Option<Peer> {
    state_parts(state).1
}

fn state_parts(state: State) -> (&'static str, Option<Peer>, Option<Failure>) {
    match state {
        State::Idle => ("idle", None, None),
        State::Disabled => ("disabled", None, None),
        State::Connecting { .. } => ("connecting", None, None),
        State::Ready(peer) => ("ready", Some(peer), None),
        State::Degraded(peer, _) => ("degraded", Some(peer), None),
        State::Failed { failure, .. } => ("failed", None, Some(failure)),
    }
}

fn transport_word(transport: &TransportSettings) -> &'static str {
    match transport {
        TransportSettings::Stdio { .. } => "stdio",
        TransportSettings::Http { .. } => "http",
        TransportSettings::WebSocket { .. } => "websocket",
    }
}

fn environment_words(state: &environment::State) -> String {
    match state {
        environment::State::Absent => "not created yet; it is made on first need".to_owned(),
        environment::State::Preparing(doing) => format!("being made: {doing}"),
        environment::State::Ready(found) => format!("ready: {}", found.folder.display()),
        environment::State::Failed(failure) => format!("failed: {failure}"),
    }
}
