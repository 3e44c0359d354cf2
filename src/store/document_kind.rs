//! The documents of a task: each stands in its record, or in a key of its own when it is long.

/// The kinds of documents that may stand in keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// The worker's input.
    Payload,
    /// The worker's output.
    Result,
    /// The submitter's notes.
    Metadata,
    /// The last failure.
    Error,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Payload, Self::Result, Self::Metadata, Self::Error];

    /// Its field in the record, and its word in keys.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Result => "result",
            Self::Metadata => "metadata",
            Self::Error => "error",
        }
    }

    /// Its letter in the record's field `long`.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Payload => "p",
            Self::Result => "r",
            Self::Metadata => "m",
            Self::Error => "e",
        }
    }
}
