//! The editor as a whole: keys in, text and screen out.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;
use crate::fronts::tui::text::palette::{Depth, Palette};

/// Presses keys: characters as they stand, `<Name>` for others, with `C-`, `S-`, `A-` for Ctrl, Shift, Alt.
fn press(editor: &mut Editor, keys: &str) {
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let (key, behind) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((name, behind)) => (named(name), behind),
            None => (KeyEvent::from(KeyCode::Char(first)), &rest[first.len_utf8()..]),
        };
        assert_ne!(editor.handle(key), Handled::Ignored, "{key:?}");
        rest = behind;
    }
}

fn named(name: &str) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    let mut name = name;
    for (prefix, modifier) in [("C-", KeyModifiers::CONTROL), ("S-", KeyModifiers::SHIFT), ("A-", KeyModifiers::ALT)] {
        if let Some(rest) = name.strip_prefix(prefix) {
            modifiers |= modifier;
            name = rest;
        }
    }
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Backspace" => KeyCode::Backspace,
        "Delete" => KeyCode::Delete,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PageDown" => KeyCode::PageDown,
        "Esc" => KeyCode::Esc,
        "F3" => KeyCode::F(3),
        other => KeyCode::Char(other.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

/// What is on the screen, row by row, trailing blanks cut.
fn screen(editor: &mut Editor, width: u16, height: u16) -> Vec<String> {
    let buffer = drawn(editor, width, height, &Palette::plain(Depth::Sixteen));
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect()
}

fn drawn(editor: &mut Editor, width: u16, height: u16, palette: &Palette) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    editor.prepare(area);
    editor.draw(area, &mut buffer, palette, true);
    buffer
}

#[test]
fn a_script_is_typed_saved_and_taken_back() {
    let mut editor = Editor::open("a.py", "");
    press(&mut editor, "def f():<Enter>return 1<Enter>f()");
    assert_eq!(editor.text(), "def f():\n    return 1\nf()");
    assert!(editor.is_dirty());
    let text = editor.text();
    editor.mark_saved(&text);
    assert!(!editor.is_dirty());
    press(&mut editor, "<C-z>");
    assert!(editor.is_dirty());
    press(&mut editor, "<C-y>");
    assert!(!editor.is_dirty());
}

#[test]
fn a_paste_is_kept_byte_for_byte_in_the_line_ends_of_the_script() {
    let pasted = "\tif x:  # é\n        漢 = 1\n\n".repeat(400);
    let mut editor = Editor::open("a.py", "    ");
    press(&mut editor, "<End>");
    editor.paste(&pasted);
    assert_eq!(editor.text(), format!("    {pasted}"));
    press(&mut editor, "<C-z>");
    assert_eq!(editor.text(), "    ");
    let mut windows = Editor::open("a.py", "a\r\n");
    windows.paste("x\ry\n");
    assert_eq!(windows.text(), "x\r\ny\r\na\r\n");
}

#[test]
fn text_is_selected_copied_cut_and_put_back() {
    let mut editor = Editor::open("a.py", "one two\nthree\n");
    press(&mut editor, "<C-S-Right>");
    assert_eq!(editor.handle(named("C-c")), Handled::Copied("one".to_owned()));
    press(&mut editor, "<End><C-v><S-Home>");
    assert_eq!(editor.handle(named("C-x")), Handled::Copied("one twoone".to_owned()));
    assert_eq!(editor.text(), "\nthree\n");
    press(&mut editor, "<C-a>x");
    assert_eq!(editor.text(), "x");
    assert_eq!(editor.handle(named("C-c")), Handled::Ignored);
}

#[test]
fn the_column_is_kept_over_short_lines() {
    let mut editor = Editor::open("a.py", "long line\n\n漢漢漢漢漢\n");
    press(&mut editor, "<End><Down>");
    assert_eq!(editor.cursor(), Place::new(1, 0));
    press(&mut editor, "<Down>");
    assert_eq!(editor.cursor(), Place::new(2, 4));
    press(&mut editor, "<Left><Up><Up>");
    assert_eq!(editor.cursor(), Place::new(0, 6));
}

#[test]
fn text_is_found_and_replaced() {
    let mut editor = Editor::open("a.txt", "cat\nCat cat\n");
    press(&mut editor, "<C-f>cat");
    assert_eq!(screen(&mut editor, 30, 4), ["Find    cat             1 of 3", " 1 cat", " 2 Cat cat", " 3"]);
    press(&mut editor, "<Enter><Enter>");
    assert_eq!(editor.selected().as_deref(), Some("cat"));
    assert_eq!(editor.cursor(), Place::new(1, 7));
    press(&mut editor, "<Esc><C-r><Tab>dog<Enter>");
    assert_eq!(editor.text(), "cat\nCat dog\n");
    press(&mut editor, "<A-Enter>");
    assert_eq!(editor.text(), "dog\ndog dog\n");
    press(&mut editor, "<Esc><C-z>");
    assert_eq!(editor.text(), "cat\nCat dog\n");
    press(&mut editor, "<C-g>3<Enter>x");
    assert_eq!(editor.text(), "cat\nCat dog\nx");
    press(&mut editor, "<C-f>none");
    assert_eq!(screen(&mut editor, 30, 1), ["Find    none          no match"]);
}

#[test]
fn colours_errors_marks_and_cursor_are_on_the_screen() {
    let palette = Palette::plain(Depth::Sixteen);
    let mut editor = Editor::open("a.py", "# é\nx = = 1\nf('a')\ny =");
    editor.mark_failure(3, "boom\u{1b}");
    let buffer = drawn(&mut editor, 34, 4, &palette);
    let mut expected = Buffer::with_lines([
        " 1 # é                            ",
        "!2 x = = 1  ✗ Expected an express›",
        "✗3 f('a')  ✗ boom␛                ",
        "!4 y =  ✗ Expected an expression  ",
    ]);
    let mut paint = |x, y, width, style: Style| expected.set_style(Rect::new(x, y, width, 1), style);
    for y in 0..4 {
        paint(1, y, 2, if y == 0 { palette.text } else { palette.dim });
        paint(0, y, 1, if y == 0 { palette.dim } else { palette.failure });
    }
    paint(3, 0, 3, palette.class(crate::python::TokenClass::Comment));
    paint(3, 0, 1, palette.cursor);
    paint(7, 1, 1, palette.error);
    paint(9, 1, 1, palette.class(crate::python::TokenClass::Number));
    paint(3, 2, 1, palette.class(crate::python::TokenClass::Function));
    paint(5, 2, 3, palette.class(crate::python::TokenClass::String));
    paint(12, 1, 22, palette.failure);
    paint(11, 2, 7, palette.failure);
    paint(8, 3, 24, palette.failure);
    paint(6, 3, 1, palette.error);
    assert_eq!(buffer, expected);
    assert_eq!(editor.errors().len(), 2);
}

#[test]
fn long_lines_scroll_sideways_and_are_marked() {
    let mut editor = Editor::open("a.txt", "0123456789abcdef\nshort\n");
    assert_eq!(screen(&mut editor, 12, 2), [" 1 01234567›", " 2 short"]);
    press(&mut editor, "<End>");
    assert_eq!(screen(&mut editor, 12, 2), [" 1 ‹bcdef", " 2 ‹"]);
    press(&mut editor, "<Down><Home>");
    assert_eq!(screen(&mut editor, 12, 2), [" 1 01234567›", " 2 short"]);
}

#[test]
fn the_mouse_sets_the_cursor_selects_and_scrolls() {
    let text = (1..=20).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    let mut editor = Editor::open("a.py", &text);
    let area = Rect::new(0, 0, 20, 5);
    let mut mouse = |kind, column, row| {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        assert_eq!(editor.mouse(event, area), Handled::Consumed);
        editor.prepare(area);
        (editor.cursor(), editor.selected(), editor.view.top)
    };
    let pressed = MouseEventKind::Down(MouseButton::Left);
    let dragged = MouseEventKind::Drag(MouseButton::Left);
    assert_eq!(mouse(pressed, 6, 1), (Place::new(1, 2), None, 0));
    assert_eq!(mouse(dragged, 8, 2), (Place::new(2, 4), Some("ne 2\nline".to_owned()), 0));
    assert_eq!(mouse(MouseEventKind::ScrollDown, 6, 1).2, 3);
    assert_eq!(mouse(pressed, 19, 0), (Place::new(3, 6), None, 3));
    assert_eq!(mouse(dragged, 0, 9), (Place::new(8, 0), Some("\nline 5\nline 6\nline 7\nline 8\n".to_owned()), 4));
}

#[test]
fn marks_move_with_their_lines() {
    let mut editor = Editor::open("a.txt", "a\nb\nc");
    editor.mark_failure(3, "here");
    editor.set_running(Some(2));
    press(&mut editor, "<End><Enter>x");
    assert_eq!(screen(&mut editor, 14, 4), [" 1 a", " 2 x", "▶3 b", "✗4 c  ✗ here"]);
    press(&mut editor, "<C-z><C-z>");
    assert_eq!(screen(&mut editor, 14, 3), [" 1 a", "▶2 b", "✗3 c  ✗ here"]);
    editor.clear_marks();
    assert_eq!(screen(&mut editor, 14, 3), [" 1 a", " 2 b", " 3 c"]);
}

#[test]
fn changes_by_others_are_taken_over_or_wait_for_a_decision() {
    let mut editor = Editor::open("a.py", "a\n");
    assert_eq!(editor.changed_outside("a\n"), Outside::Same);
    assert_eq!(editor.changed_outside("b\n"), Outside::Reloaded);
    assert_eq!((editor.text().as_str(), editor.is_dirty()), ("b\n", false));
    press(&mut editor, "x");
    assert_eq!(editor.changed_outside("c\n"), Outside::Conflict);
    assert_eq!((editor.text().as_str(), editor.conflict()), ("xb\n", Some("c\n")));
    editor.resolve(Resolution::TakeTheirs);
    assert_eq!((editor.text().as_str(), editor.is_dirty(), editor.conflict()), ("c\n", false, None));
    press(&mut editor, "<C-z>");
    assert_eq!(editor.text(), "xb\n");
    assert_eq!(editor.changed_outside("d\r\n"), Outside::Conflict);
    editor.resolve(Resolution::KeepMine);
    assert_eq!((editor.text().as_str(), editor.saved(), editor.is_dirty()), ("xb\n", "d\r\n", true));
    assert_eq!(editor.changed_outside("xb\n"), Outside::Same);
    assert!(!editor.is_dirty());
}

#[test]
fn a_large_file_is_shown_and_not_changed() {
    let text = "x\n".repeat(30_000);
    let mut editor = Editor::open("a.py", &text);
    assert_eq!(editor.read_only(), Some("read-only: more than 20000 lines"));
    press(&mut editor, "y<Enter><Delete><C-k>");
    editor.paste("z");
    editor.insert_call("import a", "a.b()");
    assert!(!editor.is_dirty());
    press(&mut editor, "<C-End>");
    assert_eq!(screen(&mut editor, 10, 2), [" 30000 x", " 30001"]);
}

#[test]
fn any_area_can_be_drawn() {
    for width in 0..12 {
        for height in 0..4 {
            let mut editor = Editor::open("a.py", "漢字 = (\n\tx");
            press(&mut editor, "<C-r>x");
            editor.mark_failure(1, "m");
            let area = Rect::new(0, 0, width, height);
            editor.prepare(area);
            editor.draw(area, &mut Buffer::empty(area), &Palette::plain(Depth::Sixteen), true);
            press(&mut editor, "<Esc><End>");
            editor.draw(Rect::new(0, 0, 20, 20), &mut Buffer::empty(area), &Palette::plain(Depth::Sixteen), true);
        }
    }
}

/// Keys that a person might press in any order.
const KEYS: &[&str] = &[
    "a",
    " ",
    "é",
    "漢",
    "(",
    ":",
    "#",
    "<Enter>",
    "<Tab>",
    "<BackTab>",
    "<Backspace>",
    "<Delete>",
    "<Left>",
    "<Right>",
    "<Up>",
    "<Down>",
    "<Home>",
    "<End>",
    "<S-Left>",
    "<S-Down>",
    "<S-End>",
    "<C-Left>",
    "<C-S-Right>",
    "<A-Backspace>",
    "<C-k>",
    "<C-a>",
    "<C-c>",
    "<C-x>",
    "<C-v>",
    "<C-z>",
    "<C-y>",
    "<C-r>",
    "<C-f>",
    "<A-Enter>",
    "<F3>",
    "<Esc>",
    "<PageDown>",
];

proptest::proptest! {
    #[test]
    fn any_keys_can_be_pressed_and_undone(
        text in "[a #(\\n\\r\\té漢]{0,30}",
        keys in proptest::collection::vec(0..KEYS.len(), 0..60),
    ) {
        let mut editor = Editor::open("a.py", &text);
        let area = Rect::new(0, 0, 14, 4);
        for key in keys {
            if KEYS[key].starts_with('<') {
                editor.handle(named(KEYS[key].trim_matches(['<', '>'])));
            } else {
                press(&mut editor, KEYS[key]);
            }
            editor.prepare(area);
            editor.draw(area, &mut Buffer::empty(area), &Palette::plain(Depth::Sixteen), true);
        }
        while editor.document.undo() {}
        assert_eq!(editor.text(), text);
    }
}
