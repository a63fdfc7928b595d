//! Failures as typed values: what happened, to which thing, why, and what to do next.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::limits::NAME_COMPARED_CHARS;
use super::text::neutralise;

/// Label of the note that holds all content blocks of a tool's answer, as JSON: for programs, not shown to people.
pub const CONTENT_NOTE: &str = "content";

/// The kinds of failure. Each maps to one exception class of the Python runtime and to an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The command line or a key is wrong.
    Usage,
    /// A configuration file or value is wrong.
    Configuration,
    /// The interpreter or its environment cannot be had.
    Environment,
    /// A server cannot be started or reached, or broke the protocol.
    Connection,
    /// No server offers that tool.
    ToolNotFound,
    /// The tool ran and answered `isError`, or refused the request.
    ToolExecution,
    /// Arguments do not fit the tool's schema.
    SchemaValidation,
    /// Policy, guardrail or person said no.
    PolicyDenied,
    /// A time limit passed.
    Timeout,
    /// Somebody cancelled it.
    Cancelled,
    /// A script could not be read, or ended badly.
    Script,
    /// Reading or writing a file of ours failed.
    Storage,
    /// A defect of ours.
    Internal,
}

/// A failure. [`fmt::Display`] is the one rendering for people; hostile text in it is neutralised there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which kind.
    pub kind: FailureKind,
    /// One line: what happened to what. No hint in it.
    pub message: String,
    /// Where in a file, if it came from one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<Place>,
    /// Further facts, each a label and a text, such as `stderr`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<(String, String)>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// A place in a file a person can open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1; 0 where only the file is known.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

impl Failure {
    /// A failure with a message only.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, notes: Vec::new(), hint: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a labelled fact.
    #[must_use]
    pub fn note(mut self, label: &str, text: impl Into<String>) -> Self {
        self.notes.push((label.to_owned(), text.into()));
        self
    }

    /// Adds where it stands.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&neutralise(&self.message))?;
        for (label, text) in self.notes.iter().filter(|(label, _)| label != CONTENT_NOTE) {
            for line in text.lines() {
                write!(f, "\n  {label}: {}", neutralise(line))?;
            }
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {}", neutralise(hint)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// A name close to a mistyped one.
pub type Suggestion = String;

/// The known name nearest to `typed`, if one is near enough to be what was meant.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<Suggestion> {
    let length = typed.chars().count();
    let limit = (length / 3).max(2);
    known
        .into_iter()
        .filter(|name| length <= NAME_COMPARED_CHARS && name.chars().count().abs_diff(length) <= limit)
        .map(|name| (edit_distance(typed, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name.to_owned())
}

/// Damerau-Levenshtein distance (adjacent transpositions count one), case-insensitive, over characters.
fn edit_distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let replaced = above[j] + usize::from(a != b);
            let mut best = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_top_down_and_is_neutralised() {
        let failure = Failure::new(FailureKind::Connection, "server \"git\" exited with status 3 while connecting")
            .note("stderr", "error: not a\u{1b}[31m repository\nbye")
            .hint("set \"cwd\" for \"git\" in mcp_config.json:7");
        assert_eq!(
            failure.to_string(),
            "server \"git\" exited with status 3 while connecting\n  stderr: error: not a\u{241b}[31m repository\n  stderr: bye\n\
             hint: set \"cwd\" for \"git\" in mcp_config.json:7"
        );
        let placed = Failure::new(FailureKind::Configuration, "x").at(Place { file: "a.json".into(), line: 7 });
        assert_eq!(placed.to_string(), "a.json:7: x");
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["command", "args", "env", "cwd"];
        assert_eq!(nearest("comand", known), Some("command".to_owned()));
        assert_eq!(nearest("agrs", known), Some("args".to_owned()));
        assert_eq!(nearest("headers", known), None);
    }
}
