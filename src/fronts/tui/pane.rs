//! The panes of the workbench.

/// A part of the screen that can have the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// Servers with their tools, prompts and resources.
    Servers,
    /// Scripts of the workspace and runs of this session.
    Scripts,
    /// One tool: schema, wrapper, call form, discovered types, traffic.
    Tool,
    /// The script editor.
    Editor,
    /// What the shown run printed.
    Output,
    /// Tool calls.
    Steps,
    /// The rules under which calls are made. On the screen only while it has the keys.
    Policy,
    /// What servers and tools were when they were first used. On the screen only while it has the keys.
    Pins,
}

impl Pane {
    /// All of them: those in the order of Tab, then those that come on demand.
    pub const ALL: [Self; 8] =
        [Self::Servers, Self::Scripts, Self::Tool, Self::Editor, Self::Output, Self::Steps, Self::Policy, Self::Pins];

    /// Those that are always there, in the order of Tab.
    pub const RESIDENT: [Self; 6] = [Self::Servers, Self::Scripts, Self::Tool, Self::Editor, Self::Output, Self::Steps];

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Servers => "Servers",
            Self::Scripts => "Scripts",
            Self::Tool => "Tool",
            Self::Editor => "Editor",
            Self::Output => "Output",
            Self::Steps => "Steps",
            Self::Policy => "Policy",
            Self::Pins => "Pins",
        }
    }

    /// What it shows, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Servers => "servers with their tools, prompts and resources",
            Self::Scripts => "scripts of the workspace, saved calls and runs",
            Self::Tool => "schema, wrapper, call form, discovered models and traffic of a tool",
            Self::Editor => "the open script",
            Self::Output => "what the shown run printed",
            Self::Steps => "tool calls",
            Self::Policy => "the rules under which calls are made, and what is used of limits",
            Self::Pins => "servers and tools that have changed since they were first used",
        }
    }

    /// The digit that jumps to it.
    pub fn label(self) -> char {
        match self {
            Self::Servers => '1',
            Self::Scripts => '2',
            Self::Tool => '3',
            Self::Editor => '4',
            Self::Output => '5',
            Self::Steps => '6',
            Self::Policy => '7',
            Self::Pins => '8',
        }
    }

    /// The pane that a digit jumps to.
    pub fn labelled(label: char) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.label() == label)
    }

    /// Whether it is on the screen only while it has the keys.
    pub fn on_demand(self) -> bool {
        !Self::RESIDENT.contains(&self)
    }

    /// The next pane in the order of Tab, around the end. From one that came on demand, the tool pane, whose place it takes.
    #[must_use]
    pub fn along(self, forward: bool) -> Self {
        let Some(at) = Self::RESIDENT.iter().position(|pane| *pane == self) else { return Self::Tool };
        let step = if forward { 1 } else { Self::RESIDENT.len() - 1 };
        Self::RESIDENT[(at + step) % Self::RESIDENT.len()]
    }
}
