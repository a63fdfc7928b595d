//! What no screen shows: secrets of servers, known word for word, in what servers and scripts say.
//!
//! Not responsible for what a person has typed or opened: the editor, forms, and the arguments in a question.

use serde_json::Value;

use crate::ops::{CallReply, Notice, OutputLine, ServerState, WireMessage};
use crate::types::{CallValue, Failure, Masker, ServerName};

/// The answer to a call.
pub(super) fn reply(veil: &Masker, reply: CallReply) -> CallReply {
    let value = |found: CallValue| CallValue { value: veil.value(&found.value), raw: veil.value(&found.raw) };
    let outcome = reply.outcome.map(value).map_err(|failed| failure(veil, failed));
    CallReply { outcome, ..reply }
}

/// What a server has to be read.
pub(super) fn content(veil: &Masker, content: Result<Value, Failure>) -> Result<Value, Failure> {
    content.map(|value| veil.value(&value)).map_err(|failed| failure(veil, failed))
}

/// Why something went wrong, in the words of a server or a script.
pub(super) fn failure(veil: &Masker, failure: Failure) -> Failure {
    let text = |text: String| veil.text(&text).into_owned();
    Failure {
        message: text(failure.message),
        notes: failure.notes.into_iter().map(|(label, note)| (label, text(note))).collect(),
        hint: failure.hint.map(text),
        ..failure
    }
}

/// Lines of output.
pub(super) fn lines(veil: &Masker, lines: Vec<OutputLine>) -> Vec<OutputLine> {
    lines.into_iter().map(|line| OutputLine { text: veil.text(&line.text).into_owned(), ..line }).collect()
}

/// Messages on the wire.
pub(super) fn messages(veil: &Masker, messages: Vec<WireMessage>) -> Vec<WireMessage> {
    messages.into_iter().map(|message| WireMessage { text: veil.text(&message.text).into_owned(), ..message }).collect()
}

/// What is told in passing.
pub(super) fn notices(veil: &Masker, notices: Vec<Notice>) -> Vec<Notice> {
    notices.into_iter().map(|notice| Notice { text: veil.text(&notice.text).into_owned(), ..notice }).collect()
}

/// What servers are doing, and why they do not.
pub(super) fn servers(veil: &Masker, servers: Vec<(ServerName, ServerState)>) -> Vec<(ServerName, ServerState)> {
    let state = |state| match state {
        ServerState::Failed { failure: failed, retry_at } => ServerState::Failed { failure: failure(veil, failed), retry_at },
        ServerState::Degraded(peer, trouble) => ServerState::Degraded(peer, veil.text(&trouble).into_owned()),
        ServerState::Idle | ServerState::Disabled | ServerState::Connecting { .. } | ServerState::Ready(_) => state,
    };
    servers.into_iter().map(|(name, doing)| (name, state(doing))).collect()
}
