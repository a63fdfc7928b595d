//! `bench`: what the studio costs on this machine, each quantity beside a baseline of the same run.
//!
//! Responsible for: measuring real parts as a person meets them, within a time, and leaving nothing behind: scripts and calls
//! are those of a project in a temporary folder, unless a tool of one's own is to be measured. Not responsible for: saying
//! what is fast enough. `benches/` measures more with the same parts.

mod bare;
mod calls;
mod figure;
mod runs;
mod sample;
mod screen;
mod trial;

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub use calls::burst;
pub use figure::{Baseline, Figure, Unit};
pub use runs::{CALLER, NOTHING, SLEEPER, stopped, together};
pub use sample::{Sample, Turns, duration_words};
pub use screen::Screens;
pub use trial::Trial;

use super::studio::Studio;
use crate::sys::sandbox::Level;
use crate::types::limits::{BENCH_OWN_CALLS, BENCH_QUICK, BENCH_RUN_LIMIT, BENCH_SPAN};
use crate::types::{Failure, FailureKind};

/// How long the measuring may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// [`BENCH_SPAN`].
    Full,
    /// [`BENCH_QUICK`].
    Quick,
}

/// What is measured.
pub enum Subject {
    /// The studio, with the embedded server. The front that draws gives its screens.
    Studio(fn() -> Screens),
    /// One tool of the project.
    Tool {
        /// `server__tool`.
        tool: String,
        /// What it is called with.
        arguments: Option<Value>,
    },
}

/// What is told while measuring.
pub enum News {
    /// This is measured next.
    Begun(&'static str),
    /// This was measured.
    Had(Figure),
    /// This could not be measured; the rest can.
    Missed(&'static str, Failure),
}

/// On what it was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Version of this program.
    pub version: &'static str,
    /// `release`, or `debug`: then figures are several times those of a release.
    pub build: &'static str,
    /// Operating system and processor.
    pub system: String,
    /// Processors that we may use.
    pub processors: usize,
    /// How far scripts are confined.
    pub sandbox: Level,
}

impl Studio {
    /// On what [`Studio::bench`] measures.
    pub fn bench_machine(&self) -> Machine {
        Machine {
            version: env!("CARGO_PKG_VERSION"),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            sandbox: self.sandbox_level(),
        }
    }

    /// Measures, telling each figure when it is had, until everything is measured or `cancel` says to end. Nothing that was
    /// started is left when this returns.
    pub async fn bench(&self, subject: Subject, effort: Effort, cancel: &CancellationToken, tell: &dyn Fn(News)) {
        let whole = match effort {
            Effort::Full => BENCH_SPAN,
            Effort::Quick => BENCH_QUICK,
        };
        let bench = Bench { studio: self, whole, tell, cancel };
        match subject {
            Subject::Studio(screens) => bench.studio(screens).await,
            Subject::Tool { tool, arguments } => {
                let turns = Turns::during(whole / 4).at_most(BENCH_OWN_CALLS);
                bench.part("calls", async |tell| calls::own(self, (&tool, arguments), turns, tell).await).await;
            }
        }
    }
}

/// One measuring.
struct Bench<'a> {
    studio: &'a Studio,
    whole: Duration,
    tell: &'a dyn Fn(News),
    cancel: &'a CancellationToken,
}

impl Bench<'_> {
    async fn studio(&self, screens: fn() -> Screens) {
        let program = std::env::current_exe();
        let program = program.map_err(|error| Failure::new(FailureKind::Internal, format!("cannot find ourselves: {error}")));
        let opened = self.part("setting up", async |_| Trial::open(&program?, self.studio.settings()).await).await;
        if let Some(trial) = opened {
            self.trial(&trial).await;
            trial.close().await;
        }
        let turns = self.share(5);
        self.part("frames", async |tell| screen::frames(screens(), turns, tell).await).await;
    }

    /// What needs the trial project. A part whose baseline is missing is left out with it.
    async fn trial(&self, trial: &Trial) {
        if let Some(cold) = self.part("cold runs", async |tell| runs::cold(trial, self.share(20), tell).await).await {
            let warm = self.part("warm runs", async |tell| runs::warm(trial, self.share(14), &cold, tell).await).await;
            if let Some(warm) = warm {
                self.part("runs with a call", async |tell| runs::with_call(trial, self.share(14), &warm, tell).await).await;
                self.part("runs a second", async |tell| runs::throughput(trial, self.span(8), &cold, tell).await).await;
            }
        }
        self.part("interrupts", async |tell| runs::interrupted(trial, self.share(10), tell).await).await;
        let single = self.part("calls", async |tell| calls::one_at_a_time(trial, self.share(12), tell).await).await;
        if let Some(single) = single {
            self.part("calls in flight", async |tell| calls::in_flight(trial, self.span(6), single, tell).await).await;
        }
        self.part("search", async |tell| {
            let own = screen::search(self.studio, self.share(3), tell).await?;
            if own { Ok(true) } else { screen::search(trial.studio(), self.share(3), tell).await }
        })
        .await;
    }

    /// One part, unless everything is to end. None where it failed, which is told.
    async fn part<T>(&self, name: &'static str, work: impl AsyncFnOnce(&dyn Fn(Figure)) -> Result<T, Failure>) -> Option<T> {
        if self.cancel.is_cancelled() {
            return None;
        }
        (self.tell)(News::Begun(name));
        let had = |figure| (self.tell)(News::Had(figure));
        let limit = self.whole + BENCH_RUN_LIMIT;
        let done = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return None,
            done = timeout(limit, work(&had)) => done,
        };
        let late = |_| Failure::new(FailureKind::Timeout, format!("it was not measured within {} s", limit.as_secs()));
        done.map_err(late).flatten().map_err(|failure| (self.tell)(News::Missed(name, failure))).ok()
    }

    fn span(&self, percent: u32) -> Duration {
        self.whole * percent / 100
    }

    fn share(&self, percent: u32) -> Turns {
        Turns::during(self.span(percent))
    }
}
