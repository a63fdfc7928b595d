//! Script runs with the real interpreter.

mod bench;
mod binary;
mod calls;
mod ends;
mod endurance;
mod library;
mod limits;
mod sandbox;
mod styles;
