//! Pure views of a journal.
