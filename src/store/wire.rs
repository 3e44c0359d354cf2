//! A connection that several links use, made anew once when it fails, whoever finds that out.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use deadpool_redis::redis::RedisError;

use tokio::sync::Mutex;

use super::connection::Connection;
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
    pub(crate) connection: Connection,
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

    /// The line in use, made now where there is none, or none that is current.
    pub(crate) async fn line(&self) -> Result<Line, RedisError> {
        let mut place = self.place.lock().await;
        if let Some(line) = &place.line
            && self.is_current(line)
        {
            return Ok(line.clone());
        }
        let moves = self.shared.moves.load(Ordering::Relaxed);
        // Seldom done, and as large as ten requests: in place it would be a part of all of them.
        let connection = Box::pin(self.shared.address.connect()).await?;
        place.made += 1;
        let line = Line {
            connection,
            number: place.made,
            moves,
        };
        Ok(place.line.insert(line).clone())
    }

    /// A line has failed: another is made when one is asked for next. One to a cluster heals by
    /// itself.
    pub(crate) async fn discard(&self, line: &Line) {
        if self.shared.address.is_cluster() {
            return;
        }
        let mut place = self.place.lock().await;
        place.line.take_if(|held| held.number == line.number);
    }
}
