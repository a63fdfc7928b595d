//! Reading and formatting Python source with ruff's own parser. The only module that names its crates.

mod format;
mod outline;
mod stack;
mod tokens;

pub use format::{SourceError, check, format_module, normal_identifier};
pub use outline::{CallSite, Imports, Outline, outline};
pub use tokens::{Analysis, TokenClass, analyse};
