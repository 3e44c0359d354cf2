//! A connection that several links use, made anew once when it fails, whoever finds that out.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::{Connection, PoolError};
use tokio::sync::Mutex;

use super::core::Shared;

/// The place of a connection. What is sent on it at the same time goes out in one piece.
pub(crate) struct Wire {
    shared: Arc<Shared>,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    line: Option<Line>,
    /// Lines so far.
    made: u64,
}

/// A connection, and which one of its wire's it is.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) connection: MultiplexedConnection,
    number: u64,
    /// When it was made, in moves to another server.
    moves: u64,
}

impl Wire {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            place: Mutex::default(),
        }
    }

    /// Whether a line still leads to the server to work with.
    pub(crate) fn is_current(&self, line: &Line) -> bool {
        line.moves == self.shared.moves.load(Ordering::Relaxed)
    }

    /// The line in use, or a new one where there is none but `worn`, or none that is current.
    pub(crate) async fn line(&self, worn: Option<&Line>) -> Result<Line, PoolError> {
        let mut place = self.place.lock().await;
        let worn = worn.map(|worn| worn.number);
        if let Some(line) = &place.line
            && self.is_current(line)
            && worn != Some(line.number)
        {
            return Ok(line.clone());
        }
        let moves = self.shared.moves.load(Ordering::Relaxed);
        let connection = Connection::take(self.shared.pool.get().await?);
        place.made += 1;
        let line = Line {
            connection,
            number: place.made,
            moves,
        };
        place.line = Some(line.clone());
        Ok(line)
    }
}
