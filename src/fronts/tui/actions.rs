//! What a person can do, as the one table [`ACTIONS`] says. Keys, footer, help and palette all come out of it.

pub use super::action_table::ACTIONS;
use super::model::Model;
use super::pane::Pane;
use super::tool_pane::Tab;

/// Something a person can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant's sentence stands in ACTIONS")]
pub enum Action {
    Open,
    Call,
    CallAgain,
    Run,
    Stop,
    Save,
    InsertCall,
    Filter,
    Palette,
    Help,
    Jump,
    NextPane,
    PreviousPane,
    NextTab,
    PreviousTab,
    NextForm,
    CopyPath,
    OpenBelow,
    Unfold,
    Fold,
    Back,
    Forward,
    Zoom,
    Connect,
    ConnectAll,
    Disconnect,
    Generate,
    Discover,
    SaveCall,
    RawJson,
    ApprovePin,
    ForgetPin,
    Follow,
    SessionSteps,
    StepKind,
    GoToFault,
    NextMatch,
    PreviousMatch,
    External,
    Pipe,
    Copy,
    CopyCommand,
    Summary,
    Approvals,
    Problems,
    History,
    Report,
    Mouse,
    Repaint,
    Suspend,
    Quit,
}

/// One row of the table.
#[derive(Debug)]
pub struct ActionInfo {
    /// Which.
    pub action: Action,
    /// Its name, in the imperative.
    pub name: &'static str,
    /// The word in the footer.
    pub short: &'static str,
    /// What it does, in one sentence.
    pub sentence: &'static str,
    /// Its usual keys, the first of which is shown.
    pub keys: &'static [&'static str],
    /// The panes it is for; everywhere when empty.
    pub panes: &'static [Pane],
    /// Why it cannot be done now, if it cannot.
    pub obstacle: fn(&Model) -> Option<&'static str>,
}

/// The row of an action.
pub fn info(action: Action) -> &'static ActionInfo {
    ACTIONS.iter().find(|row| row.action == action).unwrap_or(&ACTIONS[0])
}

/// Whether keys go into a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// They do.
    Yes,
    /// They are commands.
    No,
}

impl ActionInfo {
    /// Whether it is for `pane`.
    pub fn is_for(&self, pane: Pane) -> bool {
        self.panes.is_empty() || self.panes.contains(&pane)
    }
}

/// Actions valid for `pane`, whether possible now or not.
pub fn actions_of(pane: Pane) -> impl Iterator<Item = &'static ActionInfo> {
    ACTIONS.iter().filter(move |row| row.is_for(pane))
}

/// The five most useful actions of the focused pane.
pub fn footer(model: &Model) -> [Action; 5] {
    let runs = model.nothing_runs().is_none();
    let run = if runs { Action::Stop } else { Action::Run };
    let call = if runs { Action::Stop } else { Action::Call };
    match model.focus {
        Pane::Servers => [call, Action::Open, Action::Filter, Action::Palette, Action::Help],
        Pane::Scripts | Pane::Steps => [run, Action::Open, Action::Filter, Action::Palette, Action::Help],
        Pane::Tool => {
            let [first, third] = match model.tool.tab {
                Tab::Schema | Tab::Call => [call, Action::InsertCall],
                Tab::Wrapper => [Action::InsertCall, Action::Generate],
                Tab::Discovered => [Action::Discover, Action::InsertCall],
                Tab::Traffic => [Action::Open, Action::Filter],
            };
            [first, Action::NextTab, third, Action::Palette, Action::Help]
        }
        Pane::Editor => [run, Action::Save, Action::Jump, Action::Palette, Action::Help],
        Pane::Output => [run, Action::Open, Action::Follow, Action::Palette, Action::Help],
        Pane::Policy => [run, Action::Copy, Action::Back, Action::Palette, Action::Help],
        Pane::Pins => [Action::Open, Action::ApprovePin, Action::Filter, Action::Palette, Action::Help],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fronts::tui::chord::Chord;

    #[test]
    fn every_key_is_readable_and_means_one_thing_in_each_pane() {
        for pane in Pane::ALL {
            let mut seen = std::collections::HashMap::new();
            for row in actions_of(pane) {
                for key in row.keys {
                    let chord = Chord::parse(key).unwrap_or_else(|| panic!("{key} is not a key"));
                    assert_eq!(seen.insert(chord, row.name), None, "{key} in {pane:?}");
                }
            }
        }
    }
}
