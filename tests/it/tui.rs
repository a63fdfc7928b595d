//! The workbench without a terminal: keys in, whole screens and effects out. Time stands still.

mod approvals;
mod behaviour;
mod bench;
mod editing;
mod guards;
mod history;
mod offered;
mod outside;
mod screens;
mod steps;
mod tools;
