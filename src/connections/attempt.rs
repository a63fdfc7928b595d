//! One attempt to connect: start or reach the server, shake hands, say who it is.
//!
//! ```text
//! plan -> start -> probe (server/discover) -> ready            2026-07-28
//!                        \-> initialize -> ready               2024-11-05 .. 2025-11-25
//! ```

use std::sync::Arc;
use std::time::Instant;

use rmcp::RoleClient;
use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _, RunningService};
use rmcp::transport::Transport;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::diagnosis::{self, Ending, Phase};
use super::handler::Client;
use super::handshake::{Handshake, Probe};
use super::live::Live;
use super::process::Process;
use super::server::{Doing, Server};
use super::session::Session;
use super::wire::Wire;
use super::{Peer, greeting, launch, pipe, reach};
use crate::config::TransportSettings;
use crate::types::limits::ERA_PROBE_TIMEOUT;
use crate::types::{Failure, FailureKind};

/// The protocol crate's running client.
pub(super) type Service = RunningService<RoleClient, Client>;

/// Which handshake is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// Ask first.
    Either,
    /// `initialize` only.
    Older,
    /// `server/discover` only.
    Newer,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// Its process ended.
    Died,
    /// The handshake failed.
    Refused(Box<ClientInitializeError>),
    /// No answer in time.
    Silent,
    /// We were asked to stop.
    Cancelled,
    /// We know exactly why.
    Known(Failure),
}

/// What came of one try.
enum Tried {
    Connected(Box<Live>),
    Failed(Failure),
    /// Worth another try, with that handshake.
    Again(Era, Failure),
}

/// Connects. A server that cannot bear the probe, or answered it late, gets one further try with the right handshake.
/// Cancelling ends what was started before this returns.
pub(super) async fn attempt(server: &Server, cancel: &CancellationToken) -> Result<Box<Live>, Failure> {
    match once(server, server.era(), cancel).await {
        Tried::Connected(live) => {
            if live.session.wire.handshake.probe() == Probe::GivenUp {
                server.remember(Era::Older);
            }
            Ok(live)
        }
        Tried::Failed(failure) => Err(failure),
        Tried::Again(era, failure) => {
            server.tap().note("trying once more with the other handshake");
            match once(server, era, cancel).await {
                Tried::Connected(live) => {
                    server.remember(era);
                    Ok(live)
                }
                Tried::Failed(_) | Tried::Again(..) => Err(failure),
            }
        }
    }
}

async fn once(server: &Server, era: Era, cancel: &CancellationToken) -> Tried {
    let handshake = Handshake::new((era == Era::Either).then_some(ERA_PROBE_TIMEOUT));
    let wire = Wire::new(Arc::clone(server.tap()), Arc::clone(server.changes()), server.settings().message_bytes, handshake);
    let started = Instant::now();
    match &server.settings().transport {
        TransportSettings::Stdio { .. } => over_stdio(server, &wire, era, started, cancel).await,
        TransportSettings::Http { .. } | TransportSettings::WebSocket { .. } => {
            over_network(server, &wire, era, started, cancel).await
        }
    }
}

async fn over_stdio(server: &Server, wire: &Arc<Wire>, era: Era, started: Instant, cancel: &CancellationToken) -> Tried {
    let waiting = || server.doing(Doing::Environment);
    let plan = tokio::select! {
        plan = launch::plan(server.settings(), server.environment(), &waiting) => plan,
        () = cancel.cancelled() => return Tried::Failed(server.closed_by_us()),
    };
    let process = plan.and_then(|plan| {
        server.doing(Doing::Text(format!("starting {}", plan.words)));
        Process::start(plan, server.tap())
    });
    let (mut process, stdout, stdin) = match process {
        Ok(parts) => parts,
        Err(failure) => return Tried::Failed(server.named(failure)),
    };
    server.doing(Doing::Text(format!("waiting for the first answer of {}", process.words())));
    let greeting = greet(server.client(), pipe::over_pipe(stdout, stdin, wire), era);
    let greeted = tokio::select! {
        biased;
        greeted = in_time(server, greeting, cancel) => greeted,
        _ = process.exit() => Err(Obstacle::Died),
    };
    match greeted {
        Ok(service) => connected(server, wire, service, Some(process), started),
        Err(obstacle) => {
            let exit = match &obstacle {
                Obstacle::Cancelled | Obstacle::Silent | Obstacle::Known(_) => None,
                Obstacle::Died | Obstacle::Refused(_) => reach::soon(process.exit()).await,
            };
            let ending = process.ending(exit).await;
            wire.closed.cancel();
            let tried = judge(server, wire, era, obstacle, &ending);
            process.end().await;
            tried
        }
    }
}

async fn over_network(server: &Server, wire: &Arc<Wire>, era: Era, started: Instant, cancel: &CancellationToken) -> Tried {
    server.doing(Doing::Text("connecting".to_owned()));
    match in_time(server, Box::pin(reach::greet_remote(server, wire, era)), cancel).await {
        Ok(service) => connected(server, wire, service, None, started),
        Err(obstacle) => {
            wire.closed.cancel();
            judge(server, wire, era, obstacle, &Ending { epitaph: wire.epitaph(), ..Ending::default() })
        }
    }
}

/// The handshake over any transport.
pub(super) async fn greet<T>(client: Client, transport: T, era: Era) -> Result<Service, Obstacle>
where
    T: Transport<RoleClient> + 'static,
{
    let newest = || vec![ProtocolVersion::LATEST];
    let mode = match era {
        Era::Either => ClientLifecycleMode::Auto {
            preferred_versions: newest(),
            legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
        },
        Era::Older => ClientLifecycleMode::Initialize,
        Era::Newer => ClientLifecycleMode::Discover { preferred_versions: newest() },
    };
    let serving = Box::pin(client.serve_with_lifecycle(transport, mode));
    serving.await.map_err(|error| Obstacle::Refused(Box::new(error)))
}

async fn in_time(
    server: &Server,
    greeting: impl Future<Output = Result<Service, Obstacle>>,
    cancel: &CancellationToken,
) -> Result<Service, Obstacle> {
    tokio::select! {
        greeted = tokio::time::timeout(server.settings().connect_timeout, greeting) => greeted.unwrap_or(Err(Obstacle::Silent)),
        () = cancel.cancelled() => Err(Obstacle::Cancelled),
    }
}

/// Whether to try again, and what to say.
fn judge(server: &Server, wire: &Wire, era: Era, obstacle: Obstacle, ending: &Ending) -> Tried {
    let settings = server.settings();
    let probe = wire.handshake.probe();
    let (failure, silent) = match obstacle {
        Obstacle::Cancelled => return Tried::Failed(server.closed_by_us()),
        Obstacle::Known(failure) => return Tried::Failed(server.named(failure)),
        Obstacle::Silent => (diagnosis::silent(settings, ending, probe), true),
        Obstacle::Died => (diagnosis::ended(settings, ending, Phase::Connecting), false),
        Obstacle::Refused(_) if ending.exit.is_some() => (diagnosis::ended(settings, ending, Phase::Connecting), false),
        Obstacle::Refused(error) => (refused(server, &error, ending), false),
    };
    let minds = !silent && diagnosis::minds_the_probe(ending);
    match probe {
        Probe::Late if era == Era::Either => Tried::Again(Era::Newer, failure),
        Probe::Asked(_) if era == Era::Either && minds => Tried::Again(Era::Older, failure),
        Probe::Late | Probe::Asked(_) | Probe::Unasked | Probe::Answered | Probe::GivenUp => Tried::Failed(failure),
    }
}

/// The failure for a handshake that the server, or the protocol, did not allow.
#[expect(clippy::wildcard_enum_match_arm, reason = "the protocol crate's errors may grow; each explains itself")]
fn refused(server: &Server, error: &ClientInitializeError, ending: &Ending) -> Failure {
    let name = &server.settings().name;
    let why = match error {
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => return refused(server, fallback, ending),
        ClientInitializeError::ConnectionClosed(_) => return diagnosis::ended(server.settings(), ending, Phase::Connecting),
        ClientInitializeError::JsonRpcError(error) => {
            format!("refused the handshake: {} (JSON-RPC error {})", error.message, error.code.0)
        }
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
            let known: Vec<&str> = server_supported.iter().map(ProtocolVersion::as_str).collect();
            format!("speaks only protocol revisions that mcp-studio does not know: {}", known.join(", "))
        }
        ClientInitializeError::TransportError { error, .. } => {
            format!("cannot be reached: {}", super::tls::chain(error.error.as_ref()))
        }
        other => format!("answered the handshake in an unexpected way: {other}"),
    };
    let failure = Failure::new(FailureKind::Connection, format!("server \"{name}\" {why}"));
    diagnosis::with_facts(failure, ending).hint(format!("check the settings of \"{name}\" in {}", server.settings().place))
}

fn connected(server: &Server, wire: &Arc<Wire>, service: Service, process: Option<Process>, started: Instant) -> Tried {
    let negotiated = service.peer_info().map(|info| info.protocol_version.clone()).unwrap_or_default();
    let raw = wire.handshake.greeting().unwrap_or_default();
    let info = Peer {
        process: process.as_ref().map(Process::id),
        connect_time: started.elapsed(),
        connection: server.next_connection(),
        ..greeting::peer(&raw, negotiated.as_str())
    };
    if !ProtocolVersion::KNOWN_VERSIONS.contains(&negotiated) {
        wire.tap().trouble(&format!("it speaks protocol revision {negotiated}, which mcp-studio does not know"));
    }
    let (death, obituary) = watch::channel(None);
    let session = Arc::new(Session {
        server: server.settings().name.clone(),
        info,
        peer: service.peer().clone(),
        wire: Arc::clone(wire),
        obituary,
    });
    greeting::listen(&session, &negotiated);
    Tried::Connected(Box::new(Live { session, service, process, death }))
}
