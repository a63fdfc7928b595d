//! Keys of the history, and what opening something of it does.

use crossterm::event::KeyCode;
use serde_json::{Map, Value};

use super::keys::move_of;
use super::{perform, scripts};
use crate::fronts::tui::chord::Chord;
use crate::fronts::tui::history::{record_of, run_page};
use crate::fronts::tui::message::Effect;
use crate::fronts::tui::model::Model;
use crate::fronts::tui::overlay::{Overlay, Reader, ReaderKind};
use crate::fronts::tui::pane::Pane;
use crate::fronts::tui::step_page;
use crate::fronts::tui::tool_pane::Tab;
use crate::ops::{NoticeLevel, PastEntry, PastRun, Recalled, SessionSummary, StepView};

/// Opens the list and reads what was recorded.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.overlay = Some(Overlay::History);
    vec![Effect::ReadHistory]
}

/// A key while the list is open.
pub(super) fn key(model: &mut Model, chord: Chord, height: usize) -> Vec<Effect> {
    let mut query = model.history.query.clone();
    if chord.code == KeyCode::Enter {
        return choose(model);
    } else if chord.code == KeyCode::Tab {
        show(model);
    } else if let Some(letter) = chord.typed() {
        query.push(letter);
        model.history.search(query);
    } else if chord.code == KeyCode::Backspace {
        query.pop();
        model.history.search(query);
    } else if Chord::parse("Ctrl+U") == Some(chord) {
        model.history.search(String::new());
    } else if let Some(to) = move_of(chord) {
        model.history.cursor.go(to, model.history.rows.len(), height);
    }
    Vec::new()
}

/// Opens what is selected: a call in its form with its arguments, a run's script in the editor.
pub(super) fn choose(model: &mut Model) -> Vec<Effect> {
    let Some((session, entry)) = model.history.selected() else { return Vec::new() };
    match entry {
        PastEntry::Run(run) => {
            let run = run.clone();
            let own = *session.session.0 == *model.world.session;
            open_run(model, &run, own)
        }
        PastEntry::Call(step) => {
            let Some(record) = record_of(step) else { return Vec::new() };
            let recalled = model.history.arguments(session, record, &model.world.session);
            let step = step.clone();
            open_call(model, &step, recalled);
            Vec::new()
        }
    }
}

fn open_call(model: &mut Model, step: &StepView, recalled: Recalled) {
    let Some(spec) = model.world.tool(&step.tool).cloned() else {
        let text = format!("{} is not listed by any server now; connect its server first", step.tool);
        model.notice = Some((NoticeLevel::Warning, text));
        return;
    };
    let (arguments, notice) = match recalled {
        Recalled::Exact(arguments) => (arguments, (NoticeLevel::Info, "its arguments as they were; Enter sends them".to_owned())),
        Recalled::Masked(arguments, pieces) => {
            let text = format!("its arguments, but {pieces} masked in the record: fill in what is missing");
            (arguments, (NoticeLevel::Warning, text))
        }
        Recalled::Cut => {
            let text = "the record holds only the beginning of its arguments: fill them in anew".to_owned();
            (Value::Object(Map::new()), (NoticeLevel::Warning, text))
        }
    };
    super::moving::remember(model);
    model.overlay = None;
    model.tool.show(spec);
    model.tool.turn(Tab::Call);
    model.tool.refill(&arguments);
    model.focus = Pane::Tool;
    model.tool.fill();
    model.notice = Some(notice);
}

fn open_run(model: &mut Model, run: &PastRun, own: bool) -> Vec<Effect> {
    if own && let Some(at) = model.world.runs.iter().position(|view| view.id == run.run) {
        model.overlay = None;
        perform::show_run(model, at);
        return Vec::new();
    }
    match model.world.scripts.iter().position(|script| script.name == run.script) {
        Some(at) => {
            model.overlay = None;
            scripts::open_at(model, at)
        }
        None => {
            model.notice = Some((NoticeLevel::Warning, format!("{} is not in the workspace", run.script)));
            Vec::new()
        }
    }
}

/// Shows everything about what is selected; closing that comes back here.
fn show(model: &mut Model) {
    let Some((session, entry)) = model.history.selected() else { return };
    let reader = match entry {
        PastEntry::Call(step) => Reader { kind: ReaderKind::OfHistory, ..step_page::step(step) },
        PastEntry::Run(run) => run_page(session, run),
    };
    model.overlay = Some(Overlay::Reader(reader));
}

/// The session before this one was not closed: once, in the status line.
pub(super) fn crashed(model: &mut Model, session: &SessionSummary) {
    let key = model.keymap.mention(crate::fronts::tui::actions::Action::History);
    let at = session.at.strftime("%Y-%m-%d %H:%M UTC");
    let counted = crate::fronts::tui::units::counted;
    let text = format!(
        "the session of {at} crashed; its {} and {} are kept ({key} shows them)",
        counted(session.steps, "step"),
        counted(session.runs, "run")
    );
    model.notice.get_or_insert((NoticeLevel::Warning, text));
}
