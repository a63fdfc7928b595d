//! Tests of codegen.

mod behaviour;
mod corpus;
mod discovered;
mod golden;
mod hostile;
mod interpreter;
mod properties;
mod signatures;
mod suite;
