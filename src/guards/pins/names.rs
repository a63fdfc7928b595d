//! Names that a reader may take for others.

use std::collections::HashMap;

use serde::Serialize;

use super::difference::{is_hidden, visible};
use crate::types::{ToolId, ToolSpec};

/// Shorter names differ by one character too often to mean anything.
const COMPARED_CHARS: usize = 5;

/// Something odd about a tool's name or words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameFlag {
    /// The tool.
    pub tool: ToolId,
    /// What is odd, in one line.
    pub why: String,
}

/// Look-alike and duplicate names among `tools`, and hidden characters in their definitions, in the order of the tools.
/// Each pair is told once, at the later tool.
pub fn name_flags<'a>(tools: impl IntoIterator<Item = &'a ToolSpec>) -> Vec<NameFlag> {
    let mut seen = Seen::default();
    let mut flags = Vec::new();
    for tool in tools {
        let why = seen.earlier(&tool.id).into_iter().chain(hidden(tool));
        flags.extend(why.map(|why| NameFlag { tool: tool.id.clone(), why }));
        seen.add(&tool.id);
    }
    flags
}

/// The names so far, by everything they may be taken for.
#[derive(Default)]
struct Seen<'a> {
    names: HashMap<&'a str, &'a ToolId>,
    looks: HashMap<String, &'a ToolId>,
    /// By the name with any one character left out.
    parts: HashMap<String, Vec<&'a ToolId>>,
}

impl<'a> Seen<'a> {
    fn earlier(&self, id: &ToolId) -> Option<String> {
        if let Some(other) = self.names.get(&*id.tool) {
            return Some(format!("has the same name as {other}"));
        }
        let other = self.looks.get(&look(&id.tool)).copied();
        if let Some(other) = other {
            let odd = foreign(&id.tool);
            return Some(format!("looks like {}{odd}", visible(&other.to_string())));
        }
        let near = parts(&id.tool).into_iter().filter_map(|part| self.parts.get(&part)).flatten();
        let near = near.copied().find(|other| one_edit(&id.tool, &other.tool));
        near.map(|other| format!("is one character away from {}", visible(&other.to_string())))
    }

    fn add(&mut self, id: &'a ToolId) {
        self.names.entry(&id.tool).or_insert(id);
        self.looks.entry(look(&id.tool)).or_insert(id);
        for part in parts(&id.tool) {
            self.parts.entry(part).or_default().push(id);
        }
    }
}

/// The characters that make the difference, since a reader does not see it: `, with U+0430`.
fn foreign(name: &str) -> String {
    let codes: Vec<String> = name.chars().filter(|c| !c.is_ascii()).map(|c| format!("U+{:04X}", u32::from(c))).collect();
    if codes.is_empty() { String::new() } else { format!(", with {}", codes.join(", ")) }
}

fn hidden(tool: &ToolSpec) -> Option<String> {
    let text = tool.raw.to_string();
    let mut found: Vec<char> = text.chars().filter(|c| is_hidden(*c)).collect();
    found.extend(escaped(&text));
    found.sort_unstable();
    found.dedup();
    let names: Vec<String> = found.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    (!names.is_empty()).then(|| format!("its definition has hidden characters: {}", names.join(", ")))
}

/// Control characters that JSON writes as escapes, but for newline, return and tab.
fn escaped(json: &str) -> impl Iterator<Item = char> {
    json.match_indices("\\u00").filter_map(|(at, _)| {
        let before = json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        let code = u32::from_str_radix(json.get(at + 2..at + 6)?, 16).ok()?;
        if before % 2 == 0 { char::from_u32(code) } else { None }
    })
}

/// The name with a character left out, for each; and the name itself.
fn parts(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() < COMPARED_CHARS {
        return Vec::new();
    }
    let without = (0..chars.len()).map(|at| chars[..at].iter().chain(&chars[at + 1..]).collect());
    std::iter::once(name.to_owned()).chain(without).collect()
}

/// Whether one inserted, left out or replaced character, or two swapped neighbours, make the difference.
fn one_edit(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let start = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[start..], &right[start..]);
    let end = left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[..left.len() - end], &right[..right.len() - end]);
    match (left, right) {
        ([_] | [], [_]) | ([_], []) => true,
        ([a, b], [c, d]) => a == d && b == c,
        (_, _) => false,
    }
}

/// What a hasty reader sees: case, separators and hidden characters gone, look-alike letters made one.
fn look(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !is_hidden(*c) && !matches!(c, '_' | '-' | '.' | ' ')).map(latin).collect();
    plain.replace("rn", "m").replace("vv", "w").replace(['1', 'i', '|'], "l").replace('0', "o")
}

/// The Latin small letter that a character looks like.
fn latin(c: char) -> char {
    match c {
        'а' | 'А' | 'α' | 'Α' => 'a',
        'В' | 'Β' | 'ь' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'ё' | 'Ε' | 'ε' => 'e',
        'ɡ' => 'g',
        'һ' | 'Н' | 'Η' => 'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' => 'i',
        'ј' | 'Ј' => 'j',
        'к' | 'К' | 'κ' | 'Κ' => 'k',
        'Ӏ' | 'ӏ' | 'ⅼ' => 'l',
        'М' | 'м' | 'Μ' => 'm',
        'ո' | 'Ν' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'ԛ' => 'q',
        'ѕ' | 'Ѕ' => 's',
        'т' | 'Т' | 'τ' | 'Τ' => 't',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'γ' | 'Υ' => 'y',
        'Ζ' => 'z',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c).to_ascii_lowercase(),
        other => other.to_lowercase().next().unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ServerName;
    use serde_json::json;

    fn flags(tools: &[(&str, &str)]) -> Vec<String> {
        let specs: Vec<ToolSpec> = tools
            .iter()
            .map(|(server, name)| ToolSpec::from_wire(&ServerName::new(server).unwrap(), json!({"name": name})).unwrap())
            .collect();
        name_flags(&specs).into_iter().map(|flag| format!("{} {}", visible(&flag.tool.to_string()), flag.why)).collect()
    }

    #[test]
    fn names_that_may_be_taken_for_others_are_told() {
        for (other, expected) in [
            (("b", "read_file"), "b__read_file has the same name as a__read_file"),
            (("a", "Read_File"), "a__Read_File looks like a__read_file"),
            (("a", "read-file"), "a__read-file looks like a__read_file"),
            (("a", "re\u{430}d_file"), "a__re\u{430}d_file looks like a__read_file, with U+0430"),
            (("a", "read_fi1e"), "a__read_fi1e looks like a__read_file"),
            (("a", "read_files"), "a__read_files is one character away from a__read_file"),
            (("a", "raed_file"), "a__raed_file is one character away from a__read_file"),
            (("a", "reed_file"), "a__reed_file is one character away from a__read_file"),
        ] {
            assert_eq!(flags(&[("a", "read_file"), other]), [expected]);
        }
        assert_eq!(flags(&[("a", "read_file"), ("a", "write_file"), ("a", "read_dir"), ("a", "get"), ("a", "set")]), [""; 0]);
    }

    #[test]
    fn hidden_characters_are_told_wherever_they_stand() {
        let server = ServerName::new("a").unwrap();
        let raw = json!({"name": "t", "inputSchema": {"properties": {"x": {"description": "a\u{200b}b\u{7}\n\\u0041"}}}});
        let flags = name_flags(&[ToolSpec::from_wire(&server, raw).unwrap()]);
        assert_eq!(flags.len(), 1);
        assert_eq!(flags[0].why, "its definition has hidden characters: U+0007, U+200B");
    }

    #[test]
    fn thousands_of_names_are_compared_at_once() {
        let server = ServerName::new("a").unwrap();
        let tools: Vec<ToolSpec> = (0..3_000)
            .map(|number| ToolSpec::from_wire(&server, json!({"name": format!("tool_{}_{number:x}", number * 7_919)})).unwrap())
            .collect();
        assert!(name_flags(&tools).len() < 3_000);
    }
}
