//! One line of a journal: an object that carries its place, the hash of the line before, and its own.
//!
//! ```text
//! {"seq":2,"at":"...","prev":"<SHA-256 of line 1>","event":"step",...,"sum":"<SHA-256 of this line before ,\"sum\">"}
//! ```
//!
//! `prev` makes a line that was removed, added or moved show; `sum` does so for the last line too, and names
//! the very line that was changed.

use std::io::Write as _;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::record::Event;
use crate::sys::clock::Timestamp;

/// `prev` of the first line.
pub(super) const NO_LINE: Hash = Hash([b'0'; 64]);
const SUM: &[u8] = b",\"sum\":\"";
const END: &[u8] = b"\"}";

/// A SHA-256 digest in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hash([u8; 64]);

impl Hash {
    pub(super) fn of(bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hexadecimal = [0; 64];
        for (pair, byte) in hexadecimal.chunks_exact_mut(2).zip(Sha256::digest(bytes)) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(hexadecimal)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// What each line begins with. The fields of the event follow.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    at: Timestamp,
    prev: &'a str,
    #[serde(flatten)]
    event: &'a Event,
}

/// One recorded event with its place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Counted from 1.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// The bytes of a line, without the newline.
pub(super) fn compose(seq: u64, at: Timestamp, prev: Hash, event: &Event) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::with_capacity(1024);
    serde_json::to_writer(&mut line, &Line { seq, at, prev: prev.as_str(), event })?;
    line.pop();
    let sum = Hash::of(&line);
    line.write_all(SUM)?;
    line.write_all(&sum.0)?;
    line.write_all(END)?;
    Ok(line)
}

/// Reads a line that must be number `seq` and follow a line with hash `prev`. The error says what is wrong with it.
pub(super) fn parse(line: &[u8], seq: u64, prev: Hash) -> Result<Entry, String> {
    if !is_whole(line) {
        return Err("its bytes do not match its own sum".to_owned());
    }
    let value: Value = serde_json::from_slice(line).map_err(|error| format!("it is not JSON: {error}"))?;
    let found = value.get("seq").and_then(Value::as_u64);
    if found != Some(seq) {
        return Err(format!(
            "its number is {} where {seq} belongs",
            found.map_or("absent".to_owned(), |found| found.to_string())
        ));
    }
    if value.get("prev").and_then(Value::as_str) != Some(prev.as_str()) {
        return Err("the line before it was changed, added or removed".to_owned());
    }
    let at = value.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok()).ok_or("it has no time")?;
    let event = serde_json::from_value(value).map_err(|error| format!("it is no event known to this version: {error}"))?;
    Ok(Entry { seq, at, event })
}

/// Whether the bytes match the sum at their end.
pub(super) fn is_whole(line: &[u8]) -> bool {
    let Some(rest) = line.strip_suffix(END) else {
        return false;
    };
    let Some((rest, sum)) = rest.split_last_chunk::<64>() else {
        return false;
    };
    rest.strip_suffix(SUM).is_some_and(|body| Hash::of(body) == Hash(*sum))
}
