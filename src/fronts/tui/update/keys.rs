//! Where a key goes: to the overlay, to a filter, to an action, or to the pane that has the keys.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{asking, moving, perform, searching};
use crate::fronts::tui::actions::Typing;
use crate::fronts::tui::answer::{Answer, Body};
use crate::fronts::tui::chord::Chord;
use crate::fronts::tui::layout::regions;
use crate::fronts::tui::list::{Filter, Move};
use crate::fronts::tui::message::{Direction, Effect, TerminalEffect};
use crate::fronts::tui::model::Model;
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::text::Handled;
use crate::fronts::tui::tool_pane::Tab;

/// A key was pressed.
pub(super) fn pressed(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let chord = Chord::of(&key);
    if let Some(letter) = escaped(chord).filter(|_| model.keymap.action_for(chord, model.focus, model.typing()).is_none()) {
        let mut effects = pressed(model, KeyEvent::from(KeyCode::Esc));
        effects.extend(pressed(model, letter));
        return effects;
    }
    model.notice = None;
    model.clicked = None;
    if model.overlay.is_some() {
        return asking::pressed(model, chord);
    }
    if filter_mut(model).is_some_and(|filter| filter.editing) && filter_key(model, chord) {
        let looks = matches!(model.focus, Pane::Tool | Pane::Output) && chord.code == KeyCode::Enter;
        return if looks { searching::next(model, Direction::Forward) } else { Vec::new() };
    }
    if copies(model, chord) {
        return editor_key(model, chord, key);
    }
    if reads_answer(model, chord) {
        return answer_key(model, key);
    }
    if let Some(action) = model.keymap.action_for(chord, model.focus, model.typing()) {
        return perform::perform(model, action);
    }
    if let Some(pane) = pane_key(model, chord) {
        moving::focus(model, pane);
        return Vec::new();
    }
    to_pane(model, chord, key)
}

/// The Ctrl+letter of Ctrl+Alt+letter: this is how Esc with Ctrl+letter close behind it comes from a terminal.
fn escaped(chord: Chord) -> Option<KeyEvent> {
    let both = KeyModifiers::CONTROL | KeyModifiers::ALT;
    let KeyCode::Char(letter) = chord.code else { return None };
    (chord.modifiers == both && letter.is_ascii_alphabetic()).then(|| KeyEvent::new(chord.code, KeyModifiers::CONTROL))
}

/// Text was pasted.
pub(super) fn pasted(model: &mut Model, text: &str) -> Vec<Effect> {
    model.notice = None;
    if model.overlay.is_some() {
        asking::pasted(model, text);
        return Vec::new();
    }
    if let Some(filter) = filter_mut(model).filter(|filter| filter.editing) {
        filter.text.extend(text.chars().filter(|c| !c.is_control()));
        model.rebuild();
        return Vec::new();
    }
    match model.focus {
        Pane::Editor => model.editor.paste(text),
        Pane::Tool if model.tool.filling() => model.tool.paste(text),
        Pane::Servers | Pane::Scripts | Pane::Tool | Pane::Output | Pane::Steps | Pane::Policy | Pane::Pins => {}
    }
    Vec::new()
}

/// The pane named by a digit, alone where nothing is typed, with Alt everywhere.
fn pane_key(model: &Model, chord: Chord) -> Option<Pane> {
    let KeyCode::Char(label) = chord.code else { return None };
    let alt = chord.modifiers == KeyModifiers::ALT;
    let plain = chord.typed().is_some() && model.typing() == Typing::No;
    if alt || plain { Pane::labelled(label) } else { None }
}

fn to_pane(model: &mut Model, chord: Chord, key: KeyEvent) -> Vec<Effect> {
    match model.focus {
        Pane::Editor => return editor_key(model, chord, key),
        Pane::Tool if model.tool.filling() => return super::calls::form_key(model, chord, key),
        Pane::Servers | Pane::Scripts | Pane::Tool | Pane::Output | Pane::Steps | Pane::Policy | Pane::Pins => {
            if chord.code == KeyCode::Esc {
                moving::escape(model);
            } else if let (Pane::Tool, Some(columns)) = (model.focus, sideways_of(chord)) {
                model.tool.sideways(columns);
            } else if let Some(to) = move_of(chord) {
                moving::go(model, model.focus, to);
            }
        }
    }
    Vec::new()
}

/// A key in the editor. What it copies goes to the terminal's clipboard too; Esc with nothing to drop leaves it.
fn editor_key(model: &mut Model, chord: Chord, key: KeyEvent) -> Vec<Effect> {
    let meant = model.editor.key(key);
    if !meant && chord.code == KeyCode::Esc {
        moving::leave(model);
    }
    model.editor.copied.take().map(|text| TerminalEffect::Copy(text).into()).into_iter().collect()
}

/// Whether Ctrl+C copies: text is selected in the editor and there is nothing to stop.
fn copies(model: &Model, chord: Chord) -> bool {
    let idle = model.focus == Pane::Editor && model.editor.selecting() && model.nothing_runs().is_some();
    idle && Chord::parse("Ctrl+C") == Some(chord)
}

/// The move that a key means in a list or page.
pub(super) fn move_of(chord: Chord) -> Option<Move> {
    const MOVES: [(&str, Move); 10] = [
        ("Down", Move::By(1)),
        ("Up", Move::By(-1)),
        ("j", Move::By(1)),
        ("k", Move::By(-1)),
        ("PageDown", Move::Pages(1)),
        ("PageUp", Move::Pages(-1)),
        ("Home", Move::First),
        ("End", Move::Last),
        ("G", Move::Last),
        ("Space", Move::Pages(1)),
    ];
    MOVES.iter().find(|(name, _)| Chord::parse(name) == Some(chord)).map(|(_, to)| *to)
}

/// Whether the key moves about in the answer to a call, or copies from it.
fn reads_answer(model: &mut Model, chord: Chord) -> bool {
    const KEYS: [&str; 13] =
        ["Enter", "Space", "Up", "Down", "Left", "Right", "Shift+Left", "Shift+Right", "PageUp", "PageDown", "Home", "End", "y"];
    let value = |answer: &mut Answer| matches!(answer.body, Body::Value(_));
    model.focus == Pane::Tool
        && model.tool.answer_mut().is_some_and(value)
        && KEYS.iter().any(|key| Chord::parse(key) == Some(chord))
}

/// A key for the answer. What it copies goes to the terminal's clipboard.
pub(super) fn answer_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let area = regions(model, model.area).inside(Pane::Tool);
    match model.tool.answer_key(key, area) {
        Handled::Copied(text) => vec![TerminalEffect::Copy(text).into()],
        Handled::Consumed | Handled::Ignored => Vec::new(),
    }
}

/// The columns that a key scrolls sideways.
fn sideways_of(chord: Chord) -> Option<isize> {
    const COLUMNS: isize = 8;
    if Chord::parse("Right") == Some(chord) { Some(COLUMNS) } else { (Chord::parse("Left") == Some(chord)).then_some(-COLUMNS) }
}

/// The filter of the focused list.
pub(super) fn filter_mut(model: &mut Model) -> Option<&mut Filter> {
    match model.focus {
        Pane::Servers => Some(&mut model.tree.filter),
        Pane::Scripts => Some(&mut model.work.filter),
        Pane::Steps => Some(&mut model.steps.filter),
        Pane::Tool if model.tool.tab == Tab::Traffic => Some(&mut model.tool.traffic.cursor.filter),
        Pane::Pins => Some(&mut model.pins.cursor.filter),
        Pane::Tool => Some(&mut model.tool.search),
        Pane::Output => Some(&mut model.output.search),
        Pane::Editor | Pane::Policy => None,
    }
}

/// A key while a filter is typed. Answers whether the filter took it.
fn filter_key(model: &mut Model, chord: Chord) -> bool {
    let Some(filter) = filter_mut(model) else { return false };
    if let Some(letter) = chord.typed() {
        filter.text.push(letter);
    } else if chord.code == KeyCode::Backspace {
        filter.text.pop();
    } else if chord.code == KeyCode::Enter {
        filter.editing = false;
    } else if chord.code == KeyCode::Esc {
        moving::escape(model);
        return true;
    } else if let Some(to) = move_of(chord) {
        moving::go(model, model.focus, to);
        return true;
    } else {
        filter.editing &= chord.code != KeyCode::Tab;
        return false;
    }
    model.rebuild();
    moving::first_hit(model);
    true
}
