//! Script runs with the real interpreter.

mod bench;
mod calls;
mod endurance;
mod ends;
mod library;
mod limits;
mod sandbox;
mod styles;
