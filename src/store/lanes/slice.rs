//! What one request brings to a lane, and whether it has been sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use deadpool_redis::redis::Value;
use tokio::sync::oneshot;

use super::{GROUP_BYTES, SLICE_ITEMS};
use crate::store::args::Args;
use crate::store::{Outcome, StoreError};

const WAITING: u8 = 0;
const SENT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// Items that go to Redis together, and their answers that come back together.
#[derive(Debug)]
pub(crate) struct Slice {
    /// The items' arguments, one after another.
    pub(crate) args: Args,
    /// How many items that is.
    pub(crate) items: usize,
    /// How much of a group's room they take: tasks that may be touched.
    pub(crate) weight: usize,
    /// The verb's mode; a slice with one goes alone.
    pub(crate) mode: &'static str,
    /// Whether others that are keep their order with it.
    pub(crate) ordered: bool,
}

impl Slice {
    /// Items of which each touches one task.
    pub(crate) fn new(args: Args, items: usize) -> Self {
        Self {
            args,
            items,
            weight: items,
            mode: "",
            ordered: false,
        }
    }

    /// The same items, that may touch so many tasks.
    pub(crate) fn weighing(self, weight: usize) -> Self {
        Self { weight, ..self }
    }

    /// The same items in a mode of the verb's.
    pub(crate) fn in_mode(self, mode: &'static str) -> Self {
        Self { mode, ..self }
    }

    /// The same items, which are to come behind those of earlier slices that are ordered.
    pub(crate) fn ordered(self, ordered: bool) -> Self {
        Self { ordered, ..self }
    }
}

/// Cuts items into slices that leave room for others.
pub(crate) fn cut<T>(items: &[T], bytes_of: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut slices = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for (index, item) in items.iter().enumerate() {
        let size = bytes_of(item);
        if index > first && (index - first == SLICE_ITEMS || bytes + size > GROUP_BYTES) {
            slices.push(&items[first..index]);
            (first, bytes) = (index, 0);
        }
        bytes += size;
    }
    if first < items.len() {
        slices.push(&items[first..]);
    }
    slices
}

/// A slice on its way through a lane.
pub(super) struct Parcel {
    pub(super) slice: Slice,
    stage: Stage,
    answer: oneshot::Sender<Result<Vec<Value>, StoreError>>,
}

/// Shared by the caller and the lane: only one of them decides whether a parcel is sent.
#[derive(Clone)]
pub(super) struct Stage(Arc<AtomicU8>);

/// The caller's end of a parcel.
pub(super) struct Receipt {
    pub(super) stage: Stage,
    pub(super) answer: oneshot::Receiver<Result<Vec<Value>, StoreError>>,
}

impl Stage {
    /// Takes the parcel back unless it is on its way: what may have become of it.
    pub(super) fn withdraw(&self) -> Outcome {
        match self
            .0
            .compare_exchange(WAITING, WITHDRAWN, Ordering::SeqCst, Ordering::SeqCst)
        {
            Err(SENT) => Outcome::Unknown,
            _ => Outcome::None,
        }
    }
}

impl Parcel {
    pub(super) fn new(slice: Slice) -> (Self, Receipt) {
        let (answer, answered) = oneshot::channel();
        let stage = Stage(Arc::new(AtomicU8::new(WAITING)));
        let receipt = Receipt {
            stage: stage.clone(),
            answer: answered,
        };
        (
            Self {
                slice,
                stage,
                answer,
            },
            receipt,
        )
    }

    /// Marks it as sent; false when the caller has withdrawn it.
    pub(super) fn send(&self) -> bool {
        self.stage
            .0
            .compare_exchange(WAITING, SENT, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// Hands over the answer. A caller that has gone away does not mind.
    pub(super) fn answer(self, answer: Result<Vec<Value>, StoreError>) {
        drop(self.answer.send(answer));
    }
}
