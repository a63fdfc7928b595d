//! What the tools take and answer. The schemas that clients see are made from these types and their comments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ops::beneath::{Facts, Kind};

/// Arguments of `list_directory`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListRequest {
    /// Directory to list, relative to the served directory.
    #[serde(default = "here")]
    pub(super) path: String,
    /// Also list what is in the directories below it.
    #[serde(default)]
    pub(super) recursive: bool,
    /// How many levels below `path` a recursive listing goes.
    #[serde(default = "all_levels")]
    #[schemars(range(min = 1, max = 32))]
    pub(super) depth: usize,
    /// At most this many entries.
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(super) limit: usize,
    /// Include names that start with a dot.
    #[serde(default)]
    pub(super) hidden: bool,
}

/// Answer of `list_directory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct ListReply {
    /// Entries in the order of a tree: each directory is followed by what is in it, sorted by name.
    pub(super) entries: Vec<Entry>,
    /// Whether there is more than was listed.
    pub(super) truncated: bool,
}

/// A file, directory or link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Entry {
    /// Path relative to the served directory.
    pub(super) path: String,
    /// What it is.
    pub(super) kind: EntryKind,
    /// Size in bytes.
    pub(super) size: u64,
    /// Last change, RFC 3339 in UTC.
    pub(super) modified: Option<String>,
    /// Permission bits, octal.
    pub(super) permissions: String,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum EntryKind {
    File,
    Directory,
    Link,
    Other,
}

impl Entry {
    pub(super) fn new(path: String, facts: &Facts) -> Self {
        let kind = match facts.kind {
            Kind::File => EntryKind::File,
            Kind::Folder => EntryKind::Directory,
            Kind::Link => EntryKind::Link,
            Kind::Other => EntryKind::Other,
        };
        let modified = facts.modified.map(|time| time.to_string());
        Self { path, kind, size: facts.size, modified, permissions: format!("{:o}", facts.permissions) }
    }
}

/// Arguments of `read_text`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadRequest {
    /// File to read, relative to the served directory.
    pub(super) path: String,
    /// What `offset` and `limit` count.
    #[serde(default)]
    pub(super) unit: Unit,
    /// How much to pass over first.
    #[serde(default)]
    pub(super) offset: u64,
    /// How much to read at the most; the answer never has more than 1 MiB of text.
    #[serde(default = "all_of_it")]
    #[schemars(range(min = 1))]
    pub(super) limit: u64,
}

/// What a position in a file is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Unit {
    #[default]
    Lines,
    Bytes,
}

/// Answer of `read_text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct ReadReply {
    /// The text. What is not UTF-8 is replaced by U+FFFD.
    pub(super) text: String,
    /// Size of the whole file in bytes.
    pub(super) size: u64,
    /// Offset at which reading goes on; null at the end of the file.
    pub(super) next_offset: Option<u64>,
    /// Whether anything had to be replaced.
    pub(super) lossy: bool,
}

/// Arguments of `file_info`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InfoRequest {
    /// File, directory or link, relative to the served directory. A link is described, not followed.
    pub(super) path: String,
}

/// Arguments of `search_text`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchRequest {
    /// Text to find within a line, or a regular expression.
    #[schemars(length(min = 1))]
    pub(super) pattern: String,
    /// File or directory to search, relative to the served directory.
    #[serde(default = "here")]
    pub(super) path: String,
    /// Take the pattern as a regular expression.
    #[serde(default)]
    pub(super) regex: bool,
    /// Find upper and lower case alike.
    #[serde(default)]
    pub(super) ignore_case: bool,
    /// At most this many matching lines.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 1_000))]
    pub(super) limit: usize,
    /// Include names that start with a dot.
    #[serde(default)]
    pub(super) hidden: bool,
}

/// Answer of `search_text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct SearchReply {
    /// Matching lines by file and line.
    pub(super) matches: Vec<Match>,
    /// Files that were searched.
    pub(super) files: u64,
    /// Files that were passed over: binary or not readable.
    pub(super) skipped: u64,
    /// Whether there may be more matches than were answered.
    pub(super) truncated: bool,
}

/// A matching line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Match {
    /// The file, relative to the served directory.
    pub(super) path: String,
    /// Line, counted from 1.
    pub(super) line: u64,
    /// First matching character in the line, counted from 1.
    pub(super) column: u64,
    /// The line, cut after 300 characters.
    pub(super) text: String,
}

/// Arguments of `count`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CountRequest {
    /// File or directory to count, relative to the served directory.
    #[serde(default = "here")]
    pub(super) path: String,
    /// Count also the lines that hold this text, or match this regular expression.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(super) pattern: Option<String>,
    /// Take the pattern as a regular expression.
    #[serde(default)]
    pub(super) regex: bool,
    /// Find upper and lower case alike.
    #[serde(default)]
    pub(super) ignore_case: bool,
    /// Include names that start with a dot.
    #[serde(default)]
    pub(super) hidden: bool,
}

/// Answer of `count`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub(super) struct CountReply {
    /// Files that were counted.
    pub(super) files: u64,
    /// Their lines.
    pub(super) lines: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Their lines that match; null without a pattern.
    pub(super) matching_lines: Option<u64>,
    /// Files that could not be read.
    pub(super) skipped: u64,
    /// Whether there are more files than were counted.
    pub(super) truncated: bool,
}

fn here() -> String {
    ".".to_owned()
}

fn all_levels() -> usize {
    crate::types::limits::FILES_DEPTH
}

fn hundred() -> usize {
    100
}

fn thousand() -> usize {
    1_000
}

/// The largest number that every JSON reader keeps exact.
fn all_of_it() -> u64 {
    (1 << 53) - 1
}
