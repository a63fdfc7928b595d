//! Real replies -> models. Pure: samples in, shapes and the text of `discovered_types.py` out.
//!
//! Responsible for what replies looked like. Not responsible for which tools may be asked, nor for asking them.

mod book;
mod plan;
mod shape;

pub use book::{Book, Observation};
pub use plan::{PLAN_FILE, Plan, ToolPlan};
pub use shape::{Literals, Shape};
