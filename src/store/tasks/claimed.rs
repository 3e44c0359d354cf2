//! What a claim has got: tasks on their way to the node, as the claim script answers them.

use super::Tasks;
use crate::domain::dependency::Parent;
use crate::domain::{Document, LeaseToken, NodeId, QueueName, TaskId, TaskType, UnixMillis};
use crate::store::StoreError;
use crate::store::codec::latest_attempt;
use crate::store::ledger::Beginning;
use crate::store::nodes::alone::ClassOf;
use crate::store::reply::{Reply, parse_number};
use crate::store::tasks::release::Release;
use crate::store::tasks::report::View;

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
    /// The moment that it waited for, if it did.
    pub(super) due: Option<UnixMillis>,
    /// How many tasks it has waited for.
    pub parents_total: usize,
    /// Those of them that are told of, in its own order.
    pub parents: Vec<Parent>,
}

impl ClaimedTask {
    /// Since when it could have been claimed; not known of one that was given back.
    fn due_at(&self) -> Option<UnixMillis> {
        self.due
            .or_else(|| (self.attempt == 1).then(|| self.id.created_at()))
    }
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
    pub(super) async fn tell_parents(&mut self) -> Result<(), StoreError> {
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

    /// Whether there was something that another node with the same offer could have got: this one
    /// has too little left of its resources, or the task was lost on it before.
    pub fn is_held_back(&self) -> bool {
        self.short
    }

    pub(super) fn none(store: &Tasks) -> Self {
        Self {
            tasks: Vec::new(),
            holds: 0,
            short: false,
            store: store.clone(),
        }
    }

    /// Notes that the attempts have begun.
    pub(super) fn note(&self, node: &NodeId) {
        let core = &self.store.core;
        if self.tasks.is_empty() || !core.remembers_node(node) {
            return;
        }
        let now_ms = core.shared.clock.now_ms();
        let attempts = self.tasks.iter().map(|task| Beginning {
            id: task.id,
            queue: &task.queue,
            task_type: &task.task_type,
            started_ms: now_ms,
            waited_ms: task.due_at().map(|due| now_ms.saturating_sub(due.get())),
        });
        core.ledger.began(node, attempts);
    }

    pub(super) fn absorb(&mut self, answer: Answer) {
        match answer {
            Answer::Claimed(tasks, _) => self.tasks.extend(tasks),
            Answer::Nothing { holds, short, .. } => {
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

pub(super) enum Answer {
    /// Tasks, and classes of which some were lost on the node and left to others.
    Claimed(Vec<ClaimedTask>, Vec<ClassOf>),
    /// Nothing. Perhaps because the node itself has too little left for a task that it may run, or
    /// since such tasks were left to others.
    Nothing {
        holds: u64,
        short: bool,
        avoided: Vec<ClassOf>,
    },
    ClassesChanged(QueueName),
}

impl Answer {
    pub(super) const fn nothing() -> Self {
        Self::Nothing {
            holds: 0,
            short: false,
            avoided: Vec::new(),
        }
    }

    pub(super) const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing { .. })
    }

    /// The classes of what was left to others; the node was held back by them if it got nothing.
    pub(super) fn take_avoided(&mut self) -> Vec<ClassOf> {
        match self {
            Self::Claimed(_, avoided) => std::mem::take(avoided),
            Self::Nothing { short, avoided, .. } => {
                *short |= !avoided.is_empty();
                std::mem::take(avoided)
            }
            Self::ClassesChanged(_) => Vec::new(),
        }
    }
}

pub(super) fn decode(mut reply: Reply) -> Result<Answer, StoreError> {
    let mut avoided = Vec::new();
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
                avoided: decode_classes(reply.next_list()?)?,
            });
        }
        "beside" => avoided = decode_classes(reply.next_list()?)?,
        _ => {}
    }
    let mut tasks = Vec::with_capacity(reply.left());
    while reply.left() > 0 {
        tasks.push(decode_claimed(reply.next_list()?)?);
    }
    Ok(Answer::Claimed(tasks, avoided))
}

fn decode_classes(mut reply: Reply) -> Result<Vec<ClassOf>, StoreError> {
    let mut classes = Vec::new();
    while reply.left() > 0 {
        let queue =
            QueueName::parse(&reply.text()?).map_err(|_| StoreError::corrupt("a queue's name"))?;
        classes.push((queue, parse_number::<u64>(&reply.text()?)?));
    }
    let numbered = classes.into_iter();
    Ok(numbered
        .map(|(queue, number)| (queue, usize::try_from(number).unwrap_or(usize::MAX)))
        .collect())
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
        due: rare()?
            .map(|text| parse_number(&text).map(UnixMillis::new))
            .transpose()?,
        parents_total: rare()?.map_or(Ok(0), |count| parse_number(&count))?,
        parents: Vec::new(),
    })
}
