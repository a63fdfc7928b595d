//! Tests of codegen.

mod corpus;
mod golden;
mod interpreter;
