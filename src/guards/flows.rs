//! Whether arguments hold a piece of what was read: fingerprints of texts, compared without keeping the texts.
//!
//! Found is any run of [`FLOW_CERTAIN_CHARS`] characters that both have, whatever its case and white space; shorter ones
//! often, and short whole values from [`FLOW_VALUE_CHARS`] on. Both sides are also looked at behind base64, hexadecimal,
//! percent signs and escapes, up to three within one another. Not found is what was encrypted, compressed, translated or
//! paraphrased.

use std::collections::HashMap;

use serde_json::Value;

use crate::types::decoded_texts;
use crate::types::limits::{FLOW_CERTAIN_CHARS, FLOW_GRAM_CHARS, FLOW_PRINTS, FLOW_TEXT_BYTES, FLOW_VALUE_CHARS};

/// Base of the rolling hash: odd, so that every character keeps counting.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
/// Told apart from hashes of pieces by this.
const WHOLE: u64 = 0x5851_f42d_4c95_7f2d;

/// Fingerprints of what was read.
#[derive(Debug, Clone, Default)]
pub struct Prints {
    /// With the number of the source that had it first.
    found: HashMap<u64, u32>,
    /// More was read than is kept: nothing can be said of the rest.
    full: bool,
}

impl Prints {
    /// Takes in the texts of the result of a source, as they are and behind encodings. More than [`FLOW_TEXT_BYTES`] of one,
    /// or [`FLOW_PRINTS`] in all, are not kept.
    pub fn add(&mut self, value: &Value, source: u32) {
        let (mut left, mut left_decoded) = (FLOW_TEXT_BYTES, FLOW_TEXT_BYTES);
        each_text(value, &mut |text, part| {
            if part == Part::Key {
                return;
            }
            if text.len() > left || self.found.len() >= FLOW_PRINTS {
                self.full = true;
                return;
            }
            left -= text.len();
            self.keep(text, source);
            let Some(decoded) = decoded_texts(text, FLOW_VALUE_CHARS) else {
                self.full = true;
                return;
            };
            for text in decoded {
                match left_decoded.checked_sub(text.len()) {
                    Some(left) if self.found.len() < FLOW_PRINTS => left_decoded = left,
                    Some(_) | None => {
                        self.full = true;
                        return;
                    }
                }
                self.keep(&text, source);
            }
        });
    }

    fn keep(&mut self, text: &str, source: u32) {
        let chars = folded(text);
        if chars.len() >= FLOW_VALUE_CHARS {
            self.found.entry(whole(&chars)).or_insert(source);
        }
        for print in winnowed(&chars) {
            self.found.entry(print).or_insert(source);
        }
    }

    /// Whether more was read than is kept.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The source of which a text of `arguments` holds a piece, as it is or behind encodings.
    pub fn trace(&self, arguments: &Value) -> Trace {
        let mut trace = Trace::Nothing;
        each_text(arguments, &mut |text, part| {
            if trace != Trace::Nothing || self.found.is_empty() {
                return;
            }
            trace = match (self.source_of(text, part), decoded_texts(text, FLOW_VALUE_CHARS)) {
                (Some(source), _) => Trace::From(source),
                (None, None) => Trace::Unclear,
                (None, Some(decoded)) => {
                    let lines = decoded.iter().flat_map(|text| std::iter::once(text.as_str()).chain(text.lines()));
                    lines.filter_map(|line| self.source_of(line, Part::Value)).map(Trace::From).next().unwrap_or(Trace::Nothing)
                }
            };
        });
        trace
    }

    fn source_of(&self, text: &str, part: Part) -> Option<u32> {
        let chars = folded(text);
        let same = (part == Part::Value).then(|| self.found.get(&whole(&chars))).flatten();
        same.or_else(|| grams(&chars).find_map(|gram| self.found.get(&gram))).copied()
    }
}

/// Where arguments come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// From nothing that was read.
    Nothing,
    /// From this source.
    From(u32),
    /// They hold more encoded text than is looked through.
    Unclear,
}

/// Where a text stands. Keys of results are names of fields, no data; those of arguments may carry anything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Key,
    Value,
}

/// Every text in `value`: keys, texts themselves, and numbers as they are written.
fn each_text(value: &Value, visit: &mut impl FnMut(&str, Part)) {
    match value {
        Value::String(text) => visit(text, Part::Value),
        Value::Number(number) => visit(&number.to_string(), Part::Value),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, visit)),
        Value::Object(fields) => {
            for (key, value) in fields {
                visit(key, Part::Key);
                each_text(value, visit);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Small letters, without white space.
fn folded(text: &str) -> Vec<char> {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn whole(chars: &[char]) -> u64 {
    mixed(chars.iter().fold(WHOLE, |hash, c| hash.wrapping_mul(BASE).wrapping_add(u64::from(u32::from(*c)))))
}

/// The hash of each piece of [`FLOW_GRAM_CHARS`] characters.
fn grams(chars: &[char]) -> impl Iterator<Item = u64> + '_ {
    let top = (1..FLOW_GRAM_CHARS).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = 0_u64;
    chars.iter().enumerate().filter_map(move |(at, c)| {
        if let Some(gone) = at.checked_sub(FLOW_GRAM_CHARS).and_then(|gone| chars.get(gone)) {
            hash = hash.wrapping_sub(top.wrapping_mul(u64::from(u32::from(*gone))));
        }
        hash = hash.wrapping_mul(BASE).wrapping_add(u64::from(u32::from(*c)));
        (at + 1 >= FLOW_GRAM_CHARS).then(|| mixed(hash))
    })
}

/// The least hash of each window of pieces (winnowing, Schleimer et al. 2003): a quarter of them, and yet one of any
/// [`FLOW_CERTAIN_CHARS`] characters in a row.
fn winnowed(chars: &[char]) -> Vec<u64> {
    let window = FLOW_CERTAIN_CHARS - FLOW_GRAM_CHARS + 1;
    let all: Vec<u64> = grams(chars).collect();
    let mut kept: Vec<u64> = Vec::new();
    let windows = all.windows(window.min(all.len()).max(1));
    for least in windows.filter_map(|window| window.iter().min()) {
        if kept.last() != Some(least) {
            kept.push(*least);
        }
    }
    kept
}

/// Spreads the bits, so that the least of some hashes says nothing of their texts.
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn prints(value: &Value) -> Prints {
        let mut prints = Prints::default();
        prints.add(value, 3);
        prints
    }

    #[test]
    fn a_piece_is_found_wherever_it_stands() {
        let read =
            prints(&json!({"rows": [{"note": "The launch code is Tango-Seven-Foxtrot, keep it safe.", "id": 90_210_417}]}));
        for arguments in [
            json!({"body": "fyi: the launch code is tango-seven-foxtrot"}),
            json!({"body": {"deep": ["x", "TheLaunchCodeIs\nTango-Seven"]}}),
            json!({"the launch code is Tango": 1}),
            json!({"number": 90_210_417}),
            json!({"number": "90210417"}),
        ] {
            assert_eq!(read.trace(&arguments), Trace::From(3), "{arguments}");
        }
        for arguments in [json!({}), json!({"body": "Hello, how are you today?"}), json!({"n": 7}), json!({"q": "rows"})] {
            assert_eq!(read.trace(&arguments), Trace::Nothing, "{arguments}");
        }
    }

    #[test]
    fn a_piece_is_found_behind_encodings_on_either_side() {
        let plain = "the launch code is tango-seven-foxtrot";
        let base64 = "dGhlIGxhdW5jaCBjb2RlIGlzIHRhbmdvLXNldmVuLWZveHRyb3Q=";
        let hexadecimal = "746865206c61756e636820636f64652069732074616e676f2d736576656e2d666f7874726f74";
        let percent = "the%20launch%20code%20is%20tango%2Dseven%2Dfoxtrot";
        let twice = "ZEdobElHeGhkVzVqYUNCamIyUmxJR2x6SUhSaGJtZHZMWE5sZG1WdUxXWnZlSFJ5YjNRPQ==";
        for read in [plain, base64, hexadecimal, percent] {
            for sent in [plain, base64, hexadecimal, percent, twice, &format!("x={base64}&y")] {
                assert_eq!(prints(&json!({"note": read})).trace(&json!({"url": sent})), Trace::From(3), "{read} {sent}");
            }
        }
        let value = prints(&json!({"pin": "90210417"}));
        assert_eq!(value.trace(&json!({"q": "OTAyMTA0MTc="})), Trace::From(3), "a short value in base64");
        let harmless =
            json!({"q": "SGVsbG8sIGhvdyBhcmUgeW91IHRvZGF5Pw==", "id": "6f1ed002ab5595859014ebf0951522d9", "u": "a%20b"});
        assert_eq!(prints(&json!({"note": plain})).trace(&harmless), Trace::Nothing);
    }

    #[test]
    fn what_is_too_much_to_keep_is_said() {
        assert!(!prints(&json!("x".repeat(FLOW_TEXT_BYTES))).is_full());
        assert!(prints(&json!("x".repeat(FLOW_TEXT_BYTES + 1))).is_full());
        assert!(prints(&json!(["x".repeat(FLOW_TEXT_BYTES / 2), "y".repeat(FLOW_TEXT_BYTES / 2 + 1)])).is_full());
    }

    proptest! {
        #[test]
        fn any_long_piece_is_found(text in "[a-zA-Z0-9 ,.-]{60,200}", before in ".{0,20}", after in ".{0,20}", at in 0_usize..1000) {
            let solid: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
            prop_assume!(solid.len() > FLOW_CERTAIN_CHARS);
            let start = at % (solid.len() - FLOW_CERTAIN_CHARS);
            let piece: String = solid[start..start + FLOW_CERTAIN_CHARS].iter().collect();
            let sent = json!({"b": format!("{before}{piece}{after}")});
            let read = prints(&json!({"a": text}));
            prop_assert_eq!(read.trace(&sent), Trace::From(3));
        }
    }
}
