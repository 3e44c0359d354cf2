//! Claim: leases ready tasks to a node, the highest priority first, then the one queued first.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use super::Tasks;
use super::claimed::{Answer, Claimed, decode};
use super::classes::Covered;
use crate::domain::limits::MAX_CLAIM_TASKS;
use crate::domain::placement::Offer;
use crate::domain::{NodeId, Partition, QueueName, SessionId};
use crate::store::args::Args;
use crate::store::lanes::{Slice, Verb};
use crate::store::nodes::resources::packed_amounts;
use crate::store::{StoreError, random_hex};

/// How often a claim looks again because a queue has got a new class in between.
const LOOKS: usize = 8;
/// The mode of a second visit to a partition: what the `claim_id` has got there was got just now.
const FURTHER: &str = "further";

/// What a node asks for.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// Who asks.
    pub node: NodeId,
    /// Its session and how long that lives on, milliseconds.
    pub session: Option<(SessionId, u64)>,
    /// What it may run.
    pub offer: Offer,
    /// Where to look, in this order.
    pub queues: Vec<QueueName>,
    /// How many tasks at most.
    pub max_tasks: usize,
    /// How long the leases are to last, milliseconds.
    pub lease_ms: Option<u64>,
    /// Makes repeating the claim harmless.
    pub claim_id: Option<String>,
    /// Whether whoever asks is woken by what becomes claimable from now on, and asks again then. One that is
    /// to find nothing may be told so by what another look has found a moment ago.
    pub waits: bool,
}

impl Tasks {
    /// Claims tasks. Runs to its end even when the caller is dropped; what it gets then goes back.
    pub async fn claim(&self, request: ClaimRequest) -> Result<Claimed, StoreError> {
        if self.core.has_nothing_for(&request) {
            return Ok(Claimed::none(self));
        }
        self.claim_apart(request, None).await
    }

    /// The same for tasks that the service pushes: in each partition the node may hold `most_held` at
    /// most, whichever replica claims.
    pub async fn claim_to_push(
        &self,
        request: ClaimRequest,
        most_held: u64,
    ) -> Result<Claimed, StoreError> {
        self.claim_apart(request, Some(most_held)).await
    }

    /// In a task of its own, which goes on when the caller is dropped.
    async fn claim_apart(
        &self,
        request: ClaimRequest,
        most_held: Option<u64>,
    ) -> Result<Claimed, StoreError> {
        let store = self.clone();
        // Boxed, since a task moves its future several times before it runs.
        let claim = async move { Box::pin(store.claim_and_tell(&request, most_held)).await };
        tokio::spawn(claim)
            .await
            .unwrap_or_else(|_| Err(StoreError::unknown()))
    }

    async fn claim_and_tell(
        &self,
        request: &ClaimRequest,
        most_held: Option<u64>,
    ) -> Result<Claimed, StoreError> {
        let asked = Instant::now();
        let mut claimed = self.claim_now(request, most_held).await?;
        claimed.tell_parents().await?;
        claimed.note(&request.node);
        if !claimed.is_empty() {
            self.core.note_tasks(&request.node);
        } else if request.waits && claimed.holds() == 0 {
            let session = request.session.as_ref().map(|(session, _)| session);
            self.core.note_nothing(&request.node, session, asked);
        }
        Ok(claimed)
    }

    /// What the request's `claim_id` has got before and still holds, and nothing more.
    pub async fn recall(&self, request: &ClaimRequest) -> Result<Claimed, StoreError> {
        let mut claimed = Claimed::none(self);
        if request.claim_id.is_some() {
            self.find_queues(&request.queues).await?;
            let mut asked = BTreeSet::new();
            for (partition, _) in self.visits(&request.queues) {
                if !asked.insert(partition) {
                    continue;
                }
                claimed.absorb(self.recall_in(partition, request).await?);
            }
        }
        claimed.tell_parents().await?;
        Ok(claimed)
    }

    async fn claim_now(
        &self,
        request: &ClaimRequest,
        most_held: Option<u64>,
    ) -> Result<Claimed, StoreError> {
        let mut claimed = Claimed::none(self);
        // With several partitions, a repeated claim_id may have its tasks in any of them.
        if request.claim_id.is_some() && request.queues.len() > 1 {
            self.find_queues(&request.queues).await?;
            if self.visits(&request.queues).len() > 1 {
                claimed = self.recall(request).await?;
                if !claimed.is_empty() {
                    return Ok(claimed);
                }
            }
        }
        let mut visits: VecDeque<_> = self.visits(&request.queues).into();
        let mut visited = BTreeSet::new();
        while let Some((partition, queues)) = visits.pop_front() {
            let first = visited.insert(partition);
            let mode = if first { "" } else { FURTHER };
            let missing = request
                .max_tasks
                .min(MAX_CLAIM_TASKS)
                .saturating_sub(claimed.len());
            if missing == 0 {
                break;
            }
            let (bounds, mut moved) = ((missing, most_held), Vec::new());
            let answer = self
                .claim_in(partition, &queues, request, bounds, mode, &mut moved)
                .await;
            for queue in moved.into_iter().rev() {
                let place = self.core.partition_of(&queue);
                visits.push_front((place, vec![queue]));
            }
            match answer {
                // What the node holds there has been told by the first visit.
                Ok(Answer::Nothing { short, .. }) if !first => {
                    claimed.absorb(Answer::Nothing {
                        holds: 0,
                        short,
                        avoided: Vec::new(),
                    });
                }
                Ok(answer) => claimed.absorb(answer),
                // What has been got already is worth more than the news of a failure.
                Err(error) if claimed.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(claimed)
    }

    /// Learns where queues live that are not known here.
    async fn find_queues(&self, queues: &[QueueName]) -> Result<(), StoreError> {
        for queue in queues {
            self.core.classes_of(queue).await?;
        }
        Ok(())
    }

    /// The queues in their order; neighbours of one partition are looked at in one step.
    fn visits(&self, queues: &[QueueName]) -> Vec<(Partition, Vec<QueueName>)> {
        let mut visits: Vec<(Partition, Vec<QueueName>)> = Vec::new();
        for queue in queues {
            let partition = self.core.partition_of(queue);
            match visits.last_mut() {
                Some((known, together)) if *known == partition => together.push(queue.clone()),
                _ => visits.push((partition, vec![queue.clone()])),
            }
        }
        visits
    }

    /// What the queues of a partition give. Those that are found to live in another one are `moved`.
    async fn claim_in(
        &self,
        partition: Partition,
        queues: &[QueueName],
        request: &ClaimRequest,
        (missing, most_held): (usize, Option<u64>),
        mode: &'static str,
        moved: &mut Vec<QueueName>,
    ) -> Result<Answer, StoreError> {
        for _ in 0..LOOKS {
            let mut wanted = Vec::with_capacity(queues.len());
            for queue in queues {
                let Some(classes) = self.core.classes_for_claim(queue, request.waits).await? else {
                    continue;
                };
                if !self.core.lives_in(queue, partition) {
                    if !moved.contains(queue) {
                        moved.push(queue.clone());
                    }
                    continue;
                }
                // Also when the offer covers nothing: only the script knows of a class that is new.
                let covered = classes.covered_by(&request.offer);
                wanted.push((queue, classes.version, covered));
            }
            if wanted.is_empty() {
                return Ok(Answer::nothing());
            }
            let takes = wanted.iter().any(|(.., covered)| !covered.takes.is_empty());
            let (_turn, amounts) = if takes {
                let turn = self.core.turns.wait(&request.node).await;
                (Some(turn), self.amounts(partition, request, &wanted).await?)
            } else {
                (None, String::new())
            };
            let mut args = encode_head(request, missing, most_held);
            args.push(amounts)
                .push(self.core.alone_with(&request.node))
                .push_number(wanted.len() as u64);
            for (queue, version, covered) in wanted {
                args.push(queue.as_str())
                    .push_number(version)
                    .push(covered.numbers);
            }
            let slice = Slice::new(args, 1).weighing(missing).in_mode(mode);
            let lane = self.core.one_through_lane(Verb::Claim, partition, slice);
            match decode(lane.await?)? {
                Answer::ClassesChanged(queue) => self.core.forget_classes(&queue),
                mut answer => {
                    let avoided = answer.take_avoided();
                    let is_alone = self.core.left_to_others(&request.node, avoided);
                    // What it leaves to others when it gets something is its own with its next claim.
                    if !(is_alone && answer.is_nothing()) {
                        return Ok(answer);
                    }
                }
            }
        }
        Ok(Answer::nothing())
    }

    /// What the node has left beside the tasks of this partition, and what tasks of the wanted
    /// classes take, as `lib/uses.lua` is told.
    async fn amounts(
        &self,
        partition: Partition,
        request: &ClaimRequest,
        wanted: &[(&QueueName, u64, Covered)],
    ) -> Result<String, StoreError> {
        let all = &request.offer.resources;
        let left = self.core.left_beside(&request.node, all, partition).await?;
        let mut told = vec![packed_amounts(&left)];
        for (queue, _, covered) in wanted {
            let takes = covered.takes.iter();
            told.extend(takes.map(|(class, takes)| format!("{queue} {class} {takes}")));
        }
        Ok(told.join(";"))
    }

    /// What the `claim_id` has got in a partition before.
    async fn recall_in(
        &self,
        partition: Partition,
        request: &ClaimRequest,
    ) -> Result<Answer, StoreError> {
        let mut args = encode_head(request, 0, None);
        args.push("").push("").push_number(0);
        let slice = Slice::new(args, 1).in_mode("recall");
        let lane = self.core.one_through_lane(Verb::Claim, partition, slice);
        decode(lane.await?)
    }
}

fn encode_head(request: &ClaimRequest, most: usize, most_held: Option<u64>) -> Args {
    let mut args = Args::with_room(16, 256);
    let (session, remaining) = request
        .session
        .as_ref()
        .map_or(("", None), |(session, remaining)| {
            (session.as_str(), Some(*remaining))
        });
    args.push(request.node.as_str())
        .push(session)
        .push_optional(remaining)
        .push_optional(request.lease_ms)
        .push_number(most as u64)
        .push(random_hex())
        .push(request.claim_id.as_deref().unwrap_or_default())
        .push_optional(most_held);
    args
}
