//! What a call answered, in the form that reads best: text decoded, Markdown rendered, JSON as a tree, a list of objects
//! as a table, images as a line with their size. Every other form is one key away, the wire's JSON too.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use super::Handled;
use super::json::JsonTree;
use super::markdown::{looks_like_markdown, render};
use super::palette::Palette;
use super::source::{Source, StyledLine, Text};
use super::table::Table;
use super::view::{Direction, Fold, Follow, TextView};
use crate::types::limits::MARKDOWN_BYTES;
use crate::types::{CallValue, neutralise_line};

/// A form in which an answer can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A table of a list of objects.
    Table,
    /// A tree that folds.
    Tree,
    /// Markdown rendered.
    Rendered,
    /// Text as it is.
    Text,
    /// The whole answer as the server sent it.
    Wire,
}

impl Form {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Tree => "tree",
            Self::Rendered => "rendered",
            Self::Text => "text",
            Self::Wire => "wire",
        }
    }
}

/// The answer in one form.
#[derive(Debug, Clone)]
enum Shown {
    Table(Table),
    Tree(JsonTree),
    Lines { lines: Vec<StyledLine<'static>>, view: TextView },
    Text { text: Text, view: TextView },
}

/// An answer being read.
#[derive(Debug, Clone)]
pub(crate) struct ResultView {
    value: Arc<Value>,
    raw: Arc<Value>,
    forms: Vec<Form>,
    at: usize,
    shown: Shown,
    query: String,
}

impl ResultView {
    /// Takes an answer over and shows it in the form that reads best.
    pub(crate) fn new(answer: CallValue, palette: &Palette) -> Self {
        let value = Arc::new(answer.value);
        let raw = Arc::new(answer.raw);
        let forms = forms(&value);
        let shown = shown(forms[0], &value, &raw, palette);
        Self { value, raw, forms, at: 0, shown, query: String::new() }
    }

    /// The forms that suit the answer and which of them is shown.
    pub(crate) fn forms(&self) -> (&[Form], Form) {
        (&self.forms, self.forms[self.at])
    }

    /// Shows the next form.
    pub(crate) fn next_form(&mut self, palette: &Palette) {
        self.at = (self.at + 1) % self.forms.len();
        self.shown = shown(self.forms[self.at], &self.value, &self.raw, palette);
    }

    /// Where the cursor or the view stands and how much there is, counted from 1.
    pub(crate) fn position(&self, area: Rect) -> (usize, usize) {
        match &self.shown {
            Shown::Table(table) => table.position(),
            Shown::Tree(tree) => tree.position(),
            Shown::Lines { lines, view, .. } => view.position(&Source::of_lines(lines), area),
            Shown::Text { text, view } => view.position(&text.source(), area),
        }
    }

    /// The whole answer as text, for an editor, a pipe or the clipboard: a string bare, the rest as indented JSON.
    pub(crate) fn text(&self) -> String {
        value_text(&self.value)
    }

    /// Does what a key asks for in the answer as it is shown in `area`; Tab shows the next form.
    pub(crate) fn handle(&mut self, key: KeyEvent, area: Rect, palette: &Palette) -> Handled {
        if key.modifiers.is_empty() && key.code == KeyCode::Tab && self.forms.len() > 1 {
            self.next_form(palette);
            return Handled::Consumed;
        }
        if key.modifiers == KeyModifiers::NONE && key.code == KeyCode::Char('n') && !self.query.is_empty() {
            let query = self.query.clone();
            self.find(&query, area);
            return Handled::Consumed;
        }
        match &mut self.shown {
            Shown::Table(table) => table.handle(key, area),
            Shown::Tree(tree) => tree.handle(key, area),
            Shown::Lines { lines, view, .. } => view.handle(key, &Source::of_lines(lines), area),
            Shown::Text { text, view } => view.handle(key, &text.source(), area),
        }
    }

    /// Does what the mouse asks for.
    pub(crate) fn mouse(&mut self, event: MouseEvent, area: Rect) -> Handled {
        match &mut self.shown {
            Shown::Table(table) => table.mouse(event, area),
            Shown::Tree(tree) => tree.mouse(event, area),
            Shown::Lines { lines, view, .. } => view.mouse(event, &Source::of_lines(lines), area),
            Shown::Text { text, view } => view.mouse(event, &text.source(), area),
        }
    }

    /// Goes to the next place that has `query` in it. False where there is none.
    pub(crate) fn find(&mut self, query: &str, area: Rect) -> bool {
        query.clone_into(&mut self.query);
        match &mut self.shown {
            Shown::Table(table) => table.find_next(query, area),
            Shown::Tree(tree) => tree.find_next(query, area),
            Shown::Lines { lines, view, .. } => {
                view.set_query(query);
                view.find(Direction::Forward, &Source::of_lines(lines), area)
            }
            Shown::Text { text, view } => {
                view.set_query(query);
                view.find(Direction::Forward, &text.source(), area)
            }
        }
    }

    /// Draws the answer.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, palette: &Palette, focused: bool) {
        match &self.shown {
            Shown::Table(table) => table.draw(area, buffer, palette, focused),
            Shown::Tree(tree) => tree.draw(area, buffer, palette, focused),
            Shown::Lines { lines, view, .. } => view.draw(area, buffer, &Source::of_lines(lines), palette),
            Shown::Text { text, view } => view.draw(area, buffer, &text.source(), palette),
        }
    }
}

/// The forms that suit a value, the best one first.
fn forms(value: &Arc<Value>) -> Vec<Form> {
    let text = value.as_str().map(str::to_owned).or_else(|| blocks_text(value));
    match text {
        Some(text) if text.len() <= MARKDOWN_BYTES && looks_like_markdown(&text) => vec![Form::Rendered, Form::Text, Form::Wire],
        Some(_) if value.is_string() => vec![Form::Text, Form::Wire],
        Some(_) => vec![Form::Text, Form::Tree, Form::Wire],
        None if Table::new(value).is_some() => vec![Form::Table, Form::Tree, Form::Wire],
        None => vec![Form::Tree, Form::Wire],
    }
}

fn shown(form: Form, value: &Arc<Value>, raw: &Arc<Value>, palette: &Palette) -> Shown {
    let text = || value.as_str().map(str::to_owned).or_else(|| blocks_text(value)).unwrap_or_else(|| value_text(value));
    match form {
        Form::Table => Table::new(value).map_or_else(|| Shown::Tree(JsonTree::new(Arc::clone(value))), Shown::Table),
        Form::Tree => Shown::Tree(JsonTree::new(Arc::clone(value))),
        Form::Rendered => Shown::Lines { lines: render(&text(), palette), view: TextView::new(Fold::Words, Follow::Stay) },
        Form::Text => Shown::Text { text: Text::new(text()), view: TextView::new(Fold::Words, Follow::Stay) },
        Form::Wire => Shown::Tree(JsonTree::new(Arc::clone(raw))),
    }
}

fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default(), str::to_owned)
}

/// The text of a list of MCP content blocks: texts as they are, one line for anything else. `None` for any other value.
fn blocks_text(value: &Value) -> Option<String> {
    let blocks = value.as_array().filter(|blocks| !blocks.is_empty())?;
    let texts: Option<Vec<String>> = blocks.iter().map(block_text).collect();
    texts.map(|texts| texts.join("\n"))
}

fn block_text(block: &Value) -> Option<String> {
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    match text("type")? {
        "text" => text("text").map(str::to_owned),
        kind @ ("image" | "audio") => Some(size_line(kind, text("mimeType"), text("data")?)),
        "resource_link" => Some(format!("[resource {}]", neutralise_line(text("uri")?))),
        "resource" => {
            let resource = block.get("resource")?;
            let inner = |name: &str| resource.get(name).and_then(Value::as_str);
            let uri = format!("[resource {}]", neutralise_line(inner("uri")?));
            match (inner("text"), inner("blob")) {
                (Some(text), _) => Some(format!("{uri}\n{text}")),
                (None, Some(blob)) => Some(format!("{uri}\n{}", size_line("data", inner("mimeType"), blob))),
                (None, None) => Some(uri),
            }
        }
        _ => None,
    }
}

/// `[image image/png, 12.3 KiB]` for data in base64.
fn size_line(kind: &str, mime: Option<&str>, base64: &str) -> String {
    let padding = base64.bytes().rev().take_while(|byte| *byte == b'=').count();
    let bytes = (base64.len() / 4 * 3).saturating_sub(padding);
    format!("[{kind} {}, {}]", neutralise_line(mime.unwrap_or("of unknown type")), size_words(bytes))
}

fn size_words(bytes: usize) -> String {
    match bytes {
        0..=1023 => format!("{bytes} B"),
        1024..=1_048_575 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fronts::tui::text::palette::Depth;
    use serde_json::json;

    const AREA: Rect = Rect::new(0, 0, 32, 3);

    fn view(value: Value) -> ResultView {
        let raw = json!({"content": []});
        ResultView::new(CallValue { value, raw }, &Palette::plain(Depth::Monochrome))
    }

    fn screen(view: &ResultView) -> Vec<String> {
        let mut buffer = Buffer::empty(AREA);
        view.draw(AREA, &mut buffer, &Palette::plain(Depth::Monochrome), true);
        let row = |y| (0..AREA.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..AREA.height).map(row).collect()
    }

    #[test]
    fn every_answer_is_shown_in_the_form_that_reads_best() {
        let image = json!({"type": "image", "mimeType": "image/png", "data": "QUJDRA=="});
        let table = [
            (json!("one\ntwo\u{1b}"), Form::Text, ["one", "two␛", ""]),
            (json!("# Title\n- **x**"), Form::Rendered, ["Title", "• x", ""]),
            (json!({"a": 1}), Form::Tree, ["▾ {1 key}", "    a: 1", ""]),
            (json!(7), Form::Tree, ["  7", "", ""]),
            (json!([{"a": 1}, {"a": 2}]), Form::Table, ["a", "  1", "  2"]),
            (json!([{"type": "text", "text": "see"}, image]), Form::Text, ["see", "[image image/png, 4 B]", ""]),
        ];
        for (value, form, expected) in table {
            let view = view(value);
            assert_eq!(view.forms().1, form);
            assert_eq!(screen(&view), expected);
        }
    }

    #[test]
    fn all_forms_can_be_walked_through() {
        let mut view = view(json!([{"a": 1}, {"a": 2}]));
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(view.forms().1.word());
            assert_eq!(view.handle(KeyEvent::from(KeyCode::Tab), AREA, &Palette::plain(Depth::Monochrome)), Handled::Consumed);
        }
        assert_eq!(seen, ["table", "tree", "wire", "table"]);
        assert_eq!(view.text(), "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  }\n]");
    }

    #[test]
    fn every_form_is_searched() {
        for value in [json!("a\nb\nc\nd\ne x"), json!("# a\n\n\n\nx"), json!({"a": {"b": "x"}}), json!([{"a": 1}, {"a": "x"}])] {
            let mut view = view(value);
            assert!(view.find("x", AREA) && !view.find("zz", AREA));
        }
    }

    #[test]
    fn sizes_are_in_words() {
        assert_eq!([size_words(1023), size_words(1536), size_words(3 * 1_048_576)], ["1023 B", "1.5 KiB", "3.0 MiB"]);
        assert_eq!(
            blocks_text(&json!([{"type": "resource", "resource": {"uri": "f:\u{1b}", "blob": "QUI="}}])),
            Some("[resource f:␛]\n[data of unknown type, 2 B]".to_owned())
        );
        assert_eq!(blocks_text(&json!([{"type": "other"}])), None);
    }
}
