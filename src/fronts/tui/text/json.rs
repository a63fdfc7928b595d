//! JSON as a tree that folds. Nodes are made when their parent is opened, so that ten megabytes open like ten lines.

use std::fmt::Write as _;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use serde_json::Value;

use super::Handled;
use super::cells::{Row, paint};
use super::palette::Palette;
use super::query::Query;
use super::rows::{RowView, wheel};
use super::source::StyledLine;
use super::wrap::shorten;
use crate::python::TokenClass;
use crate::types::limits::{TREE_ROWS, TREE_ROWS_OPENED, VIEW_LINE_BYTES};

/// Columns that one key moves sideways.
const SIDE_COLUMNS: usize = 8;
/// Columns of the key and the value of one row that are written before the window cuts them.
const PREVIEW_COLUMNS: usize = 60;

/// A value with its place: which child of which node.
#[derive(Debug, Clone)]
struct Node {
    parent: usize,
    /// Which child of the parent, counted from 0.
    child: usize,
    depth: usize,
    /// The nodes of its children, once they were needed.
    children: Option<std::ops::Range<usize>>,
    open: bool,
}

/// A JSON value being looked at.
#[derive(Debug, Clone)]
pub(crate) struct JsonTree {
    value: Arc<Value>,
    nodes: Vec<Node>,
    /// The nodes in sight when scrolled far enough, top to bottom.
    rows: Vec<usize>,
    view: RowView,
    left: usize,
}

impl JsonTree {
    /// A tree with its first levels open, as far as [`TREE_ROWS_OPENED`] rows go.
    pub(crate) fn new(value: Arc<Value>) -> Self {
        let root = Node { parent: 0, child: 0, depth: 0, children: None, open: false };
        let mut tree = Self { value, nodes: vec![root], rows: vec![0], view: RowView::default(), left: 0 };
        tree.open_levels(0, TREE_ROWS_OPENED);
        if !tree.nodes[0].open {
            tree.open(0);
        }
        tree.rows = tree.rows_below(0);
        tree
    }

    /// The row with the cursor and how many there are, counted from 1.
    pub(crate) fn position(&self) -> (usize, usize) {
        self.view.position(self.rows.len())
    }

    /// The value under the cursor.
    pub(crate) fn selected(&self) -> &Value {
        self.value_of(self.rows[self.view.row])
    }

    /// The path to the value under the cursor, as a JSON path (RFC 9535): `$.items[3]["odd key"]`.
    pub(crate) fn path(&self) -> String {
        let mut path = "$".to_owned();
        for node in self.line_of_descent(self.rows[self.view.row]).into_iter().skip(1) {
            match self.key_of(node) {
                Some(key) if is_plain(key) => _ = write!(path, ".{key}"),
                Some(key) => _ = write!(path, "[{}]", Value::from(key)),
                None => _ = write!(path, "[{}]", self.nodes[node].child),
            }
        }
        path
    }

    /// The value under the cursor as text: a string bare, anything else as indented JSON.
    pub(crate) fn copy_value(&self) -> String {
        let value = self.selected();
        value.as_str().map_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default(), str::to_owned)
    }

    /// Does what a key asks for in the tree as it is shown in `area`: arrows move, open and close; `p` copies the path,
    /// `y` the value; `e` opens all below the cursor, `c` closes all.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]
    pub(crate) fn handle(&mut self, key: KeyEvent, area: Rect) -> Handled {
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return Handled::Ignored;
        }
        let shift = key.modifiers.contains(KeyModifiers::SHIFT);
        match key.code {
            KeyCode::Left if shift => self.left = self.left.saturating_sub(SIDE_COLUMNS),
            KeyCode::Right if shift => self.left += SIDE_COLUMNS,
            KeyCode::Left => self.close_or_leave(),
            KeyCode::Right => self.open_or_enter(),
            KeyCode::Enter | KeyCode::Char(' ') => self.toggle(),
            KeyCode::Char('e') => self.open_below(),
            KeyCode::Char('c') => self.close_all(),
            KeyCode::Char('p') => return Handled::Copied(self.path()),
            KeyCode::Char('y') => return Handled::Copied(self.copy_value()),
            code if self.view.key(code, self.rows.len(), area.height) => {}
            _ => return Handled::Ignored,
        }
        self.view.bring_into_sight(area.height);
        Handled::Consumed
    }

    /// Does what the mouse asks for: a click moves the cursor, on the mark it opens or closes; the wheel scrolls.
    pub(crate) fn mouse(&mut self, event: MouseEvent, area: Rect) -> Handled {
        if !area.contains(Position::new(event.column, event.row)) {
            return Handled::Ignored;
        }
        if let Some(rows) = wheel(event.kind) {
            self.view.top = self.view.top.saturating_add_signed(rows).min(self.last_top(area));
        } else if event.kind == MouseEventKind::Down(MouseButton::Left) {
            let row = self.view.top + usize::from(event.row - area.y);
            if row < self.rows.len() {
                self.view.row = row;
                let mark = self.nodes[self.rows[row]].depth * 2;
                if usize::from(event.column - area.x) + self.left == mark {
                    self.toggle();
                }
            }
        } else {
            return Handled::Ignored;
        }
        Handled::Consumed
    }

    /// Goes to the next value, in the order of the text, whose key or scalar has `query` in it, opening what hides it.
    /// Case matters only where a capital was typed. False where there is none.
    pub(crate) fn find_next(&mut self, query: &str, area: Rect) -> bool {
        let Some(query) = Query::new(query) else { return false };
        let here: Vec<usize> = self.path_of(self.rows[self.view.row]);
        let mut hits = Hits { here, path: Vec::new(), first: None, next: None };
        hits.walk(&self.value, None, &query);
        let Some(path) = hits.next.or(hits.first) else { return false };
        self.show(&path);
        self.view.bring_into_sight(area.height);
        true
    }

    /// Draws the rows in sight, the one with the cursor marked.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, palette: &Palette, focused: bool) {
        let area = area.intersection(buffer.area);
        let top = self.view.top.min(self.last_top(area));
        for (y, row) in (area.y..area.bottom()).zip(top..self.rows.len()) {
            let line = self.row_line(row, palette);
            let window = Row { x: area.x, y, width: area.width, left: self.left, mark: palette.dim };
            paint(buffer, window, &line.text, |at| {
                let layer = line.layers.iter().find(|(range, _)| range.contains(&at));
                palette.text.patch(layer.map(|(_, style)| *style).unwrap_or_default())
            });
            if row == self.view.row {
                let over = if focused { palette.selection } else { palette.current_line };
                buffer.set_style(Rect { y, height: 1, ..area }, over);
            }
        }
    }

    /// One row: mark, key, and the value or what is in it.
    fn row_line(&self, row: usize, palette: &Palette) -> StyledLine<'static> {
        let node = self.rows[row];
        let value = self.value_of(node);
        let count = child_count(value);
        let mark = match (count, self.nodes[node].open) {
            (0, _) => "  ",
            (_, true) => "▾ ",
            (_, false) => "▸ ",
        };
        let line = StyledLine::new("  ".repeat(self.nodes[node].depth), palette.text).with(mark, palette.dim);
        let line = match self.key_of(node) {
            Some(key) => line.with(&shorten(key, PREVIEW_COLUMNS), palette.class(TokenClass::Type)).with(": ", palette.dim),
            None if node > 0 => line.with(&self.nodes[node].child.to_string(), palette.dim).with(": ", palette.dim),
            None => line,
        };
        let refused = if count > 0 && !self.fits(node) { " too many to open" } else { "" };
        match value {
            Value::Null | Value::Bool(_) => line.with(&value.to_string(), palette.class(TokenClass::Constant)),
            Value::Number(number) => line.with(&number.to_string(), palette.class(TokenClass::Number)),
            Value::String(text) => line.with(&string_preview(text), palette.class(TokenClass::String)),
            Value::Array(_) => line.with(&count_words(count, "[]", "item"), palette.dim).with(refused, palette.failure),
            Value::Object(_) => line.with(&count_words(count, "{}", "key"), palette.dim).with(refused, palette.failure),
        }
    }

    fn last_top(&self, area: Rect) -> usize {
        self.rows.len().saturating_sub(usize::from(area.height.max(1)))
    }

    fn toggle(&mut self) {
        if self.nodes[self.rows[self.view.row]].open { self.close(self.view.row) } else { self.open(self.view.row) }
    }

    fn open_or_enter(&mut self) {
        if self.nodes[self.rows[self.view.row]].open { self.view.step(1, self.rows.len()) } else { self.open(self.view.row) }
    }

    fn close_or_leave(&mut self) {
        let node = self.rows[self.view.row];
        if self.nodes[node].open {
            self.close(self.view.row);
        } else if let Some(row) = self.rows[..self.view.row].iter().rposition(|other| *other == self.nodes[node].parent) {
            self.view.row = row;
        }
    }

    /// Opens the node of a row, unless it has no children or too many to be shown.
    fn open(&mut self, row: usize) {
        let node = self.rows[row];
        if self.nodes[node].open || child_count(self.value_of(node)) == 0 || !self.fits(node) {
            return;
        }
        self.children(node);
        self.nodes[node].open = true;
        let below = self.rows_below(node);
        self.rows.splice(row..=row, below);
    }

    fn close(&mut self, row: usize) {
        let node = self.rows[row];
        let depth = self.nodes[node].depth;
        let below = self.rows[row + 1..].iter().take_while(|other| self.nodes[**other].depth > depth).count();
        self.rows.drain(row + 1..=row + below);
        self.nodes[node].open = false;
    }

    fn close_all(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.open = false);
        (self.rows, self.view) = (vec![0], RowView::default());
        self.open(0);
    }

    /// Opens everything below the cursor, level by level, as far as there is room.
    fn open_below(&mut self) {
        let start = self.rows[self.view.row];
        self.open_levels(start, TREE_ROWS);
        self.rows = self.rows_below(0);
        self.view.row = self.rows.iter().position(|node| *node == start).unwrap_or(0);
    }

    /// Opens whole levels below a node as long as there are no more than `room` nodes.
    fn open_levels(&mut self, start: usize, room: usize) {
        let mut level = vec![start];
        while !level.is_empty() {
            level.retain(|node| child_count(self.value_of(*node)) > 0);
            let fresh = level.iter().filter(|node| self.nodes[**node].children.is_none());
            let wanted: usize = fresh.map(|node| child_count(self.value_of(*node))).sum();
            if self.nodes.len() + wanted > room {
                break;
            }
            let mut next = Vec::new();
            for node in level {
                next.extend(self.children(node));
                self.nodes[node].open = true;
            }
            level = next;
        }
    }

    /// Whether the children of a node can be shown besides all that was ever opened.
    fn fits(&self, node: usize) -> bool {
        self.nodes[node].children.is_some() || self.nodes.len() + child_count(self.value_of(node)) <= TREE_ROWS
    }

    /// The nodes of the children, made where they were not needed before.
    fn children(&mut self, node: usize) -> std::ops::Range<usize> {
        if let Some(children) = &self.nodes[node].children {
            return children.clone();
        }
        let (count, depth) = (child_count(self.value_of(node)), self.nodes[node].depth + 1);
        let children = self.nodes.len()..self.nodes.len() + count;
        self.nodes.extend((0..count).map(|child| Node { parent: node, child, depth, children: None, open: false }));
        self.nodes[node].children = Some(children.clone());
        children
    }

    /// A node and all open ones below it, top to bottom.
    fn rows_below(&self, node: usize) -> Vec<usize> {
        let mut rows = Vec::new();
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            rows.push(node);
            if self.nodes[node].open {
                waiting.extend(self.nodes[node].children.clone().into_iter().flatten().rev());
            }
        }
        rows
    }

    /// The nodes from the root to a node.
    fn line_of_descent(&self, node: usize) -> Vec<usize> {
        let mut line = vec![node];
        let mut at = node;
        while at > 0 {
            at = self.nodes[at].parent;
            line.push(at);
        }
        line.reverse();
        line
    }

    fn path_of(&self, node: usize) -> Vec<usize> {
        self.line_of_descent(node).into_iter().skip(1).map(|node| self.nodes[node].child).collect()
    }

    fn value_of(&self, node: usize) -> &Value {
        self.path_of(node).into_iter().fold(&*self.value, |value, child| child_of(value, child).unwrap_or(&Value::Null))
    }

    fn key_of(&self, node: usize) -> Option<&str> {
        if node == 0 {
            return None;
        }
        self.value_of(self.nodes[node].parent).as_object()?.keys().nth(self.nodes[node].child).map(String::as_str)
    }

    /// Opens the way to a value and puts the cursor on it.
    fn show(&mut self, path: &[usize]) {
        let mut node = 0;
        for child in path {
            if !self.fits(node) {
                break;
            }
            let children = self.children(node);
            self.nodes[node].open = true;
            node = children.start + child;
        }
        self.rows = self.rows_below(0);
        self.view.row = self.rows.iter().position(|row| *row == node).unwrap_or(0);
    }
}

/// The search through a whole value: the first hit of all, and the first behind where the cursor is.
struct Hits {
    here: Vec<usize>,
    path: Vec<usize>,
    first: Option<Vec<usize>>,
    next: Option<Vec<usize>>,
}

impl Hits {
    fn walk(&mut self, value: &Value, key: Option<&str>, query: &Query) {
        if self.next.is_some() {
            return;
        }
        let scalar = match value {
            Value::String(text) => query.is_in(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => query.is_in(&value.to_string()),
            Value::Array(_) | Value::Object(_) => false,
        };
        if scalar || key.is_some_and(|key| query.is_in(key)) {
            if self.first.is_none() {
                self.first = Some(self.path.clone());
            }
            if self.path > self.here {
                self.next = Some(self.path.clone());
            }
        }
        let children: Box<dyn Iterator<Item = (Option<&str>, &Value)>> = match value {
            Value::Array(items) => Box::new(items.iter().map(|item| (None, item))),
            Value::Object(map) => Box::new(map.iter().map(|(key, item)| (Some(key.as_str()), item))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
        };
        for (child, (key, item)) in children.enumerate() {
            self.path.push(child);
            self.walk(item, key, query);
            self.path.pop();
        }
    }
}

fn child_count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(map) => map.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn child_of(value: &Value, child: usize) -> Option<&Value> {
    match value {
        Value::Array(items) => items.get(child),
        Value::Object(map) => map.values().nth(child),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Whether a key needs no quotes in a path.
fn is_plain(key: &str) -> bool {
    let mut characters = key.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// A string as JSON, cut where a row could not bear it; how long it is then stands in front.
fn string_preview(text: &str) -> String {
    if text.len() <= VIEW_LINE_BYTES {
        return format!("\"{text}\"");
    }
    let start: String = text.chars().take(PREVIEW_COLUMNS).collect();
    format!("({} bytes, y copies all) \"{start}…", text.len())
}

fn count_words(count: usize, brackets: &str, thing: &str) -> String {
    let (open, close) = brackets.split_at(1);
    match count {
        0 => brackets.to_owned(),
        1 => format!("{open}1 {thing}{close}"),
        _ => format!("{open}{count} {thing}s{close}"),
    }
}

#[cfg(test)]
mod tests;
