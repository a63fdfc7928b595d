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
}

impl Pane {
    /// All of them in the order of Tab.
    pub const ALL: [Self; 6] = [Self::Servers, Self::Scripts, Self::Tool, Self::Editor, Self::Output, Self::Steps];

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Servers => "Servers",
            Self::Scripts => "Scripts",
            Self::Tool => "Tool",
            Self::Editor => "Editor",
            Self::Output => "Output",
            Self::Steps => "Steps",
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
        }
    }

    /// The pane that a digit jumps to.
    pub fn labelled(label: char) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.label() == label)
    }

    /// The pane `steps` further in the order of Tab, around the end.
    #[must_use]
    pub fn along(self, forward: bool) -> Self {
        let at = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        let step = if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[(at + step) % Self::ALL.len()]
    }
}
