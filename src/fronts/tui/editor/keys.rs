//! What a key asks of the editor.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::motion::Motion;

/// What happens to the selection when the cursor moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selecting {
    /// It grows or shrinks.
    Extend,
    /// It is dropped.
    Drop,
}

/// Something the editor can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Type a character.
    Type(char),
    /// A new line with the indentation that belongs there.
    NewLine,
    /// Remove up to where a motion leads, or the selection.
    Remove(Motion),
    /// Indent the selected lines, or fill up to the next tab stop.
    Indent,
    /// Take one indentation away.
    Dedent,
    /// Move the cursor.
    Move(Motion, Selecting),
    /// Select all.
    SelectAll,
    /// Copy the selection.
    Copy,
    /// Cut the selection.
    Cut,
    /// Put in what was copied last.
    Paste,
    /// Take the last edit back.
    Undo,
    /// Do it again.
    Redo,
    /// Open the search bar.
    Find,
    /// Open the search and replace bar.
    Replace,
    /// Go to the next match.
    FindNext,
    /// Go to the match before.
    FindPrevious,
    /// Ask for a line number.
    GoToLine,
    /// Comment the selected lines, or take the comment signs away.
    ToggleComment,
    /// Drop the selection.
    Cancel,
}

/// The command of a key. Ctrl+/ arrives as Ctrl+7 or `Ctrl+_` from most terminals, and Ctrl+H is Backspace in many.
#[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]
pub(super) fn command_of(key: KeyEvent) -> Option<Command> {
    let modifiers = key.modifiers - KeyModifiers::SHIFT;
    let selecting = if key.modifiers.contains(KeyModifiers::SHIFT) { Selecting::Extend } else { Selecting::Drop };
    let command = match key.code {
        KeyCode::Char(typed) if modifiers == KeyModifiers::CONTROL => return control(typed, selecting),
        KeyCode::Char('d') if modifiers == KeyModifiers::ALT => Command::Remove(Motion::WordRight),
        KeyCode::Char('c') if modifiers == KeyModifiers::ALT => Command::Copy,
        KeyCode::Char(typed) if typing(modifiers) => Command::Type(typed),
        KeyCode::Enter if modifiers.is_empty() => Command::NewLine,
        KeyCode::Tab if modifiers.is_empty() && selecting == Selecting::Drop => Command::Indent,
        KeyCode::BackTab | KeyCode::Tab if modifiers.is_empty() => Command::Dedent,
        KeyCode::Backspace if modifiers.is_empty() => Command::Remove(Motion::Left),
        KeyCode::Backspace => Command::Remove(Motion::WordLeft),
        KeyCode::Delete if modifiers.is_empty() && selecting == Selecting::Extend => Command::Cut,
        KeyCode::Delete if modifiers.is_empty() => Command::Remove(Motion::Right),
        KeyCode::Delete => Command::Remove(Motion::WordRight),
        KeyCode::Insert if modifiers == KeyModifiers::CONTROL => Command::Copy,
        KeyCode::Insert if selecting == Selecting::Extend => Command::Paste,
        KeyCode::F(3) if selecting == Selecting::Extend => Command::FindPrevious,
        KeyCode::F(3) if modifiers.is_empty() => Command::FindNext,
        KeyCode::Esc => Command::Cancel,
        code => Command::Move(motion_of(code, modifiers)?, selecting),
    };
    Some(command)
}

/// Ctrl+Alt is what `AltGr` sends from some keyboards: the character was typed.
fn typing(modifiers: KeyModifiers) -> bool {
    modifiers.is_empty() || modifiers == KeyModifiers::CONTROL | KeyModifiers::ALT
}

fn control(typed: char, selecting: Selecting) -> Option<Command> {
    match typed.to_ascii_lowercase() {
        'a' => Some(Command::SelectAll),
        'c' => Some(Command::Copy),
        'x' => Some(Command::Cut),
        'v' => Some(Command::Paste),
        'z' if selecting == Selecting::Extend => Some(Command::Redo),
        'z' => Some(Command::Undo),
        'y' => Some(Command::Redo),
        'f' => Some(Command::Find),
        'r' => Some(Command::Replace),
        'g' => Some(Command::GoToLine),
        'h' => Some(Command::Remove(Motion::Left)),
        'w' => Some(Command::Remove(Motion::WordLeft)),
        'k' | '/' | '_' | '7' => Some(Command::ToggleComment),
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing here")]
fn motion_of(code: KeyCode, modifiers: KeyModifiers) -> Option<Motion> {
    let control = modifiers == KeyModifiers::CONTROL;
    if !modifiers.is_empty() && !control {
        return None;
    }
    match code {
        KeyCode::Left if control => Some(Motion::WordLeft),
        KeyCode::Left => Some(Motion::Left),
        KeyCode::Right if control => Some(Motion::WordRight),
        KeyCode::Right => Some(Motion::Right),
        KeyCode::Up if !control => Some(Motion::Up),
        KeyCode::Down if !control => Some(Motion::Down),
        KeyCode::PageUp if !control => Some(Motion::PageUp),
        KeyCode::PageDown if !control => Some(Motion::PageDown),
        KeyCode::Home if control => Some(Motion::Top),
        KeyCode::Home => Some(Motion::LineStart),
        KeyCode::End if control => Some(Motion::Bottom),
        KeyCode::End => Some(Motion::LineEnd),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_people_expect() {
        let (none, shift, control, alt) = (KeyModifiers::NONE, KeyModifiers::SHIFT, KeyModifiers::CONTROL, KeyModifiers::ALT);
        let table = [
            (KeyCode::Char('A'), shift, Some(Command::Type('A'))),
            (KeyCode::Char('@'), control | alt, Some(Command::Type('@'))),
            (KeyCode::Char('x'), alt, None),
            (KeyCode::Char('z'), control, Some(Command::Undo)),
            (KeyCode::Char('Z'), control | shift, Some(Command::Redo)),
            (KeyCode::Char('7'), control, Some(Command::ToggleComment)),
            (KeyCode::Char('h'), control, Some(Command::Remove(Motion::Left))),
            (KeyCode::Char('p'), control, None),
            (KeyCode::Left, shift, Some(Command::Move(Motion::Left, Selecting::Extend))),
            (KeyCode::Right, control | shift, Some(Command::Move(Motion::WordRight, Selecting::Extend))),
            (KeyCode::Up, alt, None),
            (KeyCode::BackTab, shift, Some(Command::Dedent)),
            (KeyCode::Tab, none, Some(Command::Indent)),
            (KeyCode::Backspace, alt, Some(Command::Remove(Motion::WordLeft))),
            (KeyCode::F(3), shift, Some(Command::FindPrevious)),
            (KeyCode::F(5), none, None),
            (KeyCode::Enter, control, None),
        ];
        for (code, modifiers, command) in table {
            assert_eq!(command_of(KeyEvent::new(code, modifiers)), command, "{code:?} {modifiers:?}");
        }
    }
}
