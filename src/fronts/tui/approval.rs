//! Calls that wait for the person: which question is asked now, what it says, what the answers do.
//!
//! A question lies over the panes as any other. Esc puts it off: its call waits on, and F2 brings it back.

use std::collections::BTreeSet;

use serde_json::Value;

use super::actions::Action;
use super::model::Model;
use super::overlay::{Answer, Ask, Overlay};
use crate::ops::{ApprovalAnswer, NoticeLevel, Question, Reach};
use crate::types::{Caller, RuleRef, ToolId};

/// What is known of the questions beside the questions themselves.
#[derive(Debug, Default)]
pub struct Approvals {
    /// The one that is shown, and for what its longer answers hold.
    shown: Option<(u64, Reach)>,
    /// Those that were put off, or have just been answered.
    put_off: BTreeSet<u64>,
    /// The one whose arguments are edited in the call form.
    editing: Option<(u64, ToolId)>,
}

impl Approvals {
    /// The question that the form of `tool` answers when it is sent.
    pub fn take_edited(&mut self, tool: &ToolId) -> Option<u64> {
        self.editing.take_if(|(_, edited)| edited == tool).map(|(id, _)| id)
    }
}

/// Shows what waits, when nothing else lies over the panes; takes away what no longer waits. Called after each message.
pub(super) fn attend(model: &mut Model) {
    let waits = |id: u64| model.world.questions.iter().any(|question| question.id == id);
    model.approvals.put_off.retain(|id| waits(*id));
    model.approvals.editing.take_if(|(id, _)| !waits(*id));
    if let Some((id, _)) = model.approvals.shown {
        let open = matches!(&model.overlay, Some(Overlay::Ask(ask)) if asks(ask, id));
        match (open, waits(id)) {
            (true, true) => return,
            (true, false) => model.overlay = None,
            (false, true) if model.approvals.editing.is_none() => put_off(model, id),
            (false, _) => {}
        }
        model.approvals.shown = None;
    }
    if model.overlay.is_none() && model.approvals.editing.is_none() {
        let put_off = &model.approvals.put_off;
        let next = model.world.questions.iter().find(|question| !put_off.contains(&question.id)).map(|question| question.id);
        if let Some(id) = next {
            show(model, id, Reach::TheseArguments);
        }
    }
}

/// Brings back what was put off.
pub(super) fn bring_back(model: &mut Model) {
    model.approvals.put_off.clear();
    model.approvals.editing = None;
}

/// Why nothing can be brought back.
pub(super) fn nothing_waits(model: &Model) -> Option<&'static str> {
    model.world.questions.is_empty().then_some("no call waits for you")
}

/// Shows the question again with its longer answers holding for `reach`.
pub(super) fn show(model: &mut Model, id: u64, reach: Reach) {
    let Some(question) = model.world.questions.iter().find(|question| question.id == id) else { return };
    model.overlay = Some(Overlay::Ask(ask(question, reach)));
    model.approvals.shown = Some((id, reach));
}

/// Goes to the call form with the arguments of a question; sending the form answers it.
pub(super) fn edit(model: &mut Model, id: u64) {
    let Some(question) = model.world.questions.iter().find(|question| question.id == id).cloned() else { return };
    model.approvals.editing = Some((id, question.tool.id.clone()));
    model.tool.show(question.tool);
    model.tool.turn(super::tool_pane::Tab::Call);
    model.tool.refill(&question.arguments);
    model.focus = super::pane::Pane::Tool;
    model.tool.fill();
    model.notice = Some((NoticeLevel::Info, "sending the form lets the waiting call go on with these arguments".to_owned()));
}

/// The question has its answer, though the project does not know yet: it is not shown again meanwhile.
pub(super) fn answered(model: &mut Model, id: u64) {
    model.approvals.shown = None;
    model.approvals.put_off.insert(id);
}

fn put_off(model: &mut Model, id: u64) {
    model.approvals.put_off.insert(id);
    model.notice =
        Some((NoticeLevel::Info, format!("the call waits on; {} asks again", model.keymap.mention(Action::Approvals))));
}

fn asks(ask: &Ask, id: u64) -> bool {
    ask.answers.iter().any(|(.., answer)| matches!(answer, Answer::Approve(other, _) if *other == id))
}

fn ask(question: &Question, reach: Reach) -> Ask {
    let id = question.id;
    let (other, word, scope) = match reach {
        Reach::TheseArguments => (Reach::AnyArguments, "any arguments", "2 and 3 hold for exactly these arguments."),
        Reach::AnyArguments => (Reach::TheseArguments, "these only", "2 and 3 hold for this tool with any arguments."),
    };
    let approve = |answer| Answer::Approve(id, answer);
    Ask::new(
        format!("May {} be called?", question.tool.id),
        &lines(question, scope),
        vec![
            ("1", "once", approve(ApprovalAnswer::Once)),
            ("2", "this run", approve(ApprovalAnswer::ThisRun(reach))),
            ("3", "always", approve(ApprovalAnswer::Always(reach))),
            ("4", "edit", Answer::EditArguments(id)),
            ("5", "deny", approve(ApprovalAnswer::Deny)),
            ("t", word, Answer::Reach(id, other)),
        ],
    )
}

fn lines(question: &Question, scope: &str) -> Vec<String> {
    let line = question.line.map_or(String::new(), |line| format!(", line {line}"));
    let mut lines = vec![format!("{} asks{line}.", asker(question.caller))];
    lines.extend(question.rules.iter().map(reason));
    lines.push(String::new());
    lines.extend(pretty(&question.arguments).lines().map(str::to_owned));
    lines.push(String::new());
    lines.push(scope.to_owned());
    lines
}

fn asker(caller: Caller) -> String {
    match caller {
        Caller::Form => "The call form".to_owned(),
        Caller::Script(run) => format!("The script of {run}"),
        Caller::CommandLine => "The command line".to_owned(),
        Caller::Agent => "An agent".to_owned(),
        Caller::Session => "A transcript".to_owned(),
    }
}

fn reason(rule: &RuleRef) -> String {
    let place = rule.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
    format!("{}: {}{place}", rule.id, rule.why)
}

fn pretty(arguments: &Value) -> String {
    serde_json::to_string_pretty(arguments).unwrap_or_default()
}
