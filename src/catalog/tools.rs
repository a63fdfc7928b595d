//! The tools of a server, read from the cache when somebody looks at them.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::cache;
use crate::types::{ServerName, ToolSpec};

/// Tools in their server's order, with unique names. Reads like a slice.
///
/// Those of a cached offer are counted without being read; the first look at them reads the file, within a millisecond
/// for 100 tools. Where that fails there are none, and asking the server brings them back.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    /// As the cache file says, where they are read from there.
    cached: Option<Cached>,
    read: OnceLock<Indexed>,
}

/// Where the tools of a cached offer are.
#[derive(Debug, Clone)]
pub(super) struct Cached {
    pub(super) server: ServerName,
    pub(super) path: PathBuf,
    pub(super) launch: String,
    pub(super) count: usize,
}

#[derive(Debug, Clone, Default)]
struct Indexed {
    list: Vec<Arc<ToolSpec>>,
    by_name: HashMap<Arc<str>, usize>,
}

impl Tools {
    /// Tools that are read from the cache on the first look.
    pub(super) fn cached(cached: Cached) -> Self {
        Self { cached: Some(cached), read: OnceLock::new() }
    }

    /// Keeps the first of each name; answers the names that came again, each with the reason why it is left out.
    pub(super) fn distinct(tools: impl IntoIterator<Item = Arc<ToolSpec>>) -> (Self, Vec<String>) {
        let (mut indexed, mut rejected) = (Indexed::default(), Vec::new());
        for tool in tools {
            let name = Arc::clone(&tool.id.tool);
            if indexed.by_name.contains_key(&name) {
                rejected.push(format!("the name {name:?} is used twice; only its first definition counts"));
            } else {
                indexed.by_name.insert(name, indexed.list.len());
                indexed.list.push(tool);
            }
        }
        (Self { cached: None, read: OnceLock::from(indexed) }, rejected)
    }

    /// How many there are. Reads nothing.
    pub fn len(&self) -> usize {
        match (self.read.get(), &self.cached) {
            (Some(indexed), _) => indexed.list.len(),
            (None, Some(cached)) => cached.count,
            (None, None) => 0,
        }
    }

    /// Whether there are none. Reads nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tool of that name on the wire.
    pub fn named(&self, name: &str) -> Option<&Arc<ToolSpec>> {
        let indexed = self.indexed();
        indexed.list.get(*indexed.by_name.get(name)?)
    }

    fn indexed(&self) -> &Indexed {
        self.read.get_or_init(|| match &self.cached {
            None => Indexed::default(),
            Some(cached) => match cache::read_tools(cached) {
                Ok(tools) => Self::distinct(tools.into_iter().map(Arc::new)).0.read.into_inner().unwrap_or_default(),
                Err(failure) => {
                    tracing::warn!("{failure}");
                    Indexed::default()
                }
            },
        })
    }
}

impl Deref for Tools {
    type Target = [Arc<ToolSpec>];

    fn deref(&self) -> &Self::Target {
        &self.indexed().list
    }
}

impl<'a> IntoIterator for &'a Tools {
    type Item = &'a Arc<ToolSpec>;
    type IntoIter = std::slice::Iter<'a, Arc<ToolSpec>>;

    fn into_iter(self) -> Self::IntoIter {
        self.indexed().list.iter()
    }
}

/// Of equal names only the first stays.
impl FromIterator<Arc<ToolSpec>> for Tools {
    fn from_iter<T: IntoIterator<Item = Arc<ToolSpec>>>(tools: T) -> Self {
        Self::distinct(tools).0
    }
}

/// Of equal names only the first stays.
impl From<Vec<Arc<ToolSpec>>> for Tools {
    fn from(tools: Vec<Arc<ToolSpec>>) -> Self {
        tools.into_iter().collect()
    }
}
