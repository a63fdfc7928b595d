//! Keys, tokens and passwords in text, by their form or by the name before them.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::MaskKind;
use super::rules::{NAME_MAX, NAME_PARTS, RULES, is_secret_name, looks_random};

/// Bytes that may stand between a name and its value.
const BETWEEN_MAX: usize = 8;
/// Bytes that a password and a token must have to be told from ordinary words.
const PASSWORD_MIN: usize = 4;
const TOKEN_MIN: usize = 8;
/// Bytes of a value that tell whether it is a secret.
const VALUE_JUDGED: usize = 256;
/// Bytes between `://` and `@` of a URL.
const USERINFO_MAX: usize = 256;

const KEY_BLOCK: &str = "-----BEGIN ";
const AUTHORITY: &str = "://";

/// Over the rules' beginnings, then the names, then the two that stand alone. Case is judged at each hit.
static FORMS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let prefixes = RULES.iter().map(|rule| rule.prefix);
    let patterns = prefixes.chain(NAME_PARTS.iter().copied()).chain([KEY_BLOCK, AUTHORITY]);
    AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(patterns).ok()
});

/// Calls `found` for each key, token and password.
pub(super) fn find(bytes: &[u8], found: &mut impl FnMut(Range<usize>, MaskKind)) {
    // What one hit has covered is not looked at again by the next: linear also for "sk-sk-sk-...".
    let (mut covered, mut named, mut key_block) = (0, 0, 0);
    for hit in FORMS.iter().flat_map(|forms| forms.find_overlapping_iter(bytes)) {
        let index = hit.pattern().as_usize();
        if let Some(rule) = RULES.get(index) {
            if hit.start() < covered || &bytes[hit.range()] != rule.prefix.as_bytes() {
                continue;
            }
            let tail = bytes[hit.end()..].iter().take_while(|byte| rule.alphabet.has(**byte)).count();
            let range = hit.start()..hit.end() + tail;
            let alone = !rule.wordlike || stands_alone(bytes, &range);
            if tail >= rule.least && alone {
                covered = range.end;
                found(range, MaskKind::Key);
            } else if tail > NAME_MAX {
                covered = range.end;
            }
        } else if index < RULES.len() + NAME_PARTS.len() {
            if hit.start() >= named {
                named = assignment(bytes, hit.range(), found);
            }
        } else if index == RULES.len() + NAME_PARTS.len() {
            if hit.start() >= key_block {
                key_block = private_key(bytes, hit.range(), found);
            }
        } else if let Some(password) = password_of_url(bytes, hit.end()) {
            found(password, MaskKind::Secret);
        }
    }
}

/// A token that begins like a word must not be part of one and must look random.
fn stands_alone(bytes: &[u8], range: &Range<usize>) -> bool {
    let within = range.start.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric());
    !within && looks_random(&bytes[range.clone()])
}

/// `-----BEGIN ... PRIVATE KEY-----` up to its end, or to the end of the text where that was cut off. Answers where it ends.
fn private_key(bytes: &[u8], begin: Range<usize>, found: &mut impl FnMut(Range<usize>, MaskKind)) -> usize {
    const LABEL_MAX: usize = 64;
    let label = &bytes[begin.end..bytes.len().min(begin.end + LABEL_MAX)];
    if position(label, b"PRIVATE KEY").is_none() {
        return begin.end;
    }
    let rest = &bytes[begin.end..];
    let end = position(rest, b"-----END ").map_or(bytes.len(), |end| {
        let closing = begin.end + end + b"-----END ".len();
        position(&bytes[closing..bytes.len().min(closing + LABEL_MAX)], b"-----").map_or(closing, |dashes| closing + dashes + 5)
    });
    found(begin.start..end, MaskKind::Key);
    end
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// `pass` of `://user:pass@`.
fn password_of_url(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let rest = &bytes[start..bytes.len().min(start + USERINFO_MAX)];
    let end = rest.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>'));
    let authority = &rest[..end.unwrap_or(rest.len())];
    let at = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority[..at].iter().position(|byte| *byte == b':')?;
    let value = &authority[colon + 1..at];
    (!value.is_empty() && placeholder(value) != value.len()).then(|| start + colon + 1..start + at)
}

/// `name = value`, `"name": "value"`, `Name: Bearer value`, `--name value`. Answers where the next name may begin.
fn assignment(bytes: &[u8], hit: Range<usize>, found: &mut impl FnMut(Range<usize>, MaskKind)) -> usize {
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let start = hit.start - bytes[..hit.start].iter().rev().take(NAME_MAX).take_while(in_name).count();
    let end = hit.end + bytes[hit.end..].iter().take(NAME_MAX).take_while(in_name).count();
    let name = String::from_utf8_lossy(&bytes[start..end]);
    if is_secret_name(&name)
        && let Some(value) = value_after(bytes, end, name.starts_with("--"))
        && let Some(secret) = secret_in(bytes, value, &name)
    {
        let after = secret.end;
        found(secret, MaskKind::Secret);
        return after;
    }
    end
}

/// Where the value begins, behind quotes, space and the sign between name and value.
fn value_after(bytes: &[u8], name_end: usize, option: bool) -> Option<usize> {
    let mut signed = false;
    for (offset, byte) in bytes[name_end..].iter().enumerate().take(BETWEEN_MAX) {
        match byte {
            b':' | b'=' | b'>' => signed = true,
            b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'`' => {}
            _ => {
                let spaced = option && matches!(bytes[name_end], b' ' | b'\t');
                return (signed || spaced).then_some(name_end + offset);
            }
        }
    }
    None
}

/// The secret part of a value: without the scheme before it and without what was masked already.
fn secret_in(bytes: &[u8], value: usize, name: &str) -> Option<Range<usize>> {
    const SCHEMES: [&[u8]; 5] = [b"bearer ", b"basic ", b"token ", b"digest ", b"apikey "];
    let rest = &bytes[value..];
    let scheme = SCHEMES.iter().find(|scheme| rest.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)));
    let mut start = value + scheme.map_or(0, |scheme| scheme.len());
    start += placeholder(&bytes[start..]);
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'&' | b'\\' | b'<');
    let judged = &bytes[start..bytes.len().min(start + VALUE_JUDGED)];
    let head = judged.iter().position(ends).unwrap_or(judged.len());
    is_secret_value(&judged[..head], name).then(|| {
        let length = bytes[start..].iter().position(ends).unwrap_or(bytes.len() - start);
        start..start + length
    })
}

/// Bytes of the placeholders at the beginning.
fn placeholder(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(next) = super::PLACEHOLDERS.iter().find(|placeholder| bytes[length..].starts_with(placeholder.as_bytes())) {
        length += next.len();
    }
    length
}

/// Whether a value is a secret rather than code, a type or a stand-in.
fn is_secret_value(value: &[u8], name: &str) -> bool {
    const WORDS: [&[u8]; 14] = [
        b"string",
        b"none",
        b"null",
        b"true",
        b"false",
        b"required",
        b"optional",
        b"undefined",
        b"bool",
        b"integer",
        b"number",
        b"object",
        b"bytes",
        b"text",
    ];
    let end = value.iter().rposition(|byte| !matches!(byte, b')' | b']' | b'}' | b'.')).map_or(0, |last| last + 1);
    let value = &value[..end];
    let code = value.iter().any(|byte| matches!(byte, b'(' | b'[' | b'{' | b'$'));
    if code || WORDS.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        return false;
    }
    let token = name.to_ascii_lowercase().ends_with("token") || name.to_ascii_lowercase().ends_with("cookie");
    if token { value.len() >= TOKEN_MIN && looks_random(value) } else { value.len() >= PASSWORD_MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, MaskKind)> {
        let mut all = Vec::new();
        find(text.as_bytes(), &mut |range, kind| all.push((&text[range], kind)));
        all
    }

    // Written in two parts, so that no scanner takes these for real ones.
    fn token(prefix: &str, tail: &str) -> String {
        format!("{prefix}{tail}")
    }

    #[test]
    fn tokens_are_known_by_their_form() {
        const TAIL: &str = "Zx81kQm40pLw93nTb27vRc65yHs08fGd";
        for prefix in ["ghp_", "sk-ant-", "sk-", "xoxb-", "glpat-", "hf_", "sk_live_", "AIzaSyA", "eyJhbGciOi"] {
            let token = token(prefix, TAIL);
            assert_eq!(found(&format!("see {token}, ok")), [(token.as_str(), MaskKind::Key)]);
        }
        assert_eq!(found(&token("AKIA", "Q3EGUTLZ7XKJM5PD")).len(), 1);
        for text in [
            "sk-learn-is-a-library-of-many-models",
            "ghp_short",
            "desk-9f8Ahq27Bx01LmQz77aa",
            "Basic authentication",
            "npm_config",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn values_are_secret_by_their_name() {
        for (text, secret) in [
            ("password=hunter2", "hunter2"),
            ("DB_PASSWORD: 'correct'", "correct"),
            (r#"{"client_secret": "abcd1234"}"#, "abcd1234"),
            (r#"{\"api_key\":\"abcd1234\"}"#, "abcd1234"),
            ("Authorization: Basic dXNlcjpw", "dXNlcjpw"),
            ("tool --api-key abcd1234 run", "abcd1234"),
            ("ACCESS_TOKEN=9f8Ahq27Bx01", "9f8Ahq27Bx01"),
            ("postgres://me:s3cr3t@db/x", "s3cr3t"),
        ] {
            assert_eq!(found(text), [(secret, MaskKind::Secret)], "{text}");
        }
        for text in [
            "token = await get_token()",
            "password: str",
            "\"password\": {\"type\": \"string\"}",
            "nextPageToken=9f8Ahq27Bx01LmQz",
            "password=os.environ[\"X\"]",
            "the password is wrong",
            "token: string",
            "password=[masked secret]",
            "https://host:8080/a@b",
            "https://me:[masked secret]@host",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn private_keys_are_whole_also_when_cut_off() {
        let begin = token("-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE\n");
        let whole = format!("{begin}-----END RSA PRIVATE KEY-----");
        assert_eq!(found(&format!("a {whole} b")), [(whole.as_str(), MaskKind::Key)]);
        assert_eq!(found(&begin), [(begin.as_str(), MaskKind::Key)]);
        assert_eq!(found("-----BEGIN CERTIFICATE-----\nMIIE"), []);
    }

    #[test]
    fn repeated_beginnings_cost_no_more_than_their_length() {
        for part in ["sk-", "eyJ", "token", "-----BEGIN ", "password=", "://a:", "-----BEGIN PRIVATE KEY "] {
            let text = part.repeat(200_000 / part.len());
            found(&text);
        }
    }
}
