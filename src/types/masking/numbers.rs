//! Card numbers, social security numbers and phone numbers: groups of digits.

use std::ops::Range;

use super::MaskKind;

/// Digits a card number has at most; no form here is longer.
const DIGITS_MAX: usize = 19;
/// Digits of each group of a card number but the last; counted lists have smaller ones.
const CARD_GROUP_MIN: usize = 3;
/// Groups looked at from one start.
const GROUPS_MAX: usize = 12;

/// Calls `found` for each number of a person or an account.
pub(super) fn find(bytes: &[u8], found: &mut impl FnMut(Range<usize>, MaskKind)) {
    let mut chain: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(group) = next_group(bytes, at) {
        at = group.end;
        let linked = chain.last().is_some_and(|last| links(&bytes[last.end..group.start]));
        if !linked {
            examine(bytes, &chain, found);
            chain.clear();
        }
        chain.push(group);
    }
    examine(bytes, &chain, found);
}

/// The next digits that stand alone, not within a word.
fn next_group(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let start = at + bytes[at..].iter().position(u8::is_ascii_digit)?;
        let end = bytes[start..].iter().position(|byte| !byte.is_ascii_digit()).map_or(bytes.len(), |length| start + length);
        let word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        if !word(start.checked_sub(1).and_then(|before| bytes.get(before))) && !word(bytes.get(end)) {
            return Some(start..end);
        }
        at = end;
    }
}

/// Whether these bytes may stand between two groups of one number.
fn links(between: &[u8]) -> bool {
    between.len() <= 2 && between.iter().all(|byte| matches!(byte, b' ' | b'-' | b'.' | b'/' | b'(' | b')'))
}

/// Looks for numbers that begin at each group of a chain. From each start at most [`GROUPS_MAX`] groups are looked at.
fn examine(bytes: &[u8], chain: &[Range<usize>], found: &mut impl FnMut(Range<usize>, MaskKind)) {
    let mut at = 0;
    while at < chain.len() {
        let groups = &chain[at..chain.len().min(at + GROUPS_MAX)];
        let first = at == 0;
        let number = card(bytes, groups)
            .map(|count| (count, MaskKind::Card))
            .or_else(|| ssn(bytes, groups).map(|count| (count, MaskKind::Ssn)))
            .or_else(|| phone(bytes, groups, first).map(|count| (count, MaskKind::Phone)));
        if let Some((count, kind)) = number {
            found(beginning(bytes, groups[0].start, kind)..groups[count - 1].end, kind);
            at += count;
        } else {
            at += 1;
        }
    }
}

/// A phone number begins with its plus sign and bracket.
fn beginning(bytes: &[u8], start: usize, kind: MaskKind) -> usize {
    let before = |start: usize, sign: u8| start > 0 && bytes[start - 1] == sign;
    let start = if kind == MaskKind::Phone && before(start, b'(') { start - 1 } else { start };
    if kind == MaskKind::Phone && before(start, b'+') { start - 1 } else { start }
}

/// How many groups make a card number: the most digits that an issuer uses and the Luhn sum confirms.
fn card(bytes: &[u8], groups: &[Range<usize>]) -> Option<usize> {
    let mut digits: Vec<u8> = Vec::new();
    let mut best = None;
    for (index, group) in groups.iter().enumerate() {
        let separated = index == 0
            || matches!(&bytes[groups[index - 1].end..group.start], b" " | b"-") && groups[index - 1].len() >= CARD_GROUP_MIN;
        if !separated || digits.len() + group.len() > DIGITS_MAX {
            break;
        }
        digits.extend(bytes[group.clone()].iter().map(|byte| byte - b'0'));
        if is_card(&digits) {
            best = Some(index + 1);
        }
    }
    best
}

/// Whether an issuer gives out numbers that begin and measure like this, and the check digit fits.
pub(super) fn is_card(digits: &[u8]) -> bool {
    if digits.len() < 13 {
        return false;
    }
    let start = |count: usize| digits[..count].iter().fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    let issued = match (start(1), start(2), start(4), digits.len()) {
        (4, _, _, length) => matches!(length, 13 | 16 | 19),
        (_, 34 | 37, _, length) => length == 15,
        (_, 51..=55, _, length) | (_, _, 2221..=2720, length) => length == 16,
        (_, 36 | 38, _, length) | (_, _, 3000..=3059 | 3095, length) => (14..=19).contains(&length),
        (_, 35 | 50 | 56..=69 | 81, _, length) => (16..=19).contains(&length),
        _ => false,
    };
    issued && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { u32::from(*digit) * 2 } else { u32::from(*digit) })
        .map(|value| if value > 9 { value - 9 } else { value })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// `AAA-GG-SSSS`, with numbers that were ever given out.
fn ssn(bytes: &[u8], groups: &[Range<usize>]) -> Option<usize> {
    let [area, group, serial, ..] = groups else { return None };
    let separators = (&bytes[area.end..group.start], &bytes[group.end..serial.start]);
    let formed = (area.len(), group.len(), serial.len()) == (3, 2, 4) && matches!(separators, (b"-", b"-") | (b" ", b" "));
    let text = |range: &Range<usize>| &bytes[range.clone()];
    let given = formed && !matches!(text(area), b"000" | b"666" | [b'9', ..]) && text(group) != b"00" && text(serial) != b"0000";
    given.then_some(3)
}

/// International with its plus sign, North American, or a national form that begins with 0.
fn phone(bytes: &[u8], groups: &[Range<usize>], first: bool) -> Option<usize> {
    let start = groups[0].start;
    let before = start.checked_sub(1).map(|at| bytes[at]);
    if before == Some(b'+') {
        let alone = start < 2 || !bytes[start - 2].is_ascii_alphanumeric();
        return if alone { international(groups) } else { None };
    }
    let lengths: Vec<usize> = groups.iter().take(4).map(ExactSizeIterator::len).collect();
    match lengths.as_slice() {
        [3, 3, 4, ..] if plausible(bytes, &groups[..2]) => Some(3),
        [1, 3, 3, 4] if bytes[start] == b'1' && plausible(bytes, &groups[1..3]) => Some(4),
        _ if first && bytes[start] == b'0' => national(bytes, groups),
        _ => None,
    }
}

/// Area and exchange of the North American plan begin with 2 to 9.
fn plausible(bytes: &[u8], groups: &[Range<usize>]) -> bool {
    groups.iter().all(|group| matches!(bytes[group.start], b'2'..=b'9'))
}

/// ITU-T E.164: up to 15 digits behind the plus sign.
fn international(groups: &[Range<usize>]) -> Option<usize> {
    let mut digits = 0;
    let mut count = 0;
    for group in groups {
        if digits + group.len() > 15 {
            break;
        }
        digits += group.len();
        count += 1;
    }
    let least = if count > 1 { 8 } else { 9 };
    (digits >= least).then_some(count)
}

/// `030 1234567`, `0171-2345678`, `01 23 45 67 89`: groups joined by one space, hyphen or slash, no dots (those are dates).
fn national(bytes: &[u8], groups: &[Range<usize>]) -> Option<usize> {
    let joined = groups.windows(2).take_while(|pair| matches!(&bytes[pair[0].end..pair[1].start], b" " | b"-" | b"/")).count();
    let groups = &groups[..=joined.min(4)];
    let digits: usize = groups.iter().map(ExactSizeIterator::len).sum();
    let pairs = groups.len() == 5 && groups.iter().all(|group| group.len() == 2);
    let formed = groups.len() > 1 && (3..=5).contains(&groups[0].len()) && groups[1].len() >= 3 && (9..=13).contains(&digits);
    (pairs || formed).then_some(groups.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, MaskKind)> {
        let mut all = Vec::new();
        find(text.as_bytes(), &mut |range, kind| all.push((&text[range], kind)));
        all
    }

    #[test]
    fn numbers_of_people_and_accounts_are_found() {
        use MaskKind::{Card, Phone, Ssn};
        for (text, number, kind) in [
            ("card 4111111111111111.", "4111111111111111", Card),
            ("12 4111 1111 1111 1111 8", "4111 1111 1111 1111", Card),
            ("3782-822463-10005", "3782-822463-10005", Card),
            ("5555-5555-5555-4444", "5555-5555-5555-4444", Card),
            ("ssn: 123-45-6789", "123-45-6789", Ssn),
            ("123 45 6789", "123 45 6789", Ssn),
            ("call +49 30 1234567!", "+49 30 1234567", Phone),
            ("+1 (415) 555-0132", "+1 (415) 555-0132", Phone),
            ("(415) 555-0132", "(415) 555-0132", Phone),
            ("1-415-555-0132", "1-415-555-0132", Phone),
            ("415.555.0132", "415.555.0132", Phone),
            ("tel +4930123456789", "+4930123456789", Phone),
            ("030 1234567", "030 1234567", Phone),
            ("0171-2345678", "0171-2345678", Phone),
            ("01 23 45 67 89", "01 23 45 67 89", Phone),
        ] {
            assert_eq!(found(text), [(number, kind)], "{text}");
        }
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "4111111111111112",
            "1700000000000",
            "2026-11-21 19:44:12.078",
            "21.11.2026",
            "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000",
            "550e8400-e29b-41d4-a716-446655440000",
            "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
            "0.30.2 127.0.0.1 10.000.000",
            "1e+10 x+123456789",
            "@@ -12,7 +12,8 @@",
            "v123_456_7890",
            "0000000000000000",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
