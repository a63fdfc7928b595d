//! What a tool is: the labels of the policy first, the hints of its server where the policy is silent.
//!
//! Hints narrow what is silent; they never overrule a label. Where two labels of one kind are given, the narrower counts.

use std::sync::Arc;

use crate::types::{Label, LabelNote, Policy, ToolAnnotations, ToolId};

/// What a call of a tool does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It changes nothing.
    Read,
    /// It changes something and destroys nothing.
    Write,
    /// It may destroy something, or nobody has said that it does not.
    Destructive,
}

/// What is known of a tool, each with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts of a tool, each with its label")]
pub struct Traits {
    /// What it does.
    pub doing: Doing,
    /// Whether it talks to the world outside.
    pub open_world: bool,
    /// Its results are private.
    pub private: bool,
    /// Its results were written by strangers.
    pub untrusted: bool,
    /// What it is given leaves for others to see.
    pub sink: bool,
    /// Every label with its reason: doing, reach, then what its data is.
    pub notes: Vec<LabelNote>,
}

impl Traits {
    /// Whether it changes nothing.
    pub fn reads_only(&self) -> bool {
        self.doing == Doing::Read
    }

    /// Why it bears a label; empty where it does not.
    pub fn why(&self, label: Label) -> &str {
        self.notes.iter().find(|note| note.label == label).map_or("", |note| &note.why)
    }
}

/// The traits of a tool under a policy.
pub fn traits(id: &ToolId, hints: ToolAnnotations, policy: &Policy) -> Traits {
    let labelled = Labels::of(id, policy);
    let (doing, doing_note) = doing(&labelled, hints);
    let (open_world, reach_note) = reach(&labelled, hints);
    let private = labelled.note(Label::Private);
    let untrusted = labelled.note(Label::Untrusted).or_else(|| {
        let by_reach = open_world && labelled.note(Label::Trusted).is_none();
        by_reach.then(|| note(Label::Untrusted, &format!("it is open world: {}", reach_note.why)))
    });
    let sink = labelled.note(Label::Sink).or_else(|| {
        let says_so = hints.open_world == Some(true) && labelled.note(Label::Local).is_none();
        (says_so && doing != Doing::Read).then(|| note(Label::Sink, "it writes, and openWorldHint is true"))
    });
    let is = |note: &Option<LabelNote>| note.is_some();
    Traits {
        doing,
        open_world,
        private: is(&private),
        untrusted: is(&untrusted),
        sink: is(&sink),
        notes: [Some(doing_note), Some(reach_note), private, untrusted, sink].into_iter().flatten().collect(),
    }
}

fn doing(labelled: &Labels, hints: ToolAnnotations) -> (Doing, LabelNote) {
    for (label, doing) in [(Label::Destructive, Doing::Destructive), (Label::Write, Doing::Write), (Label::Read, Doing::Read)] {
        if let Some(note) = labelled.note(label) {
            return (doing, note);
        }
    }
    match (hints.read_only, hints.destructive) {
        (_, Some(true)) => (Doing::Destructive, note(Label::Destructive, "destructiveHint is true")),
        (Some(true), _) => (Doing::Read, note(Label::Read, "readOnlyHint is true")),
        (_, Some(false)) => (Doing::Write, note(Label::Write, "destructiveHint is false")),
        (Some(false), None) => {
            (Doing::Destructive, note(Label::Destructive, "readOnlyHint is false and destructiveHint is missing"))
        }
        (None, None) => (Doing::Destructive, note(Label::Destructive, "readOnlyHint and destructiveHint are missing")),
    }
}

fn reach(labelled: &Labels, hints: ToolAnnotations) -> (bool, LabelNote) {
    for (label, open_world) in [(Label::OpenWorld, true), (Label::Local, false)] {
        if let Some(note) = labelled.note(label) {
            return (open_world, note);
        }
    }
    match hints.open_world {
        Some(true) => (true, note(Label::OpenWorld, "openWorldHint is true")),
        Some(false) => (false, note(Label::Local, "openWorldHint is false")),
        None => (true, note(Label::OpenWorld, "openWorldHint is missing")),
    }
}

fn note(label: Label, why: &str) -> LabelNote {
    LabelNote { label, why: why.into() }
}

/// The labels that a policy gives to one tool.
struct Labels(Vec<(Label, Arc<str>)>);

impl Labels {
    fn of(id: &ToolId, policy: &Policy) -> Self {
        let matching = policy.labels.iter().filter(|labelled| labelled.tools.matches(id));
        Self(matching.flat_map(|given| given.labels.iter().map(|label| (*label, Arc::clone(&given.why)))).collect())
    }

    fn note(&self, label: Label) -> Option<LabelNote> {
        let given = self.0.iter().find(|(given, _)| *given == label)?;
        Some(LabelNote { label, why: Arc::clone(&given.1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Labelled, ServerName, ToolPattern};

    fn hints(read_only: Option<bool>, destructive: Option<bool>, open_world: Option<bool>) -> ToolAnnotations {
        ToolAnnotations { read_only, destructive, idempotent: None, open_world }
    }

    fn of(labels: &[Label], hints: ToolAnnotations) -> Traits {
        let tools = ToolPattern::parse("s__*").unwrap();
        let labels = vec![Labelled { tools, labels: labels.to_vec(), why: "labelled in p.json:1".into() }];
        let policy = Policy { labels, ..Policy::default() };
        traits(&ToolId::new(ServerName::new("s").unwrap(), "t"), hints, &policy)
    }

    #[test]
    fn hints_say_what_a_tool_does_and_contradictions_are_read_narrowly() {
        let (yes, no) = (Some(true), Some(false));
        for (read_only, destructive, expected) in [
            (None, None, Doing::Destructive),
            (no, None, Doing::Destructive),
            (yes, None, Doing::Read),
            (yes, no, Doing::Read),
            (yes, yes, Doing::Destructive),
            (no, no, Doing::Write),
            (None, no, Doing::Write),
        ] {
            assert_eq!(of(&[], hints(read_only, destructive, None)).doing, expected, "{read_only:?} {destructive:?}");
        }
    }

    #[test]
    fn labels_of_the_policy_come_before_hints() {
        let says_read = hints(Some(true), Some(false), Some(false));
        let labelled = of(&[Label::Destructive, Label::Read, Label::OpenWorld], says_read);
        assert_eq!((labelled.doing, labelled.open_world), (Doing::Destructive, true));
        let says_nothing = of(&[Label::Read, Label::Local, Label::Private], ToolAnnotations::default());
        assert_eq!((says_nothing.doing, says_nothing.open_world), (Doing::Read, false));
        assert_eq!((says_nothing.private, says_nothing.untrusted, says_nothing.sink), (true, false, false));
        let whole: Vec<(&str, &str)> = says_nothing.notes.iter().map(|note| (note.label.word(), &*note.why)).collect();
        let place = "labelled in p.json:1";
        assert_eq!(whole, [("read", place), ("local", place), ("private", place)]);
    }

    #[test]
    fn what_comes_from_the_open_world_is_untrusted_and_what_writes_there_is_a_sink() {
        let silent = of(&[], ToolAnnotations::default());
        assert_eq!((silent.open_world, silent.untrusted, silent.sink), (true, true, false));
        assert_eq!(silent.why(Label::Untrusted), "it is open world: openWorldHint is missing");
        assert!(!of(&[Label::Trusted], ToolAnnotations::default()).untrusted);
        assert!(of(&[], hints(None, Some(false), Some(true))).sink);
        assert!(!of(&[], hints(Some(true), None, Some(true))).sink);
        assert!(!of(&[Label::Local], hints(None, None, Some(true))).sink);
        assert!(of(&[Label::Sink], hints(Some(true), None, Some(false))).sink);
    }
}
