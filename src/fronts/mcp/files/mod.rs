//! The embedded read-only file server: what makes a first result possible offline, with nothing installed.
//!
//! Responsible for: reading below one folder, bounded, cancellable, with schemas both ways. Not responsible for: writing,
//! watching, anything outside that folder (see [`crate::ops::beneath`]).

mod list;
mod pace;
mod read;
mod search;
mod server;
mod shapes;
mod walk;

pub use server::serve_files;
