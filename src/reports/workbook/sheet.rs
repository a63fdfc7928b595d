//! One sheet: a frozen header with filters, columns of a width, and cells of a type.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};

use super::super::sinks;
use crate::sys::clock::Timestamp;

/// What a cell holds.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Empty,
    /// Always written as a string.
    Text(String),
    Number(f64),
    /// A date and time, UTC.
    Time(Timestamp),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number; beyond 2^53 Excel knows only the first digits.
    pub(super) fn count(count: u64) -> Self {
        Self::Number(count as f64)
    }
}

/// A column's header, and its width in characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    header: &'static str,
    width: u8,
    right: bool,
}

impl Column {
    pub(super) const fn text(header: &'static str, width: u8) -> Self {
        Self { header, width, right: false }
    }

    pub(super) const fn number(header: &'static str, width: u8) -> Self {
        Self { header, width, right: true }
    }
}

/// A sheet to be written.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Sheet {
    pub(super) fn write(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.set_name(self.name)?;
        let header = Format::new().set_bold().set_background_color(0x00DD_E5F2);
        let right = header.clone().set_align(FormatAlign::Right);
        for (column, number) in self.columns.iter().zip(0..) {
            sheet.set_column_width(number, f64::from(column.width))?;
            sheet.write_string_with_format(0, number, column.header, if column.right { &right } else { &header })?;
        }
        sheet.set_freeze_panes(1, 0)?;
        let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000");
        for (cells, row) in self.rows.iter().zip(1..) {
            for (cell, column) in cells.iter().zip(0..) {
                write_cell(sheet, row, column, cell, &time)?;
            }
        }
        let (last_row, last_column) = (u32::try_from(self.rows.len()).unwrap_or(u32::MAX), self.columns.len().saturating_sub(1));
        sheet.autofilter(0, 0, last_row, u16::try_from(last_column).unwrap_or(u16::MAX))?;
        Ok(())
    }
}

fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell, time: &Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) if text.is_empty() => {}
        Cell::Text(text) => drop(sheet.write_string(row, column, sinks::cell(text))?),
        Cell::Number(number) => drop(sheet.write_number(row, column, *number)?),
        Cell::Time(at) => drop(sheet.write_number_with_format(row, column, serial(*at), time)?),
    }
    Ok(())
}

/// Days since the eve of 1900, as workbooks count them.
fn serial(at: Timestamp) -> f64 {
    const DAY_MILLISECONDS: f64 = 86_400_000.0;
    const DAYS_UNTIL_1970: f64 = 25_569.0;
    at.as_millisecond() as f64 / DAY_MILLISECONDS + DAYS_UNTIL_1970
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_days() {
        assert_eq!(serial("2026-11-21T12:00:00Z".parse().unwrap()).to_string(), "46347.5");
    }
}
