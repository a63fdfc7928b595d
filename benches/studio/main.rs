//! Benchmarks of the built program. `cargo bench` runs all; `cargo bench -- terminal` one.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark prints its figures and stops at the first fault"
)]

mod calls;
mod frames;
mod memory;
mod runs;
mod sdk;
mod support;
mod terminal;

/// Each benchmark by name.
const BENCHMARKS: &[(&str, fn())] =
    &[("terminal", terminal::run), ("frames", frames::run), ("calls", calls::run), ("runs", runs::run), ("sdk", sdk::run)];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, run) in BENCHMARKS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            run();
        }
    }
}
