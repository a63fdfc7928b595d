//! Time. The only place that reads the wall clock.

pub use jiff::Timestamp;

/// Now, as wall-clock time for records. Durations come from [`std::time::Instant`].
pub fn now() -> Timestamp {
    Timestamp::now()
}
