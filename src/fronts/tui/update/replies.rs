//! What comes back from effects, and from the project itself.

use std::path::PathBuf;

use super::{calls, offered, remembering, scripts, searching};
use crate::fronts::tui::actions::Action;
use crate::fronts::tui::answer::Answer;
use crate::fronts::tui::message::{Effect, Reply, Ticket};
use crate::fronts::tui::model::Model;
use crate::fronts::tui::outside::Purpose;
use crate::fronts::tui::overlay::{Overlay, Reader, ReaderKind};
use crate::fronts::tui::page::Entry;
use crate::fronts::tui::sheets::{prose, styled};
use crate::fronts::tui::theme::{DIM, STRONG, TEXT};
use crate::fronts::tui::world::World;
use crate::fronts::tui::{reading, step_page, summary};
use crate::ops::{DiscoveredServer, GeneratedServer, NoticeLevel, Piped, RunResult};
use crate::types::{Failure, ServerName};

/// The project has changed.
pub(super) fn learnt(model: &mut Model, world: World) -> Vec<Effect> {
    model.learn(world);
    refresh_reader(model);
    Vec::new()
}

/// An effect has come to something.
pub(super) fn arrived(model: &mut Model, reply: Reply) -> Vec<Effect> {
    match reply {
        Reply::Scripts(scripts) => return listed(model, scripts),
        Reply::Connected(server, result) => connected(model, &server, result),
        Reply::Called(ticket, answer) => called(model, ticket, answer),
        Reply::Wrapped(tool, wrapper) => {
            let inserting = model.tool.inserting.take_if(|id| *id == tool).is_some();
            match (inserting, &wrapper) {
                (true, Some(shown)) => calls::insert_wrapper(model, &shown.wrapper),
                (true, None) => model.notice = Some((NoticeLevel::Error, format!("{tool} has no wrapper"))),
                (false, _) => {}
            }
            model.tool.wrapped(tool, wrapper);
        }
        Reply::Outdated(servers) => model.outdated = servers,
        Reply::Discovered(tool, known) => model.tool.discovered.learnt(tool, known),
        Reply::Discovering(progress) => model.tool.discovered.progressed(progress),
        Reply::Discovery(server, result) => discovered(model, server, result),
        Reply::Content(name, result) => offered::came(model, &name, &result),
        Reply::Judged(tool, misfit) => model.tool.was_judged(&tool, misfit),
        Reply::SavedCalls(saved) => {
            model.world.saved = saved;
            model.rebuild();
        }
        Reply::CallSaved(result) => return kept(model, result),
        Reply::ConfigurationChanged(level, text) => {
            model.notice = Some((level, text.lines().next().unwrap_or_default().to_owned()));
        }
        Reply::Policy(view) => model.rules.learnt(view),
        Reply::Pins(report) => model.pins.learnt(report),
        Reply::PinApproved(target, result) => pinned(model, &target, "holds as it is now", result),
        Reply::PinForgotten(target, result) => pinned(model, &target, "is forgotten", result),
        Reply::Traffic(server, messages) => model.tool.heard(&server, messages),
        Reply::NotKept(failure) => model.notice = Some((NoticeLevel::Error, failure.message)),
        Reply::Started(result) => started(model, result),
        Reply::Ended(result) => ended(model, &result),
        Reply::LineFound(run, line) => searching::found(model, run, line),
        Reply::Piped(command, result) => piped(model, &command, result),
        Reply::Reported(result) => reported(model, result),
        Reply::History(Ok(recollection)) => model.history.remember(recollection),
        Reply::History(Err(failure)) => {
            model.overlay = Some(Overlay::Reader(reading::failure("The history cannot be read", &failure)));
        }
        Reply::Crashed(session) => {
            if let Some(session) = session {
                remembering::crashed(model, &session);
            }
        }
        Reply::ScriptRead(path, text) => scripts::read(model, path, text),
        Reply::ScriptChanged(path, text) => scripts::changed(model, &path, &text),
        Reply::Saved(path, result) => return scripts::saved(model, &path, result),
        Reply::Generated(result) => {
            model.tool.forget_wrapper();
            generated(model, result);
        }
        Reply::Step(step) => {
            let place = step.as_ref().and_then(|step| model.script_of(step.caller.run()?).zip(step.line));
            model.overlay = step.map(|step| Overlay::Reader(Reader { place, ..step_page::step(&step) }));
        }
        Reply::StepHits(search, hits) => {
            let steps = &model.steps;
            let wanted = steps.filter.text == search.text && steps.kind == search.kind && model.steps_of() == search.run;
            if model.steps.searching.take_if(|searching| *searching == search).is_some() && wanted {
                (model.steps.hits, model.steps.searched) = (Some(hits), Some(search));
            }
        }
        Reply::Summarised(figures) => {
            (model.summary.figures, model.summary.asked) = (Some(*figures), None);
            refresh_reader(model);
        }
        Reply::Line(line) => model.overlay = line.map(|line| Overlay::Reader(reading::line(&line))),
    }
    Vec::new()
}

/// The scripts of the workspace. The first one is opened where none is.
fn listed(model: &mut Model, scripts: Vec<crate::ops::ScriptFile>) -> Vec<Effect> {
    model.world.scripts = scripts;
    model.rebuild();
    if model.editor.path.is_some() {
        return Vec::new();
    }
    model.world.scripts.first().map(|script| vec![Effect::Read(script.path.clone())]).unwrap_or_default()
}

fn connected(model: &mut Model, server: &ServerName, result: Result<(), Failure>) {
    model.notice = Some(match result {
        Ok(()) => (NoticeLevel::Info, format!("{server} is ready")),
        Err(failure) => {
            (NoticeLevel::Error, format!("{} ({} shows all)", failure.message, model.keymap.mention(Action::Problems)))
        }
    });
}

/// A call is over. Its form gives the keys to the answer.
fn called(model: &mut Model, ticket: Ticket, answer: Box<Answer>) {
    let Some(at) = model.calls.iter().position(|call| call.ticket == ticket) else { return };
    let call = model.calls.remove(at);
    if let Some(step) = answer.step() {
        model.history.keep(step, call.arguments);
    }
    model.tool.answered(call.tool, answer);
}

fn started(model: &mut Model, result: Result<crate::types::RunId, Failure>) {
    match result {
        Ok(run) => {
            model.shown_run = Some(run);
            model.output.line = None;
        }
        Err(failure) => {
            let place = failure.place.clone().filter(|place| place.line > 0).map(|place| (place.file, place.line));
            if let Some((path, line)) = place.clone() {
                scripts::failed(model, path, line, &failure.message);
            }
            model.notice = Some((NoticeLevel::Error, failure.message.clone()));
            model.overlay = Some(Overlay::Reader(Reader { place, ..reading::failure("The script did not start", &failure) }));
        }
    }
}

/// A run is over: the line that failed is marked, and how to go there is said.
fn ended(model: &mut Model, result: &RunResult) {
    let Some(error) = &result.error else { return };
    let text = model.world.veil.text(&error.to_string()).into_owned();
    let Some((path, line)) = model.script_of(result.run).zip(error.line) else {
        model.notice = Some((NoticeLevel::Error, text));
        return;
    };
    scripts::failed(model, path, line, &text);
    let first = text.lines().next().unwrap_or_default();
    let key = model.keymap.mention(Action::GoToFault);
    model.notice = Some((NoticeLevel::Error, format!("line {line}: {first} ({key} goes there)")));
}

/// A shell command has ended: what it wrote is shown.
fn piped(model: &mut Model, command: &str, result: Result<Piped, Failure>) {
    let reader = match result {
        Err(failure) => reading::failure("The command failed", &failure),
        Ok(Piped { output, exit }) if output.trim().is_empty() => {
            model.notice = Some((NoticeLevel::Info, format!("{command}: {exit}, and it wrote nothing")));
            return;
        }
        Ok(Piped { output, exit }) => {
            let title = format!("{command} · {exit}");
            Reader { source: output.clone(), ..reading::reader(&title, prose(&output, TEXT), ReaderKind::Fixed) }
        }
    };
    model.notice = None;
    model.overlay = Some(Overlay::Reader(reader));
}

/// A text comes back from the person's editor.
pub(super) fn edited(model: &mut Model, purpose: Purpose, result: Result<String, Failure>) -> Vec<Effect> {
    let text = match result {
        Ok(text) => text,
        Err(failure) => {
            model.overlay = Some(Overlay::Reader(reading::failure("The editor", &failure)));
            return Vec::new();
        }
    };
    match purpose {
        Purpose::Script(path) => scripts::changed(model, &path, &text),
        Purpose::Arguments(tool) => return calls::edited(model, &tool, text),
        Purpose::Output(_) | Purpose::Reading => {}
    }
    vec![Effect::ListScripts]
}

/// A report was written: where it is can be read, and copied.
fn reported(model: &mut Model, result: Result<PathBuf, Failure>) {
    match result {
        Ok(file) => {
            let entries = vec![
                styled("The report is in", TEXT),
                styled(&file.display().to_string(), STRONG),
                Entry::default(),
                styled("y copies the path. The same from a shell:", DIM),
                styled(&format!("mcp-studio report {} --out FILE", model.world.session), TEXT),
            ];
            let reader = reading::reader("Report", entries, ReaderKind::Fixed);
            model.overlay = Some(Overlay::Reader(Reader { source: file.display().to_string(), ..reader }));
        }
        Err(failure) => model.overlay = Some(Overlay::Reader(reading::failure("No report was written", &failure))),
    }
}

/// A call was saved, or not.
fn kept(model: &mut Model, result: Result<PathBuf, Failure>) -> Vec<Effect> {
    model.notice = Some(match result {
        Ok(path) => (NoticeLevel::Info, format!("saved as {}", path.display())),
        Err(failure) => (NoticeLevel::Error, failure.to_string().replace('\n', "; ")),
    });
    vec![Effect::ListScripts]
}

/// A person has said something about a pin; the pins are compared anew.
fn pinned(model: &mut Model, target: &str, done: &str, result: Result<(), Failure>) {
    model.notice = Some(match result {
        Ok(()) => (NoticeLevel::Info, format!("{target} {done}")),
        Err(failure) => (NoticeLevel::Error, failure.message),
    });
    model.pins.forget_request();
}

/// A discovery is over. The tab tells the rest.
fn discovered(model: &mut Model, server: ServerName, result: Result<Box<DiscoveredServer>, Failure>) {
    model.notice = Some(match &result {
        Err(failure) => (NoticeLevel::Error, failure.message.clone()),
        Ok(found) if found.failure.is_some() => (NoticeLevel::Error, found.summary()),
        Ok(found) if !found.refused.is_empty() => (NoticeLevel::Warning, found.summary()),
        Ok(found) => (NoticeLevel::Info, found.summary()),
    });
    model.tool.discovered.ended(server, result);
    model.tool.forget_wrapper();
}

fn generated(model: &mut Model, result: Result<Vec<GeneratedServer>, Failure>) {
    model.notice = Some(match result {
        Err(failure) => (NoticeLevel::Error, failure.message),
        Ok(servers) => {
            let tools: usize = servers.iter().map(|server| server.tools).sum();
            let files: usize = servers.iter().map(|server| server.changed.len()).sum();
            match servers.iter().find_map(|server| server.failure.as_ref()) {
                Some(failure) => (NoticeLevel::Warning, format!("wrappers of {tools} tools, but {}", failure.message)),
                None => (NoticeLevel::Info, format!("wrappers of {tools} tools, {files} files written")),
            }
        }
    });
}

/// Replies were lost: whatever waited for one asks anew or says so.
pub(super) fn resync(model: &mut Model) -> Vec<Effect> {
    model.tool.forget_requests();
    model.rules.forget_request();
    model.pins.forget_request();
    model.tool.waiting = None;
    model.steps.searching = None;
    model.summary.asked = None;
    let waiting = std::mem::take(&mut model.calls);
    if !waiting.is_empty() {
        model.notice = Some((NoticeLevel::Warning, "answers came too fast to be shown; the steps have them".to_owned()));
    }
    vec![Effect::ListScripts]
}

fn refresh_reader(model: &mut Model) {
    let Some(Overlay::Reader(reader)) = &model.overlay else { return };
    let top = reader.page.top;
    let newer = match reader.kind {
        ReaderKind::Problems => reading::problems(model),
        ReaderKind::Summary => summary::summary(model),
        ReaderKind::OfHistory | ReaderKind::Fixed => return,
    };
    let mut newer = newer;
    newer.page.top = top;
    model.overlay = Some(Overlay::Reader(newer));
}
