//! What a server says, as lines of text: rules of a field, and descriptions broken into lines.

use serde_json::Value;

use super::types::{Bounds, Length, Type};
use crate::types::limits::DOCSTRING_CHARS;
use crate::types::neutralise;

/// Characters of a default or pattern that are shown.
const SHOWN_CHARS: usize = 80;

/// Keywords that do not change the type.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hints<'a> {
    /// `default`: what the server takes where nothing is given. It is never sent.
    pub(super) default: Option<&'a Value>,
    /// `format`.
    pub(super) format: Option<&'a str>,
    /// `pattern`.
    pub(super) pattern: Option<&'a str>,
    /// `multipleOf`.
    pub(super) multiple: Option<&'a Value>,
    /// `uniqueItems`.
    pub(super) unique: bool,
    /// `deprecated`.
    pub(super) deprecated: bool,
}

/// Rules and hints worth knowing, each in a few words.
pub(super) fn details(hints: &Hints<'_>, value: &Type) -> Vec<String> {
    let mut details: Vec<String> = Vec::new();
    if hints.deprecated {
        details.push("deprecated".to_owned());
    }
    for rule in value.members().iter().filter_map(rule) {
        if !details.contains(&rule) {
            details.push(rule);
        }
    }
    details.extend(hints.multiple.map(|multiple| format!("a multiple of {}", shown(&multiple.to_string()))));
    details.extend(hints.unique.then(|| "none twice".to_owned()));
    details.extend(hints.format.map(|format| format!("format {}", shown(format))));
    details.extend(hints.pattern.map(|pattern| format!("pattern {}", shown(pattern))));
    details.extend(hints.default.map(|default| format!("default {}", shown(&default.to_string()))));
    details
}

fn rule(value: &Type) -> Option<String> {
    match value {
        Type::Integer(bounds) | Type::Number(bounds) => bounds_in_words(bounds),
        Type::Text(text) => length_in_words(text.length, "character"),
        Type::List(_, length) => length_in_words(*length, "item"),
        Type::Json
        | Type::Nothing
        | Type::Null
        | Type::Boolean
        | Type::Literal(_)
        | Type::Tuple(_)
        | Type::Map(_)
        | Type::Class(_)
        | Type::Union(_) => None,
    }
}

fn bounds_in_words(bounds: &Bounds) -> Option<String> {
    let mut words = Vec::new();
    match (&bounds.least, &bounds.most) {
        (Some(least), Some(most)) => words.push(format!("{least} to {most}")),
        (Some(least), None) => words.push(format!("at least {least}")),
        (None, Some(most)) => words.push(format!("at most {most}")),
        (None, None) => {}
    }
    words.extend(bounds.above.as_ref().map(|above| format!("more than {above}")));
    words.extend(bounds.below.as_ref().map(|below| format!("less than {below}")));
    (!words.is_empty()).then(|| words.join(", "))
}

fn length_in_words(length: Length, what: &str) -> Option<String> {
    let counted = |count: u64| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    match (length.least.filter(|least| *least > 0), length.most) {
        (Some(least), Some(most)) if least == most => Some(counted(least)),
        (Some(least), Some(most)) => Some(format!("{least} to {}", counted(most))),
        (Some(least), None) => Some(format!("at least {}", counted(least))),
        (None, Some(most)) => Some(format!("at most {}", counted(most))),
        (None, None) => None,
    }
}

/// A text in one line, cut where it is long.
fn shown(text: &str) -> String {
    let mut line = one_line(text);
    if let Some((end, _)) = line.char_indices().nth(SHOWN_CHARS) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// A text with every run of white space as one space.
pub(super) fn one_line(text: &str) -> String {
    neutralise(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text as lines of at most `width` columns where its words allow; paragraphs, lists and indentation stay.
pub(super) fn paragraphs(text: &str, width: usize) -> Vec<String> {
    let text: String = text.chars().take(DOCSTRING_CHARS).filter(|c| *c != '\r').collect();
    let text = neutralise(&text).replace('\t', "    ");
    let common = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or(0);
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in text.trim_end().lines().enumerate() {
        let own = if index == 0 { 0 } else { indentation(line).saturating_sub(common) };
        if line.trim().is_empty() {
            if lines.last().is_some_and(|line| !line.is_empty()) {
                lines.push(String::new());
            }
        } else {
            wrap(line.trim(), own.min(width / 2), width, &mut lines);
        }
    }
    lines
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Adds `line` in pieces; what follows a list mark is indented below it.
fn wrap(line: &str, indentation: usize, width: usize, lines: &mut Vec<String>) {
    let hanging = if line.starts_with("- ") || line.starts_with("* ") { indentation + 2 } else { indentation };
    let mut current = " ".repeat(indentation);
    let mut is_empty = true;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        if !is_empty && current.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut current, " ".repeat(hanging)));
            is_empty = true;
        }
        if !is_empty {
            current.push(' ');
        }
        current.push_str(word);
        is_empty = false;
    }
    lines.push(current);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_said_in_words() {
        let bounds = |least: Option<&str>, most: Option<&str>| Bounds {
            least: least.map(str::to_owned),
            most: most.map(str::to_owned),
            ..Bounds::default()
        };
        let default = serde_json::json!({"a": "x\n"});
        let hints = Hints { default: Some(&default), format: Some("uri"), unique: true, deprecated: true, ..Hints::default() };
        let integer = Type::Integer(bounds(Some("1"), Some("9")));
        assert_eq!(details(&hints, &integer), ["deprecated", "1 to 9", "none twice", "format uri", "default {\"a\":\"x\\n\"}"]);
        let list = Type::List(Box::default(), Length { least: Some(1), most: None });
        assert_eq!(details(&Hints::default(), &Type::union([list, Type::Null])), ["at least 1 item"]);
        assert_eq!(bounds_in_words(&bounds(None, Some("0.5"))).as_deref(), Some("at most 0.5"));
        assert_eq!(length_in_words(Length { least: Some(2), most: Some(2) }, "item").as_deref(), Some("2 items"));
    }

    #[test]
    fn descriptions_keep_their_shape() {
        let text = "First line.\r\n\n\n    Args:\n        one: long words here\n    - item that goes on\n\u{1b}[2J";
        let lines = [
            "First line.",
            "",
            "    Args:",
            "        one: long",
            "        words here",
            "    - item that",
            "      goes on",
            "␛[2J",
        ];
        assert_eq!(paragraphs(text, 18), lines);
    }
}
