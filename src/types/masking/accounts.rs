//! E-mail addresses and IBANs.

use std::ops::Range;

/// Bytes of an address before and after the `@` (RFC 5321).
const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 255;

/// Calls `found` for each e-mail address.
pub(super) fn emails(bytes: &[u8], mut found: impl FnMut(Range<usize>)) {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == b'@').map(|offset| from + offset) {
        let local = bytes[from..at].iter().rev().take(LOCAL_MAX).take_while(|byte| in_local(**byte)).count();
        from = at + 1;
        if local == 0 || bytes[at - local..at].iter().all(|byte| *byte == b'.') {
            continue;
        }
        if let Some(domain) = domain(&bytes[from..]) {
            found(at - local..from + domain);
            from += domain;
        }
    }
}

fn in_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'')
}

/// Bytes of a domain with at least two labels whose last has two letters or more.
fn domain(bytes: &[u8]) -> Option<usize> {
    let in_domain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || matches!(byte, b'.' | b'-');
    let mut length = bytes.iter().take(DOMAIN_MAX).take_while(|byte| in_domain(byte)).count();
    while length > 0 && matches!(bytes[length - 1], b'.' | b'-') {
        length -= 1;
    }
    let top = bytes[..length].rsplit(|byte| *byte == b'.').next()?;
    let named = top.len() >= 2 && top.len() < length && top.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
    (named && bytes[0] != b'.').then_some(length)
}

/// Countries with their IBAN's length (ISO 13616 registry, as of 2026-11).
const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// Calls `found` for each IBAN, written together or in groups, whose checksum fits.
pub(super) fn ibans(bytes: &[u8], mut found: impl FnMut(Range<usize>)) {
    let mut from = 0;
    while let Some(start) = bytes[from..].windows(4).position(begins).map(|offset| from + offset) {
        from = start + 1;
        if start > 0 && bytes[start - 1].is_ascii_alphanumeric() {
            continue;
        }
        if let Some(end) = iban(bytes, start) {
            found(start..end);
            from = end;
        }
    }
}

fn begins(window: &[u8]) -> bool {
    window[2].is_ascii_digit() && window[3].is_ascii_digit() && window[0].is_ascii_alphabetic() && window[1].is_ascii_alphabetic()
}

/// Where the IBAN ends that begins at `start`.
fn iban(bytes: &[u8], start: usize) -> Option<usize> {
    let country = [bytes[start].to_ascii_uppercase(), bytes[start + 1].to_ascii_uppercase()];
    let (_, length) = IBAN_LENGTHS.iter().find(|(code, _)| **code == country)?;
    let mut characters = Vec::with_capacity(*length);
    let mut at = start;
    while characters.len() < *length {
        match bytes.get(at)? {
            byte if byte.is_ascii_alphanumeric() => characters.push(byte.to_ascii_uppercase()),
            b' ' | b'-' if bytes[at - 1].is_ascii_alphanumeric() => {}
            _ => return None,
        }
        at += 1;
    }
    let alone = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    (alone && checks(&characters)).then_some(at)
}

/// ISO 7064 MOD 97-10, the first four characters moved to the end.
fn checks(characters: &[u8]) -> bool {
    let remainder = characters[4..].iter().chain(&characters[..4]).fold(0_u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, find: impl Fn(&[u8], &mut dyn FnMut(Range<usize>))) -> Vec<String> {
        let mut all = Vec::new();
        find(text.as_bytes(), &mut |range| all.push(String::from_utf8_lossy(&text.as_bytes()[range]).into_owned()));
        all
    }

    #[test]
    fn addresses_are_found_and_decorators_stay() {
        let emails = |text: &str| all(text, |bytes, found| emails(bytes, found));
        for (text, address) in [
            ("write to Ann.O'Neil+x@mail.example.co.uk.", "Ann.O'Neil+x@mail.example.co.uk"),
            ("<jürgen@müller.de>", "jürgen@müller.de"),
            ("a@b.io", "a@b.io"),
        ] {
            assert_eq!(emails(text), [address]);
        }
        assert_eq!(emails("a@b.io@c.io,d@e.fr"), ["a@b.io", "d@e.fr"]);
        for text in ["@app.route", "pkg@1.2.3", "me@localhost", "a @ b.de", "..@b.de", "x@.de", "@", "a@"] {
            assert_eq!(emails(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn account_numbers_are_found_by_their_checksum() {
        let ibans = |text: &str| all(text, |bytes, found| ibans(bytes, found));
        for (text, number) in [
            ("IBAN DE89370400440532013000.", "DE89370400440532013000"),
            ("DE89 3704 0044 0532 0130 00 is it", "DE89 3704 0044 0532 0130 00"),
            ("gb82 west 1234 5698 7654 32", "gb82 west 1234 5698 7654 32"),
            ("NO93-8601-1117-947", "NO93-8601-1117-947"),
        ] {
            assert_eq!(ibans(text), [number]);
        }
        for text in
            ["DE88370400440532013000", "ZZ89370400440532013000", "DE89", "xDE89370400440532013000", "DE893704004405320130001"]
        {
            assert_eq!(ibans(text), Vec::<String>::new(), "{text}");
        }
    }
}
