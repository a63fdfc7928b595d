//! Reads JSON Schema leniently: what it understands becomes a type, what it does not becomes JSON and a note.
//!
//! Types never refuse what the schema allows. They may allow what it refuses: conditions that Python cannot say
//! exactly (`pattern` beyond plain ones, `not`, `if`, `uniqueItems`, ...) are left to the schema guard of the core.

mod arrays;
mod facts;
mod kinds;
mod objects;
mod patterns;
mod reader;
mod reference;
mod unions;
mod values;

pub(super) use reader::read_tool;
