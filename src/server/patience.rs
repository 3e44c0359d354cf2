//! How long connections may take.

use std::time::Duration;

/// How long connections may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From the first byte of a request's head (or the connect) to its last.
    pub head: Duration,
    /// From one request to the next on a kept connection.
    pub idle: Duration,
    /// While a client takes nothing of its answer.
    pub answer: Duration,
    /// From the stop until nothing is accepted any more.
    pub farewell: Duration,
    /// From then to the end of the last request.
    pub stop: Duration,
}
