//! When lanes send: all of a beat that have something do so at once.
//!
//! Redis runs one script at a time, so a group that is sent while it is busy only waits there; kept
//! back, it grows. What is sent in one beat is read from one connection in one turn of Redis's
//! loop, and written to disk by one fsync. The next beat begins when this one is answered. If enough
//! waits by then, it is sent before those answers are handed out: Redis works while the service writes.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;

use super::group::Group;
use super::worker::{Answer, Landing, Worker};

/// Items of one beat, after which no further lane comes in: it waits for the next.
const BEAT_ITEMS: usize = 400;

/// What the lanes of one Redis have in common.
pub(super) struct Beat {
    lanes: mpsc::UnboundedSender<Box<Worker>>,
    bell: Arc<Notify>,
    driver: AbortHandle,
}

impl Beat {
    pub(super) fn start() -> Self {
        let (lanes, arrivals) = mpsc::unbounded_channel();
        let bell = Arc::new(Notify::new());
        let driver = Driver {
            lanes: VecDeque::new(),
            arrivals,
            home: lanes.clone(),
            bell: Arc::clone(&bell),
            last_requests: 0,
        };
        Self {
            lanes,
            bell,
            driver: tokio::spawn(driver.drive()).abort_handle(),
        }
    }

    /// A lane sends in this beat from now on.
    pub(super) fn join(&self, lane: Box<Worker>) {
        // The driver lives as long as this does.
        let _ = self.lanes.send(lane);
    }

    /// Rung when something waits in a lane.
    pub(super) fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }
}

impl Drop for Beat {
    /// Nobody waits for an answer any more.
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What runs behind a beat.
struct Driver {
    /// Those whose turn is next come first.
    lanes: VecDeque<Box<Worker>>,
    /// New lanes, and those that have found Redis again.
    arrivals: mpsc::UnboundedReceiver<Box<Worker>>,
    home: mpsc::UnboundedSender<Box<Worker>>,
    bell: Arc<Notify>,
    /// Of the beat before.
    last_requests: usize,
}

impl Driver {
    async fn drive(mut self) {
        let mut answers = Vec::new();
        loop {
            self.take_in();
            let waiting: usize = self.lanes.iter().map(|lane| lane.waiting()).sum();
            if waiting < self.last_requests.max(1) {
                // Less than last time, as yet: what the answers bring about comes along.
                hand_out(&mut answers);
                if waiting == 0 {
                    self.bell.notified().await;
                }
                tokio::task::yield_now().await;
                self.take_in();
            }
            let departures = self.depart();
            self.fly(departures, &mut answers).await;
        }
    }

    /// Takes in the lanes that have arrived.
    fn take_in(&mut self) {
        while let Ok(lane) = self.arrivals.try_recv() {
            self.lanes.push_back(lane);
        }
    }

    /// The groups of the next beat.
    fn depart(&mut self) -> Vec<(Box<Worker>, Group)> {
        let mut departures = Vec::new();
        let mut items = 0;
        self.last_requests = 0;
        for _ in 0..self.lanes.len() {
            let Some(mut lane) = self.lanes.pop_front() else {
                break;
            };
            let has_room = items < BEAT_ITEMS;
            match has_room.then(|| lane.gather()).flatten() {
                Some(group) => {
                    items += group.weight;
                    self.last_requests += group.parcels.len();
                    departures.push((lane, group));
                }
                None => self.lanes.push_back(lane),
            }
        }
        departures
    }

    /// Sends the groups, hands out what the beat before has brought, and waits for the answers: those
    /// that come last stay in `answers`.
    async fn fly(&mut self, departures: Vec<(Box<Worker>, Group)>, answers: &mut Vec<Answer>) {
        let mut flights: FuturesUnordered<_> = departures
            .into_iter()
            .map(|(lane, group)| lane.fly(group))
            .collect();
        // A look at what is there already is what sends them.
        let mut landed = flights.next().now_or_never();
        hand_out(answers);
        loop {
            let landing = match landed {
                Some(landing) => landing,
                None => flights.next().await,
            };
            let Some(landing) = landing else { break };
            answers.extend(self.land(landing));
            landed = flights.next().now_or_never();
            if landed.is_none() {
                // Others are still away, perhaps for long.
                hand_out(answers);
            }
        }
    }

    /// The answer, unless there was none: then the lane leaves until it has found Redis.
    fn land(&mut self, landing: Landing) -> Option<Answer> {
        match landing {
            Landing::Answered(lane, answer) => {
                self.lanes.push_back(lane);
                Some(answer)
            }
            Landing::Astray(flight) => {
                let (home, bell) = (self.home.clone(), Arc::clone(&self.bell));
                tokio::spawn(async move {
                    let lane = flight.find_redis().await;
                    // The driver is gone when the service ends.
                    let _ = home.send(lane);
                    bell.notify_one();
                });
                None
            }
        }
    }
}

fn hand_out(answers: &mut Vec<Answer>) {
    for answer in answers.drain(..) {
        answer.hand_out();
    }
}
