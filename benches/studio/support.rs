//! What the benchmarks share: a project to measure in, and printing ratios against a baseline of the same run.

use std::path::Path;

use mcp_studio::config::{Paths, Settings};
use mcp_studio::ops::bench::{Sample, Trial, Turns, duration_words};
use mcp_studio::types::Failure;
use tokio::runtime::Runtime;

/// The built program.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_mcp-studio");

/// As the program's own.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A project in a temporary folder with the file server of the built program, and a studio for it.
pub(crate) async fn trial() -> Trial {
    let nowhere = Path::new("/nonexistent");
    let [project, config, workspace, state] = [".", "mcp_config.json", "workspace", ".mcp-studio"].map(|name| nowhere.join(name));
    let like = Settings::bare(Paths { project, config, workspace, state });
    Trial::open(Path::new(BINARY), &like).await.expect("a project")
}

/// `usual`, or as often as `RUNS` says: fewer for a try.
pub(crate) fn times(usual: usize) -> usize {
    std::env::var("RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Times `work`, and then for as many turns.
pub(crate) async fn timed(count: usize, work: impl AsyncFnMut() -> Result<std::time::Duration, Failure>) -> Sample {
    Turns::counted(times(count)).each(work).await.expect("a measurement")
}

/// Prints the head of a table.
pub(crate) fn head(title: &str, baseline: &str) {
    println!("\n{title}\nbaseline: {baseline}\n{:<44} {:>12} {:>12} {:>12}", "quantity", "median", "p99", "x baseline");
}

/// Prints one row of it.
pub(crate) fn row(name: &str, sample: &Sample, baseline: &Sample) {
    let ratio = sample.median().as_secs_f64() / baseline.median().as_secs_f64();
    let [median, p99] = [sample.median(), sample.quantile(0.99)].map(duration_words);
    println!("{name:<44} {median:>12} {p99:>12} {ratio:>12.2}");
}
