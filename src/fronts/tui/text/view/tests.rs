//! The view: keys in, rows out.

use super::*;
use crate::fronts::tui::text::palette::Depth;
use crate::fronts::tui::text::source::Text;

const AREA: Rect = Rect::new(0, 0, 10, 3);

fn screen(view: &TextView, text: &Text) -> Vec<String> {
    let mut buffer = Buffer::empty(AREA);
    view.draw(AREA, &mut buffer, &text.source(), &Palette::plain(Depth::Monochrome));
    let row = |y| (0..AREA.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..AREA.height).map(row).collect()
}

fn press(view: &mut TextView, text: &Text, code: KeyCode) {
    assert_eq!(view.handle(KeyEvent::from(code), &text.source(), AREA), Handled::Consumed);
}

#[test]
fn long_lines_are_folded_or_scrolled() {
    let text = Text::new("one two three four\nfive\nsix\nseven\u{1b}[0m\n".to_owned());
    let mut view = TextView::new(Fold::Words, Follow::Stay);
    assert_eq!(screen(&view, &text), ["one two", "three four", "five"]);
    press(&mut view, &text, KeyCode::Down);
    assert_eq!(screen(&view, &text), ["three four", "five", "six"]);
    press(&mut view, &text, KeyCode::End);
    assert_eq!(screen(&view, &text), ["five", "six", "seven␛[0m"]);
    press(&mut view, &text, KeyCode::Up);
    assert_eq!(screen(&view, &text), ["three four", "five", "six"]);
    press(&mut view, &text, KeyCode::Char('w'));
    assert_eq!(screen(&view, &text), ["one two t›", "five", "six"]);
    press(&mut view, &text, KeyCode::Right);
    assert_eq!(screen(&view, &text), ["‹hree four", "‹", "‹"]);
}

#[test]
fn the_end_is_followed_until_somebody_scrolls_up() {
    let text = |lines: usize| Text::new((0..lines).map(|line| line.to_string()).collect::<Vec<_>>().join("\n"));
    let mut view = TextView::new(Fold::Words, Follow::End);
    assert_eq!(screen(&view, &text(2)), ["0", "1", ""]);
    assert_eq!(screen(&view, &text(9)), ["6", "7", "8"]);
    press(&mut view, &text(9), KeyCode::Up);
    assert_eq!(screen(&view, &text(20)), ["5", "6", "7"]);
    press(&mut view, &text(20), KeyCode::End);
    assert_eq!(screen(&view, &text(21)), ["18", "19", "20"]);
}

#[test]
fn matches_are_walked_and_copied() {
    let text = Text::new("é a\nb\nAb ab\n".to_owned());
    let mut view = TextView::new(Fold::Words, Follow::Stay);
    view.set_query("AB");
    assert!(!view.find(Direction::Forward, &text.source(), AREA));
    view.set_query("b");
    let mut seen = Vec::new();
    for direction in
        [Direction::Forward, Direction::Forward, Direction::Forward, Direction::Forward, Direction::Backward, Direction::Backward]
    {
        assert!(view.find(direction, &text.source(), AREA));
        seen.push(view.selection.map(|(start, _)| (start.line, start.byte)).unwrap());
    }
    assert_eq!(seen, [(1, 0), (2, 1), (2, 4), (1, 0), (2, 4), (2, 1)]);
    assert_eq!(view.copy(&text.source()).as_deref(), Some("b"));
    assert!(!TextView::new(Fold::Words, Follow::Stay).find(Direction::Forward, &Text::default().source(), AREA));
}

#[test]
fn what_is_selected_is_copied_whole() {
    let long = "x".repeat(5_000);
    let text = Text::new(format!("one two three\n{long}\nend"));
    let mut view = TextView::new(Fold::Words, Follow::Stay);
    let event = |kind, column, row| MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    view.mouse(event(MouseEventKind::Down(MouseButton::Left), 4, 0), &text.source(), AREA);
    view.mouse(event(MouseEventKind::Drag(MouseButton::Left), 2, 1), &text.source(), AREA);
    assert_eq!(view.copy(&text.source()).as_deref(), Some("two th"));
    let all = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::CONTROL);
    assert_eq!(view.handle(all, &text.source(), AREA), Handled::Consumed);
    let copy = view.handle(KeyEvent::from(KeyCode::Char('y')), &text.source(), AREA);
    assert_eq!(copy, Handled::Copied(format!("one two three\n{long}\nend")));
    press(&mut view, &text, KeyCode::Esc);
    assert_eq!(view.copy(&text.source()), None);
}

#[test]
fn styles_matches_and_selection_lie_over_each_other() {
    let palette = Palette::plain(Depth::Sixteen);
    let lines = [StyledLine::new("ab", palette.failure).with("cd", palette.running)];
    let mut view = TextView::new(Fold::Never, Follow::Stay);
    view.set_query("b");
    view.selection = Some((Spot { line: 0, byte: 2 }, Spot { line: 0, byte: 3 }));
    let area = Rect::new(0, 0, 4, 1);
    let mut buffer = Buffer::empty(area);
    view.draw(area, &mut buffer, &Source::of_lines(&lines), &palette);
    let mut expected = Buffer::with_lines(["abcd"]);
    expected.set_style(Rect::new(0, 0, 2, 1), palette.failure);
    expected.set_style(Rect::new(1, 0, 1, 1), palette.found);
    expected.set_style(Rect::new(2, 0, 2, 1), palette.running);
    expected.set_style(Rect::new(2, 0, 1, 1), palette.selection);
    assert_eq!(buffer, expected);
}

#[test]
fn only_lines_in_sight_are_asked_for() {
    let asked = std::cell::RefCell::new(Vec::new());
    let source = Source::new(1_000_000, |index| {
        asked.borrow_mut().push(index);
        StyledLine::new(index.to_string(), Style::new())
    });
    let view = TextView::new(Fold::Words, Follow::Stay);
    view.draw(AREA, &mut Buffer::empty(AREA), &source, &Palette::plain(Depth::Monochrome));
    drop(source);
    assert_eq!(asked.into_inner(), [999_999, 999_998, 999_997, 0, 1, 2]);
}
