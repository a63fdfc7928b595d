//! Bytes of a script's streams folded into kept lines: UTF-8 and escape sequences split anywhere, carriage returns,
//! lines without end, text that would steer a terminal.

use std::collections::VecDeque;
use std::ops::Range;

use super::views::{OutputLine, OutputStream};
use crate::types::limits::{BOARD_LINE_BYTES, BOARD_OUTPUT_BYTES, BOARD_OUTPUT_LINES, ESCAPE_CHARS};
use crate::types::neutralise_line;

/// Appended to a line that was cut.
const CUT: &str = "… [cut]";
/// Columns between tab stops.
const TAB: usize = 8;

/// The kept output of one run.
#[derive(Debug, Default)]
pub(super) struct Lines {
    kept: VecDeque<OutputLine>,
    /// Position of the oldest kept line.
    first: u64,
    bytes: usize,
    streams: [Stream; 4],
}

/// What is unfinished on one stream.
#[derive(Debug, Default)]
struct Stream {
    /// First bytes of a character whose rest has not come.
    undecoded: Vec<u8>,
    /// First characters of an escape sequence whose rest has not come.
    escape: String,
    /// Position of the line being written.
    open: Option<u64>,
    /// A carriage return came: what follows replaces the line, unless it is a newline.
    returned: bool,
    /// The line is full.
    cut: bool,
}

impl Lines {
    /// Lines so far, also those no longer kept.
    pub(super) fn count(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// Positions of the kept lines.
    pub(super) fn positions(&self) -> Range<u64> {
        self.first..self.count()
    }

    /// Bytes the kept lines take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The lines of `window` that are kept.
    pub(super) fn window(&self, window: &Range<u64>) -> Vec<OutputLine> {
        self.kept.range(super::kept_part(window, &self.positions())).cloned().collect()
    }

    /// Forgets all lines; counting goes on.
    pub(super) fn forget(&mut self) {
        self.first = self.count();
        self.kept = VecDeque::new();
        self.bytes = 0;
    }

    /// Adds what a stream wrote.
    pub(super) fn write(&mut self, stream: OutputStream, bytes: &[u8]) {
        let mut joined = std::mem::take(&mut self.streams[stream as usize].undecoded);
        let bytes = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.text(stream, chunk.valid());
            if chunk.invalid().is_empty() {
                continue;
            }
            if chunks.peek().is_none() && is_beginning(chunk.invalid()) {
                self.streams[stream as usize].undecoded = chunk.invalid().to_vec();
            } else {
                self.append(stream, "\u{fffd}");
            }
        }
    }

    /// Shows what was still waiting for its rest: the streams have ended.
    pub(super) fn finish(&mut self) {
        for stream in [OutputStream::Stdout, OutputStream::Stderr, OutputStream::Log, OutputStream::Studio] {
            self.flush_escape(stream);
            if !std::mem::take(&mut self.streams[stream as usize].undecoded).is_empty() {
                self.append(stream, "\u{fffd}");
            }
            if self.streams[stream as usize].open.is_some() {
                self.end_line(stream);
            }
        }
    }

    fn text(&mut self, stream: OutputStream, mut text: &str) {
        while !text.is_empty() {
            if !self.streams[stream as usize].escape.is_empty() {
                let rest = self.continue_escape(stream, text);
                text = rest;
                continue;
            }
            let plain = text.bytes().position(is_special).unwrap_or(text.len());
            let (before, rest) = text.split_at(plain);
            if !before.is_empty() {
                self.append(stream, &neutralise_line(before));
            }
            let mut rest = rest.chars();
            match rest.next() {
                Some('\n') => self.end_line(stream),
                Some('\r') => self.streams[stream as usize].returned = true,
                Some('\t') => self.tab(stream),
                Some('\u{8}') => self.backspace(stream),
                Some(escape) => self.streams[stream as usize].escape.push(escape),
                None => {}
            }
            text = rest.as_str();
        }
    }

    /// Collects an escape sequence. Colours and "erase in line" vanish, all else is shown as harmless text.
    fn continue_escape<'a>(&mut self, stream: OutputStream, text: &'a str) -> &'a str {
        let escape = &mut self.streams[stream as usize].escape;
        for (at, c) in text.char_indices() {
            let after = &text[at + c.len_utf8()..];
            let begins = escape.len() == 1 && c == '[';
            let goes_on = escape.len() > 1 && escape.len() < ESCAPE_CHARS && matches!(c, '0'..='9' | ';' | ':');
            if begins || goes_on {
                escape.push(c);
            } else if escape.len() > 1 && matches!(c, 'm' | 'K') {
                escape.clear();
                return after;
            } else {
                self.flush_escape(stream);
                return &text[at..];
            }
        }
        ""
    }

    fn flush_escape(&mut self, stream: OutputStream) {
        let escape = std::mem::take(&mut self.streams[stream as usize].escape);
        if !escape.is_empty() {
            self.append(stream, &neutralise_line(&escape));
        }
    }

    fn tab(&mut self, stream: OutputStream) {
        const SPACES: &str = "        ";
        let column = self.open_line(stream).map_or(0, |line| line.text.chars().count());
        self.append(stream, &SPACES[column % TAB..]);
    }

    fn backspace(&mut self, stream: OutputStream) {
        let removed = self.open_line(stream).and_then(|line| line.text.pop());
        self.bytes -= removed.map_or(0, char::len_utf8);
    }

    /// Adds harmless text to the line that is open on `stream`.
    fn append(&mut self, stream: OutputStream, text: &str) {
        let state = &mut self.streams[stream as usize];
        if std::mem::take(&mut state.returned) {
            state.cut = false;
            let cleared = self.open_line(stream).map_or(0, |line| std::mem::take(&mut line.text).len());
            self.bytes -= cleared;
        }
        if self.streams[stream as usize].cut {
            return;
        }
        if self.streams[stream as usize].open.is_none() {
            self.streams[stream as usize].open = Some(self.count());
            self.push(OutputLine { stream, text: String::new() });
        }
        let Some(line) = self.open_line(stream) else {
            return;
        };
        let room = BOARD_LINE_BYTES - line.text.len().min(BOARD_LINE_BYTES);
        let before = line.text.len();
        let cut = text.len() > room;
        line.text.push_str(&text[..text.floor_char_boundary(room)]);
        if cut {
            line.text.push_str(CUT);
        }
        let added = line.text.len() - before;
        self.streams[stream as usize].cut = cut;
        self.bytes += added;
        self.trim();
    }

    fn end_line(&mut self, stream: OutputStream) {
        if self.streams[stream as usize].open.is_none() {
            self.push(OutputLine { stream, text: String::new() });
        } else if let Some(line) = self.open_line(stream) {
            line.text.shrink_to_fit();
        }
        let state = &mut self.streams[stream as usize];
        (state.open, state.returned, state.cut) = (None, false, false);
    }

    /// The line that is open on `stream`, if it is still kept.
    fn open_line(&mut self, stream: OutputStream) -> Option<&mut OutputLine> {
        let index = self.streams[stream as usize].open?.checked_sub(self.first)?;
        self.kept.get_mut(usize::try_from(index).ok()?)
    }

    fn push(&mut self, line: OutputLine) {
        self.bytes += size_of::<OutputLine>() + line.text.len();
        self.kept.push_back(line);
        self.trim();
    }

    fn trim(&mut self) {
        while self.kept.len() > BOARD_OUTPUT_LINES || self.bytes > BOARD_OUTPUT_BYTES {
            let Some(line) = self.kept.pop_front() else {
                return;
            };
            self.first += 1;
            self.bytes -= size_of::<OutputLine>() + line.text.len();
        }
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b'\t' | b'\x08' | b'\x1b')
}

/// Whether further bytes could make a character of `bytes`.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use OutputStream::{Stderr, Stdout};

    fn shown(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        for chunk in chunks {
            lines.write(Stdout, chunk);
        }
        lines.window(&(0..u64::MAX)).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_line_is_the_same_however_its_bytes_are_split() {
        let text =
            "aü€😀\u{1b}[1;31mred\u{1b}[0m\tx\r\n50 %\r100 %\u{1b}[K\n\n\u{1b}]0;t\u{7}\u{9b}e\u{8}\u{8}\u{202e}\n".as_bytes();
        let whole = shown(&[text]);
        assert_eq!(whole, ["aü€😀red x", "100 %", "", "\u{241b}]0;t\u{2407}\u{fffd}"]);
        for at in 0..text.len() {
            assert_eq!(shown(&[&text[..at], &text[at..]]), whole, "split at {at}");
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(shown(&single), whole);
    }

    #[test]
    fn unfinished_lines_of_two_streams_grow_where_they_stand() {
        let mut lines = Lines::default();
        lines.write(Stdout, b"one ");
        lines.write(Stderr, b"warning\n");
        lines.write(Stdout, b"two\nthree");
        let line = |stream, text: &str| OutputLine { stream, text: text.to_owned() };
        assert_eq!(lines.window(&(0..9)), [line(Stdout, "one two"), line(Stderr, "warning"), line(Stdout, "three")]);
        assert_eq!(lines.window(&(1..2)), [line(Stderr, "warning")]);
        assert_eq!(lines.count(), 3);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_not_lost() {
        assert_eq!(shown(&[b"a\xffb\xe2\x82", b"c\n\xc3"]), ["a\u{fffd}b\u{fffd}c"]);
        let mut lines = Lines::default();
        lines.write(Stdout, b"\xc3");
        lines.write(Stderr, b"\x1b[3");
        lines.finish();
        let texts: Vec<String> = lines.window(&(0..9)).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["\u{fffd}", "\u{241b}[3"]);
    }

    #[test]
    fn a_line_without_end_is_cut_once_and_the_next_one_is_whole() {
        let mut lines = Lines::default();
        for _ in 0..100 {
            lines.write(Stdout, &[b'x'; 1_000]);
        }
        lines.write(Stdout, b"\nnext\n");
        let texts: Vec<String> = lines.window(&(0..9)).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, [format!("{}{CUT}", "x".repeat(BOARD_LINE_BYTES)), "next".to_owned()]);
        assert_eq!(shown(&[&vec![b'x'; BOARD_LINE_BYTES + 1], b"\rshort"]), ["short"]);
    }

    #[test]
    fn a_flood_keeps_the_latest_lines_and_their_positions() {
        let mut lines = Lines::default();
        for number in 0..BOARD_OUTPUT_LINES + 5 {
            lines.write(Stdout, format!("{number}\n").as_bytes());
        }
        assert_eq!(lines.positions(), 5..(BOARD_OUTPUT_LINES as u64 + 5));
        assert_eq!(lines.window(&(0..7)).iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["5", "6"]);
        for _ in 0..2 * BOARD_OUTPUT_BYTES / 10_000 {
            lines.write(Stdout, &[b'y'; 9_999]);
            lines.write(Stdout, b"\n");
        }
        assert!(lines.bytes() <= BOARD_OUTPUT_BYTES && lines.bytes() > BOARD_OUTPUT_BYTES / 2);
        lines.forget();
        assert_eq!((lines.window(&(0..u64::MAX)), lines.bytes()), (Vec::new(), 0));
    }

    #[test]
    fn an_open_line_that_is_no_longer_kept_does_no_harm() {
        let mut lines = Lines::default();
        lines.write(Stdout, b"open");
        for _ in 0..=BOARD_OUTPUT_LINES {
            lines.write(Stderr, b"e\n");
        }
        lines.write(Stdout, b" more\tand\x08 more\rx\nnext\n");
        assert_eq!(lines.window(&(lines.count() - 1..u64::MAX)), [OutputLine { stream: Stdout, text: "next".to_owned() }]);
    }
}
