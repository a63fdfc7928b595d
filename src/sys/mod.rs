//! The operating system: processes and their trees, files, clock, and the pulse that wakes the screen.
//! The only module that starts processes.

pub mod beneath;
pub mod channel;
pub mod clock;
pub mod files;
pub mod private_socket;
pub mod process;
pub mod pulse;
pub mod sandbox;
pub mod signals;
pub mod watchdog;
