//! What is stored about one task, as of one moment: `migrations-lua/audit/task.lua` reads it.

use std::collections::BTreeMap;

use super::finding::Row;
use crate::domain::{Partition, TaskId, TaskState};
use crate::store::args::Args;
use crate::store::codec::latest_attempt;
use crate::store::core::Core;
use crate::store::reply::Reply;
use crate::store::{StoreError, scripts};

/// Tasks that one call reads: about 20 commands each.
const PAGE: usize = 100;

/// All that is stored about one task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskFacts {
    /// The task.
    pub id: TaskId,
    /// Its record, field by field; empty when there is none.
    pub record: BTreeMap<String, String>,
    /// The state sets of its queue that it stands in, and its score there.
    pub states: BTreeMap<TaskState, String>,
    /// Its scores in the sets that go with a state.
    pub rows: BTreeMap<Row, String>,
    /// Its keys (`task`, `attempts`, documents) and how long each lives, milliseconds; -1 for ever.
    pub keys: BTreeMap<String, i64>,
    /// The id of the task that holds its unique key.
    pub unique_holder: Option<String>,
    /// How many tasks it waits for.
    pub waits_for: u64,
    /// Tags under which it is not found, though it has them.
    pub lost_tags: Vec<String>,
    /// Its fairness key, when that is to take turns and does not, or by another place than its first.
    pub lost_key: Option<String>,
}

/// Where the walk came upon a task.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// Nowhere: it was asked for.
    Asked,
    /// In a sorted set.
    Member(String),
    /// By a key of its own.
    Key(String),
}

impl TaskFacts {
    /// The state that the record names.
    pub fn state(&self) -> Option<TaskState> {
        TaskState::from_word(self.record.get("state")?)
    }

    /// A field of the record.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.record.get(name).map(String::as_str)
    }
}

impl Core {
    /// Facts about tasks of one partition. A task that was not where it was found any more, since
    /// the service goes on, is `None`.
    pub(super) async fn task_facts(
        &self,
        partition: Partition,
        tasks: &[(TaskId, Found)],
    ) -> Result<Vec<Option<TaskFacts>>, StoreError> {
        let mut facts = Vec::with_capacity(tasks.len());
        for page in tasks.chunks(PAGE) {
            let mut args = Args::default();
            args.push_number(TaskState::ALL.len() as u64);
            for state in TaskState::ALL {
                args.push(state.word());
            }
            for (id, found) in page {
                let (how, key) = match found {
                    Found::Asked => ("", ""),
                    Found::Member(key) => ("member", key.as_str()),
                    Found::Key(key) => ("key", key.as_str()),
                };
                args.push(id.compact()).push(how).push(key);
            }
            let mut reply = self
                .call(&scripts::AUDIT_TASK, partition, "", &args)
                .await?;
            for (id, _) in page {
                facts.push(decode(*id, reply.next_list()?)?);
            }
        }
        Ok(facts)
    }
}

fn decode(id: TaskId, mut reply: Reply) -> Result<Option<TaskFacts>, StoreError> {
    let still_there = reply.text()? == "1";
    let mut record = pairs(&mut reply)?;
    if let Some(latest) = record.remove("latest") {
        let unfolded = latest_attempt(&latest);
        record.extend(unfolded.map(|(field, value)| (field.to_owned(), value.to_owned())));
    }
    let mut states = BTreeMap::new();
    for (word, score) in pairs(&mut reply)? {
        let state =
            TaskState::from_word(&word).ok_or_else(|| StoreError::corrupt("an unknown state"))?;
        states.insert(state, score);
    }
    let mut rows = BTreeMap::new();
    for row in [Row::Ready, Row::Lease, Row::Held, Row::Due, Row::Expiry] {
        if let Some(score) = reply.optional_text()? {
            rows.insert(row, score);
        }
    }
    let mut keys = BTreeMap::new();
    let mut lives = reply.next_list()?;
    while lives.left() > 0 {
        let key = lives.text()?;
        keys.insert(key, lives.number()?);
    }
    let mut lost_tags = Vec::new();
    let mut lost = reply.next_list()?;
    while lost.left() > 0 {
        lost_tags.push(lost.text()?);
    }
    let unique_holder = reply.optional_text()?;
    let lost_key = reply.optional_text()?;
    let waits_for = reply.count()?;
    Ok(still_there.then_some(TaskFacts {
        id,
        record,
        states,
        rows,
        keys,
        unique_holder,
        waits_for,
        lost_tags,
        lost_key,
    }))
}

/// A list of names and values.
pub(super) fn pairs(reply: &mut Reply) -> Result<BTreeMap<String, String>, StoreError> {
    let mut list = reply.next_list()?;
    let mut pairs = BTreeMap::new();
    while list.left() > 0 {
        let name = list.text()?;
        pairs.insert(name, list.text()?);
    }
    Ok(pairs)
}
