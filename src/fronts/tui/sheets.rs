//! Texts of the tool pane: a definition made readable, a wrapper, wire traffic, an answer.

use std::sync::Arc;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use serde_json::Value;

use super::page::{Entry, Page};
use super::theme::{ACCENT, BAD, DIM, GOOD, STRONG, TEXT, WARN};
use super::units::bytes;
use crate::ops::{Direction, WireMessage, Wrapper};
use crate::types::limits::BOARD_LINE_BYTES;
use crate::types::{Failure, ToolAnnotations, ToolSpec, neutralise_line};

/// A tool's definition for a person: what it does, its parameters, its hints, then all of it as sent.
pub(super) fn schema(spec: &ToolSpec) -> Page {
    let mut entries = Vec::new();
    if let Some(title) = &spec.title {
        entries.push(styled(title, STRONG));
    }
    entries.extend(prose(spec.description.as_deref().unwrap_or("The server gives no description."), TEXT));
    entries.push(Entry::default());
    entries.extend(parameters(&spec.input_schema));
    entries.push(Entry::default());
    entries.push(styled("Definition as sent", DIM));
    entries.extend(json_lines(&spec.raw).into_iter().map(Entry::from));
    Page::prose(entries)
}

/// What a server says a tool does to the world, in words.
pub(super) fn hints(annotations: ToolAnnotations) -> String {
    let said = [
        (annotations.read_only, "read-only", "writes"),
        (annotations.destructive, "destructive", "not destructive"),
        (annotations.idempotent, "idempotent", "not idempotent"),
        (annotations.open_world, "open world", "closed world"),
    ];
    let words: Vec<&str> = said.iter().filter_map(|(hint, yes, no)| hint.map(|hint| if hint { *yes } else { *no })).collect();
    if words.is_empty() { "no hints".to_owned() } else { words.join(", ") }
}

/// The parameters of an input schema, one a line: name, type, whether required, description.
fn parameters(schema: &Value) -> Vec<Entry> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|map| !map.is_empty()) else {
        return vec![styled("It takes no arguments.", DIM)];
    };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let name_width = properties.keys().map(|name| Span::raw(neutralise_line(name)).width()).max().unwrap_or(0).min(24);
    let types: Vec<String> = properties.values().map(type_words).collect();
    let type_width = types.iter().map(String::len).max().unwrap_or(0).min(18);
    let row = |((name, property), kind): ((&String, &Value), &String)| {
        let need = if required.contains(&name.as_str()) { ("required", ACCENT) } else { ("optional", DIM) };
        let about = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let name = neutralise_line(name).into_owned();
        let spans = vec![
            Span::styled(format!("{name}{}  ", padding(&name, name_width)), STRONG),
            Span::styled(format!("{kind}{}  ", padding(kind, type_width)), GOOD),
            Span::styled(format!("{}  ", need.0), need.1),
            Span::raw(neutralise_line(&about.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()),
        ];
        let hang = u16::try_from(name_width + type_width + 14).unwrap_or(0);
        Entry { line: Line::from(spans), hang }
    };
    properties.iter().zip(&types).map(row).collect()
}

fn padding(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(Span::raw(text).width()))
}

/// The type of a property in a word or two.
fn type_words(property: &Value) -> String {
    let words = match property.get("type") {
        Some(Value::String(kind)) if kind == "array" => {
            let items = property.get("items").map(type_words);
            items.map_or_else(|| "array".to_owned(), |items| format!("array of {items}"))
        }
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ if property.get("enum").is_some() => "one of".to_owned(),
        _ if property.get("$ref").is_some() => "object".to_owned(),
        _ => "any".to_owned(),
    };
    neutralise_line(&words).into_owned()
}

/// A wrapper's source.
pub(super) fn wrapper(wrapper: Option<&Wrapper>) -> Page {
    let lines = match wrapper {
        Some(wrapper) => super::coloured::python(&wrapper.source),
        None => vec![Line::styled("This tool has no wrapper: its server has not listed it in this session.", DIM)],
    };
    Page::code(Arc::new(lines))
}

/// Wire traffic, one message a line, oldest first.
pub(super) fn traffic(messages: &[WireMessage]) -> Page {
    let line = |message: &WireMessage| {
        let (mark, style) = match message.direction {
            Direction::Sent => ("→ sent    ", ACCENT),
            Direction::Received => ("← received", GOOD),
            Direction::Stderr => ("! stderr  ", WARN),
            Direction::Note => ("· note    ", DIM),
        };
        Line::from(vec![
            Span::styled(message.at.strftime("%H:%M:%S%.3f ").to_string(), DIM),
            Span::styled(mark, style),
            Span::styled(format!(" {:>7}  ", bytes(message.bytes as u64)), DIM),
            Span::raw(neutralise_line(&message.text).into_owned()),
        ])
    };
    if messages.is_empty() {
        return Page::code(Arc::new(vec![Line::styled("Nothing went over the wire yet.", DIM)]));
    }
    Page::code(Arc::new(messages.iter().map(line).collect()))
}

/// A failure with all its lines.
pub(super) fn failure_entries(failure: &Failure) -> Vec<Entry> {
    let text = failure.to_string();
    text.lines().enumerate().map(|(at, line)| styled(line, if at == 0 { BAD } else { tone(line) })).collect()
}

fn tone(line: &str) -> Style {
    if line.starts_with("hint:") { ACCENT } else { TEXT }
}

/// JSON over several lines, in colours.
pub(super) fn json_lines(value: &Value) -> Vec<Line<'static>> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    super::coloured::json(&text)
}

/// A text of several lines in one style.
pub(super) fn prose(text: &str, style: Style) -> Vec<Entry> {
    text.lines().map(|line| styled(line, style)).collect()
}

/// One line in one style, neutralised; further lines hang below its first word.
pub(super) fn styled(text: &str, style: Style) -> Entry {
    let indent = text.len() - text.trim_start().len();
    Entry { line: Line::styled(cut(text), style), hang: u16::try_from(indent).unwrap_or(0) }
}

/// A line that can be shown: neutralised, tabs as spaces, cut and marked where it is absurdly long.
fn cut(line: &str) -> String {
    let line = line.replace('\t', "    ");
    let clean = neutralise_line(&line);
    if clean.len() <= BOARD_LINE_BYTES {
        return clean.into_owned();
    }
    let end = clean.floor_char_boundary(BOARD_LINE_BYTES);
    format!("{} … {} more", &clean[..end], bytes((clean.len() - end) as u64))
}
