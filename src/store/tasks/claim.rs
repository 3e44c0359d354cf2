//! Claim: leases ready tasks to a node, the highest priority first, then the one queued first.

use std::collections::BTreeSet;

use deadpool_redis::redis::Value;

use super::Tasks;
use super::classes::Covered;
use crate::domain::dependency::Parent;
use crate::domain::limits::MAX_CLAIM_TASKS;
use crate::domain::placement::Offer;
use crate::domain::{
    Document, LeaseToken, NodeId, Partition, QueueName, SessionId, TaskId, TaskType, UnixMillis,
};
use crate::store::args::Args;
use crate::store::codec::latest_attempt;
use crate::store::lanes::{Slice, Verb};
use crate::store::nodes::resources::packed_amounts;
use crate::store::reply::{Reply, parse_number};
use crate::store::tasks::release::Release;
use crate::store::tasks::report::View;
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
}

/// A task that a node has got.
#[derive(Debug, Clone)]
pub struct ClaimedTask {
    /// Its id.
    pub id: TaskId,
    /// Where it waited.
    pub queue: QueueName,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// The worker's input.
    pub payload: Document,
    /// Which delivery this is, from 1.
    pub attempt: u32,
    /// The right to finish it.
    pub lease_token: LeaseToken,
    /// A number that rises with every attempt, for the user's own database.
    pub fence: u64,
    /// When the lease ends.
    pub lease_expires_at: UnixMillis,
    /// When the attempt runs out of time.
    pub deadline_at: UnixMillis,
    /// When it was claimed.
    pub started_at: UnixMillis,
    /// The submitter's notes.
    pub metadata: Option<Document>,
    /// W3C trace context of the submit.
    pub traceparent: Option<String>,
    /// How many tasks it has waited for.
    pub parents_total: usize,
    /// Those of them that are told of, in its own order.
    pub parents: Vec<Parent>,
}

/// Claimed tasks on their way to the node. Dropped before [`Self::deliver`], they go back at
/// once and free of charge: the client has gone away, and nobody would ever work on them.
pub struct Claimed {
    tasks: Vec<ClaimedTask>,
    holds: u64,
    short: bool,
    store: Tasks,
}

impl Claimed {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// The queue of each task.
    pub fn queues(&self) -> impl Iterator<Item = &QueueName> {
        self.tasks.iter().map(|task| &task.queue)
    }

    /// Takes the tasks out: the caller answers for them now.
    pub fn deliver(mut self) -> Vec<ClaimedTask> {
        std::mem::take(&mut self.tasks)
    }

    /// Reads how those ended that the tasks have waited for. What fails here fails the claim: its tasks go
    /// back, as if it had not been.
    async fn tell_parents(&mut self) -> Result<(), StoreError> {
        let depending = self.tasks.iter().filter(|task| task.parents_total > 0);
        let ids: Vec<TaskId> = depending.map(|task| task.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut told = self.store.parents_of(&ids).await?;
        for task in &mut self.tasks {
            task.parents = told.remove(&task.id).unwrap_or_default();
        }
        Ok(())
    }

    /// Tasks that the node holds in the partitions where nothing was found.
    pub fn holds(&self) -> u64 {
        self.holds
    }

    /// Whether there was something that the node could have got, had it more of its resources left.
    pub fn is_short(&self) -> bool {
        self.short
    }

    fn none(store: &Tasks) -> Self {
        Self {
            tasks: Vec::new(),
            holds: 0,
            short: false,
            store: store.clone(),
        }
    }

    fn absorb(&mut self, answer: Answer) {
        match answer {
            Answer::Claimed(tasks) => self.tasks.extend(tasks),
            Answer::Nothing { holds, short } => {
                self.holds += holds;
                self.short |= short;
            }
            Answer::ClassesChanged(_) => {}
        }
    }
}

impl std::fmt::Debug for Claimed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(&self.tasks).finish()
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let (Ok(runtime), false) = (tokio::runtime::Handle::try_current(), self.tasks.is_empty())
        else {
            return;
        };
        for task in std::mem::take(&mut self.tasks) {
            let store = self.store.clone();
            runtime.spawn(async move {
                let release = Release {
                    id: task.id,
                    lease_token: Some(task.lease_token),
                    delay_ms: None,
                    view: View::State,
                };
                if let Err(error) = store.release(release).await {
                    tracing::debug!(task_id = %task.id, %error, "an undelivered task goes back with its lease");
                }
            });
        }
    }
}

impl Tasks {
    /// Claims tasks. Runs to its end even when the caller is dropped; what it gets then goes back.
    pub async fn claim(&self, request: ClaimRequest) -> Result<Claimed, StoreError> {
        let store = self.clone();
        tokio::spawn(async move { store.claim_and_tell(&request, None).await })
            .await
            .unwrap_or_else(|_| Err(StoreError::unknown()))
    }

    /// The same for tasks that the service pushes: in each partition the node may hold `most_held` at
    /// most, whichever replica claims.
    pub async fn claim_to_push(
        &self,
        request: ClaimRequest,
        most_held: u64,
    ) -> Result<Claimed, StoreError> {
        let store = self.clone();
        tokio::spawn(async move { store.claim_and_tell(&request, Some(most_held)).await })
            .await
            .unwrap_or_else(|_| Err(StoreError::unknown()))
    }

    async fn claim_and_tell(
        &self,
        request: &ClaimRequest,
        most_held: Option<u64>,
    ) -> Result<Claimed, StoreError> {
        let mut claimed = self.claim_now(request, most_held).await?;
        claimed.tell_parents().await?;
        Ok(claimed)
    }

    /// What the request's `claim_id` has got before and still holds, and nothing more.
    pub async fn recall(&self, request: &ClaimRequest) -> Result<Claimed, StoreError> {
        let mut claimed = Claimed::none(self);
        if request.claim_id.is_some() {
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
        let visits = self.visits(&request.queues);
        // With several partitions, a repeated claim_id may have its tasks in any of them.
        if request.claim_id.is_some() && visits.len() > 1 {
            claimed = self.recall(request).await?;
            if !claimed.is_empty() {
                return Ok(claimed);
            }
        }
        let mut visited = BTreeSet::new();
        for (partition, queues) in visits {
            let first = visited.insert(partition);
            let mode = if first { "" } else { FURTHER };
            let missing = request
                .max_tasks
                .min(MAX_CLAIM_TASKS)
                .saturating_sub(claimed.len());
            if missing == 0 {
                break;
            }
            let bounds = (missing, most_held);
            match self
                .claim_in(partition, &queues, request, bounds, mode)
                .await
            {
                // What the node holds there has been told by the first visit.
                Ok(Answer::Nothing { short, .. }) if !first => {
                    claimed.absorb(Answer::Nothing { holds: 0, short });
                }
                Ok(answer) => claimed.absorb(answer),
                // What has been got already is worth more than the news of a failure.
                Err(error) if claimed.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(claimed)
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

    async fn claim_in(
        &self,
        partition: Partition,
        queues: &[QueueName],
        request: &ClaimRequest,
        (missing, most_held): (usize, Option<u64>),
        mode: &'static str,
    ) -> Result<Answer, StoreError> {
        for _ in 0..LOOKS {
            let mut wanted = Vec::with_capacity(queues.len());
            for queue in queues {
                let Some(classes) = self.core.classes_of(queue).await? else {
                    continue;
                };
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
            args.push(amounts).push_number(wanted.len() as u64);
            for (queue, version, covered) in wanted {
                args.push(queue.as_str())
                    .push_number(version)
                    .push(covered.numbers);
            }
            let slice = Slice::new(args, 1).weighing(missing).in_mode(mode);
            match decode(
                self.core
                    .through_lane(Verb::Claim, partition, slice)
                    .await?,
            )? {
                Answer::ClassesChanged(queue) => self.core.forget_classes(&queue),
                answer => return Ok(answer),
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
        args.push("").push_number(0);
        let slice = Slice::new(args, 1).in_mode("recall");
        let lane = self.core.through_lane(Verb::Claim, partition, slice);
        decode(lane.await?)
    }
}

fn encode_head(request: &ClaimRequest, most: usize, most_held: Option<u64>) -> Args {
    let mut args = Args::default();
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

enum Answer {
    Claimed(Vec<ClaimedTask>),
    /// Nothing. Perhaps because the node itself has too little left for a task that it may run.
    Nothing {
        holds: u64,
        short: bool,
    },
    ClassesChanged(QueueName),
}

impl Answer {
    const fn nothing() -> Self {
        Self::Nothing {
            holds: 0,
            short: false,
        }
    }
}

fn decode(answers: Vec<Value>) -> Result<Answer, StoreError> {
    let answer = answers
        .into_iter()
        .next()
        .ok_or_else(|| StoreError::corrupt("claim answered nothing"))?;
    let mut reply = Reply::list(answer)?;
    match reply.text()?.as_str() {
        "classes_changed" => {
            let queue = QueueName::parse(&reply.text()?)
                .map_err(|_| StoreError::corrupt("a queue's name"))?;
            return Ok(Answer::ClassesChanged(queue));
        }
        "none" => {
            return Ok(Answer::Nothing {
                holds: reply.count()?,
                short: reply.text()? == "1",
            });
        }
        _ => {}
    }
    let mut tasks = Vec::with_capacity(reply.left());
    while reply.left() > 0 {
        tasks.push(decode_claimed(reply.next_list()?)?);
    }
    Ok(Answer::Claimed(tasks))
}

fn decode_claimed(mut reply: Reply) -> Result<ClaimedTask, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt(format!("a claimed task's {what}"));
    let document = |text: Option<String>, what: &str| {
        text.map(|text| Document::parse(text).ok_or_else(|| corrupt(what)))
            .transpose()
    };
    let id = TaskId::from_compact(reply.text()?.as_bytes()).ok_or_else(|| corrupt("id"))?;
    let queue = QueueName::parse(&reply.text()?).map_err(|_| corrupt("queue"))?;
    let latest = reply.text()?;
    let mut attempt = latest_attempt(&latest);
    let mut field = |wanted: &str| {
        let found = attempt.find(|(field, _)| *field == wanted);
        found.map(|(_, value)| value).ok_or_else(|| corrupt(wanted))
    };
    let payload = document(reply.optional_text()?, "payload")?.ok_or_else(|| corrupt("payload"))?;
    // A task without any of these ends here.
    let mut rare = || {
        if reply.left() > 0 {
            reply.optional_text()
        } else {
            Ok(None)
        }
    };
    Ok(ClaimedTask {
        id,
        queue,
        // In the order in which they stand in the record.
        attempt: parse_number(field("attempt")?)?,
        lease_token: LeaseToken::parse(field("token")?).ok_or_else(|| corrupt("token"))?,
        started_at: UnixMillis::new(parse_number(field("started")?)?),
        fence: parse_number(field("fence")?)?,
        lease_expires_at: UnixMillis::new(parse_number(field("lease")?)?),
        deadline_at: UnixMillis::new(parse_number(field("deadline")?)?),
        payload,
        task_type: rare()?.map_or_else(
            || Ok(TaskType::default()),
            |name| TaskType::parse(&name).map_err(|_| corrupt("type")),
        )?,
        metadata: document(rare()?, "metadata")?,
        traceparent: rare()?,
        parents_total: rare()?.map_or(Ok(0), |count| parse_number(&count))?,
        parents: Vec::new(),
    })
}
