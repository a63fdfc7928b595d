//! Runs of scripts: cold against a bare interpreter, warm against a bare fork, many at once, with a tool call, interrupted.

use std::process::Command;
use std::time::Duration;

use crate::memory;
use crate::support::{head, row, runtime, timed, times, trial};
use mcp_studio::ops::Run;
use mcp_studio::ops::bench::{CALLER, NOTHING, Sample, Trial, Turns, duration_words, stopped, together};

/// Cold runs timed; `RUNS=20` for a try.
const COLD: usize = 100;
/// Between two warm runs of a person: the pool is full again.
const PAUSE: Duration = Duration::from_millis(20);
/// Warm runs timed.
const WARM: usize = 1_000;
/// Forks of the baseline, in a Python of its own.
const FORKS: &str = "import os, sys, time
times = []
for _ in range(int(sys.argv[1])):
    start = time.perf_counter_ns()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    times.append(time.perf_counter_ns() - start)
print(*times)";

pub(crate) fn run() {
    runtime().block_on(async {
        let trial = trial().await;
        trial.studio().warm().await;
        whole(&trial).await;
        warm(&trial).await;
        interrupts(&trial).await;
        memory::run(&trial).await;
        trial.close().await;
    });
}

/// The program from its start to its exit code, against an interpreter that does nothing.
async fn whole(trial: &Trial) {
    let turns = Turns::counted(times(COLD));
    let both = turns.of_both(async || trial.bare_run().await, async || trial.cold_run().await).await;
    let [bare, cold] = both.expect("cold runs");
    head("Simple script, cold, whole program", "python3 -I -S -c pass");
    row("baseline", &bare, &bare);
    row("mcp-studio exec", &cold, &bare);
}

async fn warm(trial: &Trial) {
    let forks = forks(trial);
    let rested = async |source| {
        tokio::time::sleep(PAUSE).await;
        trial.script(source).await
    };
    let pass = timed(WARM, async || rested(NOTHING).await).await;
    let caller = timed(WARM, async || rested(CALLER).await).await;
    let at_once = timed(WARM, async || trial.script(NOTHING).await).await;
    head("Warm script, confined, request to exit code", "fork + _exit + wait in Python");
    row("baseline", &forks, &forks);
    row("pass, 20 ms apart", &pass, &forks);
    row("one tool call, 20 ms apart", &caller, &forks);
    row("pass, one right after the other", &at_once, &forks);
    let (rate, _) = together(trial, 2, Turns::counted(times(WARM) / 2)).await.expect("warm runs");
    println!("two at a time: {rate:.0} scripts/s");
}

/// From the request to stop until the run is over, when the script has its own way to go and when it has none.
async fn interrupts(trial: &Trial) {
    let measure = async |stop: fn(&Run)| timed(COLD, async || stopped(trial, stop).await).await;
    let honoured = measure(Run::interrupt).await;
    let killed = measure(|run| {
        run.interrupt();
        run.interrupt();
    })
    .await;
    for (what, sample) in [("interrupt", honoured), ("kill", killed)] {
        println!("{what} to gone: {} (p99 {})", duration_words(sample.median()), duration_words(sample.quantile(0.99)));
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark starts what it measures, outside the studio")]
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(program)
}

fn forks(trial: &Trial) -> Sample {
    let count = times(WARM).to_string();
    let output = command(trial.python()).args(["-I", "-S", "-c", FORKS, &count]).output().expect("a Python");
    let printed = String::from_utf8(output.stdout).expect("figures");
    let times = printed.split_ascii_whitespace().map(|word| Duration::from_nanos(word.parse().expect("a figure")));
    Sample::of(times.collect()).expect("forks")
}
