//! One lane: a queue of slices, and one group in flight.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deadpool_redis::redis::Value;
use tokio::sync::mpsc;

use super::beat::{Beat, Place};
use super::group::{Group, gather};
use super::slice::{Parcel, Slice};
use super::{LANE_QUEUE, PATIENCE};
use crate::store::args::Args;
use crate::store::core::Shared;
use crate::store::link::{CallError, Link};
use crate::store::reply::Reply;
use crate::store::scripts::Script;
use crate::store::wire::Wire;
use crate::store::{Outcome, StoreError};

/// How long a group without an answer is repeated. Redis remembers it for twice as long
/// (`LANE_MEMORY_MS` in `lib/lane.lua`), so that a repetition never runs it again.
const GIVE_UP_AFTER: Duration = Duration::from_hours(1);
/// Pauses between tries while Redis is away.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What a lane does, and what it has from its service.
pub(super) struct LaneOptions {
    pub(super) script: &'static Script,
    /// Whether running a group twice would do harm, so that Redis must remember it.
    pub(super) remembers: bool,
    pub(super) shared: Arc<Shared>,
    pub(super) wire: Arc<Wire>,
    pub(super) beat: Arc<Beat>,
    pub(super) prefix: String,
}

/// The front of a lane.
pub(crate) struct Lane {
    queue: mpsc::Sender<Parcel>,
    down: Arc<AtomicBool>,
}

impl Lane {
    /// Starts the lane's worker, which ends when the lane is dropped.
    pub(super) fn start(options: LaneOptions) -> Self {
        let (queue, channel) = mpsc::channel(LANE_QUEUE);
        let down = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            link: Link::over(Arc::clone(&options.wire), Arc::clone(&options.shared)),
            options,
            lane: String::new(),
            number: 0,
            down: Arc::clone(&down),
        };
        tokio::spawn(worker.work(channel));
        Self { queue, down }
    }

    /// Sends a slice with the next group and waits for its answers, one an item.
    pub(crate) async fn run(&self, slice: Slice) -> Result<Vec<Value>, StoreError> {
        if self.down.load(Ordering::Relaxed) {
            return Err(StoreError::not_done());
        }
        let (parcel, receipt) = Parcel::new(slice);
        match self.queue.try_send(parcel) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return Err(StoreError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(StoreError::not_done()),
        }
        match tokio::time::timeout(PATIENCE, receipt.answer).await {
            Ok(Ok(answer)) => answer,
            // The worker is gone: the runtime is ending.
            Ok(Err(_)) => Err(StoreError::unknown()),
            Err(_) => Err(StoreError::Unavailable {
                outcome: receipt.stage.withdraw(),
                source: None,
            }),
        }
    }
}

/// What runs behind a lane.
struct Worker {
    options: LaneOptions,
    link: Link,
    /// Under which name Redis remembers the last group.
    lane: String,
    number: u64,
    down: Arc<AtomicBool>,
}

impl Worker {
    async fn work(mut self, mut channel: mpsc::Receiver<Parcel>) {
        let mut waiting = VecDeque::new();
        while let Some(first) = channel.recv().await {
            waiting.push_back(first);
            while !waiting.is_empty() {
                let beat = Arc::clone(&self.options.beat);
                let place = beat.enter().await;
                let group = gather(&mut waiting, &mut channel);
                if !group.parcels.is_empty() {
                    place.load(group.weight);
                    self.commit(group, place).await;
                }
                if self.down.load(Ordering::Relaxed) {
                    refuse(&mut waiting, &mut channel);
                    self.wait_for_redis().await;
                    refuse(&mut waiting, &mut channel);
                }
            }
        }
    }

    /// Runs the group once, whatever becomes of the replies, and hands out the answers.
    async fn commit(&mut self, group: Group, mut place: Place<'_>) {
        let began = Instant::now();
        let args = self.arguments(&group);
        let options = &self.options;
        let mut pause = FIRST_PAUSE;
        let mut doubtful = false;
        let result = loop {
            match self.link.eval(options.script, &options.prefix, &args).await {
                Ok(value) => break Ok(value),
                // To run it again would do its first half twice.
                Err(CallError::Ran(error)) => break Err(error),
                Err(CallError::NotRun(error))
                    if !doubtful || matches!(error, StoreError::Corrupt(_)) =>
                {
                    break Err(error);
                }
                Err(error) => {
                    doubtful = doubtful || matches!(error, CallError::Unknown(_));
                    if !options.remembers || began.elapsed() > GIVE_UP_AFTER {
                        break Err(error.into());
                    }
                }
            }
            // Nobody knows whether it has run. Redis does: the same number again returns the
            // kept answers. Until it answers, nothing else may go through this lane.
            self.down
                .store(began.elapsed() > LONGEST_PAUSE, Ordering::Relaxed);
            drop(place);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            place = options.beat.enter().await;
        };
        drop(place);
        let lost = matches!(result, Err(StoreError::Unavailable { .. }));
        self.down.store(lost, Ordering::Relaxed);
        if lost {
            // What was given up stays unknown for ever: a new name keeps it apart.
            self.lane.clear();
        }
        hand_out(group, result);
    }

    fn arguments(&mut self, group: &Group) -> Args {
        if self.options.remembers && self.lane.is_empty() {
            self.lane = super::super::random_hex();
            self.number = 0;
        }
        self.number += 1;
        let mut args = self
            .options
            .shared
            .header(&self.lane, self.number, group.mode);
        for parcel in &group.parcels {
            args.append(&parcel.slice.args);
        }
        args
    }

    async fn wait_for_redis(&mut self) {
        let mut pause = FIRST_PAUSE;
        while self.link.ping(&self.options.prefix).await.is_err() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.down.store(false, Ordering::Relaxed);
    }
}

/// Tells everyone who waits that nothing was done.
fn refuse(waiting: &mut VecDeque<Parcel>, channel: &mut mpsc::Receiver<Parcel>) {
    for parcel in waiting
        .drain(..)
        .chain(std::iter::from_fn(|| channel.try_recv().ok()))
    {
        parcel.answer(Err(StoreError::Unavailable {
            outcome: Outcome::None,
            source: None,
        }));
    }
}

fn hand_out(group: Group, result: Result<Value, StoreError>) {
    let answers = result.and_then(|value| {
        let mut reply = Reply::list(value)?;
        match reply.text()?.as_str() {
            "ok" => Ok(reply),
            "store_reset" => Err(StoreError::Reset),
            other => Err(StoreError::corrupt(format!(
                "an unknown word from a script: {other}"
            ))),
        }
    });
    match answers {
        Ok(mut reply) => {
            for parcel in group.parcels {
                let answers: Result<Vec<Value>, StoreError> =
                    (0..parcel.slice.items).map(|_| reply.value()).collect();
                parcel.answer(answers);
            }
        }
        Err(error) => {
            for parcel in group.parcels {
                parcel.answer(Err(error.clone()));
            }
        }
    }
}
