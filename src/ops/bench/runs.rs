//! Runs of scripts: cold, warm, many, with a call, interrupted.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;

use super::figure::Figure;
use super::sample::{Sample, Turns};
use super::trial::{Trial, ended};
use crate::engine::Run;
use crate::sys::process::{Stdio, Tree};
use crate::sys::signals;
use crate::types::limits::BENCH_PAUSE;
use crate::types::{Failure, FailureKind};

/// Does nothing.
pub const NOTHING: &str = "pass\n";
/// One tool call.
pub const CALLER: &str = "from mcp_execution import call_tool\ncall_tool('files__file_info', {'path': 'a.txt'})\n";
/// Waits to be interrupted, and says so.
pub const SLEEPER: &str = "import time\nprint('on', flush=True)\ntime.sleep(60)\n";

const COLD: &str = "cold run";
const WARM: &str = "warm run";

/// A run of the whole program against a bare interpreter. Answers the program's times.
pub(super) async fn cold(trial: &Trial, turns: Turns, tell: &dyn Fn(Figure)) -> Result<Sample, Failure> {
    let [bare, cold] = turns.of_both(async || trial.bare_run().await, async || trial.cold_run().await).await?;
    tell(Figure::time(format!("{COLD}, process start to exit"), &cold, ("python3 -I -S -c pass", &bare)));
    Ok(cold)
}

/// Runs by the fork server, as a person starts them: with pauses in which the pool is filled again.
pub(super) async fn warm(trial: &Trial, turns: Turns, cold: &Sample, tell: &dyn Fn(Figure)) -> Result<Sample, Failure> {
    trial.studio().warm().await;
    let warm = turns.each(async || rested(trial, NOTHING).await).await?;
    tell(Figure::time(format!("{WARM}, request to exit code"), &warm, (COLD, cold)));
    Ok(warm)
}

/// A run that calls a tool.
pub(super) async fn with_call(trial: &Trial, turns: Turns, warm: &Sample, tell: &dyn Fn(Figure)) -> Result<(), Failure> {
    let caller = turns.each(async || rested(trial, CALLER).await).await?;
    tell(Figure::time("warm run with one tool call", &caller, (WARM, warm)));
    Ok(())
}

/// Runs a second, one after the other and two at a time.
pub(super) async fn throughput(trial: &Trial, span: Duration, cold: &Sample, tell: &dyn Fn(Figure)) -> Result<(), Failure> {
    let one = together(trial, 1, Turns::during(span)).await?;
    tell(Figure::rate("runs, one at a time", one, ("cold runs", cold.per_second())));
    let two = together(trial, 2, Turns::during(span)).await?;
    tell(Figure::rate("runs, two at a time", two, ("one at a time", one.0)));
    Ok(())
}

/// Warm runs a second of nothing, `at_once` of them at a time, and how many there were.
pub async fn together(trial: &Trial, at_once: usize, turns: Turns) -> Result<(f64, usize), Failure> {
    let lane = || turns.each(async || trial.script(NOTHING).await);
    let start = Instant::now();
    let lanes = futures::future::try_join_all((0..at_once).map(|_| lane())).await?;
    // The first turn of each lane is not in its sample, and was made all the same.
    let count = lanes.iter().map(Sample::count).sum::<usize>() + at_once;
    Ok((count as f64 / start.elapsed().as_secs_f64(), count))
}

/// From asking a script to stop until it is gone, against a bare interpreter that does the same.
pub(super) async fn interrupted(trial: &Trial, turns: Turns, tell: &dyn Fn(Figure)) -> Result<(), Failure> {
    let [bare, ours] = turns.of_both(async || bare_interrupt(trial).await, async || stopped(trial, Run::interrupt).await).await?;
    tell(Figure::time("interrupt to script gone", &ours, ("SIGINT to a bare python3", &bare)));
    Ok(())
}

/// Time from `stop` to the end of a script that waits.
pub async fn stopped(trial: &Trial, stop: impl Fn(&Run)) -> Result<Duration, Failure> {
    let run = trial.begin(SLEEPER).await?;
    let (board, pulse) = (trial.studio().board(), trial.studio().pulse());
    let waits = async {
        let mut seen = pulse.revision();
        while board.run(run.id()).is_none_or(|view| view.output_lines == 0) {
            seen = pulse.changed_since(seen).await;
        }
    };
    tokio::select! {
        () = waits => {}
        result = run.finished() => return Err(ended(&result)),
    }
    let start = Instant::now();
    stop(&run);
    run.finished().await;
    Ok(start.elapsed())
}

async fn bare_interrupt(trial: &Trial) -> Result<Duration, Failure> {
    let stdio = [Stdio::Null, Stdio::Pipe, Stdio::Null];
    let mut tree = Tree::start(trial.launch(trial.python(), &["-I", "-S", "-c", SLEEPER], stdio))?;
    let silent = || Failure::new(FailureKind::Environment, "the interpreter did not run a script of the benchmark");
    let mut output = tree.stdout.take().ok_or_else(silent)?;
    output.read_exact(&mut [0; 2]).await.map_err(|_| silent())?;
    let start = Instant::now();
    tree.signal(signals::INTERRUPT);
    tree.wait().await;
    Ok(start.elapsed())
}

async fn rested(trial: &Trial, source: &str) -> Result<Duration, Failure> {
    tokio::time::sleep(BENCH_PAUSE).await;
    trial.script(source).await
}
