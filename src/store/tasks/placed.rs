//! Placed: what is submitted goes where its queues live.
//!
//! A queue that a partition does not have comes into being, or is found elsewhere, and its tasks are sent again.

use std::collections::BTreeMap;

use super::Tasks;
use super::submit::{Item, SubmitOutcome};
use crate::domain::Partition;
use crate::store::places::LOOKS;
use crate::store::{StoreError, lanes};

/// What an edge of a task takes in a group, roughly.
const EDGE_BYTES: usize = 48;

impl Tasks {
    /// Submits items, which all seem to go to one partition, in slices that leave room for others.
    pub(super) async fn submit_to(
        &self,
        partition: Partition,
        items: Vec<Item>,
    ) -> Vec<(usize, Result<SubmitOutcome, StoreError>)> {
        let mut outcomes = Vec::with_capacity(items.len());
        for slice in lanes::cut(&items, bytes_of) {
            let mut left = BTreeMap::from([(partition, slice.iter().collect::<Vec<_>>())]);
            for _ in 0..LOOKS {
                let mut unplaced = Vec::new();
                for (partition, items) in std::mem::take(&mut left) {
                    unplaced.extend(self.try_in(partition, items, &mut outcomes).await);
                }
                if unplaced.is_empty() {
                    break;
                }
                // A queue that is not there comes into being, or is found elsewhere, and its tasks are sent again.
                match self.placed(&unplaced).await {
                    Ok(placed) => left = placed,
                    Err(error) => {
                        outcomes.extend(failed(unplaced, &error));
                        break;
                    }
                }
            }
            let left = left.into_values().flatten().collect();
            outcomes.extend(failed(left, &StoreError::not_done()));
        }
        outcomes
    }

    /// Sends items to a partition, and gives back those whose queue is not there.
    async fn try_in<'a>(
        &self,
        partition: Partition,
        items: Vec<&'a Item>,
        outcomes: &mut Vec<(usize, Result<SubmitOutcome, StoreError>)>,
    ) -> Vec<&'a Item> {
        let mut unplaced = Vec::new();
        match self.send(partition, items.iter().copied(), "").await {
            Err(error) => outcomes.extend(failed(items, &error)),
            Ok(answers) => {
                for (item, (index, answer)) in items.into_iter().zip(answers) {
                    match answer {
                        Ok(Some(outcome)) => outcomes.push((index, Ok(outcome))),
                        Ok(None) => unplaced.push(item),
                        Err(error) => outcomes.push((index, Err(error))),
                    }
                }
            }
        }
        unplaced
    }

    /// The same items by the partitions of their queues, which are there now.
    async fn placed<'a>(
        &self,
        items: &[&'a Item],
    ) -> Result<BTreeMap<Partition, Vec<&'a Item>>, StoreError> {
        let mut places = BTreeMap::new();
        let mut sorted: BTreeMap<Partition, Vec<&Item>> = BTreeMap::new();
        for item in items {
            let queue = &item.submission.queue;
            let partition = match places.get(queue) {
                Some(known) => *known,
                None => self.core.place(queue).await?,
            };
            places.insert(queue, partition);
            sorted.entry(partition).or_default().push(item);
        }
        Ok(sorted)
    }
}

/// The items, all with that outcome.
fn failed<'a>(
    items: Vec<&'a Item>,
    error: &'a StoreError,
) -> impl Iterator<Item = (usize, Result<SubmitOutcome, StoreError>)> + 'a {
    items
        .into_iter()
        .map(|item| (item.index, Err(error.clone())))
}

/// What an item takes in a group, roughly.
fn bytes_of(item: &Item) -> usize {
    item.submission.payload.len() + item.submission.depends_on.len() * EDGE_BYTES + 256
}
