//! The workbench without a terminal: keys in, whole screens and effects out. Time stands still.

mod bench;
mod behaviour;
mod editing;
mod screens;
