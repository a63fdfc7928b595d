//! Texts of the tool pane: a definition made readable, a wrapper, a failure.

use std::path::{Path, PathBuf};

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use serde_json::Value;

use super::coloured::python;
use super::discovered::difference;
use super::page::{Entry, Page, Piece};
use super::theme::{ACCENT, BAD, DIM, GOOD, STRONG, TEXT, WARN};
use super::units::{bytes, count};
use crate::ops::{ShownWrapper, WrapperState};
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

pub(super) fn padding(text: &str, width: usize) -> String {
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

/// A wrapper: its signature, what it costs, how its file compares, then the whole module.
pub(super) fn wrapper(shown: Option<&ShownWrapper>) -> Page {
    let Some(shown) = shown else {
        let none = "This tool has no wrapper: its server has not listed it in this session.";
        return Page::prose(vec![styled(none, DIM)]);
    };
    let folded = |line| Piece::Prose(Entry { line, hang: 4 });
    let mut pieces: Vec<Piece> = python(&shown.wrapper.signature).into_iter().map(folded).collect();
    pieces.push(Entry::default().into());
    pieces.extend(python(&shown.wrapper.import).into_iter().map(folded));
    pieces.extend(python(&shown.wrapper.call).into_iter().map(folded));
    pieces.push(Entry::default().into());
    let figures = format!(
        "signature {} tokens · module {} · definition as the server sent it {} ({})",
        count(shown.signature_tokens),
        count(shown.module_tokens),
        count(shown.schema_tokens),
        shown.estimator
    );
    pieces.push(styled(&figures, DIM).into());
    pieces.extend(wrapper_state(shown));
    pieces.push(Entry::default().into());
    pieces.extend(python(&shown.wrapper.source).into_iter().map(Piece::Code));
    Page::mixed(pieces)
}

/// How the file of a wrapper compares with what would be generated now.
fn wrapper_state(shown: &ShownWrapper) -> Vec<Piece> {
    let path = tail(&shown.path);
    match &shown.state {
        WrapperState::Current => vec![styled(&format!("✓ up to date in {path}"), DIM).into()],
        WrapperState::Absent => vec![styled("○ not generated yet; g writes the wrappers of this server", WARN).into()],
        WrapperState::Foreign => vec![styled(&format!("! {path} is your own file; generating leaves it alone"), WARN).into()],
        WrapperState::Outdated { diff } => {
            let changed = "! changed since it was generated; g writes the wrappers of this server anew, with this difference:";
            let mut pieces = vec![styled(changed, WARN).into(), Entry::default().into()];
            pieces.extend(difference(diff));
            pieces
        }
    }
}

/// The end of a path that tells a generated file from others: `servers/git/git_log.py`.
fn tail(path: &Path) -> String {
    let parts: Vec<_> = path.iter().collect();
    let tail: PathBuf = parts.iter().skip(parts.len().saturating_sub(3)).collect();
    neutralise_line(&tail.to_string_lossy()).into_owned()
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
pub(super) fn cut(line: &str) -> String {
    let line = line.replace('\t', "    ");
    let clean = neutralise_line(&line);
    if clean.len() <= BOARD_LINE_BYTES {
        return clean.into_owned();
    }
    let end = clean.floor_char_boundary(BOARD_LINE_BYTES);
    format!("{} … {} more", &clean[..end], bytes((clean.len() - end) as u64))
}
