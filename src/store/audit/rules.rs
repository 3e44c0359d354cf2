//! What must hold for one task and for one queue.

use std::collections::BTreeMap;

use super::facts::TaskFacts;
use super::finding::{Finding, Row};
use crate::domain::TaskState;
use crate::store::document_kind::DocumentKind;
use crate::store::keys::Keys;

impl TaskFacts {
    /// All that does not hold for this task: it stands in the set of its state and in no other,
    /// has just the rows and documents that go with it, and lives on or ends as it should.
    pub fn findings(&self) -> Vec<Finding> {
        let task = self.id;
        let (Some(state), Some(_)) = (self.state(), self.field("queue")) else {
            return vec![Finding::NoState { task }];
        };
        let mut findings = Vec::new();
        if !self.states.contains_key(&state) {
            findings.push(Finding::NotInItsSet { task, state });
        }
        findings.extend(
            self.states
                .keys()
                .filter(|other| **other != state)
                .map(|other| Finding::InAnotherSet {
                    task,
                    state,
                    other: *other,
                }),
        );
        findings.extend(self.lost_tags.iter().map(|tag| Finding::NotUnderItsTag {
            task,
            tag: tag.clone(),
        }));
        findings.extend(self.lost_key.iter().map(|key| Finding::KeyWithoutTurns {
            task,
            key: key.clone(),
        }));
        self.judge_rows(state, &mut findings);
        self.judge_keys(state, &mut findings);
        findings.extend(self.judge_unique(state));
        findings.extend(self.judge_dependencies(state));
        findings
    }

    fn judge_rows(&self, state: TaskState, findings: &mut Vec<Finding>) {
        let task = self.id;
        let running = state == TaskState::Running;
        let waits_for_a_moment = matches!(state, TaskState::Scheduled | TaskState::RetryWait);
        // A blocked task does not expire before it is released.
        let waits = !running && !state.is_final() && state != TaskState::Blocked;
        let expires = self.field("expires");
        for (row, wanted, recorded) in [
            (Row::Ready, state == TaskState::Queued, self.field("score")),
            // Its score is the first of several moments, and an outage may put it off.
            (Row::Lease, running, None),
            (Row::Held, running, None),
            (Row::Due, waits_for_a_moment, self.field("due")),
            (Row::Expiry, waits && expires.is_some(), expires),
        ] {
            match (self.rows.get(&row), wanted) {
                (None, true) => findings.push(Finding::RowMissing { task, state, row }),
                (Some(_), false) => findings.push(Finding::RowTooMany { task, state, row }),
                (Some(found), true) => {
                    if let Some(recorded) = recorded
                        && !same_number(found, recorded)
                    {
                        findings.push(Finding::RowElsewhere {
                            task,
                            row,
                            found: found.clone(),
                            recorded: recorded.to_owned(),
                        });
                    }
                }
                (None, false) => {}
            }
        }
    }

    fn judge_keys(&self, state: TaskState, findings: &mut Vec<Finding>) {
        let task = self.id;
        let long = self.field("long").unwrap_or_default();
        for kind in DocumentKind::ALL {
            let document = kind.word().to_owned();
            match (
                long.contains(kind.letter()),
                self.keys.contains_key(kind.word()),
            ) {
                (true, false) => findings.push(Finding::DocumentMissing { task, document }),
                (false, true) => findings.push(Finding::DocumentTooMany { task, document }),
                _ => {}
            }
        }
        for (key, millis) in &self.keys {
            if state.is_final() == (*millis < 0) {
                findings.push(Finding::Lifetime {
                    task,
                    state,
                    key: key.clone(),
                });
            }
        }
    }

    /// A key that is held until the task has started or finished: its record says `DIGEST UNTIL TTL`.
    fn judge_unique(&self, state: TaskState) -> Option<Finding> {
        let task = self.id;
        let until = self.field("unique")?.split(' ').nth(1)?;
        let holds = self.unique_holder.as_deref() == Some(task.compact().as_str());
        let never_started = self.field("attempt").is_none();
        if state.is_final() {
            return (until != "ttl" && holds).then_some(Finding::UniqueKeyKept { task, state });
        }
        let must = until == "finished" || until == "started" && never_started;
        (must && !holds).then_some(Finding::UniqueKeyNotHeld { task, state })
    }

    /// A blocked task waits for at least one other, and nobody else waits.
    fn judge_dependencies(&self, state: TaskState) -> Option<Finding> {
        let task = self.id;
        let blocked = state == TaskState::Blocked;
        match (blocked, self.waits_for) {
            (true, 0) => Some(Finding::WaitsForNothing { task }),
            (false, 1..) => Some(Finding::WaitsNoMore { task, state }),
            _ => None,
        }
    }

    fn tags(&self) -> Vec<String> {
        let list = self.field("tags");
        list.and_then(|list| serde_json::from_str(list).ok())
            .unwrap_or_default()
    }

    /// Whether `key` is one of the sets where a task with this record may stand.
    pub(super) fn belongs_in(&self, keys: &Keys, key: &str) -> bool {
        let field = |name| self.field(name).unwrap_or_default();
        let queue = field("queue");
        let class = self.field("class").unwrap_or("0");
        key == keys.leases()
            || key == keys.due()
            || key == keys.expiries()
            || key == keys.line(queue, class, field("fairness_key"))
            || key == keys.held(field("node"), field("session"))
            || self.tags().iter().any(|tag| key == keys.tag(queue, tag))
            || self
                .field("job")
                .and_then(|place| place.split(' ').next())
                .is_some_and(|job| key == keys.job_tasks(job))
            || TaskState::ALL
                .into_iter()
                .any(|state| key == keys.state(queue, state))
    }
}

/// What is stored about one queue beside its tasks.
#[derive(Debug)]
pub(super) struct QueueFacts {
    pub(super) name: String,
    pub(super) recorded: bool,
    pub(super) listed: bool,
    pub(super) classes: u64,
    /// Definition to number.
    pub(super) definitions: BTreeMap<String, String>,
    /// Class to the score of its head.
    pub(super) heads: BTreeMap<String, String>,
    /// Class to the score of its first ready task.
    pub(super) firsts: BTreeMap<String, String>,
    /// Scope of a limit to the running tasks that it counts.
    pub(super) busy: BTreeMap<String, String>,
    /// The same, counted anew.
    pub(super) counted: BTreeMap<String, String>,
}

impl QueueFacts {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let queue = self.name.clone();
        if !self.recorded {
            return vec![Finding::QueueWithoutRecord { queue }];
        }
        let mut findings = Vec::new();
        if !self.listed {
            findings.push(Finding::QueueNotListed {
                queue: queue.clone(),
            });
        }
        let mut numbers: Vec<u64> = self
            .definitions
            .values()
            .filter_map(|number| number.parse().ok())
            .collect();
        numbers.sort_unstable();
        if !numbers.iter().copied().eq(0..self.classes) {
            findings.push(Finding::ClassesMiscounted {
                queue: queue.clone(),
                counted: self.classes,
                numbers,
            });
        }
        if self.busy != self.counted {
            findings.push(Finding::LimitsMiscounted {
                queue: queue.clone(),
                counted: self.busy.clone(),
                running: self.counted.clone(),
            });
        }
        // A queue with one class has no heads.
        let wanted = if self.classes > 1 {
            self.firsts.clone()
        } else {
            BTreeMap::new()
        };
        let classes: std::collections::BTreeSet<&String> =
            wanted.keys().chain(self.heads.keys()).collect();
        for class in classes {
            let (head, first) = (self.heads.get(class), wanted.get(class));
            let agree = match (head, first) {
                (Some(head), Some(first)) => same_number(head, first),
                _ => false,
            };
            if !agree {
                findings.push(Finding::HeadWrong {
                    queue: queue.clone(),
                    class: class.clone(),
                    head: head.cloned(),
                    first: first.cloned(),
                });
            }
        }
        findings
    }
}

/// Redis writes 4e3 where a script wrote 4000.
fn same_number(one: &str, other: &str) -> bool {
    matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if one.total_cmp(&other).is_eq())
}
