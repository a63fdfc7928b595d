//! The answer to a call by hand: how it ended, then the value in the form that reads best, or the failure.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::list::Move;
use super::page::Page;
use super::sheets::failure_entries;
use super::text::Handled;
use super::text::palette::{Depth, Palette};
use super::text::result::{Form, ResultView};
use super::theme::{BAD, DIM, GOOD, WARN};
use super::units::{bytes, count, duration};
use crate::ops::CallReply;
use crate::types::{StepNumber, neutralise_line};

/// An answer made ready to be read. Large values take their time, so it is made where nothing waits for it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// How the call ended, and what was odd about it.
    pub(super) head: Vec<Line<'static>>,
    /// What was answered.
    pub(super) body: Body,
    /// The step of the call; absent where it was not recorded.
    step: Option<StepNumber>,
}

/// What was answered.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// A value.
    Value(Box<ResultView>),
    /// Why there is none; the text is what Copy copies.
    Failure(Page, String),
}

impl Answer {
    /// Makes an answer ready.
    pub fn of(reply: CallReply) -> Self {
        let head = head(&reply);
        let step = reply.record.as_ref().map(|record| record.step);
        let body = match reply.outcome {
            Ok(value) => Body::Value(Box::new(ResultView::new(value, &palette()))),
            Err(failure) => Body::Failure(Page::prose(failure_entries(&failure)), failure.to_string()),
        };
        Self { head, body, step }
    }

    /// The step of the call.
    pub(super) fn step(&self) -> Option<StepNumber> {
        self.step
    }

    /// Where the body is, below the head.
    pub(super) fn body_area(&self, area: Rect) -> Rect {
        let head = u16::try_from(self.head.len()).unwrap_or(u16::MAX).min(area.height);
        Rect { y: area.y + head, height: area.height - head, ..area }
    }

    /// A key, while the answer is shown in `area`.
    pub(super) fn key(&mut self, key: KeyEvent, area: Rect) -> Handled {
        let area = self.body_area(area);
        match &mut self.body {
            Body::Value(view) => view.handle(key, area, &palette()),
            Body::Failure(..) => Handled::Ignored,
        }
    }

    /// The mouse, while the answer is shown in `area`.
    pub(super) fn mouse(&mut self, event: MouseEvent, area: Rect) -> Handled {
        let area = self.body_area(area);
        match &mut self.body {
            Body::Value(view) if area.contains((event.column, event.row).into()) => view.mouse(event, area),
            Body::Value(_) | Body::Failure(..) => Handled::Ignored,
        }
    }

    /// Scrolls a failure.
    pub(super) fn go(&mut self, to: Move, height: usize) {
        if let Body::Failure(page, _) = &mut self.body {
            page.go(to, height);
        }
    }

    /// Folds a failure to its width.
    pub(super) fn settle(&mut self, area: Rect) {
        let area = self.body_area(area);
        if let Body::Failure(page, _) = &mut self.body {
            page.settle(area.width, area.height);
        }
    }

    /// Shows the value in its next form.
    pub(super) fn next_form(&mut self) {
        if let Body::Value(view) = &mut self.body {
            view.next_form(&palette());
        }
    }

    /// The form that reads best; none for a failure.
    pub(super) fn best_form(&self) -> Option<Form> {
        match &self.body {
            Body::Value(view) => view.forms().0.first().copied(),
            Body::Failure(..) => None,
        }
    }

    /// Goes to the next place in a value that has `words` in it. False where there is none.
    pub(super) fn find(&mut self, words: &str, area: Rect) -> bool {
        let area = self.body_area(area);
        match &mut self.body {
            Body::Value(view) => view.find(words, area),
            Body::Failure(page, _) => page.find(words, usize::from(area.height)),
        }
    }

    /// The whole answer as text.
    pub(super) fn text(&self) -> String {
        match &self.body {
            Body::Value(view) => view.text(),
            Body::Failure(_, text) => text.clone(),
        }
    }

    /// The form in which a value is shown and where in it one is, while the answer is shown in `area`.
    pub(super) fn form(&self, area: Rect) -> Option<String> {
        match &self.body {
            Body::Value(view) => {
                let (at, count) = view.position(self.body_area(area));
                Some(format!("{at} of {count}, as {}", view.forms().1.word()))
            }
            Body::Failure(..) => None,
        }
    }
}

/// Answers are made in the terminal's own colours; where it shows none they are taken out when painted.
fn palette() -> Palette {
    Palette::plain(Depth::Sixteen)
}

fn head(reply: &CallReply) -> Vec<Line<'static>> {
    let Some(record) = &reply.record else { return Vec::new() };
    let (mark, style) = if reply.outcome.is_ok() { ("✓", GOOD) } else { ("✗", BAD) };
    let figures =
        format!("   {}   {}   {} tokens", duration(record.latency.total()), bytes(record.bytes_out), count(record.tokens_out));
    let ended = format!("{mark} {}", record.decision.word().replace('_', " "));
    let first = Line::from(vec![Span::styled(ended, style), Span::styled(figures, DIM)]);
    let warnings = record.warnings.iter().map(|warning| Line::styled(format!("! {}", neutralise_line(warning)), WARN));
    std::iter::once(first).chain(warnings).collect()
}
