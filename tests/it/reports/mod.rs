//! Reports of fixed journals: golden files, a published schema, independent readers, hostile strings everywhere.

mod fixture;
mod golden;
mod hostile;
mod ledger;
mod readers;
