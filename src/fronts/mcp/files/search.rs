//! `search_text` and `count`: one pass over files, line by line, with a bounded line.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};

use regex::bytes::{Regex, RegexBuilder};

use super::pace::{Pace, Progress};
use super::shapes::{CountReply, CountRequest, Match, SearchReply, SearchRequest};
use super::walk::files_at;
use crate::ops::beneath::Beneath;
use crate::types::limits::{FILES_LINE_BYTES, FILES_LINE_CHARS, FILES_MATCHES, FILES_PATTERN_BYTES, FILES_PROBE_BYTES};
use crate::types::{Failure, FailureKind};

pub(super) fn search_text(files: &Beneath, request: &SearchRequest, pace: &Pace) -> Result<SearchReply, Failure> {
    let pattern = compile(&request.pattern, request.regex, request.ignore_case)?;
    let limit = request.limit.clamp(1, FILES_MATCHES);
    let walked = files_at(files, &request.path, request.hidden, pace)?;
    let mut reply = SearchReply { matches: Vec::new(), files: 0, skipped: 0, truncated: walked.truncated };
    let total = walked.found.len() as u64;
    for (path, _) in walked.found {
        pace.reached(Progress { done: reply.files + reply.skipped, total });
        if reply.matches.len() == limit {
            reply.truncated = true;
            return Ok(reply);
        }
        match search_file(files, &path, &pattern, limit, pace, &mut reply) {
            Ok(Searched::Text) => reply.files += 1,
            Ok(Searched::Binary) | Err(_) => reply.skipped += 1,
        }
        pace.go_on()?;
    }
    pace.reached(Progress { done: total, total });
    Ok(reply)
}

enum Searched {
    Text,
    Binary,
}

fn search_file(
    files: &Beneath,
    path: &str,
    pattern: &Regex,
    limit: usize,
    pace: &Pace,
    reply: &mut SearchReply,
) -> io::Result<Searched> {
    let mut lines = Lines::new(pace.reader(open(files, path)?));
    if lines.starts_binary()? {
        return Ok(Searched::Binary);
    }
    while let Some(line) = lines.next()? {
        let Some(found) = pattern.find(line) else {
            continue;
        };
        if reply.matches.len() == limit {
            reply.truncated = true;
            break;
        }
        let column = String::from_utf8_lossy(&line[..found.start()]).chars().count() as u64 + 1;
        let text = shown(line);
        reply.matches.push(Match { path: path.to_owned(), line: lines.number, column, text });
    }
    Ok(Searched::Text)
}

pub(super) fn count(files: &Beneath, request: &CountRequest, pace: &Pace) -> Result<CountReply, Failure> {
    let pattern = request.pattern.as_deref().map(|text| compile(text, request.regex, request.ignore_case)).transpose()?;
    let walked = files_at(files, &request.path, request.hidden, pace)?;
    let total = walked.found.len() as u64;
    let mut reply =
        CountReply { truncated: walked.truncated, matching_lines: pattern.as_ref().map(|_| 0), ..CountReply::default() };
    for (path, _) in walked.found {
        pace.reached(Progress { done: reply.files + reply.skipped, total });
        match count_file(files, &path, pattern.as_ref(), pace) {
            Ok(counted) => reply.add(&counted),
            Err(_) => reply.skipped += 1,
        }
        pace.go_on()?;
    }
    pace.reached(Progress { done: total, total });
    Ok(reply)
}

impl CountReply {
    fn add(&mut self, counted: &Counted) {
        self.files += 1;
        self.lines += counted.lines;
        self.bytes += counted.bytes;
        self.matching_lines = self.matching_lines.map(|lines| lines + counted.matching);
    }
}

#[derive(Default)]
struct Counted {
    lines: u64,
    bytes: u64,
    matching: u64,
}

fn count_file(files: &Beneath, path: &str, pattern: Option<&Regex>, pace: &Pace) -> io::Result<Counted> {
    let mut lines = Lines::new(pace.reader(open(files, path)?));
    let mut matching = 0;
    while let Some(line) = lines.next()? {
        matching += u64::from(pattern.is_some_and(|pattern| pattern.is_match(line)));
    }
    Ok(Counted { lines: lines.number, bytes: lines.bytes, matching })
}

fn open(files: &Beneath, path: &str) -> io::Result<File> {
    files.file(path).map(|(file, _)| file).map_err(io::Error::other)
}

fn compile(pattern: &str, is_regex: bool, ignore_case: bool) -> Result<Regex, Failure> {
    let refused = |reason: String| Failure::new(FailureKind::ToolExecution, format!("pattern {pattern:?} {reason}"));
    if pattern.is_empty() {
        return Err(refused("is empty".to_owned()));
    }
    let expression = if is_regex { pattern.to_owned() } else { regex::escape(pattern) };
    RegexBuilder::new(&expression)
        .case_insensitive(ignore_case)
        .size_limit(FILES_PATTERN_BYTES)
        .build()
        .map_err(|error| refused(format!("is not a regular expression: {}", last_line(&error.to_string()))))
}

/// The reason in an error of the regex crate stands on its last line, behind a drawing of the place.
fn last_line(error: &str) -> &str {
    error.lines().last().unwrap_or(error).trim_start_matches("error: ")
}

fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end_matches('\r');
    match text.char_indices().nth(FILES_LINE_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Lines without their newlines, cut to [`FILES_LINE_BYTES`].
struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    /// Lines so far.
    number: u64,
    /// Bytes so far.
    bytes: u64,
}

impl<R: Read> Lines<R> {
    fn new(inner: R) -> Self {
        Self { reader: BufReader::with_capacity(FILES_LINE_BYTES, inner), line: Vec::new(), number: 0, bytes: 0 }
    }

    /// Whether the file holds a zero byte near its start.
    fn starts_binary(&mut self) -> io::Result<bool> {
        let head = self.reader.fill_buf()?;
        Ok(head[..head.len().min(FILES_PROBE_BYTES)].contains(&0))
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let mut any = false;
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            any = true;
            let newline = chunk.iter().position(|byte| *byte == b'\n');
            let (content, used) = newline.map_or((chunk, chunk.len()), |at| (&chunk[..at], at + 1));
            let room = FILES_LINE_BYTES - self.line.len();
            self.line.extend_from_slice(&content[..content.len().min(room)]);
            self.reader.consume(used);
            self.bytes += used as u64;
            if newline.is_some() {
                break;
            }
        }
        self.number += u64::from(any);
        Ok(any.then_some(self.line.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::pace::unhurried;
    use super::*;
    use serde_json::{Value, from_value, json, to_value};

    fn project() -> (tempfile::TempDir, Beneath) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "Grün a.b\nother\naxb").unwrap();
        std::fs::write(folder.path().join("b.bin"), b"a.b\0\n").unwrap();
        std::fs::write(folder.path().join("c.txt"), "A.B\r\n").unwrap();
        let files = Beneath::open(folder.path()).unwrap();
        (folder, files)
    }

    fn search(request: Value) -> Result<Value, String> {
        let (_folder, files) = project();
        let reply = search_text(&files, &from_value(request).unwrap(), &unhurried());
        reply.map(|reply| to_value(reply).unwrap()).map_err(|failure| failure.message)
    }

    #[test]
    fn text_is_found_literally_or_by_expression() {
        let first = json!({"path": "a.txt", "line": 1, "column": 6, "text": "Grün a.b"});
        let third = json!({"path": "a.txt", "line": 3, "column": 1, "text": "axb"});
        let upper = json!({"path": "c.txt", "line": 1, "column": 1, "text": "A.B"});
        let found =
            |matches: Value, truncated: bool| Ok(json!({"matches": matches, "files": 2, "skipped": 1, "truncated": truncated}));
        assert_eq!(search(json!({"pattern": "a.b"})), found(json!([first]), false));
        assert_eq!(search(json!({"pattern": "a.b", "ignore_case": true})), found(json!([first, upper]), false));
        assert_eq!(search(json!({"pattern": "a.b", "regex": true})), found(json!([first, third]), false));
        let cut = json!({"matches": [first], "files": 1, "skipped": 0, "truncated": true});
        assert_eq!(search(json!({"pattern": "a.b", "regex": true, "limit": 1})), Ok(cut));
    }

    #[test]
    fn a_bad_pattern_is_explained() {
        assert_eq!(search(json!({"pattern": ""})), Err("pattern \"\" is empty".to_owned()));
        let reason = "pattern \"(\" is not a regular expression: unclosed group";
        assert_eq!(search(json!({"pattern": "(", "regex": true})), Err(reason.to_owned()));
    }

    #[test]
    fn files_lines_and_bytes_are_counted() {
        let (_folder, files) = project();
        let counted = |request: Value| to_value(count(&files, &from_value(request).unwrap(), &unhurried()).unwrap()).unwrap();
        assert_eq!(
            counted(json!({})),
            json!({"files": 3, "lines": 5, "bytes": 29, "matching_lines": null, "skipped": 0, "truncated": false})
        );
        assert_eq!(
            counted(json!({"path": "a.txt", "pattern": "a.b"})),
            json!({"files": 1, "lines": 3, "bytes": 19, "matching_lines": 1, "skipped": 0, "truncated": false})
        );
    }

    #[test]
    fn progress_ends_with_the_total_and_cancelling_stops_within_a_file() {
        let (_folder, files) = project();
        let progress = tokio::sync::watch::Sender::default();
        let cancel = tokio_util::sync::CancellationToken::new();
        let pace = Pace::new(cancel.clone(), progress.clone());
        count(&files, &from_value(json!({})).unwrap(), &pace).unwrap();
        assert_eq!(*progress.borrow(), Progress { done: 3, total: 3 });
        cancel.cancel();
        assert!(count_file(&files, "a.txt", None, &pace).is_err());
    }

    #[test]
    fn a_long_line_is_cut_for_searching_and_counted_whole() {
        let long = [vec![b'x'; FILES_LINE_BYTES * 3], b"needle\nnext".to_vec()].concat();
        let mut lines = Lines::new(long.as_slice());
        assert_eq!(lines.next().unwrap().map(<[u8]>::len), Some(FILES_LINE_BYTES));
        assert_eq!(lines.next().unwrap(), Some(b"next".as_slice()));
        assert_eq!(lines.next().unwrap(), None);
        assert_eq!((lines.number, lines.bytes), (2, long.len() as u64));
        assert_eq!(shown(&b"y".repeat(FILES_LINE_CHARS + 1)), format!("{}…", "y".repeat(FILES_LINE_CHARS)));
    }
}
