//! Numbers as people read them, always with a unit.

use std::time::Duration;

/// `0.0 ms`, `3.1 ms`, `120 ms`, `1.2 s`, `45 s`, `2 min 05 s`.
pub(super) fn duration(span: Duration) -> String {
    let milliseconds = span.as_secs_f64() * 1e3;
    match span.as_secs() {
        0 if milliseconds < 99.95 => format!("{milliseconds:.1} ms"),
        0 => format!("{milliseconds:.0} ms"),
        1..=9 => format!("{:.1} s", span.as_secs_f64()),
        seconds @ 10..=59 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// A count cut to three digits: `214`, `2.6k`, `41k`, `1.2M`.
pub(super) fn count(number: u64) -> String {
    let thousands = number as f64 / 1e3;
    match number {
        0..=999 => number.to_string(),
        1_000..=9_949 => format!("{thousands:.1}k"),
        9_950..=999_499 => format!("{thousands:.0}k"),
        _ => format!("{:.1}M", thousands / 1e3),
    }
}

/// `812 B`, `12 kB`, `3.4 MB`.
pub(super) fn bytes(number: u64) -> String {
    match number {
        0..=999 => format!("{number} B"),
        1_000..=999_999 => format!("{:.0} kB", number as f64 / 1e3),
        _ => format!("{:.1} MB", number as f64 / 1e6),
    }
}

/// `$0.0002`, `$1.20`: two digits that count, at least the cents.
pub(super) fn dollars(usd: f64) -> String {
    match usd {
        0.0..0.001 => format!("${usd:.5}"),
        0.001..0.1 => format!("${usd:.4}"),
        _ => format!("${usd:.2}"),
    }
}

/// `1 tool`, `12 tools`.
pub(super) fn counted(number: u64, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_counts_are_short_and_have_units() {
        let spans = [(0, "0.0 ms"), (3_140, "3.1 ms"), (120_400, "120 ms"), (1_240_000, "1.2 s"), (45_000_000, "45 s")];
        for (microseconds, text) in spans {
            assert_eq!(duration(Duration::from_micros(microseconds)), text);
        }
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
        for (number, text) in [(214, "214"), (2_640, "2.6k"), (41_200, "41k"), (1_200_000, "1.2M")] {
            assert_eq!(count(number), text);
        }
        assert_eq!((bytes(812), bytes(12_300), bytes(3_400_000)), ("812 B".into(), "12 kB".into(), "3.4 MB".into()));
        assert_eq!([0.000_21, 0.0123, 1.2].map(dollars), ["$0.00021", "$0.0123", "$1.20"]);
        assert_eq!((counted(1, "tool"), counted(0, "tool")), ("1 tool".into(), "0 tools".into()));
    }
}
