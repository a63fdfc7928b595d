//! Tests of codegen.

mod corpus;
mod golden;
mod hostile;
mod interpreter;

mod signatures;
mod suite;
