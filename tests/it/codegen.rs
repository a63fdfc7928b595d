//! Tests of codegen.

mod golden;
