//! What the tool pane shows: the chosen tool, its tab, its form, and the answer to its last call.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Rect;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::Answer;
use super::discovered::DiscoveredTab;
use super::form::{CallForm, FormError, FormEvent};
use super::list::{Filter, Move};
use super::page::Page;
use super::sheets;
use super::text::Handled;
use super::traffic::Traffic;
use crate::ops::{ShownWrapper, WireMessage, WrapperState};
use crate::types::limits::FORMS_KEPT;
use crate::types::{ServerName, ToolId, ToolSpec};

/// A tab of the tool pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// Description, parameters, hints, definition.
    #[default]
    Schema,
    /// The generated module.
    Wrapper,
    /// Form and answer.
    Call,
    /// Models of what it really answered.
    Discovered,
    /// What went over the wire.
    Traffic,
}

impl Tab {
    /// All of them, from left to right.
    pub const ALL: [Self; 5] = [Self::Schema, Self::Wrapper, Self::Call, Self::Discovered, Self::Traffic];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Schema => "Schema",
            Self::Wrapper => "Wrapper",
            Self::Call => "Call",
            Self::Discovered => "Discovered",
            Self::Traffic => "Traffic",
        }
    }

    /// The tab beside it, around the end.
    #[must_use]
    pub fn along(self, forward: bool) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let step = if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[(at + step) % Self::ALL.len()]
    }
}

/// The tool pane.
#[derive(Debug, Default)]
pub struct ToolPane {
    /// The tool.
    pub spec: Option<Arc<ToolSpec>>,
    /// The tab.
    pub tab: Tab,
    /// Its definition, for reading.
    pub(crate) schema: Page,
    /// Its wrapper, once it came; `None` inside where it has none.
    pub(crate) wrapper: Option<(ToolId, Option<Arc<ShownWrapper>>)>,
    /// The wrapper's source, for reading.
    pub(crate) source: Page,
    /// Whose wrapper was asked for last.
    pub(crate) asked_wrapper: Option<ToolId>,
    /// Whether it has not come yet.
    wrapping: bool,
    /// Whose call is to be written into the script when its wrapper comes.
    pub(crate) inserting: Option<ToolId>,
    /// Models of what the tool answered.
    pub(crate) discovered: DiscoveredTab,
    /// Wire traffic of the server.
    pub(crate) traffic: Traffic,
    /// The answer to the last call by hand.
    pub(crate) answer: Option<(ToolId, Box<Answer>)>,
    /// The form that was judged last, and which change of it.
    judged: Option<(ToolId, u64)>,
    /// Whether a judgement is under way.
    judging: bool,
    /// The forms filled so far.
    pub(crate) forms: BTreeMap<ToolId, CallForm>,
    /// What is looked for in what the tab shows.
    pub(crate) search: Filter,
    /// Whether the form has the keys.
    pub(crate) filling: bool,
    /// The tool whose answer is waited for.
    pub(crate) waiting: Option<ToolId>,
}

impl ToolPane {
    /// Shows a tool.
    pub(crate) fn show(&mut self, spec: Arc<ToolSpec>) {
        if self.spec.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, &spec)) {
            return;
        }
        let other = self.spec.as_ref().is_none_or(|shown| shown.id != spec.id);
        if self.spec.as_ref().is_none_or(|shown| shown.id.server != spec.id.server) {
            self.traffic.forget();
        }
        self.schema = sheets::schema(&spec);
        if other {
            self.source = Page::default();
            self.discovered.turn_to(&spec.id);
        }
        self.spec = Some(spec);
        if other {
            self.turn(self.tab);
        }
        self.asked_wrapper = None;
    }

    /// Turns to a tab.
    pub(crate) fn turn(&mut self, tab: Tab) {
        self.tab = tab;
        self.filling = false;
        if tab == Tab::Wrapper {
            self.forget_wrapper();
        }
        if tab == Tab::Call {
            self.make_form();
        }
    }

    /// Whether keys go into the form.
    pub(crate) fn filling(&self) -> bool {
        self.filling && self.tab == Tab::Call && self.form().is_some()
    }

    /// Whether the traffic that is shown may not be all there is.
    pub(crate) fn is_behind(&self) -> bool {
        self.tab == Tab::Traffic && self.spec.is_some() && self.traffic.behind
    }

    /// Whether keys go into the filter of the traffic.
    pub(crate) fn traffic_filter(&self) -> bool {
        self.tab == Tab::Traffic && self.traffic.cursor.filter.editing
    }

    /// Turns to the form and gives it the keys.
    pub(crate) fn fill(&mut self) {
        self.turn(Tab::Call);
        self.filling = true;
    }

    /// Takes the keys from the form.
    pub(crate) fn rest(&mut self) {
        self.filling = false;
    }

    /// The shown tool's form, once there is one.
    pub(crate) fn form(&self) -> Option<&CallForm> {
        self.forms.get(&self.spec.as_ref()?.id)
    }

    fn form_mut(&mut self) -> Option<&mut CallForm> {
        self.forms.get_mut(&self.spec.as_ref()?.id)
    }

    fn make_form(&mut self) {
        let Some(spec) = self.spec.clone() else { return };
        if self.forms.len() >= FORMS_KEPT && !self.forms.contains_key(&spec.id) {
            self.forms.pop_first();
        }
        self.forms.entry(spec.id.clone()).or_insert_with(|| CallForm::new(&spec));
    }

    /// Fills the shown tool's form with earlier arguments.
    pub(crate) fn refill(&mut self, arguments: &Value) {
        if let Some(spec) = self.spec.clone() {
            self.forms.insert(spec.id.clone(), CallForm::with_arguments(&spec, arguments));
        }
    }

    /// A key in the form.
    pub(crate) fn form_key(&mut self, key: KeyEvent) -> FormEvent {
        self.form_mut().map_or(FormEvent::Ignored, |form| form.handle(key))
    }

    /// The mouse in the form as shown in the pane's inside.
    pub(crate) fn form_mouse(&mut self, event: MouseEvent, area: Rect) -> FormEvent {
        let (form, _) = self.split(area);
        if self.tab != Tab::Call || !form.contains((event.column, event.row).into()) {
            return FormEvent::Ignored;
        }
        self.form_mut().map_or(FormEvent::Ignored, |shown| shown.mouse(event, form))
    }

    /// Text pasted into the form.
    pub(crate) fn paste(&mut self, text: &str) {
        if let Some(form) = self.form_mut() {
            form.paste(text);
        }
    }

    /// The form's arguments. What is wrong is shown in the form, too.
    pub(crate) fn arguments(&mut self) -> Result<Value, FormError> {
        let Some(form) = self.form_mut() else { return Ok(Value::Object(serde_json::Map::new())) };
        let arguments = form.arguments();
        if let Err(error) = &arguments {
            form.show_error(error.clone());
        }
        arguments
    }

    /// The arguments of the shown form, where they changed since they were judged; one judgement at a time.
    pub(crate) fn wants_judgement(&mut self) -> Option<(ToolId, Value)> {
        let id = self.spec.as_ref().map(|spec| spec.id.clone()).filter(|_| self.tab == Tab::Call && !self.judging)?;
        let revision = self.form().map(CallForm::revision).filter(|revision| *revision > 0)?;
        if self.judged.as_ref() == Some(&(id.clone(), revision)) {
            return None;
        }
        self.judged = Some((id.clone(), revision));
        let arguments = self.arguments_of(&id);
        if arguments.is_none() {
            self.form_mut()?.judged(None);
        }
        self.judging = arguments.is_some();
        Some((id, arguments?))
    }

    /// A judgement came. It counts while the form is as it was judged.
    pub(crate) fn was_judged(&mut self, tool: &ToolId, misfit: Option<String>) {
        self.judging = false;
        let judged = self.judged.as_ref().filter(|(id, _)| id == tool).map(|(_, revision)| *revision);
        if let Some(form) = self.forms.get_mut(tool).filter(|form| Some(form.revision()) == judged) {
            form.judged(misfit);
        }
    }

    /// The arguments filled in for a tool, as far as they can be read.
    pub(crate) fn arguments_of(&self, tool: &ToolId) -> Option<Value> {
        self.forms.get(tool)?.arguments().ok()
    }

    /// The arguments that somebody filled in for a tool, if any were.
    pub(crate) fn sample_of(&self, tool: &ToolId) -> Option<Map<String, Value>> {
        let arguments = self.arguments_of(tool)?;
        arguments.as_object().filter(|object| !object.is_empty()).cloned()
    }

    /// The wrapper of a tool, if it is here.
    pub(crate) fn wrapper_of(&self, tool: &ToolId) -> Option<&ShownWrapper> {
        self.wrapper.as_ref().filter(|(id, _)| id == tool)?.1.as_deref()
    }

    /// Whether the shown tool's wrapper must be asked for; one at a time.
    pub(crate) fn wants_wrapper(&mut self) -> bool {
        let id = self.spec.as_ref().map(|spec| spec.id.clone());
        if self.wrapping || id.is_none() || self.asked_wrapper == id {
            return false;
        }
        (self.asked_wrapper, self.wrapping) = (id, true);
        true
    }

    /// The wrapper's file may be another one now.
    pub(crate) fn forget_wrapper(&mut self) {
        self.asked_wrapper = None;
    }

    /// Whether the file of the shown tool's wrapper is out of date.
    pub(crate) fn is_outdated(&self) -> bool {
        let wrapper = self.spec.as_ref().and_then(|spec| self.wrapper_of(&spec.id));
        wrapper.is_some_and(|shown| matches!(shown.state, WrapperState::Outdated { .. }))
    }

    /// A wrapper came.
    pub(crate) fn wrapped(&mut self, tool: ToolId, wrapper: Option<Arc<ShownWrapper>>) {
        self.wrapping = false;
        let same = self.wrapper.as_ref().is_some_and(|(id, shown)| *id == tool && *shown == wrapper);
        if self.spec.as_ref().is_some_and(|spec| spec.id == tool) && !(same && self.source.is_written()) {
            self.source = sheets::wrapper(wrapper.as_deref());
        }
        self.wrapper = Some((tool, wrapper));
    }

    /// Traffic came.
    pub(crate) fn heard(&mut self, server: &ServerName, messages: Arc<Vec<WireMessage>>) {
        if self.spec.as_ref().is_some_and(|spec| spec.id.server == *server) {
            self.traffic.heard(messages);
        }
    }

    /// An answer came.
    pub(crate) fn answered(&mut self, tool: ToolId, answer: Box<Answer>) {
        self.waiting.take_if(|waiting| *waiting == tool);
        self.answer = Some((tool, answer));
    }

    /// Asks anew for everything that was asked for.
    pub(crate) fn forget_requests(&mut self) {
        (self.asked_wrapper, self.wrapping) = (None, false);
        self.judging = false;
        self.traffic.asked = None;
        self.discovered.forget_request();
    }

    /// Scrolls what the tab shows.
    pub(crate) fn go(&mut self, to: Move, height: usize) {
        if self.tab == Tab::Traffic {
            self.traffic.go(to, height.saturating_sub(usize::from(self.traffic.cursor.filter.shown())));
        } else if let Some(page) = self.page_mut() {
            page.go(to, height);
        } else if let Some(answer) = self.answer_mut() {
            answer.go(to, height);
        }
    }

    /// Goes to the next place that has what is looked for, in the pane's inside. False where there is none.
    pub(crate) fn find_next(&mut self, area: Rect) -> bool {
        let (words, (_, answer)) = (self.search.text.clone(), self.split(area));
        match self.page_mut() {
            Some(page) => page.find(&words, usize::from(area.height.saturating_sub(1))),
            None => self.answer_mut().is_some_and(|shown| shown.find(&words, answer)),
        }
    }

    /// Scrolls what the tab shows sideways.
    pub(crate) fn sideways(&mut self, columns: isize) {
        if let Some(page) = self.page_mut() {
            page.sideways(columns);
        }
    }

    /// Folds what the tab shows to its width and keeps it in view.
    pub(crate) fn settle(&mut self, area: Rect) {
        let (_, answer) = self.split(area);
        let body = self.body(area);
        if self.tab == Tab::Traffic {
            self.traffic.settle(usize::from(body.height.saturating_sub(u16::from(self.traffic.cursor.filter.shown()))));
        } else if let Some(page) = self.page_mut() {
            page.settle(body.width, body.height);
        } else if let Some(shown) = self.answer_mut() {
            shown.settle(answer);
        }
    }

    /// Where the text of a tab is: below the line of facts, where the tab has one.
    pub(crate) fn body(&self, area: Rect) -> Rect {
        let facts = match self.tab {
            Tab::Schema | Tab::Call => true,
            Tab::Discovered => self.spec.as_ref().is_some_and(|spec| self.discovered.under_way(&spec.id.server).is_some()),
            Tab::Wrapper | Tab::Traffic => false,
        };
        let taken = u16::from(facts).min(area.height);
        Rect { x: area.x + 1, y: area.y + taken, width: area.width.saturating_sub(1), height: area.height - taken }
    }

    /// Where the form and the answer are on the tab of calls.
    pub(crate) fn split(&self, area: Rect) -> (Rect, Rect) {
        let area =
            Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(1), height: area.height.saturating_sub(1) };
        let answering = self.waiting.is_some() || self.shown_answer().is_some();
        let rows = match self.form() {
            Some(form) if form.takes_nothing() => 1,
            Some(_) if answering => area.height * 2 / 5,
            Some(_) => area.height,
            None => 0,
        };
        let rows = rows.min(area.height);
        (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
    }

    /// Makes the form ready to be painted.
    pub(crate) fn prepare(&mut self, area: Rect) {
        let (area, _) = self.split(area);
        if let Some(form) = self.form_mut().filter(|_| !area.is_empty()) {
            form.prepare(area);
        }
    }

    /// The answer, if it is the shown tool's.
    pub(crate) fn shown_answer(&self) -> Option<&Answer> {
        let id = &self.spec.as_ref()?.id;
        self.answer.as_ref().filter(|(tool, _)| tool == id).map(|(_, answer)| &**answer)
    }

    /// The answer while it is what is read: on its tab, its form not being filled.
    pub(crate) fn answer_mut(&mut self) -> Option<&mut Answer> {
        let id = &self.spec.as_ref()?.id;
        let reading = self.tab == Tab::Call && !self.filling;
        self.answer.as_mut().filter(|(tool, _)| reading && tool == id).map(|(_, answer)| &mut **answer)
    }

    /// A key for the answer, as shown in the pane's inside.
    pub(crate) fn answer_key(&mut self, key: KeyEvent, area: Rect) -> Handled {
        let (_, area) = self.split(area);
        self.answer_mut().map_or(Handled::Ignored, |answer| answer.key(key, area))
    }

    /// The mouse on the answer, as shown in the pane's inside.
    pub(crate) fn answer_mouse(&mut self, event: MouseEvent, area: Rect) -> Handled {
        let (_, area) = self.split(area);
        let within = area.contains((event.column, event.row).into());
        if within {
            self.filling = false;
        }
        self.answer_mut().filter(|_| within).map_or(Handled::Ignored, |answer| answer.mouse(event, area))
    }

    /// What Copy copies: the answer, the wrapper, or the definition.
    pub(crate) fn copied(&self) -> Option<String> {
        let spec = self.spec.as_ref()?;
        match self.tab {
            Tab::Schema => serde_json::to_string_pretty(&spec.raw).ok(),
            Tab::Wrapper => self.wrapper_of(&spec.id).map(|shown| shown.wrapper.source.clone()),
            Tab::Discovered => self.discovered.copied(),
            Tab::Traffic => self.traffic.copied(),
            Tab::Call => Some(self.shown_answer()?.text()),
        }
    }

    fn page_mut(&mut self) -> Option<&mut Page> {
        match self.tab {
            Tab::Schema => Some(&mut self.schema),
            Tab::Wrapper => Some(&mut self.source),
            Tab::Discovered => Some(&mut self.discovered.page),
            Tab::Call | Tab::Traffic => None,
        }
    }
}
