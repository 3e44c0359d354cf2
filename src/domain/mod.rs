//! Pure types and decisions.
