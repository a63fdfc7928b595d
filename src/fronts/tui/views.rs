//! Which part of a long, growing list is in view. Positions count from the oldest.

use std::ops::Range;

use super::model::Model;

/// Positions of the listed steps in view, of a pane `height` lines high. The newest is on top.
pub(super) fn step_window(model: &Model, height: u16) -> Range<u64> {
    let total = model.step_total();
    let height = u64::from(height.saturating_sub(u16::from(model.steps.narrowed())));
    let row = model.steps.selected.map_or(0, |at| total.saturating_sub(1).saturating_sub(at));
    let above = centred(row, total, height);
    let end = total - above.min(total);
    end.saturating_sub(height)..end
}

/// Positions of the output lines in view, of a pane `height` lines high. The newest is at the bottom.
pub(super) fn output_window(model: &Model, height: u16) -> Range<u64> {
    let total = model.run().map_or(0, |run| run.output_lines);
    let height = u64::from(height);
    let first = match model.output.line {
        None => total.saturating_sub(height),
        Some(line) => centred(line, total, height),
    };
    first..total.min(first + height)
}

/// Selects the step at a row of the pane.
pub(super) fn select_step(model: &mut Model, row: u16, height: u16) -> bool {
    let window = step_window(model, height);
    let Some(row) = row.checked_sub(u16::from(model.steps.narrowed())) else { return false };
    let Some(at) = window.end.checked_sub(u64::from(row) + 1).filter(|at| window.contains(at)) else { return false };
    model.steps.selected = (at + 1 != model.step_total()).then_some(at);
    true
}

/// Selects the output line at a row of the pane.
pub(super) fn select_line(model: &mut Model, row: u16, height: u16) -> bool {
    let window = output_window(model, height);
    let at = window.start + u64::from(row);
    if window.contains(&at) {
        model.output.line = Some(at);
    }
    window.contains(&at)
}

/// Rows above the view so that `row` is in the middle of it, or nearer to an end of the list.
fn centred(row: u64, total: u64, height: u64) -> u64 {
    row.saturating_sub(height / 2).min(total.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::centred;

    #[test]
    fn a_selection_is_centred_except_near_the_ends() {
        assert_eq!((centred(0, 100, 10), centred(50, 100, 10), centred(99, 100, 10)), (0, 45, 90));
        assert_eq!(centred(3, 4, 10), 0);
    }
}
