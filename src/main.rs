//! The binary: parses the command line and hands over to a front.

fn main() -> std::process::ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let Ok(runtime) = runtime else { return std::process::ExitCode::FAILURE };
    let root = std::env::args().nth(3).unwrap_or_default();
    let served = runtime.block_on(mcp_studio::fronts::mcp::serve_files(std::path::Path::new(&root)));
    runtime.shutdown_background();
    if served.is_ok() { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}
