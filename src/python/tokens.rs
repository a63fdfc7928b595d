//! Colours and errors of a script while it is typed: one error-tolerant parse of the whole text.

use std::ops::Range;

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_parser::{ParseError, parse_unchecked_source};
use ruff_text_size::Ranged;

use super::SourceError;
use super::stack::with_room_for;
use crate::types::limits::SYNTAX_ERRORS;

/// What a stretch of source is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenClass {
    /// `def`, `await`, soft keywords where they are keywords.
    Keyword,
    /// `None`, `True`, `False`.
    Constant,
    /// A string or a part of an f-string that is text.
    String,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// An operator or delimiter.
    Operator,
    /// A name in call position.
    Function,
    /// A name after `class`, or a builtin type.
    Type,
    /// A decorator.
    Decorator,
    /// Any other name.
    Name,
}

/// A script as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Analysis {
    /// For each line, counted from 0: byte ranges within the line and what they are, in order, without overlap.
    /// Lines end at `\n`; there is one more line than there are line ends.
    pub lines: Vec<Vec<(Range<usize>, TokenClass)>>,
    /// Syntax errors, in order; at most [`SYNTAX_ERRORS`].
    pub errors: Vec<SourceError>,
}

/// Tokens a line usually has at the most: one allocation for it.
const TOKENS_OF_A_LINE: usize = 16;

/// Reads a whole script, right or wrong.
pub fn analyse(source: &str) -> Analysis {
    let starts = line_starts(source);
    let read = with_room_for(source, || {
        let parsed = parse_unchecked_source(source, PySourceType::Python);
        let lines = coloured_lines(source, &starts, parsed.tokens());
        Analysis { lines, errors: source_errors(source, &starts, parsed.errors()) }
    });
    read.unwrap_or_else(|| Analysis {
        lines: vec![Vec::new(); starts.len()],
        errors: vec![SourceError { line: 1, column: 1, message: "too large to check as it stands".to_owned() }],
    })
}

/// The byte offset at which each line starts.
pub(super) fn line_starts(source: &str) -> Vec<usize> {
    std::iter::once(0).chain(source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1)).collect()
}

/// The line, counted from 0, that holds the byte `offset`.
pub(super) fn line_of(starts: &[usize], offset: usize) -> usize {
    starts.partition_point(|start| *start <= offset).saturating_sub(1)
}

fn coloured_lines(source: &str, starts: &[usize], tokens: &[Token]) -> Vec<Vec<(Range<usize>, TokenClass)>> {
    let mut lines = vec![Vec::new(); starts.len()];
    let mut context = Context::default();
    let mut line = 0;
    let mut painted = 0;
    for (index, token) in tokens.iter().enumerate() {
        let range = token.range().start().to_usize().max(painted)..token.range().end().to_usize();
        let text = source.get(range.clone()).unwrap_or_default();
        let next = tokens.get(index + 1).map(Token::kind);
        let Some(class) = context.class_of(token.kind(), next, text) else {
            continue;
        };
        while starts.get(line + 1).is_some_and(|start| *start <= range.start) {
            line += 1;
        }
        for (at, part) in parts_by_line(source, starts, line, &range) {
            if lines[at].is_empty() {
                lines[at].reserve(TOKENS_OF_A_LINE);
            }
            lines[at].push((part, class));
        }
        painted = range.end.max(painted);
    }
    lines
}

/// Cuts a byte range of the source at line ends; the parts are relative to their lines, the line ends left out.
fn parts_by_line<'a>(
    source: &'a str,
    starts: &'a [usize],
    first: usize,
    range: &'a Range<usize>,
) -> impl Iterator<Item = (usize, Range<usize>)> + 'a {
    (first..starts.len()).take_while(move |line| starts[*line] < range.end).filter_map(move |line| {
        let start = starts[line];
        let end = starts.get(line + 1).map_or(source.len(), |next| next - 1);
        let end = end - usize::from(end > start && source.as_bytes()[end - 1] == b'\r');
        let part = range.start.max(start)..range.end.min(end);
        (part.start < part.end).then(|| (line, part.start - start..part.end - start))
    })
}

/// What the tokens before say about the next one.
#[derive(Default)]
struct Context {
    before: Option<TokenKind>,
    decorator: bool,
}

impl Context {
    fn class_of(&mut self, kind: TokenKind, next: Option<TokenKind>, text: &str) -> Option<TokenClass> {
        if kind == TokenKind::At {
            self.decorator = self.before.is_none_or(starts_a_line);
        } else if !matches!(kind, TokenKind::Name | TokenKind::Dot) {
            self.decorator = false;
        }
        let class = if self.decorator {
            Some(TokenClass::Decorator)
        } else if kind == TokenKind::Name {
            Some(self.class_of_name(next, text))
        } else {
            class_of_kind(kind)
        };
        if kind != TokenKind::Comment {
            self.before = Some(kind);
        }
        class
    }

    fn class_of_name(&self, next: Option<TokenKind>, text: &str) -> TokenClass {
        match self.before {
            Some(TokenKind::Class) => TokenClass::Type,
            Some(TokenKind::Def) => TokenClass::Function,
            Some(TokenKind::Dot) if next == Some(TokenKind::Lpar) => TokenClass::Function,
            Some(TokenKind::Dot) => TokenClass::Name,
            _ if is_builtin_type(text) => TokenClass::Type,
            _ if next == Some(TokenKind::Lpar) => TokenClass::Function,
            _ => TokenClass::Name,
        }
    }
}

/// Whether the token after one of this kind begins a line of code.
fn starts_a_line(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent)
}

fn class_of_kind(kind: TokenKind) -> Option<TokenClass> {
    if kind == TokenKind::String || is_part_of_a_format_string(kind) {
        Some(TokenClass::String)
    } else if matches!(kind, TokenKind::Int | TokenKind::Float | TokenKind::Complex) {
        Some(TokenClass::Number)
    } else if kind == TokenKind::Comment {
        Some(TokenClass::Comment)
    } else if starts_a_line(kind) || matches!(kind, TokenKind::EndOfFile | TokenKind::Unknown) {
        None
    } else if kind.is_singleton() {
        Some(TokenClass::Constant)
    } else if kind.is_keyword() {
        Some(TokenClass::Keyword)
    } else {
        Some(TokenClass::Operator)
    }
}

fn is_part_of_a_format_string(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::FStringStart | TokenKind::FStringMiddle | TokenKind::FStringEnd)
        || matches!(kind, TokenKind::TStringStart | TokenKind::TStringMiddle | TokenKind::TStringEnd)
}

/// Whether a name that is not an attribute stands for a builtin type.
fn is_builtin_type(name: &str) -> bool {
    matches!(name, "bool" | "bytearray" | "bytes" | "complex" | "dict" | "float" | "frozenset" | "int" | "list" | "memoryview")
        || matches!(name, "object" | "range" | "set" | "slice" | "str" | "tuple" | "type")
}

fn source_errors(source: &str, starts: &[usize], errors: &[ParseError]) -> Vec<SourceError> {
    let mut places: Vec<(usize, &ParseError)> = errors.iter().map(|error| (error.location.start().to_usize(), error)).collect();
    places.sort_by_key(|(offset, _)| *offset);
    let mut found: Vec<SourceError> =
        places.into_iter().take(SYNTAX_ERRORS).map(|(offset, error)| source_error(source, starts, offset, error)).collect();
    found.dedup();
    found
}

fn source_error(source: &str, starts: &[usize], offset: usize, error: &ParseError) -> SourceError {
    let line = line_of(starts, offset);
    let before = source.get(starts[line]..offset).unwrap_or_default();
    SourceError { line: counted(line), column: counted(before.chars().count()), message: error.error.to_string() }
}

/// An index as people count, from 1.
pub(super) fn counted(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line as its coloured words, such as `x/Name =/Operator`.
    fn words(source: &str) -> Vec<String> {
        let lines = analyse(source).lines;
        assert_eq!(lines.len(), source.split('\n').count());
        let line = |(text, parts): (&str, Vec<(Range<usize>, TokenClass)>)| {
            let words: Vec<String> = parts.into_iter().map(|(range, class)| format!("{}/{class:?}", &text[range])).collect();
            words.join(" ")
        };
        source.split('\n').zip(lines).map(line).collect()
    }

    #[test]
    fn every_class_of_token_is_told_apart() {
        let table = [
            ("x: int = None # c", "x/Name :/Operator int/Type =/Operator None/Constant # c/Comment"),
            ("await git.status(1.5)", "await/Keyword git/Name ./Operator status/Function (/Operator 1.5/Number )/Operator"),
            ("@a.b(x)", "@/Decorator a/Decorator ./Decorator b/Decorator (/Operator x/Name )/Operator"),
            ("y = a @ b.type", "y/Name =/Operator a/Name @/Operator b/Name ./Operator type/Name"),
            ("class A(str): pass", "class/Keyword A/Type (/Operator str/Type )/Operator :/Operator pass/Keyword"),
            ("def f(): ...", "def/Keyword f/Function (/Operator )/Operator :/Operator .../Operator"),
            ("match = type(x)", "match/Name =/Operator type/Type (/Operator x/Name )/Operator"),
            ("f'a{é!r}ü'", "f'/String a/String {/Operator é/Name !/Operator r/Name }/Operator ü/String '/String"),
            ("f'{a:>{w}}'", "f'/String {/Operator a/Name :/Operator >/String {/Operator w/Name }/Operator }/Operator '/String"),
        ];
        for (source, expected) in table {
            assert_eq!(words(source), [expected], "{source}");
        }
    }

    #[test]
    fn soft_keywords_are_keywords_only_where_they_are() {
        let expected = ["match/Keyword x/Name :/Operator", "case/Keyword 1/Number :/Operator", "case/Name =/Operator 2/Number"];
        assert_eq!(words("match x:\n case 1:\n  case = 2"), expected);
    }

    #[test]
    fn strings_over_several_lines_are_cut_at_line_ends() {
        let source = "a = '''é\r\n\r\n b'''\nf\"\"\"x\n{y}\n\"\"\"\n";
        let expected = [
            "a/Name =/Operator '''é/String",
            "",
            " b'''/String",
            "f\"\"\"/String x/String",
            "{/Operator y/Name }/Operator",
            "\"\"\"/String",
            "",
        ];
        assert_eq!(words(source), expected);
    }

    #[test]
    fn every_syntax_error_has_its_place_in_characters() {
        let errors = analyse("x = (1,\ndef f(:\n  return ü ü\nprint('a\n").errors;
        let error = |line, column, message: &str| SourceError { line, column, message: message.to_owned() };
        let expected = [
            error(1, 8, "Expected `)`, found newline"),
            error(2, 7, "Expected a parameter or the end of the parameter list"),
            error(2, 8, "Expected `)`, found newline"),
            error(3, 12, "Simple statements must be separated by newlines or semicolons"),
            error(4, 7, "missing closing quote in string literal"),
            error(5, 1, "unexpected EOF while parsing"),
        ];
        assert_eq!(errors, expected);
        assert_eq!(analyse("x = 1\n").errors, []);
    }

    #[test]
    fn errors_are_bounded() {
        assert_eq!(analyse(&"= )\n".repeat(500)).errors.len(), SYNTAX_ERRORS);
    }

    #[test]
    fn a_deeply_nested_script_is_read_and_an_endless_one_refused() {
        for deep in ["[".repeat(50_000), "not ".repeat(50_000), format!("x{}", ".x".repeat(50_000))] {
            assert!(!analyse(&deep).lines[0].is_empty());
        }
        let endless = analyse(&"-".repeat(4_000_000));
        assert_eq!(endless.lines, vec![Vec::new()]);
        assert_eq!(endless.errors[0].message, "too large to check as it stands");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_overlap(source in "[a-z0-9 '\"{}()\\[\\]:=\\\\\\n\\r\\tfé漢@#!.]{0,80}") {
            let analysis = analyse(&source);
            for (text, parts) in source.split('\n').zip(&analysis.lines) {
                let mut end = 0;
                for (range, _) in parts {
                    assert!(range.start >= end && range.start < range.end && text.get(range.clone()).is_some());
                    end = range.end;
                }
            }
            assert_eq!(analysis.lines.len(), source.split('\n').count());
        }
    }
}
