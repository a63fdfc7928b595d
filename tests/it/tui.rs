//! The workbench without a terminal: keys in, whole screens and effects out. Time stands still.

mod approvals;
mod behaviour;
mod bench;
mod editing;
mod guards;
mod offered;
mod screens;
mod tools;
