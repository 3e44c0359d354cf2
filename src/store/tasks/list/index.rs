//! The index of a filter: the sorted sets that are looked through, and their order.
//!
//! One index a filter, by fixed rules, so that the order of a list follows from what was asked and
//! not from what is stored just now.

use futures_util::future::join_all;

use super::{ListPlace, latest_id};
use crate::domain::task_filter::TaskFilter;
use crate::domain::{Partition, QueueName, TaskState, TaskType};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

/// Queues that one call looks through: each has a set a state.
const QUEUES_OF_PART: usize = 100;

/// Sets of one kind, which cover a filter in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// Tasks of queues with a tag, by id.
    Tag,
    /// What sessions of a node hold: its running tasks, by their start.
    Held,
    /// Ready tasks of a queue's classes, by their place.
    Ready,
    /// Tasks of queues in states, by the moment of the state.
    State,
}

/// Sets of one partition that one call looks through.
pub(super) struct Part {
    pub(super) partition: Partition,
    /// The two names of each set's key.
    pub(super) sets: Args,
}

impl Index {
    /// The one for a filter.
    pub(super) const fn of(filter: &TaskFilter) -> Self {
        let state = filter.state;
        if filter.tag.is_some() {
            Self::Tag
        } else if filter.node_id.is_some() && matches!(state, Some(TaskState::Running)) {
            Self::Held
        } else if filter.queue.is_some()
            && filter.task_type.is_some()
            && matches!(state, Some(TaskState::Queued))
        {
            Self::Ready
        } else {
            Self::State
        }
    }

    /// The word of its keys.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Held => "held",
            Self::Ready => "ready",
            Self::State => "state",
        }
    }

    /// Whether what is highest comes first.
    pub(super) const fn is_newest_first(self) -> bool {
        !matches!(self, Self::Ready)
    }

    /// The same as a word.
    pub(super) const fn order(self) -> &'static str {
        if self.is_newest_first() {
            "newest"
        } else {
            "first"
        }
    }

    /// Whether its scores are moments.
    pub(super) const fn is_by_moment(self) -> bool {
        matches!(self, Self::Held | Self::State)
    }

    /// Where a list begins that goes through ids and leaves out the youngest.
    pub(super) fn start(self, filter: &TaskFilter) -> Option<ListPlace> {
        let id = latest_id(filter).filter(|_| self == Self::Tag)?;
        Some(ListPlace { score: 0, id })
    }

    /// The sets, by calls.
    pub(super) async fn parts(
        self,
        core: &Core,
        filter: &TaskFilter,
    ) -> Result<Vec<Part>, StoreError> {
        match (self, &filter.queue, &filter.task_type) {
            (Self::Held, queue, _) => held(core, filter, queue.as_ref()).await,
            (Self::Ready, Some(queue), Some(task_type)) => ready(core, queue, task_type).await,
            (_, Some(queue), _) => Ok(vec![part(
                lives_in(core, queue).await?,
                std::slice::from_ref(queue),
                filter,
            )]),
            (_, None, _) => {
                let mut parts = Vec::new();
                for (partition, queues) in all_queues(core).await? {
                    let pages = queues.chunks(QUEUES_OF_PART);
                    parts.extend(pages.map(|queues| part(partition, queues, filter)));
                }
                Ok(parts)
            }
        }
    }
}

/// The partition of a queue; for one that is not there, of nothing.
async fn lives_in(core: &Core, queue: &QueueName) -> Result<Partition, StoreError> {
    let found = core.locate(queue).await?;
    Ok(found.unwrap_or_else(|| core.home_of(queue)))
}

/// The sets of some queues of a partition.
fn part(partition: Partition, queues: &[QueueName], filter: &TaskFilter) -> Part {
    let mut sets = Args::default();
    for queue in queues {
        if let Some(tag) = &filter.tag {
            sets.push(queue.as_str()).push(tag);
            continue;
        }
        let states = TaskState::ALL.into_iter();
        for state in states.filter(|state| filter.state.is_none_or(|wanted| wanted == *state)) {
            sets.push(queue.as_str()).push(state.word());
        }
    }
    Part { partition, sets }
}

async fn all_queues(core: &Core) -> Result<Vec<(Partition, Vec<QueueName>)>, StoreError> {
    let empty = Args::default();
    let answers = core.all_partitions().map(|partition| {
        let call = core.call(&scripts::QUEUE_NAMES, partition, "", &empty);
        async move { Ok::<_, StoreError>((partition, call.await?)) }
    });
    let mut all = Vec::new();
    for answer in join_all(answers).await {
        let (partition, mut reply) = answer?;
        let mut queues = Vec::with_capacity(reply.left());
        while reply.left() > 0 {
            let name = QueueName::parse(&reply.text()?);
            queues.push(name.map_err(|_| StoreError::corrupt("a queue's name"))?);
        }
        all.push((partition, queues));
    }
    Ok(all)
}

/// What a node holds in the partitions where it may hold something.
async fn held(
    core: &Core,
    filter: &TaskFilter,
    queue: Option<&QueueName>,
) -> Result<Vec<Part>, StoreError> {
    let Some(node) = &filter.node_id else {
        return Ok(Vec::new());
    };
    let session = core.session_of(node).await?;
    let mut sets = Args::default();
    sets.push(node.as_str()).push("");
    if let Some(session) = session.filter(|session| !session.is_empty()) {
        sets.push(node.as_str()).push(session);
    }
    let wanted = match queue {
        Some(queue) => Some(lives_in(core, queue).await?),
        None => None,
    };
    let partitions = core.all_partitions();
    Ok(partitions
        .filter(|partition| wanted.is_none_or(|wanted| wanted == *partition))
        .map(|partition| Part {
            partition,
            sets: sets.clone(),
        })
        .collect())
}

/// The classes of one type: as many as there are requirements with it.
async fn ready(
    core: &Core,
    queue: &QueueName,
    task_type: &TaskType,
) -> Result<Vec<Part>, StoreError> {
    let mut sets = Args::default();
    let classes = core.read_classes(queue).await?;
    for (number, class) in classes
        .iter()
        .flat_map(|known| known.all.iter())
        .enumerate()
    {
        if class.task_type == *task_type {
            sets.push(queue.as_str()).push(number.to_string());
        }
    }
    Ok(vec![Part {
        partition: core.partition_of(queue),
        sets,
    }])
}
