//! Keys and tokens with a form of their own: what they begin with, what follows, and how much of it.

/// When these rules were last compared with what the issuers document. Shown by `health` and in reports.
pub const MASKING_RULES_DATE: &str = "2026-11-21";

/// Which bytes a token goes on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    Digits16,
    Upper,
    /// Letters, digits, `_` and `-`.
    Word,
    /// As `Word`, and `.`.
    Dotted,
    /// What stands after `Bearer`: RFC 6750 `b64token`.
    Bearer,
}

impl Alphabet {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Self::Digits16 => byte.is_ascii_hexdigit(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Bearer => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~' | b'+' | b'/' | b'=' | b'%' | b':')
            }
        }
    }
}

/// One form of a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// What it begins with, in this case.
    pub(super) prefix: &'static str,
    /// What follows.
    pub(super) alphabet: Alphabet,
    /// How many bytes follow at the least.
    pub(super) least: usize,
    /// Whether a word could begin like this: then it must stand alone and be random by its looks.
    pub(super) wordlike: bool,
}

const fn rule(prefix: &'static str, alphabet: Alphabet, least: usize) -> Rule {
    Rule { prefix, alphabet, least, wordlike: false }
}

const fn wordlike(prefix: &'static str, alphabet: Alphabet, least: usize) -> Rule {
    Rule { prefix, alphabet, least, wordlike: true }
}

use Alphabet::{Bearer, Digits16, Dotted, Upper, Word};

/// The rules, grouped by who issues the token.
pub(super) const RULES: &[Rule] = &[
    // Clouds
    wordlike("AKIA", Upper, 16),
    wordlike("ASIA", Upper, 16),
    wordlike("ABIA", Upper, 16),
    wordlike("ACCA", Upper, 16),
    rule("X-Amz-Signature=", Digits16, 64),
    rule("X-Amz-Security-Token=", Bearer, 40),
    rule("AIza", Word, 35),
    rule("ya29.", Dotted, 20),
    rule("GOCSPX-", Word, 24),
    rule("AccountKey=", Bearer, 40),
    rule("SharedAccessKey=", Bearer, 40),
    rule("&sig=", Bearer, 30),
    rule("?sig=", Bearer, 30),
    rule("dop_v1_", Digits16, 40),
    rule("doo_v1_", Digits16, 40),
    rule("dor_v1_", Digits16, 40),
    rule("tskey-", Word, 20),
    rule("hvs.", Word, 24),
    rule("hvb.", Word, 24),
    wordlike("dapi", Digits16, 32),
    rule("AGE-SECRET-KEY-1", Upper, 50),
    // Code hosts and package registries
    rule("ghp_", Word, 30),
    rule("gho_", Word, 30),
    rule("ghu_", Word, 30),
    rule("ghs_", Word, 30),
    rule("ghr_", Word, 30),
    rule("github_pat_", Word, 22),
    rule("glpat-", Dotted, 20),
    rule("gldt-", Dotted, 20),
    rule("glrt-", Dotted, 20),
    rule("glcbt-", Dotted, 20),
    rule("glptt-", Dotted, 20),
    rule("glsa_", Word, 32),
    rule("ATATT3", Bearer, 60),
    rule("ATCTT3", Bearer, 60),
    rule("npm_", Word, 36),
    rule("pypi-", Word, 50),
    rule("dckr_pat_", Word, 24),
    // Models
    wordlike("sk-", Word, 20),
    rule("sk-ant-", Word, 20),
    rule("sk-proj-", Word, 20),
    rule("sk-or-v1-", Digits16, 32),
    wordlike("hf_", Word, 30),
    wordlike("r8_", Word, 30),
    wordlike("gsk_", Word, 40),
    wordlike("xai-", Word, 40),
    rule("pplx-", Word, 40),
    rule("nvapi-", Word, 40),
    rule("tvly-", Word, 20),
    // Payments and commerce
    rule("sk_live_", Word, 16),
    rule("sk_test_", Word, 16),
    rule("rk_live_", Word, 16),
    rule("rk_test_", Word, 16),
    rule("whsec_", Word, 16),
    rule("sq0atp-", Word, 20),
    rule("sq0csp-", Word, 40),
    rule("shpat_", Digits16, 32),
    rule("shpca_", Digits16, 32),
    rule("shppa_", Digits16, 32),
    rule("shpss_", Digits16, 32),
    // Talk, mail, work
    rule("xoxb-", Word, 10),
    rule("xoxp-", Word, 10),
    rule("xoxa-", Word, 10),
    rule("xoxr-", Word, 10),
    rule("xoxs-", Word, 10),
    rule("xoxe-", Word, 10),
    rule("xoxc-", Word, 10),
    rule("xoxd-", Bearer, 10),
    rule("xapp-", Word, 10),
    rule("hooks.slack.com/services/", Bearer, 20),
    rule("SG.", Dotted, 60),
    wordlike("SK", Digits16, 32),
    wordlike(":AA", Word, 33),
    rule("lin_api_", Word, 32),
    rule("ntn_", Word, 40),
    wordlike("secret_", Word, 40),
    rule("figd_", Word, 32),
    rule("PMAK-", Word, 40),
    rule("sntrys_", Bearer, 40),
    rule("sbp_", Digits16, 40),
    // Of any issuer
    wordlike("eyJ", Dotted, 24),
    wordlike("Bearer ", Bearer, 16),
    wordlike("bearer ", Bearer, 16),
    wordlike("Basic ", Bearer, 12),
    wordlike("basic ", Bearer, 12),
];

/// Bytes of a name; longer texts are none.
pub(super) const NAME_MAX: usize = 128;

/// Words that a secret's name holds. A hit is only where a whole name is looked at.
pub(super) const NAME_PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "accesskey",
    "access-key",
    "account_key",
    "accountkey",
    "private_key",
    "privatekey",
    "private-key",
    "signing_key",
    "signing-key",
    "encryption_key",
    "authorization",
    "credential",
    "cookie",
];

const NAME_ENDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secretkey",
    "secretaccesskey",
    "token",
    "apikey",
    "accesskey",
    "accountkey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "connectionstring",
];
const NAMES: &[&str] = &["pass", "pw", "pin", "cvv", "cvc", "otp", "ssn", "jwt", "auth", "xauth"];
/// Tokens that are no secrets: places in a list, marks of a protocol.
const HARMLESS_ENDS: &[&str] = &[
    "pagetoken",
    "nexttoken",
    "continuationtoken",
    "synctoken",
    "progresstoken",
    "cursortoken",
    "starttoken",
    "endtoken",
    "stoptoken",
    "paginationtoken",
];

/// Whether a key, a variable or an option of this name holds a secret: `GITHUB_TOKEN`, `x-api-key`, `clientSecret`.
pub(super) fn is_secret_name(name: &str) -> bool {
    let mut buffer = [0; NAME_MAX];
    if name.len() > NAME_MAX || name.contains("[masked ") {
        return false;
    }
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        buffer[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    let plain = &buffer[..length];
    let ends = |ends: &[&str]| ends.iter().any(|end| plain.ends_with(end.as_bytes()));
    NAMES.iter().any(|name| plain == name.as_bytes()) || ends(NAME_ENDS) && !ends(HARMLESS_ENDS)
}

/// Whether text looks drawn at random rather than written: digits and letters, and many different ones.
pub(super) fn looks_random(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64)];
    let mut seen = [0_u8; 256];
    for byte in head {
        seen[usize::from(*byte)] += 1;
    }
    let length = head.len() as f64;
    let entropy: f64 =
        seen.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length).map(|part| -part * part.log2()).sum();
    head.iter().any(u8::is_ascii_digit) && head.iter().any(u8::is_ascii_alphabetic) && entropy >= RANDOM_BITS
}

/// Bits a character has at least in random text of 12 characters or more; words of a language lie about 2.5.
const RANDOM_BITS: f64 = 2.8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_secret() {
        for name in ["password", "GITHUB_TOKEN", "x-api-key", "clientSecret", "aws_secret_access_key", "Set-Cookie", "PIN"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["tokens", "nextPageToken", "progressToken", "author", "key", "compass", "secretary", "password_hint_shown"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn random_text_differs_from_words() {
        assert!(looks_random(b"9f8Ahq27Bx01LmQz"));
        assert!(!looks_random(b"authentication"));
        assert!(!looks_random(b"aaaaaaaaaaaaaaa1"));
    }
}
