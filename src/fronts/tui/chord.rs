//! Keys as people write them: `Ctrl+P`, `Shift+Tab`, `F5`, `/`.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::types::nearest;

/// One key with its modifiers, in one spelling whatever the terminal reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Control, Alt and, where the character does not already say it, Shift.
    pub modifiers: KeyModifiers,
}

/// Names of keys that are not one character, as shown and as read.
const NAMES: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
];

impl Chord {
    /// The chord of a key press. Terminals differ in how they report Shift; here a letter says it by its case,
    /// and with Control or Alt the case says nothing.
    pub fn of(key: &KeyEvent) -> Self {
        let mut modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let mut code = key.code;
        if code == KeyCode::BackTab {
            modifiers |= KeyModifiers::SHIFT;
            code = KeyCode::Tab;
        } else if let KeyCode::Char(letter) = code {
            if modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
                code = KeyCode::Char(letter.to_ascii_lowercase());
            }
            if !modifiers.contains(KeyModifiers::CONTROL) {
                modifiers.remove(KeyModifiers::SHIFT);
            }
        }
        Self { code, modifiers }
    }

    /// Reads `Ctrl+Shift+Tab`, `F5`, `/`. Nothing where it names no key.
    pub fn parse(text: &str) -> Option<Self> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((name, after)) = rest.split_once('+').filter(|(name, after)| !name.is_empty() && !after.is_empty()) {
            modifiers |= match name {
                "Ctrl" => KeyModifiers::CONTROL,
                "Alt" => KeyModifiers::ALT,
                "Shift" => KeyModifiers::SHIFT,
                _ => return None,
            };
            rest = after;
        }
        let code = key_named(rest)?;
        Some(Self::of(&KeyEvent::new(code, modifiers)))
    }

    /// The key that a text which is no key comes nearest to: each of its parts is one, or is like one.
    pub(super) fn nearest(text: &str) -> Option<String> {
        let mut parts: Vec<&str> = text.split('+').collect();
        let last = parts.pop()?;
        let names = NAMES.iter().map(|(name, _)| *name);
        let key = key_named(last).map(|_| last.to_owned()).or_else(|| nearest(last, names))?;
        let mut near = parts.into_iter().map(|part| nearest(part, ["Ctrl", "Alt", "Shift"])).collect::<Option<Vec<String>>>()?;
        near.push(key);
        let near = near.join("+");
        Self::parse(&near).map(|_| near)
    }

    /// The character this chord would type, if it types one.
    pub fn typed(self) -> Option<char> {
        let KeyCode::Char(letter) = self.code else { return None };
        (!self.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)).then_some(letter)
    }

    /// The key event a terminal would send for it.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [(KeyModifiers::CONTROL, "Ctrl+"), (KeyModifiers::ALT, "Alt+"), (KeyModifiers::SHIFT, "Shift+")] {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        if let KeyCode::Char(letter) = self.code {
            let controlled = self.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
            return write!(f, "{}", if controlled { letter.to_ascii_uppercase() } else { letter });
        }
        if let KeyCode::F(number) = self.code { write!(f, "F{number}") } else { write!(f, "{:?}", self.code) }
    }
}

/// Reads a macro of keys: plain characters type themselves, `<Down>` and `<Ctrl+P>` press that key, `<<` types `<`.
pub fn parse_macro(text: &str) -> Option<Vec<Chord>> {
    let mut chords = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("<<") {
            chords.push(Chord::parse("<")?);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('<') {
            let (name, after) = after.split_once('>')?;
            chords.push(Chord::parse(name)?);
            rest = after;
        } else {
            chords.push(Chord::of(&KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE)));
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(chords)
}

fn key_named(name: &str) -> Option<KeyCode> {
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*code);
    }
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Some(KeyCode::Char(letter)),
        (Some('F'), Some(_)) => name[1..].parse().ok().map(KeyCode::F),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_reads_as_it_is_written() {
        for text in ["Ctrl+P", "Shift+Tab", "F5", "/", "?", "Alt+Left", "Enter", "Ctrl+Alt+X", "+", "Space", "G"] {
            assert_eq!(Chord::parse(text).unwrap().to_string(), text);
        }
        for text in ["Hyper+P", "Nokey", ""] {
            assert_eq!(Chord::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn terminals_that_report_shift_differently_mean_the_same_key() {
        let with = Chord::of(&KeyEvent::new(KeyCode::Char('Y'), KeyModifiers::SHIFT));
        let without = Chord::of(&KeyEvent::new(KeyCode::Char('Y'), KeyModifiers::NONE));
        assert_eq!(with, without);
        let alt = [KeyCode::Char('i'), KeyCode::Char('I')].map(|code| Chord::of(&KeyEvent::new(code, KeyModifiers::ALT)));
        assert_eq!([Chord::parse("Alt+I"); 2], alt.map(Some));
        let back_tab = Chord::of(&KeyEvent::new(KeyCode::BackTab, KeyModifiers::NONE));
        assert_eq!(Chord::parse("Shift+Tab"), Some(back_tab));
    }

    #[test]
    fn a_macro_types_and_presses() {
        let texts: Vec<String> = parse_macro("<Down>a<<<Ctrl+P>").unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["Down", "a", "<", "Ctrl+P"]);
        assert_eq!(parse_macro("<Down"), None);
    }
}
