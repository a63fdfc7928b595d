//! A list of objects as a table that sorts by any of its columns.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use serde_json::Value;

use super::Handled;
use super::cells::{cell, put, width};
use super::palette::Palette;
use super::query::Query;
use super::rows::{RowView, wheel};
use super::wrap::shorten;
use crate::types::limits::{TABLE_COLUMNS, TABLE_SAMPLE_ROWS};
use crate::types::neutralise_line;

/// Columns of the screen that one column of the table takes at the most.
const COLUMN_WIDTH: usize = 40;

/// A column: the key it shows and how wide it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    key: String,
    width: usize,
}

/// Which column the rows are sorted by, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sorted {
    /// As they came.
    Not,
    /// Small values first.
    Up(usize),
    /// Large values first.
    Down(usize),
}

/// A table being looked at.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    value: Arc<Value>,
    columns: Vec<Column>,
    /// Keys that no column shows.
    hidden: usize,
    /// The rows in the order they are shown.
    order: Vec<usize>,
    sorted: Sorted,
    view: RowView,
    column: usize,
    /// The first column in sight.
    left: usize,
}

impl Table {
    /// A table of a list with at least two objects and nothing else in it. `None` for any other value.
    pub(crate) fn new(value: &Arc<Value>) -> Option<Self> {
        let items = value.as_array().filter(|items| items.len() > 1 && items.iter().all(Value::is_object))?;
        let mut keys: Vec<&str> = Vec::new();
        for key in items.iter().take(TABLE_SAMPLE_ROWS).filter_map(Value::as_object).flat_map(serde_json::Map::keys) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        let hidden = keys.len().saturating_sub(TABLE_COLUMNS);
        keys.truncate(TABLE_COLUMNS);
        let columns: Vec<Column> = keys.into_iter().map(|key| column(items, key)).collect();
        let order = (0..items.len()).collect();
        let table = Self {
            value: Arc::clone(value),
            columns,
            hidden,
            order,
            sorted: Sorted::Not,
            view: RowView::default(),
            column: 0,
            left: 0,
        };
        (!table.columns.is_empty()).then_some(table)
    }

    /// The row with the cursor and how many there are, counted from 1.
    pub(crate) fn position(&self) -> (usize, usize) {
        self.view.position(self.order.len())
    }

    /// The object of the row with the cursor.
    pub(crate) fn selected(&self) -> &Value {
        self.item(self.view.row)
    }

    /// Does what a key asks for in the table as it is shown in `area`: arrows move, `s` or Enter sorts by the column of
    /// the cursor (up, down, not), `y` copies the cell, `Y` the row as JSON.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]
    pub(crate) fn handle(&mut self, key: KeyEvent, area: Rect) -> Handled {
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return Handled::Ignored;
        }
        match key.code {
            KeyCode::Left => self.column = self.column.saturating_sub(1),
            KeyCode::Right => self.column = (self.column + 1).min(self.columns.len() - 1),
            KeyCode::Enter | KeyCode::Char('s') => self.sort(),
            KeyCode::Char('y') => return Handled::Copied(self.cell_value().map(plain).unwrap_or_default().into_owned()),
            KeyCode::Char('Y') => return Handled::Copied(self.selected().to_string()),
            code if self.view.key(code, self.order.len(), area.height.saturating_sub(1)) => {}
            _ => return Handled::Ignored,
        }
        self.bring_into_sight(area);
        Handled::Consumed
    }

    /// Does what the mouse asks for: a click moves the cursor, on a heading it sorts; the wheel scrolls.
    pub(crate) fn mouse(&mut self, event: MouseEvent, area: Rect) -> Handled {
        if !area.contains(Position::new(event.column, event.row)) {
            return Handled::Ignored;
        }
        if let Some(rows) = wheel(event.kind) {
            self.view.step(rows, self.order.len());
        } else if event.kind == MouseEventKind::Down(MouseButton::Left) {
            let under = self.spans(area).into_iter().find(|(_, x, room)| (*x..*x + *room).contains(&event.column));
            self.column = under.map_or(self.column, |(index, _, _)| index);
            if event.row == area.y {
                self.sort();
            } else {
                self.view.row = (self.view.top + usize::from(event.row - area.y) - 1).min(self.order.len() - 1);
            }
        } else {
            return Handled::Ignored;
        }
        self.bring_into_sight(area);
        Handled::Consumed
    }

    /// Goes to the next row with `query` in one of its cells, around the end. False where there is none.
    pub(crate) fn find_next(&mut self, query: &str, area: Rect) -> bool {
        let Some(query) = Query::new(query) else { return false };
        let count = self.order.len();
        let has = |row: usize| self.item(row).as_object().is_some_and(|item| item.values().any(|cell| query.is_in(&plain(cell))));
        let Some(row) = (1..=count).map(|step| (self.view.row + step) % count).find(|row| has(*row)) else { return false };
        self.view.row = row;
        self.bring_into_sight(area);
        true
    }

    /// Draws the headings and the rows in sight. Columns that do not fit are said to be there at the right.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, palette: &Palette, focused: bool) {
        let area = area.intersection(buffer.area);
        let spans = self.spans(area);
        for (index, x, room) in &spans {
            put(buffer, *x, area.y, &shorten(&self.heading(*index), usize::from(*room)), *room, palette.heading);
        }
        for (y, row) in (area.y + 1..area.bottom()).zip(self.view.top..self.order.len()) {
            for (index, x, room) in &spans {
                let value = self.item(row).get(&self.columns[*index].key);
                let text = value.map(|value| neutralise_line(&plain(value)).into_owned()).unwrap_or_default();
                let style = if value.is_none_or(Value::is_null) { palette.dim } else { palette.text };
                put(buffer, *x, y, &aligned(&text, value, usize::from(*room)), *room, style);
                if focused && row == self.view.row && *index == self.column {
                    buffer.set_style(Rect { x: *x, y, width: *room, height: 1 }, palette.cursor);
                }
            }
            if row == self.view.row {
                buffer.set_style(Rect { y, height: 1, ..area }, if focused { palette.found } else { palette.current_line });
            }
        }
        let more = self.columns.len() - self.left - spans.len() + self.hidden;
        if more > 0 && area.width > 12 && !area.is_empty() {
            let text = format!(" +{more} ›");
            let room = cell(width(&text));
            put(buffer, area.right() - room, area.y, &text, room, palette.dim);
        }
    }

    /// The columns in sight: index, left end, width. The last one may be narrower than it wants to be.
    fn spans(&self, area: Rect) -> Vec<(usize, u16, u16)> {
        let mut spans = Vec::new();
        let mut x = area.x;
        for (index, column) in self.columns.iter().enumerate().skip(self.left) {
            let room = cell(column.width).min(area.right().saturating_sub(x));
            if room == 0 {
                break;
            }
            spans.push((index, x, room));
            x = x.saturating_add(room + 2);
        }
        spans
    }

    fn heading(&self, index: usize) -> String {
        let sign = match self.sorted {
            Sorted::Up(by) if by == index => " ▲",
            Sorted::Down(by) if by == index => " ▼",
            Sorted::Not | Sorted::Up(_) | Sorted::Down(_) => "",
        };
        format!("{}{sign}", neutralise_line(&self.columns[index].key))
    }

    fn item(&self, row: usize) -> &Value {
        &self.value[self.order[row]]
    }

    fn cell_value(&self) -> Option<&Value> {
        self.selected().get(&self.columns[self.column].key)
    }

    /// From unsorted to small first to large first and back, by the column of the cursor. Equal rows keep their order.
    fn sort(&mut self) {
        let by = self.column;
        self.sorted = match self.sorted {
            Sorted::Up(column) if column == by => Sorted::Down(by),
            Sorted::Down(column) if column == by => Sorted::Not,
            Sorted::Not | Sorted::Up(_) | Sorted::Down(_) => Sorted::Up(by),
        };
        let cell = |row: usize| self.value[row].get(&self.columns[by].key);
        let mut rows: Vec<(Rank<'_>, usize)> = (0..self.order.len()).map(|row| (Rank::of(cell(row)), row)).collect();
        match self.sorted {
            Sorted::Not => {}
            Sorted::Up(_) => rows.sort_by(|(left, _), (right, _)| left.compare(right)),
            Sorted::Down(_) => rows.sort_by(|(left, _), (right, _)| right.compare(left)),
        }
        self.order = rows.into_iter().map(|(_, row)| row).collect();
        self.view.row = 0;
    }

    fn bring_into_sight(&mut self, area: Rect) {
        self.view.bring_into_sight(area.height.saturating_sub(1));
        self.left = self.left.min(self.column);
        while self.left < self.column
            && !self
                .spans(area)
                .iter()
                .any(|(index, _, room)| *index == self.column && usize::from(*room) == self.columns[*index].width)
        {
            self.left += 1;
        }
    }
}

/// A column as wide as its heading and the cells of the first rows want it.
fn column(items: &[Value], key: &str) -> Column {
    let heading = width(&neutralise_line(key)) + 2;
    let cells = items.iter().take(TABLE_SAMPLE_ROWS).filter_map(|item| item.get(key)).map(|value| {
        let text = plain(value);
        if text.len() > COLUMN_WIDTH * 4 { COLUMN_WIDTH } else { width(&text) }
    });
    Column { key: key.to_owned(), width: cells.chain([heading]).max().unwrap_or(heading).min(COLUMN_WIDTH) }
}

/// A cell as text: strings bare, the rest as JSON.
fn plain(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed)
}

/// Numbers at the right, so that they can be compared; what does not fit is shortened.
fn aligned(text: &str, value: Option<&Value>, room: usize) -> String {
    let text = shorten(text, room);
    let blanks = room.saturating_sub(width(&text));
    if value.is_some_and(Value::is_number) { " ".repeat(blanks) + &text } else { text }
}

/// Where a cell stands among others: missing values and null first, then truth, numbers, and text (the rest as JSON).
#[derive(Debug, Clone, PartialEq)]
enum Rank<'a> {
    Null,
    Truth(bool),
    Number(f64),
    Text(Cow<'a, str>),
}

impl<'a> Rank<'a> {
    fn of(value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Null,
            Some(Value::Bool(truth)) => Self::Truth(*truth),
            Some(Value::Number(number)) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Some(Value::String(text)) => Self::Text(Cow::Borrowed(text)),
            Some(other @ (Value::Array(_) | Value::Object(_))) => Self::Text(Cow::Owned(other.to_string())),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Truth(left), Self::Truth(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            _ => self.kind().cmp(&other.kind()),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Truth(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fronts::tui::text::palette::Depth;
    use serde_json::json;

    const AREA: Rect = Rect::new(0, 0, 28, 4);

    fn screen(table: &Table) -> Vec<String> {
        let mut buffer = Buffer::empty(AREA);
        table.draw(AREA, &mut buffer, &Palette::plain(Depth::Monochrome), true);
        let row = |y| (0..AREA.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..AREA.height).map(row).collect()
    }

    fn sample() -> Table {
        let value = json!([
            {"name": "b\u{1b}", "size": 10, "note": "first of the three rows"},
            {"name": "漢", "size": 9.5},
            {"name": "a", "size": null, "extra": [1]},
        ]);
        Table::new(&Arc::new(value)).unwrap()
    }

    fn press(table: &mut Table, codes: &[KeyCode]) {
        for code in codes {
            assert_eq!(table.handle(KeyEvent::from(*code), AREA), Handled::Consumed);
        }
    }

    #[test]
    fn rows_have_the_columns_of_all_objects() {
        let expected = ["name    size    note    +1 ›", "b␛          10  first of th…", "漢          9.5", "a       null"];
        assert_eq!(screen(&sample()), expected);
    }

    #[test]
    fn columns_sort_up_down_and_not() {
        let mut table = sample();
        press(&mut table, &[KeyCode::Right, KeyCode::Char('s')]);
        let names = |table: &Table| (0..3).map(|row| plain(&table.item(row)["name"]).into_owned()).collect::<Vec<_>>();
        assert_eq!(names(&table), ["a", "漢", "b\u{1b}"]);
        assert_eq!(screen(&table)[0], "name    size ▲  note    +1 ›");
        press(&mut table, &[KeyCode::Enter]);
        assert_eq!(names(&table), ["b\u{1b}", "漢", "a"]);
        press(&mut table, &[KeyCode::Enter]);
        assert_eq!(names(&table), ["b\u{1b}", "漢", "a"]);
        let heading =
            MouseEvent { kind: MouseEventKind::Down(MouseButton::Left), column: 1, row: 0, modifiers: KeyModifiers::NONE };
        assert_eq!(table.mouse(heading, AREA), Handled::Consumed);
        assert_eq!(names(&table), ["a", "b\u{1b}", "漢"]);
    }

    #[test]
    fn cells_and_rows_are_found_and_copied() {
        let mut table = sample();
        assert!(table.find_next("[1", AREA) && !table.find_next("zz", AREA));
        assert_eq!(table.position(), (3, 3));
        press(&mut table, &[KeyCode::Right, KeyCode::Right, KeyCode::Right]);
        assert_eq!(table.handle(KeyEvent::from(KeyCode::Char('y')), AREA), Handled::Copied("[1]".to_owned()));
        let row = Handled::Copied("{\"name\":\"a\",\"size\":null,\"extra\":[1]}".to_owned());
        assert_eq!(table.handle(KeyEvent::from(KeyCode::Char('Y')), AREA), row);
        assert_eq!(screen(&table)[0], "extra");
    }

    #[test]
    fn only_lists_of_objects_are_tables() {
        for value in [json!([]), json!([{"a": 1}]), json!([1, {"a": 1}]), json!({"a": 1}), json!([{}, {}])] {
            assert!(Table::new(&Arc::new(value)).is_none());
        }
    }
}
