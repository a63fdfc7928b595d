//! The script editor.
