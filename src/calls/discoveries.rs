//! What was discovered of servers' replies: read when it is needed, and again when its file has changed.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

use crate::discovery::Book;
use crate::sys::files::read_bounded;
use crate::types::limits::DISCOVERY_BYTES;
use crate::types::{Failure, FailureKind, ServerName, ToolAnnotations, ToolId, ToolSpec, neutralise_line};

/// The books of all servers. What cannot be read says nothing about replies.
#[derive(Debug)]
pub struct Discoveries {
    folder: PathBuf,
    read: Mutex<HashMap<ServerName, Read>>,
}

/// A book as it was read.
#[derive(Debug)]
struct Read {
    written: SystemTime,
    /// By tool, in the form of definitions, so that their compiled schemas can be kept.
    seen: BTreeMap<String, Arc<ToolSpec>>,
}

impl Discoveries {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, read: Mutex::default() }
    }

    /// Where what was seen of a server's replies is kept.
    pub fn path(&self, server: &ServerName) -> PathBuf {
        self.folder.join(format!("{server}.json"))
    }

    /// What was seen so far of a server's replies; nothing where there is no file.
    pub fn book(&self, server: &ServerName) -> Result<Book, Failure> {
        read(&self.path(server))
    }

    /// A stand-in for the tool whose output schema is what was seen of its replies.
    pub(super) fn seen(&self, tool: &ToolId) -> Option<Arc<ToolSpec>> {
        let written = std::fs::metadata(self.path(&tool.server)).and_then(|facts| facts.modified()).ok()?;
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(&tool.server).is_none_or(|read| read.written != written) {
            let book = self.book(&tool.server).unwrap_or_default();
            let seen = book.tools().into_iter().map(|seen| {
                let stand_in = stand_in(&tool.server, &seen.tool, seen.schema);
                (seen.tool, Arc::new(stand_in))
            });
            known.insert(tool.server.clone(), Read { written, seen: seen.collect() });
        }
        known.get(&tool.server)?.seen.get(&*tool.tool).cloned()
    }
}

fn stand_in(server: &ServerName, tool: &str, schema: Value) -> ToolSpec {
    ToolSpec {
        id: ToolId::new(server.clone(), tool),
        title: None,
        description: None,
        input_schema: Value::Bool(true),
        output_schema: Some(schema),
        annotations: ToolAnnotations::default(),
        raw: Value::Null,
        bytes: 0,
    }
}

fn read(path: &Path) -> Result<Book, Failure> {
    let Some(text) = read_bounded(path, DISCOVERY_BYTES)? else { return Ok(Book::default()) };
    serde_json::from_str(&text).map_err(|error| {
        let message = format!("{} is not understood: {}", path.display(), neutralise_line(&error.to_string()));
        Failure::new(FailureKind::Storage, message).hint("remove it to forget what was discovered")
    })
}
