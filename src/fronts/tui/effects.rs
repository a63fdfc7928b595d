//! Does what the model asks for, in tasks of its own, and sends back what came of it.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::history::Recollection;
use super::message::{Direction, Effect, Piece, Reply, SaveFault, Ticket};
use super::steps::{Looked, Sieve, StepSearch};
use super::summary::RunFigures;
use super::{text, veil};
use crate::ops::{ApprovalAnswer, CallReply, GenerateRequest, OutputStream, Run, RunRequest, Script, Studio};
use crate::types::limits::{BOARD_STEPS, FRONT_MESSAGES, SCRIPT_BYTES};
use crate::types::{Caller, Failure, FailureKind, Masker, RunId, ServerName, ToolId};

/// Where replies go. It never waits: when the queue is full a flag says that replies were lost.
#[derive(Debug, Clone)]
pub(super) struct Replies {
    queue: mpsc::Sender<Reply>,
    lost: Arc<AtomicBool>,
}

impl Replies {
    /// The queue's two ends.
    pub(super) fn new() -> (Self, mpsc::Receiver<Reply>) {
        let (queue, receiver) = mpsc::channel(FRONT_MESSAGES);
        (Self { queue, lost: Arc::new(AtomicBool::new(false)) }, receiver)
    }

    /// Sends a reply.
    pub(super) fn send(&self, reply: Reply) {
        if self.queue.try_send(reply).is_err() {
            self.lost.store(true, Ordering::Release);
        }
    }

    /// Whether replies were lost since the last time this was asked.
    pub(super) fn take_lost(&self) -> bool {
        self.lost.swap(false, Ordering::AcqRel)
    }
}

/// Starts the tasks and knows those that can be stopped.
#[derive(Debug)]
pub(super) struct Effects {
    pub(super) studio: Studio,
    pub(super) replies: Replies,
    calls: Arc<Mutex<BTreeMap<Ticket, CancellationToken>>>,
    runs: Arc<Mutex<BTreeMap<RunId, Run>>>,
}

impl Effects {
    /// For one studio.
    pub(super) fn new(studio: Studio, replies: Replies) -> Self {
        Self { studio, replies, calls: Arc::default(), runs: Arc::default() }
    }

    /// Answers a waiting call; keeping the answer for always writes a file.
    fn answer(&self, id: u64, answer: ApprovalAnswer) {
        let (studio, replies) = (self.studio.clone(), self.replies.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(failure) = studio.approvals().answer(id, answer) {
                replies.send(Reply::NotKept(failure));
            }
        });
    }

    /// Begins to do it. Returns at once.
    pub(super) fn begin(&self, effect: Effect) {
        match effect {
            Effect::Connect(server) => self.connect(server),
            Effect::Disconnect(server) => {
                let studio = self.studio.clone();
                tokio::spawn(async move { studio.disconnect(&server).await });
            }
            Effect::Call(ticket, tool, arguments) => self.call(ticket, tool, arguments),
            Effect::Answer(id, answer) => self.answer(id, answer),
            Effect::Cancel(ticket) => {
                if let Some(token) = lock(&self.calls).get(&ticket) {
                    token.cancel();
                }
            }
            Effect::Wrap(tool) => self.look(move |studio| {
                let wrapper = studio.shown_wrapper(&tool);
                Reply::Wrapped(tool, wrapper)
            }),
            Effect::Traffic(server) => self.look(move |studio| {
                let messages = Arc::new(veil::messages(studio.veil(), studio.traffic(&server)));
                Reply::Traffic(server, messages)
            }),
            Effect::Run(path, text) => self.run(path, text),
            Effect::Interrupt(run) => {
                if let Some(run) = lock(&self.runs).get(&run) {
                    run.interrupt();
                }
            }
            Effect::Read(path) => self.look(move |_| {
                let text = read_script(&path);
                Reply::ScriptRead(path, text)
            }),
            Effect::Save { path, text, base } => self.look(move |_| {
                let result = save(&path, text, &base);
                Reply::Saved(path, result)
            }),
            Effect::ListScripts => {
                self.look(|studio| Reply::Scripts(studio.scripts()));
                self.look(|studio| Reply::SavedCalls(studio.saved_calls()));
            }
            Effect::Generate(only) => {
                let studio = self.studio.clone();
                let request = GenerateRequest { servers: only.into_iter().collect(), ..GenerateRequest::default() };
                self.reply(async move { Reply::Generated(studio.generate(request).await) });
            }
            Effect::ShowStep(run, at) => {
                self.look(move |studio| Reply::Step(studio.board().steps(run, at..at + 1).pop().map(Box::new)));
            }
            Effect::ShowLine(run, at) => self.look(move |studio| {
                let lines = studio.board().output(run, at..at + 1);
                Reply::Line(veil::lines(studio.veil(), lines).pop())
            }),
            Effect::Summarise(counted) => self.look(move |studio| {
                let steps = studio.board().steps(Some(counted.run), 0..counted.steps);
                let context = studio.board().context_ledger(Some(counted.run));
                Reply::Summarised(Box::new(RunFigures::of(counted, &steps, context, Instant::now())))
            }),
            Effect::FindSteps(search) => self.look(move |studio| {
                let hits = find_steps(studio, &search);
                Reply::StepHits(search, hits)
            }),
            Effect::Tool(effect) => self.begin_tool(effect),
            Effect::Report(format) => self.look(move |studio| Reply::Reported(studio.write_report(format))),
            Effect::FindLine(run, words, from, direction) => self.look(move |studio| {
                let line = find_line(studio, run, &words, from, direction);
                Reply::LineFound(run, line)
            }),
            Effect::Pipe(command, piece) => self.pipe(command, piece),
            Effect::ReadHistory => {
                self.look(|studio| Reply::History(studio.history().map(|history| Box::new(Recollection::of(history)))));
            }
            Effect::LookBack => self.look(|studio| Reply::Crashed(studio.crashed_session())),
            Effect::Terminal(_) => {}
        }
    }

    fn connect(&self, server: ServerName) {
        let studio = self.studio.clone();
        self.reply(async move {
            let result = Box::pin(studio.connect(&server)).await.map(drop);
            Reply::Connected(server, result.map_err(|failed| veil::failure(studio.veil(), failed)))
        });
    }

    fn call(&self, ticket: Ticket, tool: ToolId, arguments: Value) {
        let (studio, calls, cancel) = (self.studio.clone(), Arc::clone(&self.calls), CancellationToken::new());
        lock(&calls).insert(ticket, cancel.clone());
        self.reply(async move {
            let tool = tool.to_string();
            let reply = Box::pin(studio.call_tool(&tool, Some(arguments), Caller::Form, cancel)).await;
            lock(&calls).remove(&ticket);
            answered(ticket, reply, Arc::clone(studio.veil())).await
        });
    }

    fn pipe(&self, command: String, piece: Piece) {
        let studio = self.studio.clone();
        self.reply(async move {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Output(run) => output_text(&studio, run),
            };
            let result = Box::pin(studio.pipe(&command, text)).await;
            Reply::Piped(command, result)
        });
    }

    fn run(&self, path: PathBuf, text: Option<String>) {
        let (studio, replies, runs) = (self.studio.clone(), self.replies.clone(), Arc::clone(&self.runs));
        tokio::spawn(async move {
            let script = match text {
                Some(source) => Script::Text { name: file_name(&path), source },
                None => Script::File(path),
            };
            match Box::pin(studio.run_script(RunRequest::of(script))).await {
                Err(failed) => replies.send(Reply::Started(Err(veil::failure(studio.veil(), failed)))),
                Ok(run) => {
                    lock(&runs).insert(run.id(), run.clone());
                    replies.send(Reply::Started(Ok(run.id())));
                    let result = run.finished().await;
                    lock(&runs).remove(&run.id());
                    replies.send(Reply::Ended(result));
                }
            }
        });
    }

    /// Answers with what a task comes to.
    pub(super) fn reply(&self, task: impl Future<Output = Reply> + Send + 'static) {
        let replies = self.replies.clone();
        tokio::spawn(async move { replies.send(task.await) });
    }

    /// Answers with what a look at files or shared state gives; on a thread that may wait.
    pub(super) fn look(&self, look: impl FnOnce(&Studio) -> Reply + Send + 'static) {
        let (studio, replies) = (self.studio.clone(), self.replies.clone());
        tokio::task::spawn_blocking(move || replies.send(look(&studio)));
    }
}

/// An answer made ready on a thread that may take its time.
async fn answered(ticket: Ticket, reply: CallReply, veil: Arc<Masker>) -> Reply {
    let made = tokio::task::spawn_blocking(move || Answer::of(veil::reply(&veil, reply))).await;
    Reply::Called(ticket, Box::new(made.unwrap_or_else(|_| lost())))
}

/// Stands for an answer that could not be made ready.
fn lost() -> Answer {
    let failure = Failure::new(FailureKind::Internal, "the answer could not be shown; the steps have its figures");
    Answer::of(CallReply { outcome: Err(failure), record: None })
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Reads a script to be edited.
pub(super) fn read_script(path: &Path) -> Result<String, Failure> {
    let refused = |why: String| Failure::new(FailureKind::Script, format!("cannot open {}: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if size > SCRIPT_BYTES {
        return Err(refused(format!("it has {size} bytes, more than {SCRIPT_BYTES}")));
    }
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| refused(format!("byte {} is not UTF-8", error.utf8_error().valid_up_to())))
}

/// Writes a script, if its file holds what it is expected to hold.
fn save(path: &Path, text: String, base: &str) -> Result<String, SaveFault> {
    if let Ok(found) = read_script(path)
        && found != base
        && found != text
    {
        return Err(SaveFault::Changed(found));
    }
    let write = crate::ops::write_atomic(path, text.as_bytes());
    write.map(|()| text).map_err(SaveFault::Failed)
}

/// Positions of the kept steps that match.
fn find_steps(studio: &Studio, search: &StepSearch) -> Vec<u64> {
    let first = search.steps.saturating_sub(BOARD_STEPS as u64);
    let mut sieve = Sieve::new(search.kind, &search.text);
    let steps = studio.board().steps(search.run, first..search.steps);
    let first = search.steps.saturating_sub(steps.len() as u64);
    steps.iter().zip(first..).filter(|(step, _)| sieve.lets(&Looked::of(step))).map(|(_, at)| at).collect()
}

/// The nearest kept line of output that has the words, around the ends; `from` is left for last.
fn find_line(studio: &Studio, run: RunId, words: &str, from: Option<u64>, direction: Direction) -> Option<u64> {
    let query = text::query::Query::new(words)?;
    let kept = studio.board().output_positions(run);
    let lines = studio.board().output(run, kept.clone());
    let hits: Vec<u64> = lines.iter().zip(kept).filter(|(line, _)| query.is_in(&line.text)).map(|(_, at)| at).collect();
    match (direction, from) {
        (Direction::Forward, Some(from)) => hits.iter().find(|at| **at > from).or(hits.first()).copied(),
        (Direction::Forward, None) => hits.first().copied(),
        (Direction::Backward, Some(from)) => hits.iter().rfind(|at| **at < from).or(hits.last()).copied(),
        (Direction::Backward, None) => hits.last().copied(),
    }
}

/// All kept output of a run.
pub(super) fn output_text(studio: &Studio, run: RunId) -> String {
    let kept = studio.board().output_positions(run);
    let lines = studio.board().output(run, kept);
    lines.into_iter().filter(|line| line.stream != OutputStream::Studio).map(|line| line.text + "\n").collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
