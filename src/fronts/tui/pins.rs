//! The pins pane: what servers and tools were when they were first used, what they are now, and what a person says to that.

use std::sync::Arc;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::discovered::difference;
use super::fuzzy::Query;
use super::list::{ListCursor, Move};
use super::overlay::{Answer, Ask, Reader, ReaderKind};
use super::page::{Entry, Page, Piece};
use super::reading::reader;
use super::sheets::styled;
use super::theme::{BAD, DIM, GOOD, TEXT, WARN};
use super::units::counted;
use super::world::World;
use crate::ops::{Offers, PinKind, PinReport, PinRow};
use crate::types::Failure;

/// Rows of the list at least, where what is told of the selected row takes the rest.
const LIST_ROWS: u16 = 5;

/// The pins pane.
#[derive(Debug, Default)]
pub struct PinsPane {
    /// Everything pinned, what needs a person first; or why it cannot be read.
    report: Option<Result<PinReport, Failure>>,
    /// What the report answers.
    answered: Option<Basis>,
    /// What is asked for now.
    asked: Option<Basis>,
    /// Positions in the report of the rows that match the filter.
    pub(crate) rows: Vec<usize>,
    /// The cursor in `rows`.
    pub(crate) cursor: ListCursor,
    /// The target that `detail` tells of.
    told: Option<String>,
    /// What is told of the selected row.
    pub(crate) detail: Page,
}

/// What a report depends on: another one is asked for when it is no longer so.
#[derive(Debug, Clone)]
struct Basis {
    offers: Arc<Offers>,
    steps: u64,
}

impl Basis {
    fn of(world: &World) -> Self {
        Self { offers: Arc::clone(&world.offers), steps: world.summary.steps }
    }

    fn is_same(&self, other: &Self) -> bool {
        let same = |name, offer| other.offers.get(name).is_some_and(|theirs| Arc::ptr_eq(theirs, offer));
        self.steps == other.steps
            && self.offers.len() == other.offers.len()
            && self.offers.iter().all(|(name, offer)| same(name, offer))
    }
}

impl PinsPane {
    /// Whether the pins must be compared anew; one comparison at a time.
    pub(crate) fn wants(&mut self, world: &World) -> bool {
        let basis = Basis::of(world);
        if self.asked.is_some() || self.answered.as_ref().is_some_and(|answered| answered.is_same(&basis)) {
            return false;
        }
        self.asked = Some(basis);
        true
    }

    /// Asks anew: something was approved or forgotten, or an answer was lost.
    pub(crate) fn forget_request(&mut self) {
        (self.asked, self.answered) = (None, None);
    }

    /// The comparison came. The selection stays on its row.
    pub(crate) fn learnt(&mut self, report: Result<PinReport, Failure>) {
        let chosen = self.chosen().map(|row| row.target.clone());
        self.answered = self.asked.take();
        self.report = Some(report.map(|mut report| {
            report.rows.sort_by_key(urgency);
            report
        }));
        self.told = None;
        self.search();
        let at =
            chosen.and_then(|target| self.rows.iter().position(|row| self.row(*row).is_some_and(|row| row.target == target)));
        self.cursor.selected = at.unwrap_or(0);
    }

    /// Why there is nothing to choose from, if there is not.
    pub(crate) fn obstacle(&self) -> Option<&Failure> {
        self.report.as_ref()?.as_ref().err()
    }

    /// Whether anything came yet.
    pub(crate) fn is_known(&self) -> bool {
        self.report.is_some()
    }

    /// All rows of the report.
    pub(crate) fn total(&self) -> usize {
        self.all().len()
    }

    fn all(&self) -> &[PinRow] {
        self.report.as_ref().and_then(|report| report.as_ref().ok()).map_or(&[], |report| &report.rows)
    }

    /// The row at a position of the report.
    pub(crate) fn row(&self, at: usize) -> Option<&PinRow> {
        self.all().get(at)
    }

    /// The selected row.
    pub fn chosen(&self) -> Option<&PinRow> {
        self.row(*self.rows.get(self.cursor.selected)?)
    }

    /// Lists what matches the filter.
    pub(crate) fn search(&mut self) {
        let mut query = Query::new(&self.cursor.filter.text);
        let text = |row: &PinRow| format!("{} {}", row.target, row.standing);
        self.rows = self.all().iter().enumerate().filter(|(_, row)| query.matches(&text(row))).map(|(at, _)| at).collect();
    }

    /// Moves the cursor within a list of so many lines.
    pub(crate) fn go(&mut self, to: Move, height: usize) {
        self.cursor.go(to, self.rows.len(), height);
    }

    /// Keeps the cursor in view, and tells of the selected row.
    pub(crate) fn settle(&mut self, area: Rect) {
        let (list, detail) = self.split(area);
        self.cursor.settle(self.rows.len(), usize::from(list.height));
        let chosen = self.chosen().map(|row| row.target.clone());
        if chosen != self.told {
            self.detail = self.chosen().map(|row| Page::mixed(pieces(row))).unwrap_or_default();
            self.told = chosen;
        }
        self.detail.settle(detail.width, detail.height);
    }

    /// Where the list is, without the line of its filter, and where the selected row is told of, without the rule above it.
    pub(crate) fn split(&self, area: Rect) -> (Rect, Rect) {
        let taken = u16::from(self.cursor.filter.shown()).min(area.height);
        let body = Rect { y: area.y + taken, height: area.height - taken, ..area };
        let rows = u16::try_from(self.rows.len()).unwrap_or(u16::MAX);
        let list = rows.max(1).min((body.height / 2).max(LIST_ROWS)).min(body.height);
        let below = (list + 1).min(body.height);
        let detail = Rect { x: body.x + 1, y: body.y + below, width: body.width.saturating_sub(1), height: body.height - below };
        (Rect { height: list, ..body }, detail)
    }

    /// Lines of the list in a pane, the one of its filter included.
    pub(crate) fn rows_shown(&self, area: Rect) -> u16 {
        self.split(area).0.bottom().saturating_sub(area.y)
    }

    /// `2 changed · 1 gone · 12 same`, for the title.
    pub(crate) fn words(&self) -> String {
        let counted_as = |standing: &str| {
            let number = self.all().iter().filter(|row| row.standing == standing).count();
            (number > 0).then(|| format!("{number} {}", words_of(standing)))
        };
        let flagged = self.all().iter().filter(|row| !row.flags.is_empty()).count() as u64;
        let parts = ["changed", "gone", "new", "same", "unseen"].into_iter().filter_map(counted_as);
        let odd = (flagged > 0).then(|| counted(flagged, "odd name"));
        parts.chain(odd).map(|part| format!("{part} ")).collect::<Vec<_>>().join("· ")
    }

    /// The selected row in full, to be read.
    pub(crate) fn open(&self) -> Option<Reader> {
        let row = self.chosen()?;
        let pieces = pieces(row);
        let mut reader = reader(&row.target, Vec::new(), ReaderKind::Fixed);
        reader.source = text(&pieces);
        reader.page = Page::mixed(pieces);
        Some(reader)
    }

    /// What Copy copies: the selected row in full.
    pub(crate) fn copied(&self) -> Option<String> {
        self.chosen().map(|row| text(&pieces(row)))
    }

    /// The question before the selected row is accepted as it is now.
    pub(crate) fn ask_approve(&self) -> Option<Ask> {
        let row = self.chosen()?;
        let about = format!("{} is not what it was when it was first used. From now on it holds as it is:", row.target);
        let mut pieces: Vec<Piece> = vec![styled(&about, TEXT).into(), Entry::default().into()];
        pieces.extend(difference(&row.difference));
        let answer = Answer::ApprovePin(Box::new(row.clone()));
        Some(Ask::showing("Accept the change?".to_owned(), pieces, vec![("a", "accept", answer)]))
    }

    /// The question before the selected row is forgotten.
    pub(crate) fn ask_forget(&self) -> Option<Ask> {
        let row = self.chosen()?;
        let what = if row.kind == PinKind::Launch { " with all that is its" } else { "" };
        let lines = [
            format!("{}{what} is forgotten: the next use takes it as it is then, without a question.", row.target),
            "To go on with what it is now, accept the change instead.".to_owned(),
        ];
        Some(Ask::new("Forget the pin?".to_owned(), &lines, vec![("x", "forget", Answer::ForgetPin(row.target.clone()))]))
    }
}

/// What needs a person comes first; otherwise the order of the configuration.
fn urgency(row: &PinRow) -> u8 {
    match row.standing {
        "changed" => 0,
        "gone" => 1,
        _ if !row.flags.is_empty() => 2,
        _ => 3,
    }
}

/// A standing as mark, words and style.
pub(super) fn standing(row: &PinRow) -> (&'static str, &'static str, Style) {
    let words = words_of(row.standing);
    match row.standing {
        "changed" => ("!", words, BAD),
        "gone" => ("-", words, WARN),
        "same" => ("✓", words, GOOD),
        _ => ("○", words, DIM),
    }
}

fn words_of(standing: &str) -> &'static str {
    match standing {
        "changed" => "changed",
        "gone" => "no longer offered",
        "same" => "same",
        "new" => "not used yet",
        _ => "not asked",
    }
}

/// Everything that is to be told of a row.
fn pieces(row: &PinRow) -> Vec<Piece> {
    let told = match row.standing {
        "changed" => changed_words(row.kind),
        "gone" => "It was used, and its server no longer offers it.",
        "same" => "It is what it was when it was first used.",
        "new" => "It was not used yet; its first use pins it.",
        _ => "Its server was not asked in this session, and nothing is known of what it offers.",
    };
    let mut pieces: Vec<Piece> = vec![styled(told, TEXT).into()];
    pieces.extend(row.flags.iter().map(|flag| Piece::from(styled(&format!("! {flag}"), WARN))));
    if !row.difference.is_empty() {
        pieces.push(Entry::default().into());
        pieces.extend(difference(&row.difference));
    }
    pieces.push(Entry::default().into());
    let hash = |name: &str, hash: &Option<String>| hash.as_ref().map(|hash| styled(&format!("{name:<7} {hash}"), DIM).into());
    pieces.extend(hash("pinned", &row.pinned));
    pieces.extend(hash("now", &row.now).filter(|_| row.now != row.pinned));
    pieces
}

/// What a change means until it is accepted.
fn changed_words(kind: PinKind) -> &'static str {
    match kind {
        PinKind::Launch => "It is not started as it was when it was first used. Nothing of it is called until you accept that.",
        PinKind::Instructions => {
            "Its instructions have changed since it was first used. They are shown nowhere else until you accept that."
        }
        PinKind::Prompt => "Its definition has changed since it was first used. It is not filled in until you accept that.",
        PinKind::Tool => "Its definition has changed since it was first used. It is not called until you accept that.",
    }
}

fn text(pieces: &[Piece]) -> String {
    let line = |piece: &Piece| match piece {
        Piece::Prose(entry) => entry.line.to_string(),
        Piece::Code(line) => line.to_string(),
    };
    pieces.iter().map(line).collect::<Vec<_>>().join("\n")
}
