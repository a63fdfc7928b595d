//! What may stand as the value of an option, with what is needed where something else does.

use crate::ops::SandboxLevel;
use crate::types::RecordLevel;
use crate::types::limits::{RUNS_AT_ONCE, SEARCH_HITS, SESSIONS_LISTED};

pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    let sensible = seconds > 0.0 && std::time::Duration::try_from_secs_f64(seconds).is_ok();
    if sensible { Ok(seconds) } else { Err("a time above 0 is needed".to_owned()) }
}

pub(super) fn jobs(text: &str) -> Result<usize, String> {
    number(text, RUNS_AT_ONCE)
}

pub(super) fn hits(text: &str) -> Result<usize, String> {
    number(text, SEARCH_HITS)
}

pub(super) fn sessions(text: &str) -> Result<usize, String> {
    number(text, SESSIONS_LISTED)
}

fn number(text: &str, most: usize) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| format!("a number from 1 to {most} is needed"))
}

pub(super) fn record(text: &str) -> Result<RecordLevel, String> {
    let level = RecordLevel::ALL.into_iter().find(|level| level.word() == text);
    level.ok_or_else(|| "one of default, full and raw is needed".to_owned())
}

pub(super) fn sandbox(text: &str) -> Result<SandboxLevel, String> {
    let level = serde_json::from_value(serde_json::Value::String(text.to_owned()));
    level.map_err(|_| "one of off, standard and strict is needed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_positive() {
        for text in ["0", "-1", "nan", "inf", "1e300", "x"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert_eq!(seconds("0.5"), Ok(0.5));
    }
}
