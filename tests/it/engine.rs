//! Script runs with the real interpreter.

mod bench;
mod ends;
mod styles;
