//! Compiled scripts, as fresh processes of ours sent them before they ran a single statement of theirs.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::source::Source;
use crate::types::limits::{CODE_CACHE_BYTES, CODE_CACHE_ENTRIES};

/// The latest compiled scripts, by content, name and interpreter.
#[derive(Debug, Default)]
pub(super) struct CodeCache(Mutex<VecDeque<(Key, Arc<str>)>>);

/// What a compiled script depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    sha256: String,
    name: String,
    executable: PathBuf,
}

impl Key {
    pub(super) fn new(source: &Source, executable: PathBuf) -> Self {
        Self { sha256: source.sha256.clone(), name: source.name.clone(), executable }
    }
}

impl CodeCache {
    /// The code of `key`, in hexadecimal.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<str>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().position(|(known, _)| known == key)?;
        let entry = entries.remove(at)?;
        let code = Arc::clone(&entry.1);
        entries.push_back(entry);
        Some(code)
    }

    /// Keeps `code`; the entry that was unused longest makes room.
    pub(super) fn put(&self, key: Key, code: String) {
        if code.len() > CODE_CACHE_BYTES {
            return;
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(known, _)| *known != key);
        entries.push_back((key, code.into()));
        while entries.len() > CODE_CACHE_ENTRIES {
            entries.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: usize) -> Key {
        Key { sha256: String::new(), name: name.to_string(), executable: PathBuf::new() }
    }

    #[test]
    fn the_entry_unused_longest_makes_room() {
        let cache = CodeCache::default();
        for name in 0..CODE_CACHE_ENTRIES {
            cache.put(key(name), name.to_string());
        }
        assert_eq!(cache.get(&key(0)).as_deref(), Some("0"));
        cache.put(key(CODE_CACHE_ENTRIES), "new".into());
        assert_eq!(cache.get(&key(1)), None);
        assert_eq!((cache.get(&key(0)).as_deref(), cache.get(&key(CODE_CACHE_ENTRIES)).as_deref()), (Some("0"), Some("new")));
        cache.put(key(2), "x".repeat(CODE_CACHE_BYTES + 1));
        assert_eq!(cache.get(&key(2)).as_deref(), Some("2"));
    }
}
