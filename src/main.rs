//! The binary: reads the command line and hands over to a front.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use mcp_studio::fronts::cli::{self, Command, Host, HostKind, Invocation};
use mcp_studio::fronts::mcp::{self, HttpDoor, Metrics};
use mcp_studio::fronts::tui;
use mcp_studio::ops::Studio;
use mcp_studio::types::{Failure, FailureKind};
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

/// Threads of the runtime: one can be busy with a large message while the other answers.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    // The watchdog outlives a killed core; it must not wait for anything that the rest sets up.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == mcp_studio::sys::watchdog::ARGUMENT) {
        return mcp_studio::sys::watchdog::run();
    }
    let mut invocation = match cli::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(code) => return code,
    };
    if let Some(code) = cli::through_studio(&mut invocation) {
        return code;
    }
    let mut runtime = match &invocation.command {
        // One client, and work that goes to threads of its own.
        Some(Command::FileServer(_)) => Builder::new_current_thread(),
        Some(_) | None => Builder::new_multi_thread(),
    };
    let runtime = match runtime.worker_threads(WORKERS).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cli::refuse(&Failure::new(FailureKind::Internal, format!("cannot start: {error}")), false),
    };
    let json = invocation.json;
    let code = runtime.block_on(dispatch(invocation)).unwrap_or_else(|failure| cli::refuse(&failure, json));
    // A thread that still reads our standard input must not hold us up.
    runtime.shutdown_background();
    code
}

async fn dispatch(invocation: Invocation) -> Result<ExitCode, Failure> {
    match &invocation.command {
        Some(Command::FileServer(arguments)) => mcp::serve_files(&arguments.root).await.map(|()| ExitCode::SUCCESS),
        Some(Command::Serve(arguments)) => Box::pin(serve(&invocation, arguments)).await,
        Some(Command::Bench(arguments)) => Box::pin(bench(&invocation, arguments)).await,
        Some(Command::Daemon(arguments)) => cli::daemon(&invocation, arguments).await,
        Some(_) => headless(invocation).await,
        None => workbench(invocation).await,
    }
}

async fn headless(invocation: Invocation) -> Result<ExitCode, Failure> {
    let studio = Studio::open_recording(&invocation.location(), invocation.front(), invocation.record())?;
    let log = studio.clone();
    // Both beside the work, not before it.
    if matches!(invocation.command, Some(Command::Exec(_) | Command::Call(_))) {
        tokio::task::spawn_blocking(mcp_studio::sys::watchdog::ensure);
    }
    tokio::task::spawn_blocking(move || log.start_log());
    let code = cli::run(&studio, invocation).await;
    studio.shutdown().await;
    Ok(code)
}

async fn bench(invocation: &Invocation, arguments: &cli::Bench) -> Result<ExitCode, Failure> {
    let studio = Studio::open(&invocation.location(), invocation.front())?;
    let code = cli::bench(&studio, invocation, arguments.clone(), tui::rehearsed).await;
    studio.shutdown().await;
    Ok(code)
}

async fn serve(invocation: &Invocation, arguments: &cli::Serve) -> Result<ExitCode, Failure> {
    let studio = Studio::open(&invocation.location(), invocation.front())?;
    studio.start_log();
    let code = match arguments.http {
        None => Box::pin(cli::attend(&studio, invocation.verbose, mcp::serve_agents(&studio))).await,
        Some(address) => {
            let token = std::env::var(mcp::TOKEN_VARIABLE).ok();
            let (hosts, origins) = (arguments.allow_host.clone(), arguments.allow_origin.clone());
            let metrics = if arguments.metrics { Metrics::On } else { Metrics::Off };
            let door = HttpDoor { address, token, hosts, origins, metrics };
            let announce = |address| cli::inform(&format!("listening on http://{address}/mcp"));
            cli::attend(&studio, invocation.verbose, mcp::serve_agents_over_http(&studio, door, announce)).await
        }
    };
    studio.shutdown().await;
    Ok(code)
}

async fn workbench(invocation: Invocation) -> Result<ExitCode, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let message = "the workbench needs a terminal on standard input and output";
        let hint = "without one use: mcp-studio exec, call, list-tools, generate, health or sessions";
        return Err(Failure::new(FailureKind::Usage, message).hint(hint));
    }
    let studio = Studio::open(&invocation.location(), invocation.front())?;
    let log = studio.clone();
    // Both beside the first frame, not before it.
    tokio::task::spawn_blocking(move || log.start_log());
    let stop = CancellationToken::new();
    let hosting = tokio::spawn(Host::new(studio.clone(), HostKind::Workbench, stop.clone()).open());
    let left = tui::run(studio.clone()).await;
    stop.cancel();
    let ((), hosted) = tokio::join!(studio.shutdown(), hosting);
    drop(hosted);
    left.map(|()| ExitCode::SUCCESS)
}
