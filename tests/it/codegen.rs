//! Tests of codegen.
