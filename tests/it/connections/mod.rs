//! Tests of connections, against real servers that behave badly.

mod bench;
mod calls;
mod eras;
mod lifecycle;
mod lists;
mod remote;
