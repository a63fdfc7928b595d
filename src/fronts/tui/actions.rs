//! The one table of what a person can do. Keys, footer, help and palette all come out of it.

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

const READING: &[Pane] = &[Pane::Servers, Pane::Scripts, Pane::Tool, Pane::Output, Pane::Steps, Pane::Policy, Pane::Pins];
const OPENING: &[Pane] = &[Pane::Servers, Pane::Scripts, Pane::Tool, Pane::Output, Pane::Steps, Pane::Pins];
const TOOLS: &[Pane] = &[Pane::Servers, Pane::Tool];
const ANYWHERE: &[Pane] = &[];

/// All actions, the most useful first.
pub const ACTIONS: &[ActionInfo] = &[
    row(Action::Open, "Open", "open", "Open what is selected and move to it.", &["Enter"], OPENING, Model::no_selection),
    row(
        Action::Call,
        "Call the tool",
        "call",
        "Call the selected tool, or go to its form when it needs arguments.",
        &["c"],
        TOOLS,
        Model::no_tool,
    ),
    row(
        Action::Run,
        "Run the script",
        "run",
        "Run the selected script, or the one in the editor as it stands.",
        &["F5"],
        ANYWHERE,
        Model::no_script,
    ),
    row(
        Action::Stop,
        "Stop",
        "stop",
        "Stop the running script, or the calls under way; a second time kills.",
        &["Ctrl+C"],
        ANYWHERE,
        Model::nothing_runs,
    ),
    row(
        Action::CallAgain,
        "Call again",
        "again",
        "Make the last call again with the same arguments.",
        &["F6", "r"],
        ANYWHERE,
        Model::no_last_call,
    ),
    row(
        Action::Save,
        "Save the script",
        "save",
        "Write the script in the editor to its file.",
        &["Ctrl+S"],
        ANYWHERE,
        Model::nothing_to_save,
    ),
    row(
        Action::InsertCall,
        "Insert the call into the script",
        "insert",
        "Write the call of the tool's wrapper, with its import, at the editor's cursor.",
        &["i", "Alt+I"],
        ANYWHERE,
        Model::nothing_to_insert,
    ),
    row(
        Action::Filter,
        "Filter",
        "filter",
        "Keep only what matches; Esc shows everything again. In output and texts: look for words.",
        &["/"],
        &[Pane::Servers, Pane::Scripts, Pane::Tool, Pane::Output, Pane::Steps, Pane::Pins],
        never,
    ),
    row(
        Action::NextMatch,
        "Next match",
        "next match",
        "Go to the next place that has what / was given.",
        &["n"],
        &[Pane::Output, Pane::Tool],
        Model::nothing_searched,
    ),
    row(
        Action::PreviousMatch,
        "Previous match",
        "previous match",
        "Go to the place before that has what / was given.",
        &["N"],
        &[Pane::Output],
        Model::nothing_searched,
    ),
    row(
        Action::External,
        "Open in your editor",
        "your editor",
        "Open the script, the arguments, the answer or the wrapper in $EDITOR, and come back.",
        &["Alt+O"],
        ANYWHERE,
        super::outside::nothing_to_open,
    ),
    row(
        Action::Pipe,
        "Pipe into a command",
        "pipe",
        "Give the answer, the output or the shown text to a shell command.",
        &["|"],
        &[Pane::Tool, Pane::Output],
        super::outside::nothing_to_pipe,
    ),
    row(
        Action::Palette,
        "Palette",
        "palette",
        "Find any server, tool, script, run or action by a few letters.",
        &["Ctrl+P"],
        ANYWHERE,
        never,
    ),
    row(Action::Help, "Help", "help", "List what can be done here; Enter does it.", &["?", "F1"], ANYWHERE, never),
    row(
        Action::Jump,
        "Jump to a pane",
        "jump",
        "Go to the pane whose digit is pressed next; the digit alone does where nothing is typed.",
        &["Ctrl+O"],
        ANYWHERE,
        never,
    ),
    row(Action::NextPane, "Next pane", "next pane", "Move to the next pane.", &["Tab", "Alt+Down"], ANYWHERE, never),
    row(
        Action::PreviousPane,
        "Previous pane",
        "previous pane",
        "Move to the pane before.",
        &["Shift+Tab", "Alt+Up"],
        ANYWHERE,
        never,
    ),
    row(Action::NextTab, "Next tab", "next tab", "Show the next of the tool's tabs.", &["]"], TOOLS, Model::no_shown_tool),
    row(Action::PreviousTab, "Previous tab", "previous tab", "Show the tab before.", &["["], TOOLS, Model::no_shown_tool),
    row(
        Action::NextForm,
        "Show the answer in another form",
        "form",
        "Table, tree, rendered, text, and as it came over the wire.",
        &["v"],
        &[Pane::Tool],
        Model::no_answer,
    ),
    row(
        Action::CopyPath,
        "Copy the path in the answer",
        "copy path",
        "Copy where the selected value stands in the answer.",
        &["p"],
        &[Pane::Tool],
        Model::no_answer,
    ),
    row(
        Action::OpenBelow,
        "Open everything below",
        "open below",
        "Open the selected value of the answer with all that is in it.",
        &["e"],
        &[Pane::Tool],
        Model::no_answer,
    ),
    row(
        Action::Unfold,
        "Unfold",
        "unfold",
        "Show what a server offers; it is contacted if need be.",
        &["Right", "l"],
        &[Pane::Servers],
        Model::no_server,
    ),
    row(Action::Fold, "Fold", "fold", "Hide what a server offers.", &["Left", "h"], &[Pane::Servers], Model::no_server),
    row(Action::Back, "Back", "back", "Return to where you were.", &["Alt+Left"], ANYWHERE, Model::no_way_back),
    row(Action::Forward, "Forward", "forward", "Undo going back.", &["Alt+Right"], ANYWHERE, Model::no_way_forward),
    row(
        Action::Zoom,
        "Zoom the pane",
        "zoom",
        "Give the whole screen to this pane, or take it back.",
        &["F4", "z"],
        ANYWHERE,
        never,
    ),
    row(
        Action::Connect,
        "Connect the server",
        "connect",
        "Connect the server, or ask it anew what it offers.",
        &["R"],
        &[Pane::Servers, Pane::Tool, Pane::Pins],
        Model::no_server,
    ),
    row(
        Action::ConnectAll,
        "Connect all servers",
        "connect all",
        "Connect all servers at once and list their tools.",
        &["A"],
        &[Pane::Servers, Pane::Pins],
        Model::no_servers,
    ),
    row(
        Action::Disconnect,
        "Disconnect the server",
        "disconnect",
        "Close the server; its next use starts it anew.",
        &["D"],
        TOOLS,
        Model::no_server,
    ),
    row(
        Action::Generate,
        "Generate wrappers",
        "generate",
        "Write the typed Python wrappers of all servers to the workspace; in the tool pane those of its server.",
        &["g"],
        &[Pane::Servers, Pane::Scripts, Pane::Tool],
        Model::no_servers,
    ),
    row(
        Action::Discover,
        "Discover types",
        "discover",
        "Ask the tool with the arguments of its form or its samples, or all tools that have samples, and write models of the replies.",
        &["d"],
        TOOLS,
        Model::cannot_discover,
    ),
    row(
        Action::SaveCall,
        "Save the call",
        "save call",
        "Keep the call of the form as a text file of the project, to be opened from the scripts pane.",
        &["Alt+S", "s"],
        &[Pane::Tool],
        Model::nothing_to_keep,
    ),
    row(
        Action::ApprovePin,
        "Accept the change",
        "accept",
        "Let the changed server or tool be used as it is now, after a question.",
        &["a"],
        &[Pane::Pins],
        Model::nothing_to_accept,
    ),
    row(
        Action::ForgetPin,
        "Forget the pin",
        "forget",
        "Forget what the server or tool was: its next use takes it as it is then; after a question.",
        &["x"],
        &[Pane::Pins],
        Model::nothing_to_forget,
    ),
    row(Action::Follow, "Follow", "follow", "Go to the newest line and stay there.", &["f"], &[Pane::Output, Pane::Steps], never),
    row(
        Action::SessionSteps,
        "All steps or the run's",
        "scope",
        "Switch between the steps of the session and those of the shown run.",
        &["s"],
        &[Pane::Steps],
        Model::no_run,
    ),
    row(
        Action::StepKind,
        "Steps of one kind",
        "kind",
        "List only steps that failed, were denied, reused, went well or are running; then all again.",
        &["d"],
        &[Pane::Steps],
        never,
    ),
    row(
        Action::GoToFault,
        "Go to the failed line",
        "failed line",
        "Go to the line of the script at which the last run failed.",
        &["Alt+E"],
        ANYWHERE,
        Model::no_fault,
    ),
    row(
        Action::Copy,
        "Copy",
        "copy",
        "Copy what is selected to the clipboard of the terminal.",
        &["y"],
        READING,
        Model::no_selection,
    ),
    row(
        Action::CopyCommand,
        "Copy as command",
        "as command",
        "Copy the command line that does the same without the workbench.",
        &["Y"],
        READING,
        Model::no_command,
    ),
    row(
        Action::Summary,
        "Run summary",
        "summary",
        "Show how long the steps of the run took, and how they ended.",
        &["F7"],
        ANYWHERE,
        Model::no_run,
    ),
    row(
        Action::Approvals,
        "Answer waiting calls",
        "waiting",
        "Ask again about the calls that wait for your approval.",
        &["F2"],
        ANYWHERE,
        super::approval::nothing_waits,
    ),
    row(
        Action::Problems,
        "Problems",
        "problems",
        "Show failures, warnings and notices with all their lines.",
        &["F8", "!"],
        ANYWHERE,
        never,
    ),
    row(
        Action::History,
        "History",
        "history",
        "Find any call or run of all sessions by tool, status, text or duration, and open it again.",
        &["Alt+H"],
        ANYWHERE,
        never,
    ),
    row(
        Action::Report,
        "Report",
        "report",
        "Write what this session did as a page, a workbook, tables, JSON or test results.",
        &["Alt+R"],
        ANYWHERE,
        super::reporting::nothing_recorded,
    ),
    row(
        Action::Mouse,
        "Release or take the mouse",
        "mouse",
        "Leave the mouse to the terminal for selecting text, or take it back.",
        &["F9"],
        ANYWHERE,
        never,
    ),
    row(Action::Repaint, "Repaint", "repaint", "Paint the whole screen anew.", &["Ctrl+L"], ANYWHERE, never),
    row(Action::Suspend, "Suspend", "suspend", "Go to the shell; `fg` comes back.", &["Ctrl+Z"], READING, never),
    row(Action::Quit, "Quit", "quit", "Leave; unsaved text is asked about.", &["Ctrl+Q"], ANYWHERE, never),
];

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

fn never(_: &Model) -> Option<&'static str> {
    None
}

const fn row(
    action: Action,
    name: &'static str,
    short: &'static str,
    sentence: &'static str,
    keys: &'static [&'static str],
    panes: &'static [Pane],
    obstacle: fn(&Model) -> Option<&'static str>,
) -> ActionInfo {
    ActionInfo { action, name, short, sentence, keys, panes, obstacle }
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
