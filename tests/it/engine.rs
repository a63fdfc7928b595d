//! Script runs with the real interpreter.

mod bench;
mod calls;
mod ends;
mod sandbox;
mod styles;
