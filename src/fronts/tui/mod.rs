//! The workbench.
//!
//! ```text
//! terminal -> input thread -> bounded queue -\
//! effects' replies ---------> bounded queue ---> update(model, message) -> effects -> tasks on the studio
//! pulse of the studio ------> one flag ------/         |
//!                              frame clock: at most 60 a second, only when something changed
//!                                                      v
//!                     regions(model) -> Facts (visible windows) -> draw -> writer thread -> terminal
//! ```
//!
//! Nothing here waits for a server, a script or the terminal: slow things are effects, and the writer has one place.

mod action_table;
pub mod actions;
mod answer;
mod approval;
pub mod chord;
mod coloured;
mod command;
mod discovered;
mod draw;
mod driver;
pub(crate) mod editor;
mod effects;
mod facts;
mod fill;
pub(crate) mod form;
mod fuzzy;
mod history;
mod input;
mod keymap;
mod layout;
mod list;
mod memory;
mod message;
mod model;
mod outdated;
mod outside;
mod overlay;
mod page;
mod pane;
mod pins;
mod reading;
mod rehearsal;
mod reporting;
mod rules;
mod scripting;
mod sheets;
mod sparkline;
mod step_page;
mod steps;
mod summary;
mod tabs;
mod template;
mod terminal;
pub(crate) mod text;
mod theme;
mod tool_effects;
mod tool_pane;
mod traffic;
mod tree;
mod units;
mod update;
mod veil;
mod views;
mod watch;
mod world;
mod writer;

pub use answer::Answer;
pub use discovered::{Found, Subject};
pub use draw::{Look, draw};
pub use driver::run;
pub use facts::Facts;
pub use history::Recollection;
pub use keymap::Keymap;
pub use layout::{Regions, regions};
pub use list::{Filter, ListCursor, Move};
pub use message::{Direction, Effect, Msg, Piece, Reply, SaveFault, TerminalEffect, Ticket};
pub use model::Model;
pub use outside::{Edit, Purpose};
pub use pane::Pane;
pub use rehearsal::{Rehearsal, rehearsed, step};
pub use steps::{StepKind, StepSearch};
pub use summary::{Counted, RunFigures};
pub use tool_effects::ToolEffect;
pub use update::update;
pub use world::World;
