//! What an input cannot be.

use std::borrow::Cow;

/// A value that parses but cannot be accepted, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct InvalidInput {
    /// JSON pointer (RFC 6901) to the value inside the request body.
    pub pointer: String,
    /// A sentence for the caller: what is wrong and what would be right.
    pub message: Cow<'static, str>,
}

impl InvalidInput {
    /// An invalid value at `pointer`.
    pub fn new(pointer: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
        }
    }

    /// The same fault, seen from a document that holds the value under `prefix`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }
}
