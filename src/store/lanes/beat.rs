//! When lanes send: all that have something do so at once.
//!
//! Redis runs one script at a time, so a group that is sent while it is busy only waits there; kept
//! back, it grows. What is sent in one beat is read from one connection in one turn of Redis's
//! loop, and written to disk by one fsync. The next beat begins when this one is answered.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Items of one beat, after which no further lane comes in: it waits for the next.
const BEAT_ITEMS: usize = 400;

/// What the lanes of one Redis have in common.
#[derive(Default)]
pub(crate) struct Beat {
    places: Mutex<Places>,
    over: Notify,
}

#[derive(Default)]
struct Places {
    /// Lanes whose groups are on their way.
    taken: usize,
    items: usize,
    /// Whether further lanes may come in.
    open: bool,
}

/// A lane's place in a beat: the beat is over when all of them are dropped.
pub(super) struct Place<'a>(&'a Beat);

impl Beat {
    /// Waits for the next beat.
    pub(super) async fn enter(&self) -> Place<'_> {
        loop {
            let over = self.over.notified();
            {
                let mut places = self.places();
                if places.taken == 0 {
                    *places = Places {
                        taken: 1,
                        items: 0,
                        open: true,
                    };
                    break;
                }
                if places.open && places.items < BEAT_ITEMS {
                    places.taken += 1;
                    return Place(self);
                }
            }
            over.await;
        }
        let place = Place(self);
        // The others that waited for this beat come in now.
        tokio::task::yield_now().await;
        self.places().open = false;
        place
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Counts what the lane sends in this beat.
    pub(super) fn load(&self, items: usize) {
        self.0.places().items += items;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut places = self.0.places();
        places.taken -= 1;
        if places.taken == 0 {
            drop(places);
            self.0.over.notify_waiters();
        }
    }
}
