//! Hostile text made harmless for a terminal, a log line or a shell.

use std::borrow::Cow;

/// Replaces what could steer a terminal or hide text: control characters become their visible pictures
/// (U+2400 block), bidirectional controls and other invisible format characters become U+FFFD.
/// Newline and tab stay.
pub fn neutralise(text: &str) -> Cow<'_, str> {
    replace(text, |c| c != '\n' && c != '\t')
}

/// As [`neutralise`], for one line: newline and tab become visible too.
pub fn neutralise_line(text: &str) -> Cow<'_, str> {
    replace(text, |_| true)
}

/// A text with its `%xx` resolved; nothing where one is malformed or the result is not UTF-8 (RFC 3986, section 2.1).
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let digits = rest.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// `text` as one word for a POSIX shell.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn replace(text: &str, applies: impl Fn(char) -> bool) -> Cow<'_, str> {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if plain || !text.chars().any(|c| applies(c) && picture(c).is_some()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if applies(c) { picture(c).unwrap_or(c) } else { c }).collect())
}

/// What stands for a character that must not reach a terminal.
fn picture(c: char) -> Option<char> {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => Some('\u{fffd}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        assert_eq!(neutralise("a\u{1b}]0;x\u{7}b\r\n\tc"), "a\u{241b}]0;x\u{2407}b\u{240d}\n\tc");
        assert_eq!(neutralise_line("a\nb\u{9b}2J\u{202e}x"), "a\u{240a}b\u{fffd}2J\u{fffd}x");
        assert!(matches!(neutralise("plain — ünïcode"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_word_for_a_shell_stays_one_word() {
        assert_eq!(shell_word("git__git_status"), "git__git_status");
        assert_eq!(shell_word(r#"{"a":"it's $HOME"}"#), r#"'{"a":"it'\''s $HOME"}'"#);
        assert_eq!(shell_word(""), "''");
    }
}
