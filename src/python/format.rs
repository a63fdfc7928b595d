//! Checking and formatting generated modules.

use ruff_python_ast::{Expr, PySourceType};
use ruff_python_formatter::{FormatModuleError, PyFormatOptions, format_module_source};
use ruff_python_parser::{ParseError, parse_expression, parse_module};

use super::stack::with_room_for;
use super::tokens::{line_of, line_starts};

/// Columns of a formatted line.
const LINE_WIDTH: u16 = 120;

/// The first syntax error of a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SourceError {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// ruff's words.
    pub message: String,
}

/// Whether `source` is a Python module.
pub fn check(source: &str) -> Result<(), SourceError> {
    let checked = with_room_for(source, || parse_module(source).map(drop).map_err(|error| syntax_error(source, &error)));
    checked.unwrap_or_else(|| Err(too_large()))
}

/// `source` as `ruff format` writes it, with lines of up to 120 columns.
pub fn format_module(source: &str) -> Result<String, SourceError> {
    let formatted = with_room_for(source, || match format_module_source(source, options()) {
        Ok(formatted) => Ok(formatted.into_code()),
        Err(FormatModuleError::ParseError(error)) => Err(syntax_error(source, &error)),
        Err(error) => Err(SourceError { line: 1, column: 1, message: error.to_string() }),
    });
    formatted.unwrap_or_else(|| Err(too_large()))
}

/// `name` as Python compares it (PEP 3131: normal form KC), or `None` where it is not an identifier.
pub fn normal_identifier(name: &str) -> Option<String> {
    let expression = parse_expression(name).ok()?.into_expr();
    if let Expr::Name(identifier) = expression { Some(identifier.id.to_string()) } else { None }
}

fn options() -> PyFormatOptions {
    let options = PyFormatOptions::from_source_type(PySourceType::Python);
    match LINE_WIDTH.try_into() {
        Ok(width) => options.with_line_width(width),
        Err(_) => options,
    }
}

fn syntax_error(source: &str, error: &ParseError) -> SourceError {
    let starts = line_starts(source);
    let offset = error.location.start().to_usize().min(source.len());
    let line = line_of(&starts, offset);
    let column = source.get(starts[line]..offset).map_or(0, |before| before.chars().count());
    SourceError { line: counted(line), column: counted(column), message: error.error.to_string() }
}

fn too_large() -> SourceError {
    SourceError { line: 1, column: 1, message: "too large to check as it stands".to_owned() }
}

/// An index from 0 as people count.
fn counted(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_written_as_ruff_writes_it() {
        let source = format!("x = {{'a':1}}\ndef  f( a,b ):\n  return ({}, 2)\n", "a".repeat(90));
        let formatted = format_module(&source).unwrap();
        assert_eq!(formatted, format!("x = {{\"a\": 1}}\n\n\ndef f(a, b):\n    return ({}, 2)\n", "a".repeat(90)));
        assert_eq!(format_module(&formatted).unwrap(), formatted);
    }

    #[test]
    fn an_error_names_its_place() {
        let wrong = SourceError { line: 2, column: 7, message: "Expected an expression".to_owned() };
        assert_eq!(check("é = 1\nüü = (\n").map_err(|error| error.line), Err(3));
        assert_eq!(check("x = 1\ny = 2 +\n").map_err(|error| error.line), Err(2));
        assert_eq!(check("x = 1\nüü = )\n"), Err(SourceError { column: 6, ..wrong.clone() }));
        assert!(format_module("def (").is_err());
    }

    #[test]
    fn identifiers_are_compared_in_normal_form() {
        assert_eq!(normal_identifier("größe").as_deref(), Some("größe"));
        assert_eq!(normal_identifier("ﬁle").as_deref(), Some("file"));
        for other in ["a b", "1a", "a.b", "", "class", "f()", "🦀"] {
            assert_eq!(normal_identifier(other), None, "{other:?}");
        }
    }
}
