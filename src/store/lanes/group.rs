//! Which of the waiting slices make the next group.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::slice::Parcel;
use super::{GROUP_BYTES, GROUP_ITEMS};
use crate::store::args::Args;

/// Slices that go in one script call.
pub(super) struct Group {
    pub(super) parcels: Vec<Parcel>,
    pub(super) mode: &'static str,
    /// Tasks that it may touch.
    pub(super) weight: usize,
}

impl Group {
    /// The arguments of its call, which begin with a header.
    pub(super) fn behind<'a>(&'a self, header: &'a Args) -> Vec<&'a Args> {
        let items = self.parcels.iter().map(|parcel| &parcel.slice.args);
        std::iter::once(header).chain(items).collect()
    }
}

/// Takes slices in the order they came, up to the limits of a group.
///
/// `waiting` holds what was taken from the channel and did not fit.
pub(super) fn gather(
    waiting: &mut VecDeque<Parcel>,
    channel: &mut mpsc::Receiver<Parcel>,
) -> Group {
    let mut group = Group {
        parcels: Vec::new(),
        mode: "",
        weight: 0,
    };
    let mut bytes = 0;
    loop {
        if waiting.is_empty() {
            let Ok(parcel) = channel.try_recv() else {
                break;
            };
            waiting.push_back(parcel);
        }
        let Some(next) = waiting.front() else { break };
        let alone = !next.slice.mode.is_empty();
        let fits = group.weight + next.slice.weight <= GROUP_ITEMS
            && bytes + next.slice.args.bytes() <= GROUP_BYTES;
        if !group.parcels.is_empty() && (alone || !fits) {
            break;
        }
        let Some(next) = waiting.pop_front() else {
            break;
        };
        bytes += next.slice.args.bytes();
        if next.send() {
            group.mode = next.slice.mode;
            group.weight += next.slice.weight;
            group.parcels.push(next);
        }
        if alone {
            break;
        }
    }
    group
}
