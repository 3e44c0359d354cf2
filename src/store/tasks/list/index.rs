//! The index of a filter: the sorted sets that are looked through, and their order.
//!
//! One index a filter, by fixed rules, so that the order of a list follows from what was asked and
//! not from what is stored just now.

use futures_util::future::join_all;

use crate::domain::task_filter::TaskFilter;
use crate::domain::{JobId, Partition, QueueName, TaskId, TaskState, TaskType};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

/// Queues that one call looks through: each has a set a state.
const QUEUES_OF_PART: usize = 100;

/// Sets of one kind, which cover a filter in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// Tasks of a job, by their first item.
    Job,
    /// Tasks of queues with a tag, by id.
    Tag,
    /// What sessions of a node hold: its running tasks, by their start.
    Held,
    /// Ready tasks of a queue's classes, by their place.
    Ready,
    /// Tasks of queues in states, by the moment of the state, the earliest first: nothing that was stored in a
    /// span has reached its state before the span begins.
    Span,
    /// The same, the latest first.
    State,
}

/// Sets of one partition that one call looks through.
pub(super) struct Part {
    pub(super) home: Home,
    /// The two names of each set's key.
    pub(super) sets: Args,
}

/// Where sets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    /// Where a queue lives, which may have come to live elsewhere.
    Queue(QueueName),
    /// Where a job lives, which may be forgotten before its tasks are.
    Job(JobId),
    /// In a partition.
    Partition(Partition),
}

impl Home {
    /// What has to be there, as the script takes it.
    pub(super) fn push_to(&self, args: &mut Args) {
        match self {
            Self::Queue(queue) => args.push("queue").push(queue.as_str()),
            Self::Job(job) => args.push("job").push(job.compact()),
            Self::Partition(_) => args.push("").push(""),
        };
    }
}

impl Index {
    /// The one for a filter.
    pub(super) const fn of(filter: &TaskFilter) -> Self {
        let state = filter.state;
        if filter.job_id.is_some() {
            Self::Job
        } else if filter.tag.is_some() {
            Self::Tag
        } else if filter.node_id.is_some() && matches!(state, Some(TaskState::Running)) {
            Self::Held
        } else if filter.queue.is_some()
            && filter.task_type.is_some()
            && matches!(state, Some(TaskState::Queued))
        {
            Self::Ready
        } else if filter.created_after.is_some() && filter.created_before.is_some() {
            Self::Span
        } else {
            Self::State
        }
    }

    /// The one for who changes what it finds: of a span as well, what enters a state goes where the list has been.
    pub(super) const fn of_scan(filter: &TaskFilter) -> Self {
        match Self::of(filter) {
            Self::Span => Self::State,
            other => other,
        }
    }

    /// The word of its keys.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Job => "job_tasks",
            Self::Tag => "tag",
            Self::Held => "held",
            Self::Ready => "ready",
            Self::Span | Self::State => "state",
        }
    }

    /// Whether what is highest comes first.
    pub(super) const fn is_newest_first(self) -> bool {
        !matches!(self, Self::Ready | Self::Span)
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
        matches!(self, Self::Held | Self::Span | Self::State)
    }

    /// Whether all that its sets hold is of the queue that a filter names.
    pub(super) const fn is_of_queue(self) -> bool {
        !matches!(self, Self::Held | Self::Job)
    }

    /// The same of the state.
    pub(super) const fn is_of_state(self) -> bool {
        !matches!(self, Self::Tag | Self::Job)
    }

    /// The sets, by calls.
    pub(super) async fn parts(
        self,
        core: &Core,
        filter: &TaskFilter,
    ) -> Result<Vec<Part>, StoreError> {
        match (self, &filter.queue, &filter.task_type) {
            (Self::Job, ..) => Ok(job(core, filter).into_iter().collect()),
            (Self::Held, queue, _) => held(core, filter, queue.as_ref()).await,
            (Self::Ready, Some(queue), Some(task_type)) => ready(core, queue, task_type).await,
            (_, Some(queue), _) => {
                let home = Home::Queue(queue.clone());
                Ok(vec![self.part(home, std::slice::from_ref(queue), filter)])
            }
            (_, None, _) => {
                let mut parts = Vec::new();
                for (partition, queues) in all_queues(core).await? {
                    let pages = queues.chunks(QUEUES_OF_PART);
                    let home = Home::Partition(partition);
                    parts.extend(pages.map(|queues| self.part(home.clone(), queues, filter)));
                }
                Ok(parts)
            }
        }
    }

    /// The sets of some queues of a partition.
    fn part(self, home: Home, queues: &[QueueName], filter: &TaskFilter) -> Part {
        let tag = filter.tag.as_ref().filter(|_| self == Self::Tag);
        let mut sets = Args::default();
        for queue in queues {
            if let Some(tag) = tag {
                sets.push(queue.as_str()).push(tag);
                continue;
            }
            let states = TaskState::ALL.into_iter();
            for state in states.filter(|state| filter.state.is_none_or(|wanted| wanted == *state)) {
                sets.push(queue.as_str()).push(state.word());
            }
        }
        Part { home, sets }
    }
}

/// The tasks of a job, where that is; `None` for what can be no job here.
fn job(core: &Core, filter: &TaskFilter) -> Option<Part> {
    let id = filter.job_id?.simple().to_string();
    let id = TaskId::from_compact(id.as_bytes()).filter(|id| core.knows(*id))?;
    let job = JobId::new(id);
    let mut sets = Args::default();
    sets.push(job.compact()).push("");
    let home = Home::Job(job);
    Some(Part { home, sets })
}

async fn all_queues(core: &Core) -> Result<Vec<(Partition, Vec<QueueName>)>, StoreError> {
    let empty = Args::default();
    let answers = core.all_partitions().map(|partition| {
        let call = core.call_abreast(&scripts::QUEUE_NAMES, partition, "", &empty);
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
    let homes: Vec<Home> = match queue {
        Some(queue) => vec![Home::Queue(queue.clone())],
        None => core.all_partitions().map(Home::Partition).collect(),
    };
    let part = |home| Part {
        home,
        sets: sets.clone(),
    };
    Ok(homes.into_iter().map(part).collect())
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
    let home = Home::Queue(queue.clone());
    Ok(vec![Part { home, sets }])
}
