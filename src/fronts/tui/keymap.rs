//! Which key does what: the usual keys of [`ACTIONS`], and those that a person has moved with `studio.keys`.

use super::actions::{ACTIONS, Action, ActionInfo, Typing, info};
use super::chord::Chord;
use super::pane::Pane;
use crate::ops::KeySettings;
use crate::types::{Failure, FailureKind, nearest};

/// The keys of all actions.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

/// The keys of one action, the first of which is shown.
#[derive(Debug, Clone)]
struct Binding {
    row: &'static ActionInfo,
    keys: Vec<Chord>,
}

impl Default for Keymap {
    /// The usual keys.
    fn default() -> Self {
        Self { bindings: ACTIONS.iter().map(Binding::usual).collect() }
    }
}

impl Keymap {
    /// The usual keys with those of the settings in their place, and what of the settings cannot be followed.
    pub fn of(settings: &[KeySettings]) -> (Self, Vec<Failure>) {
        let mut keymap = Self::default();
        let mut warnings = Vec::new();
        let mut moved = Vec::new();
        for setting in settings {
            match ACTIONS.iter().position(|row| id(row) == setting.action) {
                Some(at) => {
                    keymap.bindings[at].keys.clear();
                    moved.push((at, setting));
                }
                None => warnings.push(unknown_action(setting)),
            }
        }
        for (at, setting) in moved {
            for key in &setting.keys {
                match keymap.bind(at, key) {
                    Ok(()) => {}
                    Err(fault) => warnings.push(fault.warning(setting, key)),
                }
            }
        }
        (keymap, warnings)
    }

    /// Gives an action one more key, unless it means something else already where the action is for.
    fn bind(&mut self, at: usize, key: &str) -> Result<(), Fault> {
        let chord = Chord::parse(key).ok_or(Fault::Unreadable)?;
        let row = self.bindings[at].row;
        if self.bindings[at].keys.contains(&chord) {
            return Ok(());
        }
        match self.bindings.iter().find(|other| other.keys.contains(&chord) && meet(other.row, row)) {
            Some(other) => Err(Fault::Taken(other.row)),
            None => {
                self.bindings[at].keys.push(chord);
                Ok(())
            }
        }
    }

    /// The action a key means in `pane`. While text is typed, a key that types a character, or that moves within
    /// text, is not an action.
    pub fn action_for(&self, chord: Chord, pane: Pane, typing: Typing) -> Option<Action> {
        let means = |binding: &&Binding| binding.row.is_for(pane) && binding.keys.contains(&chord);
        let action = self.bindings.iter().find(means)?.row.action;
        (typing == Typing::No || !belongs_to_text(chord, action)).then_some(action)
    }

    /// The key to show for an action while the focus types text or does not; empty where it has none.
    pub fn shown_key(&self, action: Action, typing: Typing) -> String {
        let keys = self.bindings.iter().find(|binding| binding.row.action == action).map_or(&[][..], |binding| &binding.keys);
        let works = |chord: &&Chord| typing == Typing::No || !belongs_to_text(**chord, action);
        keys.iter().find(works).or(keys.first()).map(ToString::to_string).unwrap_or_default()
    }

    /// The key of an action anywhere, as part of a sentence: its key, else its name.
    pub fn mention(&self, action: Action) -> String {
        let key = self.shown_key(action, Typing::Yes);
        if key.is_empty() { format!("\"{}\"", info(action).name) } else { key }
    }
}

impl Binding {
    fn usual(row: &'static ActionInfo) -> Self {
        Self { row, keys: row.keys.iter().filter_map(|key| Chord::parse(key)).collect() }
    }
}

/// What settings call an action: its name in small letters with hyphens, such as `run-the-script`.
pub(super) fn id(row: &ActionInfo) -> String {
    row.name.to_lowercase().replace('\'', "").replace(' ', "-")
}

/// Why a key cannot be given to an action.
enum Fault {
    Unreadable,
    Taken(&'static ActionInfo),
}

impl Fault {
    fn warning(&self, setting: &KeySettings, key: &str) -> Failure {
        let KeySettings { action, place, .. } = setting;
        let (message, hint) = match self {
            Self::Unreadable => {
                let message = format!("\"studio.keys\": \"{action}\": \"{key}\" is not a key");
                let like = "write it like F5, Ctrl+S, Alt+Left, Shift+Tab, Enter or x".to_owned();
                (message, Chord::nearest(key).map_or(like, |near| format!("did you mean \"{near}\"?")))
            }
            Self::Taken(other) => {
                let other = id(other);
                let message = format!("\"studio.keys\": \"{action}\": {key} means \"{other}\" there");
                (message, format!("choose another key, or move \"{other}\" to another one too"))
            }
        };
        Failure::new(FailureKind::Configuration, message).hint(hint).at(place.clone())
    }
}

fn unknown_action(setting: &KeySettings) -> Failure {
    let ids: Vec<String> = ACTIONS.iter().map(id).collect();
    let hint = match nearest(&setting.action, ids.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "the help (? or F1) shows what each action is called".to_owned(),
    };
    let message = format!("\"studio.keys\": there is no action \"{}\"", setting.action);
    Failure::new(FailureKind::Configuration, message).hint(hint).at(setting.place.clone())
}

/// Whether there is a pane that both are for.
fn meet(left: &ActionInfo, right: &ActionInfo) -> bool {
    Pane::ALL.into_iter().any(|pane| left.is_for(pane) && right.is_for(pane))
}

/// Keys that a text needs for itself.
fn belongs_to_text(chord: Chord, action: Action) -> bool {
    let text_moves = ["Tab", "Shift+Tab", "Enter", "Left", "Right", "Ctrl+Z", "Alt+Up", "Alt+Down"];
    chord.typed().is_some() || (action != Action::Stop && text_moves.iter().any(|key| Chord::parse(key) == Some(chord)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Place;

    fn setting(action: &str, keys: &[&str], line: u32) -> KeySettings {
        let place = Place { file: "mcp_config.json".into(), line };
        KeySettings { action: action.to_owned(), keys: keys.iter().map(|key| (*key).to_owned()).collect(), place }
    }

    fn key(text: &str) -> Chord {
        Chord::parse(text).unwrap()
    }

    #[test]
    fn letters_are_text_where_text_is_typed() {
        let keymap = Keymap::default();
        assert_eq!(keymap.action_for(key("r"), Pane::Editor, Typing::Yes), None);
        assert_eq!(keymap.action_for(key("r"), Pane::Steps, Typing::No), Some(Action::CallAgain));
        assert_eq!(keymap.action_for(key("Tab"), Pane::Editor, Typing::Yes), None);
        assert_eq!(keymap.action_for(key("F5"), Pane::Editor, Typing::Yes), Some(Action::Run));
        assert_eq!(keymap.shown_key(Action::Help, Typing::Yes), "F1");
        assert_eq!(keymap.shown_key(Action::Help, Typing::No), "?");
    }

    #[test]
    fn keys_can_be_swapped_and_taken_away() {
        let moves = [setting("run-the-script", &["F6"], 3), setting("call-again", &["F5"], 4), setting("suspend", &[], 5)];
        let (keymap, warnings) = Keymap::of(&moves);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(keymap.action_for(key("F6"), Pane::Editor, Typing::Yes), Some(Action::Run));
        assert_eq!(keymap.action_for(key("F5"), Pane::Editor, Typing::Yes), Some(Action::CallAgain));
        assert_eq!(keymap.action_for(key("Ctrl+Z"), Pane::Steps, Typing::No), None);
        assert_eq!(keymap.shown_key(Action::Suspend, Typing::No), "");
        assert_eq!(keymap.mention(Action::Suspend), "\"Suspend\"");
    }

    #[test]
    fn what_cannot_be_followed_is_told_with_its_place_and_a_remedy() {
        let moves = [
            setting("run-the-scirpt", &["F6"], 3),
            setting("zoom-the-pane", &["Hyper+Z", "F5", "Ctl+Shfit+Rigth"], 4),
            setting("follow", &["F12"], 5),
        ];
        let (keymap, warnings) = Keymap::of(&moves);
        let texts: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        let expected = [
            "mcp_config.json:3: \"studio.keys\": there is no action \"run-the-scirpt\"\nhint: did you mean \"run-the-script\"?",
            "mcp_config.json:4: \"studio.keys\": \"zoom-the-pane\": \"Hyper+Z\" is not a key\nhint: write it like F5, Ctrl+S, Alt+Left, Shift+Tab, Enter or x",
            "mcp_config.json:4: \"studio.keys\": \"zoom-the-pane\": F5 means \"run-the-script\" there\nhint: choose another key, or move \"run-the-script\" to another one too",
            "mcp_config.json:4: \"studio.keys\": \"zoom-the-pane\": \"Ctl+Shfit+Rigth\" is not a key\nhint: did you mean \"Ctrl+Shift+Right\"?",
        ];
        assert_eq!(texts, expected);
        assert_eq!(keymap.action_for(key("F5"), Pane::Steps, Typing::No), Some(Action::Run));
        assert_eq!(keymap.action_for(key("F12"), Pane::Steps, Typing::No), Some(Action::Follow));
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let mut ids: Vec<String> = ACTIONS.iter().map(id).collect();
        assert!(ids.iter().all(|id| id.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')), "{ids:?}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), ACTIONS.len());
    }
}
