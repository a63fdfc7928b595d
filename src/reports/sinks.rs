//! One function per sink that makes text of servers and scripts harmless there. Nothing else writes data into a report.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::types::limits::CELL_CHARS;
use crate::types::neutralise_line;

/// Text between the tags or within the quotes of HTML.
pub(super) fn html(text: &str) -> String {
    markup(text)
}

/// Text between the tags or within the quotes of XML 1.0, without the characters that it forbids.
pub(super) fn xml(text: &str) -> String {
    markup(&text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
}

/// Text in a table or a sentence of Markdown: nothing in it is a mark, a link, a mention or HTML.
pub(super) fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for character in neutralise_line(text).chars() {
        // A backslash makes any ASCII punctuation plain; a full stop only matters in `www.` addresses.
        let mark = "\\`*_{}[]()<>#+!|~&:@$^=".contains(character) || (character == '.' && before.eq_ignore_ascii_case(&'w'));
        if mark {
            safe.push('\\');
        }
        safe.push(character);
        before = character;
    }
    safe
}

/// Text of a workbook's cell. It is written as a string, never as a formula or a link; Excel bounds its length.
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    let line = neutralise_line(text);
    if line.encode_utf16().count() <= CELL_CHARS {
        return line;
    }
    let mut units = 0;
    let kept = line.chars().take_while(|character| {
        units += character.len_utf16();
        units < CELL_CHARS
    });
    Cow::Owned(kept.chain(['…']).collect())
}

/// A piece of a JSON string: what could end a script element or hide text is escaped, so that the value stays exact.
pub(super) fn json(fragment: &str) -> Cow<'_, str> {
    if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"<>&".contains(&byte)) {
        return Cow::Borrowed(fragment);
    }
    let mut safe = String::with_capacity(fragment.len() + 16);
    for character in fragment.chars() {
        if matches!(character, '<' | '>' | '&') || neutralise_line(character.encode_utf8(&mut [0; 4])) != character.to_string() {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

fn markup(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for character in neutralise_line(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        assert_eq!(html("<b a='\"'>&\u{1b}\n\u{202e}"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{241b}\u{240a}\u{fffd}");
        assert_eq!(xml("]]>\u{ffff}\0"), "]]&gt;\u{fffd}\u{2400}");
    }

    #[test]
    fn markdown_has_no_marks() {
        assert_eq!(
            markdown("a|b <i> `c` www.x.y http://z @me\n#1"),
            "a\\|b \\<i\\> \\`c\\` www\\.x.y http\\://z \\@me\u{240a}\\#1"
        );
    }

    #[test]
    fn cells_fit() {
        assert_eq!(cell("=1+1"), "=1+1");
        let long = cell(&"😀".repeat(20_000)).into_owned();
        assert!(long.ends_with('…') && long.encode_utf16().count() <= CELL_CHARS);
    }

    #[test]
    fn json_stays_exact() {
        let hostile = "</script>\u{202e}\u{e0041}\u{7f}ü";
        let escaped = json(hostile);
        assert_eq!(escaped, "\\u003c/script\\u003e\\u202e\\udb40\\udc41\\u007fü");
        assert_eq!(serde_json::from_str::<String>(&format!("\"{escaped}\"")).unwrap(), hostile);
    }
}
