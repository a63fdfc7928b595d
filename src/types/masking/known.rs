//! Secrets known word for word: values of servers' environments and headers.

use aho_corasick::AhoCorasick;

use super::PLACEHOLDERS;
use super::rules::is_secret_name;
use crate::types::limits::{SECRET_BYTES_MAX, SECRET_BYTES_MIN, SECRET_LINE_BYTES, SECRET_NAMED_BYTES_MIN};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A secret with the name it goes by.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Of the variable, header or option. A name that says `secret` has shorter values masked too.
    pub name: String,
    /// The value, exactly.
    pub value: String,
}

impl Secret {
    /// Whether its name says that it is a secret.
    pub fn named_secret(&self) -> bool {
        is_secret_name(&self.name)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({})", self.name)
    }
}

/// An automaton over all forms of the secrets that decoding does not lead back to the value itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Absent where there are none.
    automaton: Option<AhoCorasick>,
    /// There are secrets, but no automaton could be made: everything is masked then.
    blind: bool,
    /// Bytes of the longest form.
    pub(super) longest: usize,
}

impl Known {
    pub(super) fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let mut forms: Vec<Vec<u8>> =
            secrets.into_iter().flat_map(|secret| pieces(&secret)).flat_map(|piece| forms(&piece)).collect();
        forms.sort_unstable();
        forms.dedup();
        let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
        if forms.is_empty() {
            return Self::default();
        }
        let automaton = AhoCorasick::new(&forms).ok();
        Self { blind: automaton.is_none(), automaton, longest }
    }

    /// Whether there is nothing to be found.
    pub(super) fn is_empty(&self) -> bool {
        self.automaton.is_none() && !self.blind
    }

    /// Calls `found` for each occurrence, also for those that overlap.
    pub(super) fn find(&self, bytes: &[u8], mut found: impl FnMut(std::ops::Range<usize>)) {
        if self.blind && !bytes.is_empty() {
            found(0..bytes.len());
        }
        let Some(automaton) = &self.automaton else { return };
        for hit in automaton.find_overlapping_iter(bytes) {
            found(hit.start()..hit.end());
        }
    }
}

/// The texts that give a secret away: the value, its lines, and the password of a URL.
fn pieces(secret: &Secret) -> Vec<Vec<u8>> {
    let least = if is_secret_name(&secret.name) { SECRET_NAMED_BYTES_MIN } else { SECRET_BYTES_MIN };
    let value = secret.value.trim();
    let lines = value.lines().map(str::trim).filter(|line| line.len() >= SECRET_LINE_BYTES);
    let words = value.split_ascii_whitespace().filter(|word| word.len() >= SECRET_LINE_BYTES);
    let password = password_of(value).filter(|password| password.len() >= SECRET_NAMED_BYTES_MIN);
    std::iter::once(value)
        .filter(|value| value.len() >= least)
        .chain(lines)
        .chain(words)
        .chain(password)
        // What masking itself writes is no secret, or masking would never end.
        .filter(|piece| PLACEHOLDERS.iter().all(|placeholder| !placeholder.contains(piece)))
        .flat_map(|piece| chunks(piece.as_bytes()))
        .collect()
}

/// `pass` of `scheme://user:pass@host`.
fn password_of(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let (user, _) = rest[..rest.find('/').unwrap_or(rest.len())].rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}

/// Pieces of at most [`SECRET_BYTES_MAX`], the last one not too short to be looked for.
fn chunks(bytes: &[u8]) -> Vec<Vec<u8>> {
    let whole = bytes.len() / SECRET_BYTES_MAX;
    let mut chunks: Vec<Vec<u8>> = bytes.chunks(SECRET_BYTES_MAX).map(<[u8]>::to_vec).collect();
    if whole > 0 && !bytes.len().is_multiple_of(SECRET_BYTES_MAX) {
        chunks[whole] = bytes[bytes.len() - SECRET_BYTES_MAX..].to_vec();
    }
    chunks
}

/// The value, and its base64 wherever in a longer text it stands: the characters that depend on nothing beside it.
fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![value.to_vec()];
    for (before, skipped) in [(0, 0), (1, 2), (2, 3)] {
        let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(value.iter().copied()).collect();
        let standard: Vec<u8> = base64_whole(&bytes).split_off(skipped);
        let url: Vec<u8> = standard
            .iter()
            .map(|byte| {
                if *byte == b'+' {
                    b'-'
                } else if *byte == b'/' {
                    b'_'
                } else {
                    *byte
                }
            })
            .collect();
        forms.extend([standard, url]);
    }
    forms
}

/// The base64 characters that the bytes determine whole.
fn base64_whole(bytes: &[u8]) -> Vec<u8> {
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    (0..bytes.len() * 8 / 6)
        .map(|sextet| BASE64[(0..6).fold(0, |value, offset| value << 1 | usize::from(bit(sextet * 6 + offset)))])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(name: &str, value: &str, text: &str) -> Vec<String> {
        let known = Known::new([Secret { name: name.to_owned(), value: value.to_owned() }]);
        let mut hits = Vec::new();
        known.find(text.as_bytes(), |range| hits.push(text[range].to_owned()));
        hits
    }

    #[test]
    fn a_secret_is_found_word_for_word_and_in_base64_of_longer_text() {
        assert_eq!(hits("X", "hunter2-canary", "a hunter2-canary."), ["hunter2-canary"]);
        // base64 of "user:hunter2-canary" and of "ab hunter2-canary!"
        assert_eq!(hits("X", "hunter2-canary", "dXNlcjpodW50ZXIyLWNhbmFyeQ=="), ["odW50ZXIyLWNhbmFye"]);
        assert_eq!(hits("X", "hunter2-canary", "YWIgaHVudGVyMi1jYW5hcnkh"), ["aHVudGVyMi1jYW5hcn"]);
    }

    #[test]
    fn ordinary_words_stay_and_named_secrets_do_not() {
        assert_eq!(hits("LEVEL", "debug", "debug"), Vec::<String>::new());
        assert_eq!(hits("API_TOKEN", "debug", "debug"), ["debug"]);
        assert_eq!(hits("API_TOKEN", "secret", "secret"), Vec::<String>::new());
        assert_eq!(hits("DATABASE_URL", "postgres://me:s3cr3t@db/x", "it is s3cr3t"), ["s3cr3t"]);
        assert_eq!(hits("Authorization", "Bearer 0123456789abcdef", "0123456789abcdef"), ["0123456789abcdef"]);
    }

    #[test]
    fn a_very_long_secret_is_found_piece_by_piece() {
        let numbers: Vec<String> = (0..2_000).map(|number| format!("{number:05}")).collect();
        let value = numbers.concat();
        let known = Known::new([Secret { name: "X".to_owned(), value: value.clone() }]);
        let mut covered = vec![false; value.len()];
        known.find(value.as_bytes(), |range| covered[range].fill(true));
        assert!(covered.iter().all(|byte| *byte));
        assert!(!format!("{:?}", Secret { name: "X".to_owned(), value }).contains("00001"));
    }
}
