//! Exact token counts by a tokenizer, made on a thread of their own after what they count was recorded by the estimate.
//!
//! Off unless `studio.tokenizer` names one. The vocabulary (some 60 MiB, a tenth of a second) is loaded with the first text,
//! on that thread; no call waits for it. What the queue cannot take keeps its estimate.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tiktoken_rs::CoreBPE;
use tokio::sync::watch;

use super::board::Board;
use super::ledger::{CallTokens, RunTokens};
use super::record::{CallCounted, Event, Journal};
use super::views::NoticeLevel;
use crate::types::limits::{COUNTED_BYTES, COUNTED_PIECE_BYTES, COUNTED_QUEUE, COUNTED_QUEUE_BYTES};
use crate::types::{Decision, Estimator, Prices, RunId, StepRecord, ToolId, ToolSpec};

/// What is to be counted of a call: the texts as an agent would have them, unmasked. They are counted and forgotten.
#[derive(Debug, Clone, Default)]
pub struct CallTexts {
    /// The arguments as compact JSON.
    pub arguments: String,
    /// The result as compact JSON.
    pub result: String,
    /// The tool, as far as it was known.
    pub tool: Option<Arc<ToolSpec>>,
}

impl CallTexts {
    fn bytes(&self) -> usize {
        self.arguments.len() + self.result.len()
    }
}

/// What is to be counted of a run.
#[derive(Debug)]
struct RunTexts {
    script: String,
    /// All that it printed and logged.
    printed: String,
    /// All tools that were known.
    tools: Vec<Arc<ToolSpec>>,
}

#[derive(Debug)]
enum Job {
    Call(Arc<StepRecord>, CallTexts),
    Run(RunId, RunTexts),
}

impl Job {
    fn bytes(&self) -> usize {
        match self {
            Self::Call(_, texts) => texts.bytes(),
            Self::Run(_, texts) => texts.script.len() + texts.printed.len(),
        }
    }
}

/// The counter of one studio. Its thread begins with the first text and ends with the counter.
#[derive(Debug)]
pub struct Counter {
    estimator: Estimator,
    jobs: OnceLock<Mutex<SyncSender<Job>>>,
    queued: Arc<Queued>,
    work: Arc<Work>,
}

/// What waits to be counted.
#[derive(Debug)]
struct Queued {
    bytes: AtomicUsize,
    jobs: watch::Sender<usize>,
}

/// What a count becomes part of.
#[derive(Debug)]
struct Work {
    journal: Arc<Journal>,
    board: Arc<Board>,
    prices: Prices,
}

impl Counter {
    /// The counter for that estimator, which has the board keep what scripts print; none for the estimate, which needs none.
    pub fn new(estimator: Estimator, journal: &Arc<Journal>, board: &Arc<Board>, prices: &Prices) -> Option<Self> {
        match estimator {
            Estimator::Bytes => None,
            Estimator::O200kBase => {
                let queued = Arc::new(Queued { bytes: AtomicUsize::new(0), jobs: watch::Sender::new(0) });
                let (journal, board) = (Arc::clone(journal), Arc::clone(board));
                board.keep_printed();
                let work = Arc::new(Work { journal, board, prices: prices.clone() });
                Some(Self { estimator, jobs: OnceLock::new(), queued, work })
            }
        }
    }

    /// Has a recorded call counted. An answer that was used again brought nothing to count.
    pub fn call(&self, record: &Arc<StepRecord>, texts: CallTexts) {
        if record.decision != Decision::Reused {
            self.send(Job::Call(Arc::clone(record), texts));
        }
    }

    /// Has a run counted that has ended, with what the board has kept of its output.
    pub fn run(&self, run: RunId, script: &str, tools: Vec<Arc<ToolSpec>>) {
        if let Some(printed) = self.work.board.take_printed(run) {
            let printed = String::from_utf8_lossy(&printed).into_owned();
            self.send(Job::Run(run, RunTexts { script: script.to_owned(), printed, tools }));
        }
    }

    /// Returns when nothing waits any more, or after `limit`.
    pub async fn settled(&self, limit: Duration) {
        let mut jobs = self.queued.jobs.subscribe();
        // Late counts are no failure: the estimate stands.
        drop(tokio::time::timeout(limit, jobs.wait_for(|jobs| *jobs == 0)).await);
    }

    fn send(&self, job: Job) {
        let bytes = job.bytes();
        if bytes > COUNTED_BYTES || self.queued.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > COUNTED_QUEUE_BYTES {
            if bytes <= COUNTED_BYTES {
                self.queued.bytes.fetch_sub(bytes, Ordering::Relaxed);
            }
            return;
        }
        self.queued.jobs.send_modify(|jobs| *jobs += 1);
        let sender = self.jobs.get_or_init(|| Mutex::new(self.start()));
        let sent = sender.lock().unwrap_or_else(PoisonError::into_inner).try_send(job);
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) = sent {
            self.queued.done(job.bytes());
        }
    }

    fn start(&self) -> SyncSender<Job> {
        let (sender, jobs) = sync_channel(COUNTED_QUEUE);
        let (estimator, queued, work) = (self.estimator, Arc::clone(&self.queued), Arc::clone(&self.work));
        let counting = move || count_all(estimator, &jobs, &queued, &work);
        if let Err(error) = std::thread::Builder::new().name("tokenizer".to_owned()).spawn(counting) {
            self.work.board.notice(NoticeLevel::Warning, format!("tokens stay estimates: no thread for the tokenizer: {error}"));
        }
        sender
    }
}

impl Queued {
    fn done(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.jobs.send_modify(|jobs| *jobs = jobs.saturating_sub(1));
    }
}

/// Counts until nobody can send any more. The studio is not kept alive by its counter.
fn count_all(estimator: Estimator, jobs: &Receiver<Job>, queued: &Queued, work: &Work) {
    let mut tokenizer = match tiktoken_rs::o200k_base() {
        Ok(vocabulary) => Tokenizer { vocabulary, definitions: HashMap::new() },
        Err(error) => {
            work.board.notice(NoticeLevel::Warning, format!("tokens stay estimates: no tokenizer: {error}"));
            return;
        }
    };
    while let Ok(job) = jobs.recv() {
        let bytes = job.bytes();
        let kept = match job {
            Job::Call(record, texts) => work.call(&record, tokenizer.call(&texts), estimator),
            Job::Run(run, texts) => work.run(run, tokenizer.run(&texts), estimator),
        };
        if let Err(failure) = kept {
            tracing::warn!("a count of tokens was not recorded: {failure}");
        }
        queued.done(bytes);
    }
}

impl Work {
    fn call(&self, record: &StepRecord, tokens: CallTokens, estimator: Estimator) -> Result<(), crate::types::Failure> {
        let priced = record.cost.as_ref();
        let cost = priced.and_then(|cost| self.prices.cost(&cost.model, tokens.arguments, tokens.results));
        let StepRecord { step, caller, tool, .. } = record;
        let counted = CallCounted { step: *step, caller: *caller, tool: tool.clone(), estimator, tokens, cost };
        self.board.call_counted(&counted);
        self.journal.record(&Event::CallCounted(Box::new(counted)))
    }

    fn run(&self, run: RunId, tokens: RunTokens, estimator: Estimator) -> Result<(), crate::types::Failure> {
        self.board.run_counted(run, estimator, tokens);
        self.journal.record(&Event::RunCounted { run, estimator, tokens })
    }
}

struct Tokenizer {
    vocabulary: CoreBPE,
    /// Definitions that were counted, as long as they are the same objects.
    definitions: HashMap<ToolId, (Arc<ToolSpec>, u64)>,
}

impl Tokenizer {
    fn call(&mut self, texts: &CallTexts) -> CallTokens {
        CallTokens {
            definition: texts.tool.as_ref().map_or(0, |tool| self.definition(tool)),
            arguments: self.count(&texts.arguments),
            results: self.count(&texts.result),
        }
    }

    fn run(&mut self, texts: &RunTexts) -> RunTokens {
        RunTokens {
            offered: texts.tools.iter().map(|tool| self.definition(tool)).sum(),
            script: self.count(&texts.script),
            printed: self.count(&texts.printed),
        }
    }

    fn definition(&mut self, tool: &Arc<ToolSpec>) -> u64 {
        match self.definitions.get(&tool.id) {
            Some((known, tokens)) if Arc::ptr_eq(known, tool) => *tokens,
            Some(_) | None => {
                let tokens = self.count(&tool.raw.to_string());
                self.definitions.insert(tool.id.clone(), (Arc::clone(tool), tokens));
                tokens
            }
        }
    }

    /// Long texts are counted in pieces, since the vocabulary's expression backtracks: a token more for each piece at most.
    fn count(&self, text: &str) -> u64 {
        let (mut rest, mut tokens) = (text, 0);
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.floor_char_boundary(COUNTED_PIECE_BYTES));
            tokens += self.vocabulary.encode_ordinary(piece).len() as u64;
            rest = later;
        }
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokenizer() -> Tokenizer {
        Tokenizer { vocabulary: tiktoken_rs::o200k_base().unwrap(), definitions: HashMap::new() }
    }

    #[test]
    fn known_texts_have_their_known_counts() {
        let tokenizer = tokenizer();
        for (text, tokens) in [("", 0), ("hello world", 2), ("{\"path\":\"a.txt\"}", 6), ("antidisestablishmentarianism", 6)] {
            assert_eq!(tokenizer.count(text), tokens, "{text}");
        }
    }

    #[test]
    fn hostile_texts_are_counted_too() {
        let tokenizer = tokenizer();
        for one in ["A", "a", " ", "\n", "'", "\u{301}", "漢", "🏽", "1"] {
            let text = one.repeat(200_000 / one.len());
            assert!(tokenizer.count(&text) > 0, "{one}");
        }
    }
}
