//! The call form.
