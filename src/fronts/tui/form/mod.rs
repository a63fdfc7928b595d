//! The call form: a tool's input schema as fields, or as raw JSON, and the arguments that come out of it.
//!
//! It checks what it must to make JSON of what was typed; whether the arguments fit the schema is decided by the guards.

mod draw;
mod field;
mod shape;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use serde_json::{Map, Value};

use self::field::{Entry, Field, pretty, read_json};
use self::shape::shapes;
use super::editor::Editor;
use super::text::Handled;
use crate::types::ToolSpec;

/// What a key or click meant to the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FormEvent {
    /// It changed the form.
    Consumed,
    /// It means nothing here.
    Ignored,
    /// The call is to be made.
    Submit,
    /// Text was copied; the caller hands it to the clipboard as well.
    Copied(String),
}

/// Why there are no arguments yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormError {
    /// The key of the field; empty where the whole is meant.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) message: String,
}

/// How arguments are put in.
#[derive(Debug)]
enum Mode {
    Fields,
    Raw(Box<Editor>),
}

/// A form for the arguments of one tool.
#[derive(Debug)]
pub(crate) struct CallForm {
    fields: Vec<Field>,
    /// Arguments that no field stands for; they are sent as they came.
    extra: Map<String, Value>,
    /// Whether the schema can be shown as fields.
    listed: bool,
    mode: Mode,
    focus: usize,
    /// Why the last attempt to leave raw JSON or to make arguments failed.
    error: Option<FormError>,
    /// Why the arguments do not fit the schema, as judged last.
    misfit: Option<String>,
    /// Counts changes, so that arguments are judged once for each.
    revision: u64,
}

impl CallForm {
    /// An empty form for a tool: fields where its schema lists properties, raw JSON otherwise.
    pub(crate) fn new(tool: &ToolSpec) -> Self {
        Self::of_schema(&tool.input_schema)
    }

    /// An empty form for a schema of arguments.
    pub(crate) fn of_schema(schema: &Value) -> Self {
        let shapes = shapes(schema);
        let listed = shapes.is_some();
        Self {
            fields: shapes.unwrap_or_default().into_iter().map(Field::new).collect(),
            extra: Map::new(),
            listed,
            mode: if listed { Mode::Fields } else { Mode::Raw(Box::new(raw_editor(&Value::Object(Map::new())))) },
            focus: 0,
            error: None,
            misfit: None,
            revision: 0,
        }
    }

    /// A form filled with earlier arguments.
    pub(crate) fn with_arguments(tool: &ToolSpec, arguments: &Value) -> Self {
        let mut form = Self::new(tool);
        form.put(arguments);
        form
    }

    /// Fills arguments in.
    pub(crate) fn put(&mut self, arguments: &Value) {
        self.revision += 1;
        match arguments.as_object() {
            Some(object) if self.listed => self.fill(object),
            _ => self.mode = Mode::Raw(Box::new(raw_editor(arguments))),
        }
    }

    /// How many fields it has.
    pub(crate) fn fields(&self) -> usize {
        self.fields.len()
    }

    /// How often it was changed.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Says why the arguments do not fit the schema, until it is judged again.
    pub(crate) fn judged(&mut self, misfit: Option<String>) {
        self.misfit = misfit;
    }

    /// Whether the tool takes no arguments: one key calls it.
    pub(crate) fn takes_nothing(&self) -> bool {
        self.listed && self.fields.is_empty() && self.extra.is_empty()
    }

    /// Whether raw JSON is being edited.
    pub(crate) fn is_raw(&self) -> bool {
        matches!(self.mode, Mode::Raw(_))
    }

    /// Whether Enter is a line end where the cursor is.
    pub(crate) fn takes_lines(&self) -> bool {
        self.is_raw() || matches!(self.fields.get(self.focus).map(|field| &field.entry), Some(Entry::Json(_)))
    }

    /// The arguments as JSON, or the first thing that is wrong.
    pub(crate) fn arguments(&self) -> Result<Value, FormError> {
        match &self.mode {
            Mode::Raw(editor) => read_object(&editor.text()).map(Value::Object).map_err(|message| error("", &message)),
            Mode::Fields => {
                let mut object = Map::new();
                for field in &self.fields {
                    let key = &field.shape.key;
                    match field.value().map_err(|message| error(key, &message))? {
                        Some(value) => _ = object.insert(key.clone(), value),
                        None if field.shape.required => return Err(error(key, "has to be filled in")),
                        None => {}
                    }
                }
                object.extend(self.extra.clone());
                Ok(Value::Object(object))
            }
        }
    }

    /// Shows an error: the cursor goes to its field, the message stands below.
    pub(crate) fn show_error(&mut self, error: FormError) {
        self.focus = self.fields.iter().position(|field| field.shape.key == error.field).unwrap_or(self.focus);
        self.error = Some(error);
    }

    /// Switches between fields and raw JSON; values go along. Raw JSON that is no object stays, with the reason shown.
    pub(crate) fn toggle_raw(&mut self) {
        self.error = None;
        let Mode::Raw(editor) = &self.mode else {
            self.mode = Mode::Raw(Box::new(raw_editor(&Value::Object(self.as_far_as_told()))));
            return;
        };
        match read_object(&editor.text()) {
            Ok(object) if self.listed => {
                self.mode = Mode::Fields;
                self.fill(&object);
            }
            Ok(_) => self.error = Some(error("", "this tool's schema lists no properties: only raw JSON fits it")),
            Err(message) => self.error = Some(error("", &message)),
        }
    }

    /// Does what a key asks for. Enter calls; Alt+Enter calls from where Enter is a line end; Alt+J is raw JSON.
    pub(crate) fn handle(&mut self, key: KeyEvent) -> FormEvent {
        self.error = None;
        self.revision += 1;
        if key.modifiers == KeyModifiers::ALT && key.code == KeyCode::Char('j') {
            self.toggle_raw();
            return FormEvent::Consumed;
        }
        let event = match &mut self.mode {
            Mode::Raw(editor) => handle_editor(editor, key),
            Mode::Fields => self.handle_fields(key),
        };
        self.check_raw();
        event
    }

    /// Says what is wrong with raw JSON while it is typed.
    fn check_raw(&mut self) {
        if let Mode::Raw(editor) = &self.mode {
            self.error = read_object(&editor.text()).err().map(|message| error("", &message));
        }
    }

    fn handle_fields(&mut self, key: KeyEvent) -> FormEvent {
        let multiline = self.takes_lines();
        let plain = key.modifiers.is_empty();
        if key.code == KeyCode::BackTab || plain && !multiline && key.code == KeyCode::Up {
            return self.step(-1);
        }
        if plain && (key.code == KeyCode::Tab || !multiline && key.code == KeyCode::Down) {
            return self.step(1);
        }
        if plain && !multiline && key.code == KeyCode::Enter {
            return FormEvent::Submit;
        }
        match self.fields.get_mut(self.focus) {
            Some(Field { entry: Entry::Json(editor), .. }) if key.code == KeyCode::Enter => handle_editor(editor, key),
            Some(field) => event(field.handle(key)),
            None => FormEvent::Ignored,
        }
    }

    /// Puts pasted text into the field with the cursor.
    pub(crate) fn paste(&mut self, text: &str) {
        self.error = None;
        self.revision += 1;
        match &mut self.mode {
            Mode::Raw(editor) => {
                editor.paste(text);
                self.check_raw();
            }
            Mode::Fields => {
                if let Some(field) = self.fields.get_mut(self.focus) {
                    field.paste(text);
                }
            }
        }
    }

    /// Does what the mouse asks for in the form as drawn in `area`: a click gives a field the cursor.
    pub(crate) fn mouse(&mut self, mouse: MouseEvent, area: Rect) -> FormEvent {
        let at = Position::new(mouse.column, mouse.row);
        self.revision += 1;
        let parts = self.regions(area);
        if let Mode::Raw(editor) = &mut self.mode {
            return event(editor.mouse(mouse, parts.raw));
        }
        let Some(part) = parts.fields.iter().find(|part| part.whole.contains(at)) else { return FormEvent::Ignored };
        if mouse.kind == MouseEventKind::Down(MouseButton::Left) {
            self.focus = part.index;
        }
        let Some(field) = self.fields.get_mut(part.index) else { return FormEvent::Ignored };
        match &mut field.entry {
            Entry::Json(editor) if part.input.contains(at) => event(editor.mouse(mouse, part.input)),
            Entry::Line(input) if mouse.kind == MouseEventKind::Down(MouseButton::Left) => {
                input.click(part.input, mouse.column);
                FormEvent::Consumed
            }
            Entry::Picked(_) if mouse.kind == MouseEventKind::Down(MouseButton::Left) && part.input.contains(at) => {
                event(field.handle(KeyEvent::from(KeyCode::Right)))
            }
            Entry::Line(_) | Entry::Json(_) | Entry::Picked(_) | Entry::Exactly(_) => FormEvent::Consumed,
        }
    }

    /// Moves the cursor to the next field or the one before. At the ends the key is for somebody else.
    fn step(&mut self, by: isize) -> FormEvent {
        match self.focus.checked_add_signed(by).filter(|to| *to < self.fields.len()) {
            Some(to) => {
                self.focus = to;
                FormEvent::Consumed
            }
            None => FormEvent::Ignored,
        }
    }

    fn fill(&mut self, object: &Map<String, Value>) {
        let mut extra = object.clone();
        for field in &mut self.fields {
            let value = extra.shift_remove(&field.shape.key);
            *field = Field::new(field.shape.clone());
            if let Some(value) = value {
                field.set(&value);
            }
        }
        self.extra = extra;
    }

    fn as_far_as_told(&self) -> Map<String, Value> {
        let told = self.fields.iter().filter_map(|field| Some((field.shape.key.clone(), field.value_or_text()?)));
        told.chain(self.extra.clone()).collect()
    }
}

fn handle_editor(editor: &mut Editor, key: KeyEvent) -> FormEvent {
    if key.code == KeyCode::Enter && key.modifiers == KeyModifiers::ALT {
        return FormEvent::Submit;
    }
    event(editor.handle(key))
}

fn event(handled: Handled) -> FormEvent {
    match handled {
        Handled::Consumed => FormEvent::Consumed,
        Handled::Ignored => FormEvent::Ignored,
        Handled::Copied(text) => FormEvent::Copied(text),
    }
}

fn raw_editor(value: &Value) -> Editor {
    Editor::open("arguments.json", &pretty(value))
}

/// Reads a JSON object; nothing at all is the empty one.
fn read_object(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match read_json(text)? {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err("arguments have to be a JSON object".to_owned())
        }
    }
}

fn error(field: &str, message: &str) -> FormError {
    FormError { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests;
