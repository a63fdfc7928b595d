//! The core's end of a run's tool channel: reads requests, makes the calls, writes the answers.
//!
//! Every call goes through [`Calls::call`]. A call still under way when the run ends is cancelled, and the channel is
//! closed: nothing that a script leaves behind can call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::frames;
use super::message::{Answer, CallMessage, Ended, FromScript, ListMessage, SearchMessage, TEXT_NOTE};
use crate::calls::{Answering, CallRequest, Calls};
use crate::catalog::{Catalog, Offer};
use crate::codegen::disclose;
use crate::journal::{Board, OutputStream};
use crate::types::limits::{CALLS_CANCEL_GRACE, CALLS_IN_FLIGHT, LOG_CHARACTERS, SEARCH_HITS};
use crate::types::{CONTENT_NOTE, Caller, Failure, FailureKind, RunId, ServerName};

/// What the driver of the run learns while it runs.
#[derive(Debug)]
pub(super) enum News {
    /// The script's first statement comes next; its compiled code, where it was asked for.
    Started(Option<String>),
    /// The script says that it is over.
    Ended(Ended),
}

/// What serves one run.
#[derive(Debug)]
pub(super) struct Broker {
    calls: Arc<Calls>,
    catalog: Arc<Catalog>,
    board: Arc<Board>,
    run: RunId,
    context: Value,
    answering: Option<Answering>,
    under_way: Mutex<HashMap<u64, CancellationToken>>,
    result: Mutex<Option<Value>>,
}

impl Broker {
    pub(super) fn new(
        calls: Arc<Calls>,
        catalog: Arc<Catalog>,
        board: Arc<Board>,
        run: RunId,
        context: Value,
        answering: Option<Answering>,
    ) -> Arc<Self> {
        let (under_way, result) = (Mutex::default(), Mutex::default());
        Arc::new(Self { calls, catalog, board, run, context, answering, under_way, result })
    }

    /// Serves `channel` until the script ends, leaves, or breaks the form. The run's first message is `job`, unless it has it.
    pub(super) async fn serve(self: Arc<Self>, channel: UnixStream, job: Option<Vec<u8>>, news: mpsc::Sender<News>) {
        let (reader, writer) = channel.into_split();
        let (answers, frames) = mpsc::channel(CALLS_IN_FLIGHT);
        if let Some(job) = job {
            let _ = answers.send(job).await;
        }
        let writing = tokio::spawn(frames::write_all(frames, writer));
        let mut tasks = JoinSet::new();
        let mut reader = BufReader::new(reader);
        loop {
            match frames::read(&mut reader).await {
                Ok(Some(FromScript::Ended(ended))) => {
                    let _ = news.send(News::Ended(ended)).await;
                    break;
                }
                Ok(Some(FromScript::Started { code })) => drop(news.send(News::Started(code)).await),
                Ok(Some(_)) if tasks.len() >= 2 * CALLS_IN_FLIGHT => {
                    self.say("tool channel closed: too many requests under way");
                    break;
                }
                Ok(Some(message)) => self.receive(message, &answers, &mut tasks),
                Ok(None) => break,
                Err(error) => {
                    self.say(&format!("tool channel closed: {error}"));
                    break;
                }
            }
            while tasks.try_join_next().is_some() {}
        }
        self.cancel_all();
        let _ = tokio::time::timeout(CALLS_CANCEL_GRACE, async { while tasks.join_next().await.is_some() {} }).await;
        writing.abort();
    }

    /// Cancels the calls under way; later ones are served as before.
    pub(super) fn cancel_all(&self) {
        for token in self.under_way().values() {
            token.cancel();
        }
    }

    /// Argument of the last `set_result`.
    pub(super) fn take_result(&self) -> Option<Value> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn receive(self: &Arc<Self>, message: FromScript, answers: &mpsc::Sender<Vec<u8>>, tasks: &mut JoinSet<()>) {
        match message {
            FromScript::Call(call) => {
                let (id, broker) = (call.id, Arc::clone(self));
                self.answer(id, answers, tasks, move |cancel| async move { broker.call(call, cancel).await });
            }
            FromScript::List(list) => {
                let (id, broker) = (list.id, Arc::clone(self));
                self.answer(id, answers, tasks, move |_| async move { broker.list(&list).await });
            }
            FromScript::Search(search) => {
                let (id, broker) = (search.id, Arc::clone(self));
                self.answer(id, answers, tasks, move |_| async move { broker.search(&search).await });
            }
            FromScript::Context { id } => {
                let context = self.context.clone();
                self.answer(id, answers, tasks, move |_| std::future::ready(Ok(context)));
            }
            FromScript::Cancel { id } => {
                if let Some(token) = self.under_way().get(&id) {
                    token.cancel();
                }
            }
            FromScript::Log { level, message } => {
                let message: String = message.chars().take(LOG_CHARACTERS).collect();
                self.board.run_output(self.run, OutputStream::Log, format!("[{}] {message}\n", level.to_uppercase()).as_bytes());
            }
            FromScript::Result { value } => *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(value),
            // Both are taken by the caller.
            FromScript::Started { .. } | FromScript::Ended(_) => {}
        }
    }

    /// Answers request `id` with what `work` finds, in a task of its own. Requests beyond those agreed are refused.
    fn answer<F, W>(self: &Arc<Self>, id: u64, answers: &mpsc::Sender<Vec<u8>>, tasks: &mut JoinSet<()>, work: W)
    where
        F: Future<Output = Result<Value, Failure>> + Send,
        W: FnOnce(CancellationToken) -> F + Send + 'static,
    {
        let token = CancellationToken::new();
        let agreed = {
            let mut under_way = self.under_way();
            under_way.len() < CALLS_IN_FLIGHT && under_way.insert(id, token.clone()).is_none()
        };
        let (broker, answers) = (Arc::clone(self), answers.clone());
        tasks.spawn(async move {
            let outcome = if agreed { work(token).await } else { Err(too_many()) };
            if agreed {
                broker.under_way().remove(&id);
            }
            let frame = frames::frame(&Answer::new(id, outcome)).or_else(|error| {
                let failure = Failure::new(FailureKind::ToolExecution, format!("the result cannot be handed over: {error}"));
                frames::frame(&Answer::new(id, Err(failure)))
            });
            if let Ok(frame) = frame {
                let _ = answers.send(frame).await;
            }
        });
    }

    async fn call(&self, call: CallMessage, cancel: CancellationToken) -> Result<Value, Failure> {
        let timeout = call.timeout.map(Duration::try_from_secs_f64).transpose();
        let timeout =
            timeout.map_err(|_| Failure::new(FailureKind::Usage, "the timeout of a call is a positive number of seconds"))?;
        let request = CallRequest {
            tool: call.tool,
            arguments: call.arguments,
            caller: Caller::Script(self.run),
            line: call.line,
            timeout,
            answering: self.answering,
            model: None,
            cancel,
        };
        let tool = request.tool.clone();
        let answer = Box::pin(self.calls.call(request)).await.outcome.map_err(|failure| with_text(&tool, failure))?;
        Ok(if call.whole { answer.raw } else { answer.value })
    }

    async fn list(&self, list: &ListMessage) -> Result<Value, Failure> {
        let told = |offer: &Offer| offer.tools.iter().map(|tool| disclose(tool, list.detail)).collect::<Vec<Value>>();
        if let Some(server) = &list.server {
            return Ok(told(&*Box::pin(self.catalog.fresh(&server_name(server)?)).await?).into());
        }
        let mut tools = Vec::new();
        for (_, offer) in Box::pin(self.catalog.fresh_all()).await {
            match offer {
                Ok(offer) => tools.extend(told(&offer)),
                Err(failure) => self.say(&format!("not listed: {failure}")),
            }
        }
        Ok(tools.into())
    }

    async fn search(&self, search: &SearchMessage) -> Result<Value, Failure> {
        let server = search.server.as_deref().map(server_name).transpose()?;
        let limit = search.limit.min(SEARCH_HITS);
        let hits = Box::pin(self.catalog.search_complete(server.as_ref(), &search.query, limit)).await?;
        Ok(hits.iter().map(|hit| disclose(&hit.tool, search.detail)).collect())
    }

    fn say(&self, text: &str) {
        self.board.run_output(self.run, OutputStream::Studio, format!("{text}\n").as_bytes());
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<u64, CancellationToken>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a tool said stands alone beside the message, where it follows the tool's name; and as the one block it was.
fn with_text(tool: &str, failure: Failure) -> Failure {
    let has = |failure: &Failure, note: &str| failure.notes.iter().any(|(label, _)| label == note);
    if failure.kind != FailureKind::ToolExecution {
        return failure;
    }
    let said = failure.message.strip_prefix(&format!("{tool} failed: ")).unwrap_or(&failure.message).to_owned();
    let failure = if has(&failure, TEXT_NOTE) { failure } else { failure.note(TEXT_NOTE, said) };
    if has(&failure, CONTENT_NOTE) {
        return failure;
    }
    let text = failure.notes.iter().find(|(label, _)| label == TEXT_NOTE).map(|(_, text)| text.as_str());
    let content = json!([{"type": "text", "text": text}]).to_string();
    failure.note(CONTENT_NOTE, content)
}

fn server_name(name: &str) -> Result<ServerName, Failure> {
    ServerName::new(name)
        .map_err(|error| Failure::new(FailureKind::Configuration, format!("{name:?} is no server's name: {error}")))
}

fn too_many() -> Failure {
    Failure::new(FailureKind::Usage, format!("more than {CALLS_IN_FLIGHT} requests of one script are under way"))
}
