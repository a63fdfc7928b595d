//! One run from request to result: prepare, start, supervise, drain, record.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::broker::{Broker, News};
use super::code::Key;
use super::conclusion::conclude;
use super::full_copy::FullCopy;
use super::ladder::{Action, Cause, Ladder};
use super::limits::{self, Limit};
use super::message::{Ended, Job};
use super::output::{Allowance, Pump, Written};
use super::process::{End, Process, Started};
use super::python::Python;
use super::request::{Entry, Folder, Output, RunRequest, Script, Start};
use super::result::{RunResult, RunTimes, ScriptError};
use super::sample::Sampler;
use super::scratch::RunScratch;
use super::source::Source;
use super::{Engine, frames};
use crate::journal::{Event, OutputStream, RunState};
use crate::sys::process::{Exit, Usage};
use crate::sys::sandbox::Level;
use crate::sys::signals;
use crate::telemetry::Work;
use crate::types::limits::{DRAIN_TIMEOUT, INTERRUPT_LEAD, INTERRUPT_NUDGE, SAMPLE_INTERVAL};
use crate::types::{Failure, FailureKind, RunId, estimate_tokens};

/// A run and all it needs.
pub(super) struct Driver {
    pub(super) engine: Arc<Engine>,
    pub(super) request: RunRequest,
    pub(super) entry: Entry,
    pub(super) source: Source,
    pub(super) run: RunId,
    pub(super) asked: Instant,
}

/// A run with its process.
struct Running {
    process: Process,
    how: String,
    key: Key,
    broker: Arc<Broker>,
    serving: JoinHandle<()>,
    news: mpsc::Receiver<News>,
    pumps: [JoinHandle<Written>; 2],
    stop_pumps: CancellationToken,
    allowance: Arc<Allowance>,
    scratch: RunScratch,
    times: Times,
}

/// Moments of a run.
#[derive(Debug, Clone, Copy)]
struct Times {
    asked: Instant,
    prepared: Instant,
    started: Option<Instant>,
    ended: Option<Instant>,
}

/// What supervising a run has shown.
#[derive(Default)]
struct Seen {
    ended: Option<Ended>,
    exit: Option<Exit>,
    /// What its processes used when they were looked at last.
    usage: Option<Usage>,
    /// None while it looks.
    sampler: Option<Sampler>,
}

impl Driver {
    /// Drives the run to its end. `stops` are requests to stop it.
    pub(super) async fn drive(self, stops: mpsc::Receiver<Cause>) -> RunResult {
        let calls = &self.engine.calls;
        let span = calls.telemetry().work(Work::Run(self.run), || calls.masker().text(&self.source.shown).into_owned());
        let result = self.driven(stops).await;
        if let Some(span) = span {
            span.end(failure_word(result.exit_code));
        }
        result
    }

    async fn driven(self, mut stops: mpsc::Receiver<Cause>) -> RunResult {
        self.begun();
        let places = self.engine.places();
        let start = async {
            let place = places.acquire().await;
            self.start().await.map(|running| (running, place))
        };
        let started = tokio::select! {
            started = start => started,
            Some(cause) = stops.recv() => return self.not_started(&Err(cause)),
        };
        match started {
            Ok((running, _place)) => self.supervise(running, stops).await,
            Err(failure) => self.not_started(&Ok(failure)),
        }
    }

    fn begun(&self) {
        self.count_context();
        self.engine.record(&Event::RunStarted {
            run: self.run,
            script: self.source.shown.clone(),
            sha256: self.source.sha256.clone(),
            sandbox: format!("{:?}", self.level()).to_lowercase(),
            limits: self.own_limits(),
        });
    }

    /// The limits of this run that are not those of the configuration.
    fn own_limits(&self) -> BTreeMap<String, String> {
        let timeout = self.request.timeout.map(|time| ("script_timeout_seconds".to_owned(), time.as_secs_f64().to_string()));
        timeout.into_iter().collect()
    }

    /// Brings what is known of this run's share of an agent's context up to date.
    fn count_context(&self) {
        let script = estimate_tokens(self.source.text.len() as u64);
        self.engine.board().run_tokens(self.run, self.engine.offered_tokens(), script);
    }

    /// The level asked for, or else the configured one as far as this machine gives it.
    fn level(&self) -> Level {
        self.request.sandbox.unwrap_or(self.engine.sandbox_level())
    }

    async fn start(&self) -> Result<Running, Failure> {
        let python =
            self.engine.python(&self.source, self.request.sandbox, |doing| self.state(RunState::Starting(doing), None)).await?;
        let scratch = self.engine.scratch()?.fresh()?;
        let prepared = Instant::now();
        self.state(RunState::Starting("starting".to_owned()), None);
        let key = Key::new(&self.source, python.executable.clone());
        let job = self.job(&python, &key, &scratch)?;
        let (started, how) = self.engine.process(self.run, &python, &self.request, job, scratch.folder()).await?;
        let times = Times { asked: self.asked, prepared, started: None, ended: None };
        Ok(self.connect(started, how, key, scratch, times))
    }

    /// The first message to the process.
    fn job(&self, python: &Python, key: &Key, scratch: &RunScratch) -> Result<Vec<u8>, Failure> {
        let code = self.engine.codes().get(key);
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let mut path: Vec<String> = Vec::new();
        for folder in [self.source.folder.as_deref(), Some(self.engine.workspace()), Some(python.runtime.as_path())] {
            let folder = folder.map(text).filter(|folder| !path.contains(folder));
            path.extend(folder);
        }
        let temporary = text(scratch.folder());
        let folder = match &self.request.folder {
            Folder::Current => std::env::current_dir().ok(),
            Folder::Workspace => None,
            Folder::At(folder) => Some(folder.clone()),
        };
        let folder = folder.unwrap_or_else(|| self.engine.workspace().to_owned());
        let job = Job {
            script: &self.source.name,
            source: if code.is_some() && self.is_saved() { "" } else { &self.source.text },
            code: code.as_deref(),
            // Nobody asks for code after a run on its own.
            keep: code.is_none() && self.request.start == Start::Warm,
            saved: self.is_saved(),
            arguments: &self.request.arguments,
            environment: BTreeMap::from([("TMPDIR", temporary.as_str())]),
            folder: &folder,
            path: &path,
            packages: python.packages(),
            limits: &limits::resources(self.engine.limits()),
            context: !self.request.context.is_null(),
            compile_only: self.entry == Entry::Compile,
            function: match &self.entry {
                Entry::Function(name) => Some(name),
                Entry::Script | Entry::Compile => None,
            },
        };
        let not_sent = |error| Failure::new(FailureKind::Script, format!("cannot hand the script over: {error}"));
        frames::frame(&job).map_err(not_sent)
    }

    fn is_saved(&self) -> bool {
        matches!(self.request.script, Script::File(_))
    }

    fn connect(&self, started: Started, how: String, key: Key, scratch: RunScratch, times: Times) -> Running {
        let Started { process, channel, job, stdout, stderr } = started;
        let broker = self.engine.broker(self.run, self.request.context.clone(), self.request.answering);
        let (tell, news) = mpsc::channel(2);
        let serving = tokio::spawn(Arc::clone(&broker).serve(channel, job, tell));
        let stop_pumps = CancellationToken::new();
        let allowance = Allowance::of(self.engine.limits().output_bytes);
        let pump = |stream, pipe| {
            let (board, stop, allowance) = (self.engine.board(), stop_pumps.clone(), Arc::clone(&allowance));
            let name = if stream == OutputStream::Stderr { "stderr" } else { "stdout" };
            let copy = FullCopy::new(name, &self.engine.output_folder(self.run), Arc::clone(self.engine.masker()));
            tokio::spawn(
                Pump { board, run: self.run, stream, output: self.request.output.clone(), allowance, copy, stop }.run(pipe),
            )
        };
        let pumps = [pump(OutputStream::Stdout, stdout), pump(OutputStream::Stderr, stderr)];
        Running { process, how, key, broker, serving, news, pumps, stop_pumps, allowance, scratch, times }
    }

    /// Waits for the end, and climbs the ladder when somebody or something wants it sooner.
    async fn supervise(&self, mut running: Running, mut stops: mpsc::Receiver<Cause>) -> RunResult {
        let sampler = Sampler::new(&running.scratch, self.engine.output());
        let (mut ladder, mut seen) = (Ladder::default(), Seen { sampler: Some(sampler), ..Seen::default() });
        let limit = self.request.timeout.or(self.engine.limits().script_timeout);
        let mut limit = limit.map(|limit| (limit, running.times.prepared + limit));
        let mut sample = tokio::time::interval_at((Instant::now() + SAMPLE_INTERVAL).into(), SAMPLE_INTERVAL);
        sample.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let process = running.process.clone();
        loop {
            let action = tokio::select! {
                biased;
                Some(cause) = stops.recv() => ladder.stop(cause, Instant::now()),
                Some(news) = running.news.recv() => match news {
                    News::Started(code) => {
                        self.running(&mut running, code);
                        None
                    }
                    News::Ended(ended) => {
                        seen.ended = Some(ended);
                        break;
                    }
                },
                end = process.wait() => {
                    match end {
                        End::Exit(exit) => seen.exit = Some(exit),
                        End::Lost => drop(ladder.stop(Cause::Abandoned("the fork server died".to_owned()), Instant::now())),
                    }
                    break;
                }
                () = until(ladder.deadline()) => ladder.climb(Instant::now()),
                () = until(limit.map(|(_, at)| at)) => {
                    let cause = limit.take().map(|(limit, _)| Cause::TimedOut(limit));
                    cause.and_then(|cause| ladder.stop(cause, Instant::now()))
                }
                () = running.allowance.spent(), if ladder.cause().is_none() => {
                    ladder.stop(self.passed(Limit::OutputBytes), Instant::now())
                }
                _ = sample.tick() => self.look(&process, &mut seen).await.and_then(|cause| ladder.stop(cause, Instant::now())),
            };
            match action {
                Some(Action::GiveUp) => break,
                Some(action) => self.act(action, &running).await,
                None => {}
            }
        }
        running.times.ended = Some(Instant::now());
        self.finish(running, &ladder, seen).await
    }

    /// The script's first statement comes next.
    fn running(&self, running: &mut Running, code: Option<String>) {
        running.times.started = Some(Instant::now());
        if let Some(code) = code {
            self.engine.codes().put(running.key.clone(), code);
        }
        self.state(RunState::Running, Some(running.process.id()));
    }

    /// Looks at what the run uses; a limit passed is a reason to stop.
    async fn look(&self, process: &Process, seen: &mut Seen) -> Option<Cause> {
        let (sampler, sample) = seen.sampler.take()?.look(process, self.engine.limits().memory_bytes).await?;
        seen.sampler = Some(sampler);
        if let Some(usage) = sample.tree.usage {
            seen.usage = Some(usage);
            self.engine.board().run_usage(self.run, usage);
        }
        limits::passed(&sample, self.engine.limits()).map(|limit| self.passed(limit))
    }

    /// A limit as the reason to stop.
    fn passed(&self, limit: Limit) -> Cause {
        Cause::Limit(limit.words(self.engine.limits()))
    }

    async fn act(&self, action: Action, running: &Running) {
        self.state(RunState::Interrupting, Some(running.process.id()));
        match action {
            Action::Interrupt => {
                running.process.signal(signals::INTERRUPT).await;
                let (process, broker) = (running.process.clone(), Arc::clone(&running.broker));
                tokio::spawn(async move {
                    // Python looks for signals between its own steps: one that comes right before a system call is seen after it.
                    tokio::time::sleep(INTERRUPT_NUDGE).await;
                    process.signal(signals::NUDGE).await;
                    // An interrupted script withdraws its calls itself; a cancelled call must not overtake the interrupt.
                    tokio::time::sleep(INTERRUPT_LEAD).await;
                    process.signal(signals::NUDGE).await;
                    broker.cancel_all();
                });
            }
            Action::Terminate => {
                running.broker.cancel_all();
                running.process.signal(signals::TERMINATE).await;
            }
            Action::Kill => {
                running.process.signal(signals::KILL).await;
                let process = running.process.clone();
                self.engine.later(async move { process.sweep().await });
            }
            Action::GiveUp => {}
        }
    }

    /// Leaves nothing of the process behind, reads what it still wrote, and records the end.
    async fn finish(&self, mut running: Running, ladder: &Ladder, mut seen: Seen) -> RunResult {
        let process = running.process.clone();
        if seen.ended.is_some() {
            self.engine.later(async move { process.leave().await });
        } else {
            process.sweep().await;
        }
        // The channel ends with the process; a foreign process that somehow holds it cannot delay us.
        if tokio::time::timeout(DRAIN_TIMEOUT, &mut running.serving).await.is_err() {
            running.broker.cancel_all();
            running.serving.abort();
        }
        while let Ok(news) = running.news.try_recv() {
            match news {
                News::Started(code) => self.running(&mut running, code),
                News::Ended(ended) => seen.ended = Some(ended),
            }
        }
        let [stdout, stderr] = drain(running.pumps, &running.stop_pumps, &running.process).await;
        self.engine.renew_scratch(running.scratch, &running.process);
        // A script may have ended before what it wrote was counted.
        let flood = running.allowance.is_spent().then(|| self.passed(Limit::OutputBytes));
        let cause = ladder.cause().or(flood.as_ref());
        let (exit_code, outcome) = conclude(cause, seen.ended.as_ref(), seen.exit, self.engine.limits());
        let (error, peak, cpu) = match seen.ended {
            Some(ended) => (ended.error, ended.peak_memory, ended.cpu),
            None => (None, None, None),
        };
        self.ended(RunResult {
            run: self.run,
            exit_code,
            outcome,
            value: running.broker.take_result(),
            error,
            stdout: stdout.kept,
            stderr: stderr.kept,
            full_output: [stdout.whole, stderr.whole].into_iter().flatten().collect(),
            milliseconds: running.times.milliseconds(),
            peak_memory: peak.max(seen.usage.map(|usage| usage.peak_bytes)),
            cpu_seconds: cpu.or(seen.usage.map(|usage| usage.cpu.as_secs_f64())),
            started: running.how,
            sandbox: self.level(),
            steps: 0,
        })
    }

    /// The end of a run that was stopped, or failed, before it had a process.
    fn not_started(&self, why: &Result<Failure, Cause>) -> RunResult {
        let (cause, error) = match why {
            Ok(failure) => (Cause::Abandoned("not started".to_owned()), Some(ScriptError::not_started(failure))),
            Err(cause) => (cause.clone(), None),
        };
        if let Ok(failure) = why {
            let board = self.engine.board();
            board.run_output(self.run, OutputStream::Studio, format!("{failure}\n").as_bytes());
        }
        let (exit_code, outcome) = conclude(Some(&cause), None, None, self.engine.limits());
        let captured = matches!(self.request.output, Output::Capture).then(String::new);
        let queue = milliseconds(self.asked.elapsed());
        self.ended(RunResult {
            exit_code,
            outcome,
            error,
            stdout: captured.clone(),
            stderr: captured,
            milliseconds: RunTimes { queue, ..RunTimes::default() },
            sandbox: self.level(),
            ..RunResult::unknown(self.run)
        })
    }

    fn ended(&self, mut result: RunResult) -> RunResult {
        let board = self.engine.board();
        result.steps = board.run(self.run).map_or(0, |view| view.steps.steps);
        let spent = self.engine.calls.limits_spent(self.run);
        if !spent.is_empty() {
            result.outcome = format!("{} ({})", result.outcome, spent.join("; "));
        }
        let duration = self.asked.elapsed();
        let line = result.error.as_ref().and_then(|error| error.line);
        let (exit_code, outcome) = (result.exit_code, result.outcome.clone());
        self.state(RunState::Ended { exit_code, outcome: outcome.clone(), duration, line }, None);
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.count_context();
        self.engine.record(&Event::RunTokens { run: self.run, tokens: board.tokens_of_run(self.run) });
        self.engine.count_tokens(self.run, &self.source.text);
        self.engine.record(&Event::RunEnded { run: self.run, exit_code, outcome, milliseconds });
        result
    }

    fn state(&self, state: RunState, process: Option<u32>) {
        self.engine.board().run_state(self.run, state, process);
    }
}

impl Times {
    fn milliseconds(&self) -> RunTimes {
        let ended = self.ended.unwrap_or_else(Instant::now);
        let started = self.started.unwrap_or(ended);
        RunTimes {
            queue: milliseconds(self.prepared - self.asked),
            start: milliseconds(started - self.prepared),
            run: milliseconds(ended - started),
        }
    }
}

/// The class of an exit code for traces; the words of the outcome may be a script's own.
fn failure_word(exit_code: i32) -> Option<&'static str> {
    match exit_code {
        0 => None,
        124 => Some("timeout"),
        130 => Some("interrupted"),
        143 => Some("terminated"),
        _ => Some("script_error"),
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Both streams to their end, or to what is there when something left behind keeps them open.
async fn drain(mut pumps: [JoinHandle<Written>; 2], stop: &CancellationToken, process: &Process) -> [Written; 2] {
    let [stdout, stderr] = &mut pumps;
    let both = async { [stdout.await.unwrap_or_default(), stderr.await.unwrap_or_default()] };
    tokio::pin!(both);
    if let Ok(kept) = tokio::time::timeout(DRAIN_TIMEOUT, &mut both).await {
        return kept;
    }
    process.sweep().await;
    stop.cancel();
    both.await
}

/// Sleeps until `at`, for ever without it.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
