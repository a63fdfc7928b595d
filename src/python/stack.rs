//! Room for ruff's syntax trees: they are walked and dropped recursively, and a script may nest as deep as it likes.

use crate::types::limits::{PARSE_STACK_BYTES_PER_LEVEL, PARSE_STACK_LEVELS, PARSE_STACK_LEVELS_AT_HAND};

/// Runs `read`, which parses `source`, where the stack holds the deepest tree that `source` could make.
/// `None` where no stack would hold it, or ruff gave up.
pub(super) fn with_room_for<T: Send>(source: &str, read: impl FnOnce() -> T + Send) -> Option<T> {
    let levels = levels_at_most(source);
    if levels <= PARSE_STACK_LEVELS_AT_HAND {
        return Some(read());
    }
    if levels > PARSE_STACK_LEVELS {
        return None;
    }
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(levels * PARSE_STACK_BYTES_PER_LEVEL);
        builder.spawn_scoped(scope, read).ok()?.join().ok()
    })
}

/// An upper bound of the depth of the syntax tree: every level costs at least one word or one sign.
fn levels_at_most(source: &str) -> usize {
    let mut levels = 0;
    let mut in_word = false;
    for byte in source.bytes() {
        let word = byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
        let blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',');
        levels += usize::from(if word { !in_word } else { !blank });
        in_word = word;
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_count_words_and_signs() {
        assert_eq!(levels_at_most("x = [not y, -1]\n"), 8);
        assert_eq!(levels_at_most("añb ünï"), 2);
        assert_eq!(levels_at_most(""), 0);
    }

    #[test]
    fn a_source_that_no_stack_holds_is_not_read() {
        assert_eq!(with_room_for(&"-".repeat(PARSE_STACK_LEVELS + 1), || 1), None);
        assert_eq!(with_room_for(&"-".repeat(PARSE_STACK_LEVELS_AT_HAND + 1), || 1), Some(1));
        assert_eq!(with_room_for("x", || 1), Some(1));
    }
}
