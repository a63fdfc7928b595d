//! `read_text`: a bounded part of a file as text.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

use super::pace::{Pace, PacedReader};
use super::shapes::{ReadReply, ReadRequest, Unit};
use crate::ops::beneath::Beneath;
use crate::types::limits::FILES_TEXT_BYTES;
use crate::types::{Failure, FailureKind};

pub(super) fn read_text(files: &Beneath, request: &ReadRequest, pace: &Pace) -> Result<ReadReply, Failure> {
    let (file, facts) = files.file(&request.path)?;
    let part = match request.unit {
        Unit::Bytes => bytes(file, request, pace),
        Unit::Lines => lines(file, request, pace),
    };
    let part = part.map_err(|error| {
        pace.go_on()
            .err()
            .unwrap_or_else(|| Failure::new(FailureKind::ToolExecution, format!("cannot read {:?}: {error}", request.path)))
    })?;
    if part.bytes.contains(&0) {
        return Err(Failure::new(FailureKind::ToolExecution, format!("{:?} is not a text file", request.path)));
    }
    let (text, lossy) = match String::from_utf8(part.bytes) {
        Ok(text) => (text, false),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    };
    Ok(ReadReply { text, size: facts.size, next_offset: part.next_offset, lossy })
}

struct Part {
    bytes: Vec<u8>,
    next_offset: Option<u64>,
}

/// From byte `offset` on. A character that the limit would cut in two is left for the next part.
fn bytes(mut file: File, request: &ReadRequest, pace: &Pace) -> io::Result<Part> {
    let most = usize::try_from(request.limit).unwrap_or(usize::MAX).clamp(1, FILES_TEXT_BYTES);
    file.seek(SeekFrom::Start(request.offset))?;
    let mut bytes = Vec::new();
    pace.reader(file).take(most as u64 + 1).read_to_end(&mut bytes)?;
    let more = bytes.len() > most;
    bytes.truncate(most);
    if more {
        bytes.truncate(whole_characters(&bytes));
    }
    let next_offset = more.then_some(request.offset + bytes.len() as u64);
    Ok(Part { bytes, next_offset })
}

/// Length of `bytes` without a UTF-8 sequence that is cut off at its end; all of it where nothing else would be left.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        Ok(_) | Err(_) => bytes.len(),
    }
}

/// From line `offset` (counted from 0) on, whole lines with their newlines. One line that is longer than the answer may be
/// is an error: reading it by bytes is the way.
fn lines(file: File, request: &ReadRequest, pace: &Pace) -> io::Result<Part> {
    let mut reader = BufReader::new(pace.reader(file));
    for _ in 0..request.offset {
        if reader.skip_until(b'\n')? == 0 {
            return Ok(Part { bytes: Vec::new(), next_offset: None });
        }
    }
    let mut bytes = Vec::new();
    let mut line = Vec::new();
    for number in 0..request.limit {
        line.clear();
        let read = next_line(&mut reader, &mut line)?;
        if read == 0 {
            return Ok(Part { bytes, next_offset: None });
        }
        if bytes.len() + read > FILES_TEXT_BYTES {
            return if number == 0 {
                Err(io::Error::other("its next line is longer than 1 MiB; read it with unit \"bytes\""))
            } else {
                Ok(Part { bytes, next_offset: Some(request.offset + number) })
            };
        }
        bytes.append(&mut line);
    }
    let at_end = reader.fill_buf()?.is_empty();
    Ok(Part { bytes, next_offset: (!at_end).then_some(request.offset + request.limit) })
}

/// One line with its newline, at most one byte more than an answer may hold.
fn next_line(reader: &mut BufReader<PacedReader<'_, File>>, line: &mut Vec<u8>) -> io::Result<usize> {
    reader.by_ref().take(FILES_TEXT_BYTES as u64 + 1).read_until(b'\n', line)
}

#[cfg(test)]
mod tests {
    use super::super::pace::unhurried;
    use super::*;

    fn read(content: &[u8], unit: Unit, offset: u64, limit: u64) -> Result<ReadReply, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f"), content).unwrap();
        let files = Beneath::open(folder.path()).unwrap();
        let request = ReadRequest { path: "f".to_owned(), unit, offset, limit };
        read_text(&files, &request, &unhurried()).map_err(|failure| failure.message)
    }

    fn part(text: &str, size: u64, next_offset: Option<u64>) -> ReadReply {
        ReadReply { text: text.to_owned(), size, next_offset, lossy: false }
    }

    #[test]
    fn lines_are_whole_and_say_where_to_go_on() {
        let content = b"one\ntwo\r\nthree";
        assert_eq!(read(content, Unit::Lines, 0, 2), Ok(part("one\ntwo\r\n", 14, Some(2))));
        assert_eq!(read(content, Unit::Lines, 2, 2), Ok(part("three", 14, None)));
        assert_eq!(read(content, Unit::Lines, 9, 2), Ok(part("", 14, None)));
        assert_eq!(read(b"a\nb\n", Unit::Lines, 0, 2), Ok(part("a\nb\n", 4, None)));
    }

    #[test]
    fn bytes_do_not_cut_a_character() {
        let content = "aüb".as_bytes();
        assert_eq!(read(content, Unit::Bytes, 0, 2), Ok(part("a", 4, Some(1))));
        assert_eq!(read(content, Unit::Bytes, 1, 2), Ok(part("ü", 4, Some(3))));
        assert_eq!(read(content, Unit::Bytes, 3, 9), Ok(part("b", 4, None)));
        assert_eq!(read(content, Unit::Bytes, 99, 9), Ok(part("", 4, None)));
    }

    #[test]
    fn what_is_not_text_is_said() {
        let latin = ReadReply { text: "caf\u{fffd}".to_owned(), size: 4, next_offset: None, lossy: true };
        assert_eq!(read(b"caf\xe9", Unit::Lines, 0, 9), Ok(latin));
        assert_eq!(read(b"\x7fELF\0", Unit::Lines, 0, 9), Err("\"f\" is not a text file".to_owned()));
    }

    #[test]
    fn an_answer_is_bounded() {
        let line = [vec![b'x'; FILES_TEXT_BYTES / 2], vec![b'\n']].concat();
        let content = [line.clone(), line.clone(), line.clone()].concat();
        let first = read(&content, Unit::Lines, 0, 9).unwrap();
        assert_eq!((first.text.len(), first.next_offset), (line.len(), Some(1)));
        let long = vec![b'x'; FILES_TEXT_BYTES + 1];
        assert_eq!(
            read(&long, Unit::Lines, 0, 1),
            Err("cannot read \"f\": its next line is longer than 1 MiB; read it with unit \"bytes\"".to_owned())
        );
        assert_eq!(read(&long, Unit::Bytes, 0, u64::MAX).unwrap().next_offset, Some(FILES_TEXT_BYTES as u64));
    }
}
