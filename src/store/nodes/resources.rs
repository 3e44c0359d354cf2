//! What running tasks take of a node's resources.
//!
//! A node's tasks stand in many partitions. A claim of tasks that take something reads what those
//! of the other partitions take, and the script counts its own. Two such claims of one node wait
//! for each other, as long as they come to the same replica.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use futures_util::future::join_all;
use tokio::sync::{Mutex, MutexGuard};

use crate::domain::placement::{Requirements, Resources};
use crate::domain::{NodeId, Partition};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::reply::Reply;
use crate::store::{StoreError, scripts};

/// Nodes that share a turn wait for each other without need; so many make that rare.
const TURNS: usize = 256;

/// Whose turn it is to claim tasks that take something of their node.
pub(crate) struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..TURNS).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    /// Waits until no other claim of this node takes anything.
    pub(crate) async fn wait(&self, node: &NodeId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        node.hash(&mut hasher);
        let turn = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default();
        self.0[turn].lock().await
    }
}

/// What a task of these requirements takes, as its record and `lib/uses.lua` have it; empty for nothing.
pub(crate) fn packed(requires: &Requirements) -> String {
    let amounts: Vec<String> = requires
        .taken()
        .map(|(name, amount)| format!("{name} {amount}"))
        .collect();
    amounts.join(" ")
}

/// Amounts as scripts take them.
pub(crate) fn packed_amounts(amounts: &Resources) -> String {
    let parts = amounts
        .iter()
        .map(|(name, amount)| format!("{name} {amount}"));
    parts.collect::<Vec<_>>().join(" ")
}

/// Adds up what a script answers: what one task takes, how many do, and so on.
pub(super) fn add_up(sum: &mut Resources, mut taken: Reply) -> Result<(), StoreError> {
    while taken.left() > 0 {
        let text = taken.text()?;
        let tasks = f64::from(u32::try_from(taken.count()?).unwrap_or(u32::MAX));
        let mut words = text.split(' ');
        while let (Some(name), Some(amount)) = (words.next(), words.next()) {
            let amount: f64 = amount
                .parse()
                .map_err(|_| StoreError::corrupt("an amount that a task takes"))?;
            *sum.entry(name.to_owned()).or_default() += amount * tasks;
        }
    }
    Ok(())
}

impl Core {
    /// What the node has of `all`, less what its tasks take outside `partition`.
    pub(crate) async fn left_beside(
        &self,
        node: &NodeId,
        all: &Resources,
        partition: Partition,
    ) -> Result<Resources, StoreError> {
        let mut args = Args::default();
        args.push(node.as_str()).push("");
        let others = self.all_partitions().filter(|other| *other != partition);
        let replies = join_all(others.map(|other| {
            let args = &args;
            async move { self.call(&scripts::HELD, other, "", args).await }
        }));
        let mut taken = BTreeMap::new();
        for reply in replies.await {
            let mut reply = reply?;
            reply.count()?;
            add_up(&mut taken, reply.next_list()?)?;
        }
        let mut left = all.clone();
        for (name, amount) in taken {
            *left.entry(name).or_default() -= amount;
        }
        Ok(left)
    }
}
