//! The form as a whole: keys in, arguments and screen out.

use ratatui::buffer::Buffer;
use serde_json::json;

use super::*;
use crate::fronts::tui::text::palette::{Depth, Palette};
use crate::types::ServerName;

fn tool(schema: &Value) -> ToolSpec {
    ToolSpec::from_wire(&ServerName::new("s").unwrap(), json!({"name": "t", "inputSchema": schema})).unwrap()
}

fn sample() -> ToolSpec {
    tool(&json!({
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "default": 10, "description": "How many, at the most."},
            "repo_path": {"type": "string", "description": "Path of the repository."},
            "mode": {"enum": ["fast", "slow"]},
            "filter": {"type": "object"},
        },
        "required": ["repo_path"],
    }))
}

fn type_in(form: &mut CallForm, text: &str) {
    for typed in text.chars() {
        assert_eq!(form.handle(KeyEvent::from(KeyCode::Char(typed))), FormEvent::Consumed);
    }
}

fn press(form: &mut CallForm, code: KeyCode) -> FormEvent {
    form.handle(KeyEvent::from(code))
}

fn screen(form: &mut CallForm, width: u16, height: u16) -> Vec<String> {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    form.prepare(area);
    form.draw(area, &mut buffer, &Palette::plain(Depth::Monochrome), true);
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect()
}

#[test]
fn a_form_is_filled_in_and_sent() {
    let mut form = CallForm::new(&sample());
    assert_eq!(form.focus, 0);
    assert_eq!(form.arguments(), Err(error("repo_path", "has to be filled in")));
    type_in(&mut form, ".");
    assert_eq!(form.arguments(), Ok(json!({"repo_path": "."})));
    press(&mut form, KeyCode::Tab);
    type_in(&mut form, "1x");
    assert_eq!(form.arguments(), Err(error("limit", "\"1x\" is not a whole number")));
    press(&mut form, KeyCode::Backspace);
    press(&mut form, KeyCode::Down);
    press(&mut form, KeyCode::Right);
    press(&mut form, KeyCode::Down);
    form.paste("{\"a\": [1]}");
    assert_eq!(form.arguments(), Ok(json!({"repo_path": ".", "limit": 1, "mode": "fast", "filter": {"a": [1]}})));
    assert_eq!(press(&mut form, KeyCode::Tab), FormEvent::Ignored);
    assert_eq!(form.handle(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT)), FormEvent::Submit);
    assert_eq!(press(&mut form, KeyCode::BackTab), FormEvent::Consumed);
    assert_eq!(press(&mut form, KeyCode::Enter), FormEvent::Submit);
}

#[test]
fn values_go_along_between_fields_and_raw_json() {
    let arguments = json!({"repo_path": "a\nb", "limit": "ten", "other": {"kept": null}});
    let mut form = CallForm::with_arguments(&sample(), &arguments);
    assert_eq!(form.arguments(), Ok(arguments.clone()));
    form.toggle_raw();
    assert!(form.is_raw());
    assert_eq!(form.arguments(), Ok(arguments.clone()));
    form.toggle_raw();
    assert!(!form.is_raw());
    assert_eq!(form.arguments(), Ok(arguments));
}

#[test]
fn raw_json_that_is_no_object_stays_with_the_reason() {
    let mut form = CallForm::with_arguments(&sample(), &json!([1]));
    assert!(form.is_raw());
    form.toggle_raw();
    assert_eq!(screen(&mut form, 44, 4), [" 1 [", " 2   1", " 3 ]", "✗ arguments have to be a JSON object"]);
    press(&mut form, KeyCode::Delete);
    assert_eq!(screen(&mut form, 52, 4)[3], "✗ not JSON: trailing characters at line 3 column 1");
    let mut open = CallForm::new(&tool(&json!({"type": "object", "additionalProperties": true})));
    assert_eq!((open.is_raw(), open.arguments()), (true, Ok(json!({}))));
    open.toggle_raw();
    assert!(open.is_raw());
}

#[test]
fn a_tool_without_arguments_is_called_at_once() {
    let mut form = CallForm::new(&tool(&json!({"type": "object", "properties": {}})));
    assert!(form.takes_nothing());
    assert_eq!(form.arguments(), Ok(json!({})));
    assert_eq!(press(&mut form, KeyCode::Enter), FormEvent::Submit);
    assert_eq!(screen(&mut form, 40, 1), ["No arguments. Enter calls the tool."]);
}

#[test]
fn the_form_shows_labels_placeholders_notes_and_errors() {
    let mut form = CallForm::new(&sample());
    let empty = [
        "repo_path* string",
        "           Path of the repository.",
        "limit      integer, default 10",
        "           How many, at the most.",
        "mode       ‹›  fast | slow",
        "filter     JSON",
    ];
    assert_eq!(screen(&mut form, 40, 6), empty);
    press(&mut form, KeyCode::Down);
    type_in(&mut form, "x");
    form.show_error(error("repo_path", "has to be\u{1b} filled in"));
    let failed = [
        "repo_path* string",
        "           Path of the repository.",
        "limit      x",
        "           \"x\" is not a whole number",
        "mode       ‹›  fast | slow",
        "✗ repo_path: has to be␛ filled in",
    ];
    assert_eq!(screen(&mut form, 40, 6), failed);
    assert_eq!(form.fields[form.focus].shape.key, "repo_path");
}

#[test]
fn the_field_with_the_cursor_stays_in_sight() {
    let mut form = CallForm::new(&sample());
    press(&mut form, KeyCode::Down);
    press(&mut form, KeyCode::Down);
    assert_eq!(screen(&mut form, 30, 2), ["mode       ‹›  fast | slow", "filter     JSON"]);
    press(&mut form, KeyCode::Right);
    assert_eq!(screen(&mut form, 30, 1), ["mode       ‹fast›  1 of 2"]);
    for width in 0..8 {
        screen(&mut form, width, 5);
    }
}

#[test]
fn a_click_gives_a_field_the_cursor() {
    let mut form = CallForm::new(&sample());
    let click =
        |column, row| MouseEvent { kind: MouseEventKind::Down(MouseButton::Left), column, row, modifiers: KeyModifiers::NONE };
    let area = Rect::new(0, 0, 40, 6);
    assert_eq!(form.mouse(click(2, 2), area), FormEvent::Consumed);
    assert_eq!(form.fields[form.focus].shape.key, "limit");
    assert_eq!(form.mouse(click(12, 4), area), FormEvent::Consumed);
    type_in(&mut form, " ");
    assert_eq!(form.fields[2].value(), Ok(Some(json!("slow"))));
    assert_eq!(form.mouse(click(0, 9), area), FormEvent::Ignored);
}
