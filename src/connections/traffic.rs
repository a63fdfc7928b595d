//! What is kept of a server's traffic and stderr, for the traffic view and for failures. Bounded rings.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::ledger::locked;
use super::{Direction, WireMessage};
use crate::sys::clock;
use crate::sys::pulse::Pulse;
use crate::types::limits::{STDERR_BYTES, STDERR_SHOWN_LINES, TRAFFIC_MESSAGE_BYTES, TRAFFIC_MESSAGES};

/// The tap on one server: its last messages over all its connections, and what was odd in the present one.
#[derive(Debug)]
pub(super) struct Tap {
    messages: Mutex<VecDeque<WireMessage>>,
    trouble: Mutex<Option<String>>,
    pulse: Pulse,
}

impl Tap {
    pub(super) fn new(pulse: Pulse) -> Self {
        Self { messages: Mutex::default(), trouble: Mutex::default(), pulse }
    }

    /// Keeps a message, cut to a bound.
    pub(super) fn record(&self, direction: Direction, message: &[u8]) {
        let text = cut(message, TRAFFIC_MESSAGE_BYTES);
        self.push(WireMessage { at: clock::now(), direction, bytes: message.len(), text });
    }

    /// Keeps what we noticed.
    pub(super) fn note(&self, text: &str) {
        self.record(Direction::Note, text.as_bytes());
    }

    /// Keeps what we noticed, and marks the server as degraded by it.
    pub(super) fn trouble(&self, text: &str) {
        self.note(text);
        *locked(&self.trouble) = Some(text.to_owned());
        self.pulse.bump();
    }

    /// What is wrong with the present connection.
    pub(super) fn current_trouble(&self) -> Option<String> {
        locked(&self.trouble).clone()
    }

    /// A new connection starts without blame.
    pub(super) fn forgive(&self) {
        *locked(&self.trouble) = None;
    }

    /// The kept messages, oldest first.
    pub(super) fn messages(&self) -> VecDeque<WireMessage> {
        locked(&self.messages).clone()
    }

    fn push(&self, message: WireMessage) {
        let mut messages = locked(&self.messages);
        if messages.len() == TRAFFIC_MESSAGES {
            messages.pop_front();
        }
        messages.push_back(message);
        drop(messages);
        self.pulse.bump();
    }
}

/// At most `limit` bytes of `bytes` as text; what is cut off is counted.
pub(super) fn cut(bytes: &[u8], limit: usize) -> String {
    if bytes.len() <= limit {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    format!("{}… ({} bytes more)", String::from_utf8_lossy(&bytes[..limit]), bytes.len() - limit)
}

/// The last stderr lines of one process.
#[derive(Debug, Default)]
pub(super) struct StderrRing {
    kept: Mutex<(VecDeque<String>, usize)>,
}

impl StderrRing {
    /// Keeps a line and drops the oldest ones beyond the bound.
    pub(super) fn push(&self, line: String) {
        let mut kept = locked(&self.kept);
        kept.1 += line.len();
        kept.0.push_back(line);
        while kept.1 > STDERR_BYTES {
            let Some(dropped) = kept.0.pop_front() else { break };
            kept.1 -= dropped.len();
        }
    }

    /// The last lines that say something, for a failure.
    pub(super) fn tail(&self) -> String {
        let kept = locked(&self.kept);
        let mut lines: Vec<&str> =
            kept.0.iter().rev().map(|line| line.trim_end()).filter(|line| !line.is_empty()).take(STDERR_SHOWN_LINES).collect();
        lines.reverse();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stderr_keeps_its_end_within_the_bound() {
        let ring = StderrRing::default();
        for number in 0..100_000 {
            ring.push(format!("line {number}"));
        }
        ring.push(String::new());
        assert!(locked(&ring.kept).1 <= STDERR_BYTES);
        let expected: Vec<String> = (100_000 - STDERR_SHOWN_LINES..100_000).map(|number| format!("line {number}")).collect();
        assert_eq!(ring.tail(), expected.join("\n"));
    }

    #[test]
    fn traffic_is_cut_in_length_and_number() {
        let tap = Tap::new(Pulse::default());
        for _ in 0..=TRAFFIC_MESSAGES {
            tap.record(Direction::Received, &vec![b'x'; TRAFFIC_MESSAGE_BYTES + 5]);
        }
        let kept = tap.messages();
        assert_eq!(kept.len(), TRAFFIC_MESSAGES);
        assert_eq!((kept[0].bytes, kept[0].text.ends_with("x… (5 bytes more)")), (TRAFFIC_MESSAGE_BYTES + 5, true));
    }
}
