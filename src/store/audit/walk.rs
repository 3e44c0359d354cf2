//! The walk through everything stored, page by page: SCAN for keys, ZSCAN for members.

use deadpool_redis::redis;

use crate::domain::{Partition, TaskState};
use crate::store::StoreError;
use crate::store::core::Core;
use crate::store::document_kind::DocumentKind;

/// Keys or members that Redis looks at in one step.
const STEP: usize = 1_000;

/// A key, as far as the audit cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A task's record.
    Record(String),
    /// Another key of a task's own: a document or its attempts.
    OfTask(String),
    /// A sorted set whose members are tasks, and the queue it belongs to, if it does to one.
    Tasks(Option<String>),
    /// A job's record.
    Job(String),
    /// A job's index of tasks.
    JobTasks(String),
    /// The list of the partition's queues.
    Queues,
    /// A sorted set whose members are schedules.
    Schedules,
    /// A schedule's record.
    Schedule(String),
    /// A key of a queue without tasks as members.
    OfQueue(String),
    /// A node's record.
    Node(String),
    /// The list of the partition's endpoints.
    Endpoints,
    /// An endpoint's record: `node:NAME` or `queue:NAME`.
    Endpoint(String),
}

/// Which partition a key belongs to and what it is; `None` for what the audit does not judge.
pub(super) fn classify(key: &str) -> Option<(Partition, Kind)> {
    let (number, rest) = key.strip_prefix("{ty")?.split_once("}:")?;
    let partition = Partition::new(number.parse().ok()?);
    let (kind, name) = rest.split_once(':').unwrap_or((rest, ""));
    let name = || name.to_owned();
    let kind = match kind {
        "task" => Kind::Record(name()),
        "attempts" | "logs" | "edges" | "pending" | "answers" => Kind::OfTask(name()),
        "leases" | "due" | "expiries" | "held" => Kind::Tasks(None),
        "job" => Kind::Job(name()),
        "job_tasks" => Kind::JobTasks(name()),
        "ready" | "tag" => Kind::Tasks(rest.split(':').nth(1).map(str::to_owned)),
        "queues" => Kind::Queues,
        "schedules" | "fires" => Kind::Schedules,
        "schedule" => Kind::Schedule(name()),
        "node" => Kind::Node(name()),
        "endpoints" => Kind::Endpoints,
        "endpoint" => Kind::Endpoint(name()),
        "queue" | "classes" | "heads" | "busy" => Kind::OfQueue(name()),
        word if TaskState::from_word(word).is_some() => Kind::Tasks(Some(name())),
        word if DocumentKind::ALL.iter().any(|kind| kind.word() == word) => Kind::OfTask(name()),
        _ => return None,
    };
    Some((partition, kind))
}

/// A place in a SCAN or ZSCAN.
pub(super) struct Cursor {
    /// Which server is scanned.
    server: usize,
    at: Option<u64>,
}

impl Cursor {
    pub(super) const fn start() -> Self {
        Self {
            server: 0,
            at: Some(0),
        }
    }

    fn go_on(&mut self, next: u64) {
        self.at = (next != 0).then_some(next);
    }
}

impl Core {
    /// The next keys of this deployment; `None` after the last. A key may come twice.
    pub(super) async fn next_keys(
        &self,
        cursor: &mut Cursor,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let mut servers = self.servers.all().await.map_err(StoreError::away)?;
        if cursor.at.is_none() {
            cursor.server += 1;
            cursor.at = Some(0);
        }
        let Some(server) = servers.get_mut(cursor.server) else {
            return Ok(None);
        };
        let mut command = redis::cmd("SCAN");
        command.arg(cursor.at).arg("MATCH").arg("{ty*}:*");
        command.arg("COUNT").arg(STEP);
        let answer = command.query_async(server).await;
        if answer.is_err() {
            self.servers.discard().await;
        }
        let (next, keys): (u64, Vec<Vec<u8>>) = answer.map_err(StoreError::away)?;
        cursor.go_on(next);
        let text = |key: Vec<u8>| String::from_utf8_lossy(&key).into_owned();
        Ok(Some(keys.into_iter().map(text).collect()))
    }

    /// The next members of a sorted set; `None` after the last. A member may come twice.
    pub(super) async fn next_members(
        &self,
        set: &str,
        cursor: &mut Cursor,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let Some(at) = cursor.at else { return Ok(None) };
        let mut command = redis::cmd("ZSCAN");
        command.arg(set).arg(at).arg("COUNT").arg(STEP);
        let mut line = self.questions.line().await.map_err(StoreError::away)?;
        let answer = command.query_async(&mut line.connection).await;
        if answer.is_err() {
            self.questions.discard(&line).await;
        }
        let (next, pairs): (u64, Vec<Vec<u8>>) = answer.map_err(StoreError::away)?;
        cursor.go_on(next);
        let members = pairs.into_iter().step_by(2);
        let text = |member: Vec<u8>| String::from_utf8_lossy(&member).into_owned();
        Ok(Some(members.map(text).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_they_are() {
        let kind = |key: &str| classify(key).map(|(partition, kind)| (partition.number(), kind));
        let tasks = |queue: &str| Kind::Tasks(Some(queue.to_owned()));
        assert_eq!(
            kind("{ty12}:task:ab"),
            Some((12, Kind::Record("ab".into())))
        );
        assert_eq!(kind("{ty0}:error:ab"), Some((0, Kind::OfTask("ab".into()))));
        assert_eq!(kind("{ty0}:ready:bulk:3"), Some((0, tasks("bulk"))));
        assert_eq!(kind("{ty0}:tag:bulk:a:b{c}"), Some((0, tasks("bulk"))));
        assert_eq!(kind("{ty0}:retry_wait:bulk"), Some((0, tasks("bulk"))));
        assert_eq!(kind("{ty0}:held:n:"), Some((0, Kind::Tasks(None))));
        assert_eq!(kind("{ty0}:queues"), Some((0, Kind::Queues)));
        assert_eq!(kind("{ty0}:fires"), Some((0, Kind::Schedules)));
        assert_eq!(
            kind("{ty0}:schedule:s"),
            Some((0, Kind::Schedule("s".into())))
        );
        let endpoint = Kind::Endpoint("node:n".into());
        assert_eq!(kind("{ty0}:endpoint:node:n"), Some((0, endpoint)));
        assert_eq!(kind("{ty0}:idempotency:ab"), None);
        assert_eq!(kind("stranger"), None);
    }
}
