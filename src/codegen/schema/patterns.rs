//! Plain patterns as Pydantic's regular expressions; all others are left to the core.
//!
//! Schemas say ECMA-262, and many a server checks with the expressions of its own language: `\d` may mean every
//! Unicode digit, `$` may leave a line end behind it. What passes under either reading passes here.

use std::iter::Peekable;
use std::str::Chars;

/// Bytes of a pattern that is still looked at.
const PATTERN_BYTES: usize = 500;

/// `pattern` rewritten for Pydantic, if it consists of nothing but characters, plain classes, groups, anchors,
/// alternatives and repetitions.
pub(super) fn plain_pattern(pattern: &str) -> Option<String> {
    if pattern.len() > PATTERN_BYTES || !pattern.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let mut plain = String::new();
    let mut rest = pattern.chars().peekable();
    let mut depth = 0_usize;
    let mut repeatable = false;
    while let Some(c) = rest.next() {
        let piece_repeats = match c {
            '[' => class(&mut rest, &mut plain)?,
            '\\' => escape(rest.next()?, &mut plain)?,
            '.' => push(&mut plain, "."),
            '$' => !push(&mut plain, "\\n?$"),
            '(' => {
                depth += 1;
                plain.push('(');
                if rest.next_if_eq(&'?').is_some() {
                    rest.next_if_eq(&':')?;
                    plain.push_str("?:");
                }
                false
            }
            ')' => {
                depth = depth.checked_sub(1)?;
                push(&mut plain, ")")
            }
            '^' | '|' => !push(&mut plain, c.encode_utf8(&mut [0; 4])),
            '*' | '+' | '?' if repeatable => {
                plain.push(c);
                lazy(&mut rest, &mut plain);
                false
            }
            '{' if repeatable => {
                repetition(&mut rest, &mut plain)?;
                lazy(&mut rest, &mut plain);
                false
            }
            '*' | '+' | '?' | '{' | '}' | ']' => return None,
            _ => push(&mut plain, c.encode_utf8(&mut [0; 4])),
        };
        repeatable = piece_repeats;
    }
    (depth == 0 && regex::Regex::new(&plain).is_ok()).then_some(plain)
}

fn push(plain: &mut String, text: &str) -> bool {
    plain.push_str(text);
    true
}

fn lazy(rest: &mut Peekable<Chars<'_>>, plain: &mut String) {
    if rest.next_if_eq(&'?').is_some() {
        plain.push('?');
    }
}

/// `{2}`, `{2,}`, `{2,5}` with counts of at most three digits.
fn repetition(rest: &mut Peekable<Chars<'_>>, plain: &mut String) -> Option<()> {
    let text: String = rest.by_ref().take_while(|c| *c != '}').collect();
    let (least, most) = text.split_once(',').unwrap_or((&text, &text));
    let is_count = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_count(least) || !(most.is_empty() || is_count(most)) {
        return None;
    }
    plain.push('{');
    plain.push_str(&text);
    plain.push('}');
    Some(())
}

/// What follows a backslash outside a class.
fn escape(c: char, plain: &mut String) -> Option<bool> {
    match c {
        'd' => Some(push(plain, "\\d")),
        'w' => Some(push(plain, "[\\w\\pN]")),
        'D' => Some(push(plain, "[^0-9]")),
        'W' => Some(push(plain, "[^A-Za-z0-9_]")),
        _ if c.is_ascii_punctuation() => {
            plain.push('\\');
            Some(push(plain, c.encode_utf8(&mut [0; 4])))
        }
        _ => None,
    }
}

/// A class after its `[`: characters and ranges, `\d` and `\w`, escaped punctuation.
fn class(rest: &mut Peekable<Chars<'_>>, plain: &mut String) -> Option<bool> {
    plain.push('[');
    let (digit, word) = if rest.next_if_eq(&'^').is_some() {
        plain.push('^');
        ("0-9", "A-Za-z0-9_")
    } else {
        ("\\d", "\\w\\pN")
    };
    let mut before = None;
    loop {
        let c = rest.next()?;
        match c {
            ']' if before.is_none() => return None,
            ']' => break,
            '\\' => {
                let escaped = rest.next()?;
                let is_range = before == Some('-') || rest.peek() == Some(&'-');
                match escaped {
                    'd' if !is_range => plain.push_str(digit),
                    'w' if !is_range => plain.push_str(word),
                    c if c.is_ascii_punctuation() && !is_range => plain.extend(['\\', c]),
                    _ => return None,
                }
            }
            '-' if before.is_none() || rest.peek() == Some(&']') => plain.push_str("\\-"),
            c if c == '-' || c.is_ascii_alphanumeric() || c == ' ' || c == '_' => plain.push(c),
            c => plain.extend(['\\', c]),
        }
        before = Some(c);
    }
    plain.push(']');
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_patterns_are_kept_and_others_left_to_the_core() {
        let table = [
            ("^[a-zA-Z0-9_-]+$", Some("^[a-zA-Z0-9_\\-]+\\n?$")),
            ("^\\d{4}-\\d{2}$", Some("^\\d{4}-\\d{2}\\n?$")),
            ("^(?:a|b)*?c\\.$", Some("^(?:a|b)*?c\\.\\n?$")),
            ("^[\\w.@+]{1,20}", Some("^[\\w\\pN\\.\\@\\+]{1,20}")),
            ("^[^\\d\\w]", Some("^[^0-9A-Za-z0-9_]")),
            ("a.b", Some("a.b")),
            ("(?=a)b", None),
            ("(a)\\1", None),
            ("\\bword", None),
            ("\\s+", None),
            ("[]", None),
            ("[!-\\d]", None),
            ("[z-a]", None),
            ("[a", None),
            ("a{x}", None),
            ("*a", None),
            ("a++", None),
            ("(a", None),
            ("ü", None),
            ("a{2000}", None),
        ];
        for (pattern, plain) in table {
            assert_eq!(plain_pattern(pattern).as_deref(), plain, "{pattern}");
        }
    }
}
