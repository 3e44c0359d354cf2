//! The audit: whether everything stored fits together.
//!
//! It reads every key once, page by page, and judges each task, queue, schedule and endpoint by what one small
//! read-only script says of it. So it may run beside a live service: nothing is compared that was
//! read at two moments. It repairs nothing. Start with `rules`, which says what must hold.

mod endpoints;
mod facts;
mod finding;
mod jobs;
mod queues;
mod rules;
mod schedules;
mod walk;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

pub use facts::TaskFacts;
pub use finding::{Finding, Row};

use self::facts::Found;
use self::walk::{Cursor, Kind, classify};
use super::core::Core;
use super::{Store, StoreError};
use crate::domain::{Partition, TaskId, TaskState};

/// Findings that a report lists; the others are only counted.
const LISTED: usize = 1_000;

/// What an audit saw.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AuditReport {
    /// Queues.
    pub queues: u64,
    /// Jobs.
    pub jobs: u64,
    /// Tasks by state.
    pub tasks: BTreeMap<TaskState, u64>,
    /// Rows of sorted sets that were looked at.
    pub rows: u64,
    /// What does not hold, in the order it was found.
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more_findings: u64,
}

impl AuditReport {
    /// Whether everything holds.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn note(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            if self.findings.contains(&finding) {
                continue;
            }
            if self.findings.len() < LISTED {
                self.findings.push(finding);
            } else {
                self.more_findings += 1;
            }
        }
    }
}

impl Store {
    /// Looks whether everything stored fits together. Its cost grows with what is stored; it
    /// never holds Redis for more than a page.
    pub async fn audit(&self) -> Result<AuditReport, StoreError> {
        let mut audit = Audit {
            core: &self.core,
            report: AuditReport::default(),
            counted: HashSet::new(),
            queues: BTreeSet::new(),
            schedules: BTreeSet::new(),
            endpoints: BTreeSet::new(),
            jobs: BTreeSet::new(),
        };
        let mut cursor = Cursor::start();
        while let Some(keys) = self.core.next_keys(&mut cursor).await? {
            audit.look_at_keys(&keys).await?;
        }
        audit.look_at_queues().await?;
        audit.look_at_schedules().await?;
        audit.look_at_endpoints().await?;
        audit.look_at_jobs().await?;
        Ok(audit.report)
    }

    /// All that is stored about some tasks, in their order.
    pub async fn task_facts(&self, ids: &[TaskId]) -> Result<Vec<TaskFacts>, StoreError> {
        let mut by_partition: BTreeMap<Partition, Vec<(TaskId, Found)>> = BTreeMap::new();
        for id in ids {
            by_partition
                .entry(id.partition())
                .or_default()
                .push((*id, Found::Asked));
        }
        let mut facts = BTreeMap::new();
        for (partition, tasks) in by_partition {
            let found = self.core.task_facts(partition, &tasks).await?;
            facts.extend(found.into_iter().flatten().map(|facts| (facts.id, facts)));
        }
        Ok(ids.iter().filter_map(|id| facts.get(id).cloned()).collect())
    }
}

/// An audit on its way.
struct Audit<'a> {
    core: &'a Core,
    report: AuditReport,
    /// Tasks counted already: a scan may give a key twice.
    counted: HashSet<TaskId>,
    queues: BTreeSet<(Partition, String)>,
    schedules: BTreeSet<(Partition, String)>,
    endpoints: BTreeSet<endpoints::Owner>,
    jobs: BTreeSet<(Partition, String)>,
}

impl Audit<'_> {
    async fn look_at_keys(&mut self, keys: &[String]) -> Result<(), StoreError> {
        let mut tasks: BTreeMap<Partition, Vec<(TaskId, Found)>> = BTreeMap::new();
        for key in keys {
            let Some((partition, kind)) = classify(key) else {
                continue;
            };
            match kind {
                Kind::Record(id) | Kind::OfTask(id) => match TaskId::from_compact(id.as_bytes()) {
                    Some(task) => tasks
                        .entry(partition)
                        .or_default()
                        .push((task, Found::Key(key.clone()))),
                    None => self.report.note(vec![Finding::NoTaskId {
                        key: key.clone(),
                        member: id,
                    }]),
                },
                Kind::Job(id) => {
                    self.jobs.insert((partition, id));
                }
                Kind::JobTasks(id) => {
                    self.jobs.insert((partition, id));
                    self.look_at_members(partition, key).await?;
                }
                Kind::Tasks(queue) => {
                    self.queues.extend(queue.map(|queue| (partition, queue)));
                    self.look_at_members(partition, key).await?;
                }
                Kind::Queues => {
                    let mut cursor = Cursor::start();
                    while let Some(names) = self.core.next_members(key, &mut cursor).await? {
                        self.queues
                            .extend(names.into_iter().map(|name| (partition, name)));
                    }
                }
                Kind::Schedules => {
                    let mut cursor = Cursor::start();
                    while let Some(names) = self.core.next_members(key, &mut cursor).await? {
                        self.schedules
                            .extend(names.into_iter().map(|name| (partition, name)));
                    }
                }
                Kind::Schedule(name) => {
                    self.schedules.insert((partition, name));
                }
                Kind::OfQueue(queue) => {
                    self.may_have_endpoint(partition, "queue", &queue);
                    self.queues.insert((partition, queue));
                }
                Kind::Node(node) => self.may_have_endpoint(partition, "node", &node),
                Kind::Endpoint(endpoint) => self.has_endpoint(partition, &endpoint),
                Kind::Endpoints => {
                    let mut cursor = Cursor::start();
                    while let Some(listed) = self.core.next_members(key, &mut cursor).await? {
                        for endpoint in listed {
                            self.has_endpoint(partition, &endpoint);
                        }
                    }
                }
            }
        }
        for (partition, tasks) in tasks {
            self.judge(partition, tasks).await?;
        }
        Ok(())
    }

    fn may_have_endpoint(&mut self, partition: Partition, kind: &str, name: &str) {
        let owner = (partition, kind.to_owned(), name.to_owned());
        self.endpoints.insert(owner);
    }

    /// An endpoint as it is stored: `KIND:NAME`.
    fn has_endpoint(&mut self, partition: Partition, endpoint: &str) {
        let (kind, name) = endpoint.split_once(':').unwrap_or((endpoint, ""));
        self.may_have_endpoint(partition, kind, name);
    }

    async fn look_at_members(&mut self, partition: Partition, set: &str) -> Result<(), StoreError> {
        let mut cursor = Cursor::start();
        while let Some(members) = self.core.next_members(set, &mut cursor).await? {
            let mut tasks = Vec::with_capacity(members.len());
            for member in members {
                match TaskId::from_compact(member.as_bytes()) {
                    // Of a graph, a job's own partition lists tasks of others too.
                    Some(task) if task.partition() != partition => {}
                    Some(task) => tasks.push((task, Found::Member(set.to_owned()))),
                    None => self.report.note(vec![Finding::NoTaskId {
                        key: set.to_owned(),
                        member,
                    }]),
                }
            }
            self.report.rows += tasks.len() as u64;
            self.judge(partition, tasks).await?;
        }
        Ok(())
    }

    async fn judge(
        &mut self,
        partition: Partition,
        tasks: Vec<(TaskId, Found)>,
    ) -> Result<(), StoreError> {
        let keys = super::keys::Keys::of(partition);
        let facts = self.core.task_facts(partition, &tasks).await?;
        for ((task, found), facts) in tasks.into_iter().zip(facts) {
            let Some(facts) = facts else { continue };
            match found {
                Found::Member(key) | Found::Key(key) if facts.record.is_empty() => {
                    self.report.note(vec![Finding::NoRecord { task, key }]);
                    continue;
                }
                Found::Member(key) if !facts.belongs_in(&keys, &key) => {
                    self.report.note(vec![Finding::Misplaced { task, key }]);
                }
                _ => {}
            }
            if let Some(state) = facts.state()
                && self.counted.insert(task)
            {
                *self.report.tasks.entry(state).or_default() += 1;
            }
            self.report.note(facts.findings());
        }
        Ok(())
    }
}

/// Pages of rows that stand in one partition each, at most so many together.
fn pages<R>(
    rows: &[R],
    most: usize,
    partition: fn(&R) -> Partition,
) -> impl Iterator<Item = (Partition, &[R])> {
    rows.chunk_by(move |one, other| partition(one) == partition(other))
        .flat_map(move |together| together.chunks(most))
        .map(move |page| (partition(&page[0]), page))
}
