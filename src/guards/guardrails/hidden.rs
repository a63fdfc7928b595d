//! Characters that a person does not see and a model reads.

/// How many of each kind a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hidden {
    /// Tag characters, which spell out text of their own (U+E0000 to U+E007F).
    pub tags: u64,
    /// Controls that turn the direction of text around.
    pub bidirectional: u64,
    /// Zero-width characters between two letters of one word.
    pub zero_width: u64,
    /// Variation selectors in a row: bytes can be written with them.
    pub selectors: u64,
}

impl Hidden {
    /// Counts those of a text.
    pub(super) fn count(&mut self, text: &str) {
        let (mut before, mut pending) = (' ', 0);
        let mut selectors = 0_u64;
        for character in text.chars() {
            selectors = if is_selector(character) { selectors + 1 } else { 0 };
            match character {
                '\u{e0000}'..='\u{e007f}' => self.tags += 1,
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.bidirectional += 1,
                // One selector belongs to the character before it; more in a row carry something else.
                _ if is_selector(character) => self.selectors += u64::from(selectors > 1),
                '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => pending += 1,
                _ => {
                    // Joiners belong in emoji and in some scripts; between ASCII letters they hide something.
                    if before.is_ascii_alphanumeric() && character.is_ascii_alphanumeric() {
                        self.zero_width += pending;
                    }
                    (before, pending) = (character, 0);
                }
            }
        }
    }

    /// From 0 to 1.
    pub(super) fn score(self) -> f64 {
        let Self { tags, bidirectional, zero_width, selectors } = self;
        let many = |count: u64, each: f64| (count as f64 * each).min(1.0);
        // Three tags make a flag of a region; a hidden word has more.
        many(tags, 0.1).max(many(bidirectional, 0.5)).max(many(zero_width, 0.2)).max(many(selectors, 0.2))
    }

    /// What was found, for the signal.
    pub(super) fn spans(self) -> [(&'static str, u64); 4] {
        [
            ("tags", self.tags),
            ("bidirectional", self.bidirectional),
            ("zero_width", self.zero_width),
            ("selectors", self.selectors),
        ]
    }
}

/// The character as a reader takes it: nothing for hidden ones, the ASCII letter that a tag character stands for.
pub(super) fn readable(character: char) -> Option<char> {
    match character {
        '\u{e0020}'..='\u{e007e}' => char::from_u32(u32::from(character) - 0xe0000),
        '\u{e0000}'..='\u{e007f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}'
        | '\u{ad}' => None,
        _ if is_selector(character) => None,
        // Full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0),
        _ => Some(character),
    }
}

fn is_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}
