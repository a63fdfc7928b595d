//! The one guarded, recorded path of a tool call, whoever makes it:
//! resolve -> schema guard -> policy -> server -> unwrap -> normalize -> check result -> step record.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::catalog::Catalog;
use crate::connections::Connections;
use crate::guards::Schemas;
use crate::journal::{Board, Journal};
use crate::types::{CallOutcome, Caller, StepRecord};

/// A call as asked for.
#[derive(Debug, Clone)]
pub struct CallRequest {
    /// `server__tool`, as typed. A wrong name is answered with suggestions, never corrected.
    pub tool: String,
    /// The arguments; anything but an object is refused, absent means `{}`.
    pub arguments: Option<Value>,
    /// Who asks.
    pub caller: Caller,
    /// Line of the script that asks.
    pub line: Option<u32>,
    /// Whole time; the server's configured limit when absent.
    pub timeout: Option<Duration>,
    /// Cancels it.
    pub cancel: CancellationToken,
}

/// A call's answer with its record. `record` is absent only where no tool of that name exists.
#[derive(Debug, Clone)]
pub struct CallReply {
    /// The value, or the typed failure.
    pub outcome: CallOutcome,
    /// What was recorded.
    pub record: Option<Arc<StepRecord>>,
}

/// The path. Shared by form, scripts, command line and agents.
#[derive(Debug)]
pub struct Calls {}

impl Calls {
    /// Joins the layers below.
    pub fn new(
        catalog: Arc<Catalog>,
        connections: Arc<Connections>,
        schemas: Schemas,
        journal: Arc<Journal>,
        board: Arc<Board>,
    ) -> Arc<Self> {
        let _ = (catalog, connections, schemas, journal, board);
        todo!()
    }

    /// Makes one call. Never panics, never hangs longer than its limits; a step record exists for each.
    pub async fn call(&self, request: CallRequest) -> CallReply {
        let _ = request;
        todo!()
    }
}

/// What a `tools/call` result object holds for the caller (`structuredContent`; `value`; one text block, parsed when it is
/// JSON; several blocks as a list), and whether it says `isError`.
pub fn unwrap(result: Value) -> CallOutcome {
    let _ = result;
    todo!()
}
