//! Text behind an encoding: base64, hexadecimal, percent signs, backslash and entity escapes.
//!
//! Each is decoded into a [`Decoded`] text whose every byte knows where it came from, so that what is found in it can be
//! masked in the source. A run of base64 or hexadecimal is masked whole.

use std::ops::Range;

use crate::types::limits::{MASKED_DECODED, MASKED_LAYERS, MASKED_RUN_BYTES};

/// Bytes of a run from which on it is worth decoding: six bytes in base64, four in hexadecimal.
const RUN_MIN: usize = 8;
/// Runs shorter than this count only if all they hold is text.
const RUN_SURE: usize = 20;
/// A line of a run that goes on in the next line has at least this length (MIME: 76, PEM: 64).
const RUN_LINE_MIN: usize = 40;

/// Decoded text. Pieces are in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    /// Where it begins in the decoded text.
    at: usize,
    source: Range<usize>,
    /// Byte for byte the same as the source.
    plain: bool,
}

impl Decoded {
    /// The part of the source that a part of the decoded text came from.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.byte(range.start);
        let last = self.byte(range.end.saturating_sub(1));
        first.start.min(last.start)..last.end.max(first.end)
    }

    fn byte(&self, at: usize) -> Range<usize> {
        let Some(piece) =
            self.pieces.partition_point(|piece| piece.at <= at).checked_sub(1).and_then(|index| self.pieces.get(index))
        else {
            return 0..0;
        };
        if piece.plain {
            let start = (piece.source.start + at - piece.at).min(piece.source.end);
            start..(start + 1).min(piece.source.end)
        } else {
            piece.source.clone()
        }
    }

    fn begin(&mut self, source: Range<usize>, plain: bool) {
        self.pieces.push(Piece { at: self.bytes.len(), source, plain });
    }
}

/// The text with its escapes resolved, or nothing where there are none.
pub(super) fn unescaped(bytes: &[u8]) -> Option<Decoded> {
    let first =
        bytes.iter().enumerate().position(|(at, byte)| matches!(byte, b'%' | b'\\' | b'&') && escape(&bytes[at..]).is_some())?;
    let mut decoded = Decoded::default();
    let (mut at, mut plain) = (first, 0);
    while at < bytes.len() {
        if let Some((character, length)) = escape(&bytes[at..]) {
            decoded.begin(plain..at, true);
            decoded.bytes.extend_from_slice(&bytes[plain..at]);
            decoded.begin(at..at + length, false);
            match character {
                Unit::Byte(byte) => decoded.bytes.push(byte),
                Unit::Char(character) => decoded.bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            at += length;
            plain = at;
        } else {
            at += 1;
        }
    }
    decoded.begin(plain..at, true);
    decoded.bytes.extend_from_slice(&bytes[plain..]);
    Some(decoded)
}

/// What `text` may hold behind encodings, one within another: pieces of at least `least` characters that can be read.
/// Nothing where decoding would take more than [`MASKED_DECODED`] times the text.
pub fn decoded_texts(text: &str, least: usize) -> Option<Vec<String>> {
    let mut budget = text.len().saturating_mul(MASKED_DECODED).saturating_add(4_096);
    let mut texts = Vec::new();
    collect(text.as_bytes(), 0, least, &mut budget, &mut texts)?;
    Some(texts)
}

fn collect(bytes: &[u8], layer: usize, least: usize, budget: &mut usize, texts: &mut Vec<String>) -> Option<()> {
    if layer == MASKED_LAYERS {
        return Some(());
    }
    for decoded in unescaped(bytes).into_iter().chain([runs(bytes)]) {
        *budget = budget.checked_sub(decoded.bytes.len())?;
        let text = String::from_utf8_lossy(&decoded.bytes);
        let unread = |c: char| c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_whitespace());
        let pieces = text.split(unread).filter(|piece| piece.chars().nth(least.saturating_sub(1)).is_some());
        texts.extend(pieces.map(str::to_owned));
        collect(&decoded.bytes, layer + 1, least, budget, texts)?;
    }
    Some(())
}

enum Unit {
    Byte(u8),
    Char(char),
}

/// One escape at the beginning of the bytes, and its length.
fn escape(bytes: &[u8]) -> Option<(Unit, usize)> {
    let hexadecimal = |range: Range<usize>| {
        bytes.get(range)?.iter().try_fold(0_u32, |value, byte| Some(value << 4 | char::from(*byte).to_digit(16)?))
    };
    let byte = |value: u32| u8::try_from(value).ok().map(Unit::Byte);
    match (bytes.first()?, bytes.get(1)?) {
        (b'%', _) => Some((byte(hexadecimal(1..3)?)?, 3)),
        (b'\\', b'x') => Some((byte(hexadecimal(2..4)?)?, 4)),
        (b'\\', b'u') => Some((Unit::Char(char::from_u32(hexadecimal(2..6)?)?), 6)),
        (b'\\', b'n') => Some((Unit::Byte(b'\n'), 2)),
        (b'\\', b'r' | b't') => Some((Unit::Byte(b' '), 2)),
        (b'\\', plain @ (b'"' | b'\'' | b'\\' | b'/')) => Some((Unit::Byte(*plain), 2)),
        (b'&', _) => entity(bytes),
        _ => None,
    }
}

/// `&#64;`, `&#x40;` and the five names that XML has.
fn entity(bytes: &[u8]) -> Option<(Unit, usize)> {
    let end = bytes.iter().take(10).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&bytes[1..end]).ok()?;
    let number = match name {
        "amp" => Some(38),
        "lt" => Some(60),
        "gt" => Some(62),
        "quot" => Some(34),
        "apos" => Some(39),
        _ => match name.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => name[1..].parse().ok(),
        },
    };
    Some((Unit::Char(char::from_u32(number?)?), end + 1))
}

/// Everything in the text that is base64 or hexadecimal, decoded at each alignment, with a line break between any two.
pub(super) fn runs(bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    let mut at = 0;
    while let Some(start) = bytes[at..].iter().position(|byte| value64(*byte).is_some()).map(|offset| at + offset) {
        at = run_end(bytes, start);
        let run = &bytes[start..at];
        if run.len() >= RUN_MIN {
            decode_run(run, start..at, &mut decoded);
        }
    }
    decoded
}

/// Where a run ends. It may go on over line breaks behind long lines.
fn run_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    loop {
        let line = bytes[end..].iter().position(|byte| value64(*byte).is_none()).unwrap_or(bytes.len() - end);
        end += line;
        let further = match &bytes[end..] {
            [b'\n', next, ..] if value64(*next).is_some() => 1,
            [b'\r', b'\n', next, ..] if value64(*next).is_some() => 2,
            _ => 0,
        };
        if line < RUN_LINE_MIN || further == 0 {
            return end;
        }
        end += further;
    }
}

fn decode_run(run: &[u8], source: Range<usize>, decoded: &mut Decoded) {
    let sure = run.len() >= RUN_SURE;
    let alignments = match (looks_like_base64(run), run.len() <= MASKED_RUN_BYTES) {
        (false, _) => 0,
        (true, true) => 4,
        (true, false) => 1,
    };
    for skipped in 0..alignments {
        let sextets = run[skipped..].iter().filter_map(|byte| value64(*byte));
        decode(sextets, 6, sure, &source, decoded);
    }
    for digits in hexadecimal_parts(run) {
        let source = source.start + digits.start..source.start + digits.end;
        for skipped in 0..2 {
            let nibbles = run[digits.clone()][skipped..].iter().filter_map(|byte| char::from(*byte).to_digit(16));
            decode(nibbles, 4, sure, &source, decoded);
        }
    }
}

/// Words, paths and digests are no base64: it has capitals, or digits without the signs that join words.
fn looks_like_base64(run: &[u8]) -> bool {
    let capital = run.iter().any(u8::is_ascii_uppercase);
    let joined = || run.iter().any(|byte| matches!(byte, b'/' | b'-' | b'_'));
    let digit = || run.iter().any(u8::is_ascii_digit);
    let hexadecimal = || run.iter().all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace());
    (capital || digit() && !joined()) && !hexadecimal()
}

/// The parts of a run that are hexadecimal, long enough to be worth it.
fn hexadecimal_parts(run: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + run.get(at..)?.iter().position(u8::is_ascii_hexdigit)?;
            let in_part = |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace();
            at = start + run[start..].iter().position(|byte| !in_part(byte)).unwrap_or(run.len() - start);
            // Bytes of text have a digit in hexadecimal; words such as "facade" have none.
            if at - start >= RUN_MIN && run[start..at].iter().any(u8::is_ascii_digit) {
                return Some(start..at);
            }
        }
    })
}

/// Joins groups of `width` bits into bytes. Without `sure` they count only if all of them are text.
fn decode(groups: impl Iterator<Item = u32>, width: u32, sure: bool, source: &Range<usize>, decoded: &mut Decoded) {
    let before = decoded.bytes.len();
    let (mut bits, mut kept) = (0, 0_u32);
    for group in groups {
        bits = bits << width | group;
        kept += width;
        if kept >= 8 {
            kept -= 8;
            let byte = u8::try_from(bits >> kept & 0xff).unwrap_or_default();
            let text = byte >= b' ' && byte != 0x7f || matches!(byte, b'\n' | b'\r' | b'\t');
            if !text && !sure {
                decoded.bytes.truncate(before);
                return;
            }
            decoded.bytes.push(byte);
        }
        bits &= 0xff;
    }
    if !sure && std::str::from_utf8(&decoded.bytes[before..]).is_err() {
        decoded.bytes.truncate(before);
        return;
    }
    decoded.bytes.push(b'\n');
    decoded.pieces.push(Piece { at: before, source: source.clone(), plain: false });
}

/// The six bits of a character of either base64 alphabet.
fn value64(byte: u8) -> Option<u32> {
    let value = VALUES[usize::from(byte)];
    (value < 64).then_some(u32::from(value))
}

/// By byte; 64 is none.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let mut digit: u8 = 0;
    while digit < 26 {
        values[b'A' as usize + digit as usize] = digit;
        values[b'a' as usize + digit as usize] = digit + 26;
        digit += 1;
    }
    digit = 0;
    while digit < 10 {
        values[b'0' as usize + digit as usize] = digit + 52;
        digit += 1;
    }
    values[b'+' as usize] = 62;
    values[b'-' as usize] = 62;
    values[b'/' as usize] = 63;
    values[b'_' as usize] = 63;
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_know_their_source() {
        let source = r"a%40b\u0041\n&#64;&amp;z";
        let decoded = unescaped(source.as_bytes()).unwrap();
        assert_eq!(decoded.bytes, b"a@bA\n@&z");
        let parts: Vec<&str> = (0..8).map(|at| &source[decoded.source(&(at..at + 1))]).collect();
        assert_eq!(parts, ["a", "%40", "b", r"\u0041", r"\n", "&#64;", "&amp;", "z"]);
        assert_eq!(&source[decoded.source(&(1..4))], r"%40b\u0041");
        for plain in ["", "100%", r"C:\dir", "a & b", "%zz", r"\ud800"] {
            assert!(unescaped(plain.as_bytes()).is_none(), "{plain}");
        }
    }

    #[test]
    fn runs_are_decoded_at_each_alignment() {
        for text in [
            "am9lQGV4YW1wbGUuY29t",
            "x/am9lQGV4YW1wbGUuY29t==",
            "6a6f65406578616d706c652e636f6d",
            "0x6A6F65406578616D706C652E636F6D",
        ] {
            let decoded = runs(text.as_bytes());
            let plain = String::from_utf8_lossy(&decoded.bytes);
            assert!(plain.contains("joe@example.com"), "{text} gave {plain}");
        }
        assert!(runs(b"plain words of a sentence, and-long-identifiers_too").bytes.is_empty());
    }

    #[test]
    fn what_can_be_read_behind_encodings_is_told() {
        let told = |text| decoded_texts(text, 8).unwrap();
        assert_eq!(told("plain words"), [""; 0]);
        assert_eq!(told("joe%40example.com"), ["joe@example.com"]);
        let within = told("am9lJTQwZXhhbXBsZS5jb20%3D");
        assert!(within.iter().any(|text| text.trim() == "joe@example.com"), "percent in base64 in percent: {within:?}");
        let nested = "%61%32".repeat(4_000);
        assert!(decoded_texts(&nested, 8).is_some());
    }

    #[test]
    fn a_run_goes_on_in_the_next_line() {
        let line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2";
        let text = format!("{line}\r\nam9lQGV4YW1wbGUuY29t");
        let decoded = runs(text.as_bytes());
        assert!(
            String::from_utf8_lossy(&decoded.bytes).contains("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvjoe@example.com")
        );
        assert_eq!(decoded.source(&(0..3)), 0..text.len());
    }
}
