//! Reading JSON that a parser would refuse: where the `id` is, how deep it goes, what can be mended. Pure.

/// Longest key or id that is looked at.
const TOKEN_BYTES: usize = 32;

/// Follows one JSON object byte by byte and remembers the `id` at its top level, wherever it stands
/// and whatever is wrong with the rest. Needs constant memory, so that it can follow an endless line.
#[derive(Debug, Default)]
pub(super) struct IdScanner {
    depth: usize,
    quoted: bool,
    escaped: bool,
    token: Vec<u8>,
    key_is_id: bool,
    id: Option<i64>,
}

impl IdScanner {
    /// Reads on.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.quoted {
                self.inside_string(byte);
            } else {
                self.outside_string(byte);
            }
        }
    }

    /// The id, once it has been seen whole. A number in quotes counts.
    pub(super) fn id(&self) -> Option<i64> {
        self.id
    }

    fn inside_string(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.quoted = false,
            _ => self.push(byte),
        }
    }

    fn outside_string(&mut self, byte: u8) {
        match byte {
            b'"' => self.quoted = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.end_value();
                self.depth = self.depth.saturating_sub(1);
            }
            b',' => self.end_value(),
            b':' if self.depth == 1 => {
                self.key_is_id = self.token == b"id";
                self.token.clear();
            }
            _ if byte.is_ascii_whitespace() => {}
            _ => self.push(byte),
        }
    }

    fn push(&mut self, byte: u8) {
        if self.depth == 1 && self.token.len() < TOKEN_BYTES {
            self.token.push(byte);
        }
    }

    fn end_value(&mut self) {
        if self.depth != 1 {
            return;
        }
        if self.key_is_id && self.id.is_none() {
            self.id = std::str::from_utf8(&self.token).ok().and_then(|text| text.parse().ok());
        }
        self.key_is_id = false;
        self.token.clear();
    }
}

/// How deep and how large JSON text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Levels of nesting.
    pub(super) depth: usize,
    /// Values, keys left out; what reading it costs in memory goes with this.
    pub(super) nodes: usize,
}

/// Measures JSON text without reading it.
pub(super) fn shape(text: &str) -> Shape {
    let (mut depth, mut deepest, mut nodes) = (0_usize, 0, 1);
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => rest = after_string(rest),
            b'{' | b'[' => {
                nodes += 1;
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => nodes += 1,
            _ => {}
        }
    }
    Shape { depth: deepest, nodes }
}

/// What follows a string whose first quote has been read; nothing where it does not end.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        if rest[at] == b'"' {
            return &rest[at + 1..];
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    &[]
}

/// The text with `NaN`, `Infinity` and `-Infinity` (which Python writes by default) as `null`, and unpaired
/// surrogate escapes as U+FFFD; nothing where there is nothing to mend.
pub(super) fn mended(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quoted = false;
    let mut changed = false;
    while let Some(at) = rest.find(['"', '\\', 'N', 'I', '-']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (taken, written) = if quoted { mend_in_string(rest) } else { mend_outside(rest) };
        quoted ^= rest.starts_with('"');
        changed |= rest[..taken] != *written;
        out.push_str(written);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// How many bytes to take from the front of `rest`, and what stands for them.
fn mend_outside(rest: &str) -> (usize, &str) {
    for word in ["NaN", "-Infinity", "Infinity"] {
        if rest.starts_with(word) {
            return (word.len(), "null");
        }
    }
    (1, &rest[..1])
}

/// As [`mend_outside`], within a string.
fn mend_in_string(rest: &str) -> (usize, &str) {
    if !rest.starts_with('\\') {
        return (1, &rest[..1]);
    }
    match surrogate(rest) {
        Some(0xd800..=0xdbff) => match rest.get(6..).and_then(surrogate) {
            Some(0xdc00..=0xdfff) => (12, &rest[..12]),
            Some(_) | None => (6, "\\ufffd"),
        },
        Some(0xdc00..=0xdfff) => (6, "\\ufffd"),
        Some(_) => (6, &rest[..6]),
        None => {
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
            (end, &rest[..end])
        }
    }
}

/// The code unit of the `\uXXXX` that `rest` starts with.
fn surrogate(rest: &str) -> Option<u32> {
    rest.strip_prefix("\\u").and_then(|rest| rest.get(..4)).and_then(|digits| u32::from_str_radix(digits, 16).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(text: &str) -> Option<i64> {
        let mut scanner = IdScanner::default();
        scanner.feed(text.as_bytes());
        scanner.id()
    }

    #[test]
    fn the_id_is_found_wherever_it_stands() {
        for (text, id) in [
            (r#"{"jsonrpc":"2.0","id":7,"result":{"id":1}}"#, Some(7)),
            (r#"{"result":{"id":1,"x":[{"id":2}]},"id" : 7 }"#, Some(7)),
            (r#"{"a":"\"id\":3","id":"7","result":oops!}"#, Some(7)),
            (r#"{"id":7,"result":{"broken": "#, Some(7)),
            (r#"{"result":{"id":1}}"#, None),
            (r#"{"id":null}"#, None),
            (r#"{"id":[7]}"#, None),
            ("id: 7, nothing of ours", None),
        ] {
            assert_eq!(id_of(text), id, "{text}");
        }
    }

    #[test]
    fn brackets_and_commas_count_outside_strings() {
        assert_eq!(shape(r#"{"a":["[[,[["]}"#), Shape { depth: 2, nodes: 3 });
        assert_eq!(shape(r#"{"a":[{"b":"\\"},1]}"#), Shape { depth: 3, nodes: 5 });
        assert_eq!(shape(r#"["\"[[",["]"#), Shape { depth: 2, nodes: 4 });
        assert_eq!([r#"["\"#, r#"["[[\""#].map(shape), [Shape { depth: 1, nodes: 2 }; 2]);
    }

    #[test]
    fn what_python_writes_is_mended_and_nothing_else() {
        let cases = [
            (r#"{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN"}"#, Some(r#"{"a":null,"b":[null,null],"c":"NaN"}"#)),
            (r#"{"a":"\ud83d","b":"\ud83d\ude00\\ud83d"}"#, Some(r#"{"a":"\ufffd","b":"\ud83d\ude00\\ud83d"}"#)),
            (r#"{"a":-1,"b":"x\"NaN","é":"\é"}"#, None),
            (r#"{"a":"\u12"#, None),
        ];
        for (text, expected) in cases {
            assert_eq!(mended(text).as_deref(), expected, "{text}");
        }
    }
}
