//! What runs behind a lane: one group in flight, numbered, and repeated until Redis says what became of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deadpool_redis::redis::Value;
use tokio::sync::mpsc;

use super::group::{Group, gather};
use super::slice::Parcel;
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::core::Shared;
use crate::store::link::{CallError, Link};
use crate::store::reply::Reply;
use crate::store::scripts::Script;
use crate::store::wire::Wire;

/// How long a group without an answer is repeated. Redis remembers it for twice as long
/// (`LANE_MEMORY_MS` in `lib/lane.lua`), so that a repetition never runs it again.
const GIVE_UP_AFTER: Duration = Duration::from_hours(1);
/// Pauses between tries while Redis is away.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What a lane does, and what it has from its service.
pub(super) struct WorkerOptions {
    pub(super) script: &'static Script,
    /// Whether running a group twice would do harm, so that Redis must remember it.
    pub(super) remembers: bool,
    pub(super) shared: Arc<Shared>,
    pub(super) wire: Arc<Wire>,
    pub(super) prefix: String,
}

/// The back of a lane.
pub(super) struct Worker {
    options: WorkerOptions,
    channel: mpsc::Receiver<Parcel>,
    /// Taken from the channel, and not sent yet.
    waiting: VecDeque<Parcel>,
    link: Link,
    /// Under which name Redis remembers the last group.
    lane: String,
    number: u64,
    down: Arc<AtomicBool>,
}

/// What became of a group.
pub(super) enum Landing {
    Answered(Box<Worker>, Answer),
    Astray(Box<Astray>),
}

/// A group and what Redis, or the way there, has said of it.
pub(super) struct Answer {
    group: Group,
    result: Result<Reply, StoreError>,
}

/// A group that Redis has not answered.
pub(super) struct Astray {
    lane: Box<Worker>,
    group: Group,
    header: Args,
    error: CallError,
}

impl Worker {
    pub(super) fn new(
        options: WorkerOptions,
        channel: mpsc::Receiver<Parcel>,
        down: Arc<AtomicBool>,
    ) -> Self {
        Self {
            link: Link::over(Arc::clone(&options.wire), Arc::clone(&options.shared)),
            options,
            channel,
            waiting: VecDeque::new(),
            lane: String::new(),
            number: 0,
            down,
        }
    }

    /// Requests that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + self.channel.len()
    }

    /// The next group, if anybody waits.
    pub(super) fn gather(&mut self) -> Option<Group> {
        let group = gather(&mut self.waiting, &mut self.channel);
        (!group.parcels.is_empty()).then_some(group)
    }

    /// Sends the group, once.
    pub(super) async fn fly(mut self: Box<Self>, group: Group) -> Landing {
        let header = self.header(group.mode);
        let (options, args) = (&self.options, group.behind(&header));
        let answer = self.link.eval(options.script, &options.prefix, &args).await;
        let result = match answer {
            Ok(value) => Reply::of_script(value, options.script.file),
            // To run it again would do its first half twice.
            Err(CallError::Ran(error)) => Err(error),
            Err(CallError::NotRun(error)) if !matches!(error, StoreError::Unavailable { .. }) => {
                Err(error)
            }
            Err(error) => {
                return Landing::Astray(Box::new(Astray {
                    lane: self,
                    group,
                    header,
                    error,
                }));
            }
        };
        Landing::Answered(self, Answer { group, result })
    }

    /// What the call of the next group begins with.
    fn header(&mut self, mode: &str) -> Args {
        if self.options.remembers && self.lane.is_empty() {
            self.lane = super::super::random_hex();
            self.number = 0;
        }
        self.number += 1;
        let shared = &self.options.shared;
        shared.header(&self.lane, self.number, mode)
    }

    /// Nobody knows whether it has run. Redis does: the same number again returns the kept answers.
    /// Until it answers, nothing else may go through this lane.
    async fn repeat(&mut self, args: &[&Args], first: CallError) -> Result<Reply, StoreError> {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut last = first;
        while self.options.remembers && began.elapsed() <= GIVE_UP_AFTER {
            self.down
                .store(began.elapsed() > LONGEST_PAUSE, Ordering::Relaxed);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            let options = &self.options;
            match self.link.eval(options.script, &options.prefix, args).await {
                Ok(value) => return Reply::of_script(value, options.script.file),
                Err(CallError::Ran(error) | CallError::NotRun(error @ StoreError::Corrupt(_))) => {
                    return Err(error);
                }
                Err(error) => last = error,
            }
        }
        Err(last.into())
    }

    async fn wait_for_redis(&mut self) {
        let mut pause = FIRST_PAUSE;
        while self.link.ping(&self.options.prefix).await.is_err() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Tells everyone who waits that nothing was done.
    fn refuse(&mut self) {
        while let Some(group) = self.gather() {
            let result = Err(StoreError::not_done());
            Answer { group, result }.hand_out();
        }
    }
}

impl Astray {
    /// Finds out what became of the group, and hands out the answers. The lane is given back when
    /// Redis is there.
    pub(super) async fn find_redis(self) -> Box<Worker> {
        let Self {
            mut lane,
            group,
            header,
            error,
        } = self;
        let result = match error {
            CallError::Unknown(_) => lane.repeat(&group.behind(&header), error).await,
            certain => Err(certain.into()),
        };
        let lost = matches!(result, Err(StoreError::Unavailable { .. }));
        lane.down.store(lost, Ordering::Relaxed);
        Answer { group, result }.hand_out();
        if lost {
            // What was given up stays unknown for ever: a new name keeps it apart.
            lane.lane.clear();
            lane.refuse();
            lane.wait_for_redis().await;
            lane.refuse();
            lane.down.store(false, Ordering::Relaxed);
        }
        lane
    }
}

impl Answer {
    /// Tells each request what its items have come to.
    pub(super) fn hand_out(self) {
        match self.result {
            Ok(mut reply) => {
                for parcel in self.group.parcels {
                    let answers: Result<Vec<Value>, StoreError> =
                        (0..parcel.slice.items).map(|_| reply.value()).collect();
                    parcel.answer(answers);
                }
            }
            Err(error) => {
                for parcel in self.group.parcels {
                    parcel.answer(Err(error.clone()));
                }
            }
        }
    }
}
