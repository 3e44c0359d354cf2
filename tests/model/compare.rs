//! After a step: every task is as the model says, and what is stored about it fits together.

use taskyard::domain::TaskState;
use taskyard::store::audit::{Row, TaskFacts};

use super::action::QUEUES;
use super::reference::{Due, KEYS, Lease, Serial, Task};
use super::world::World;
use crate::support::queue;

/// A task that the model leaves alone is compared each time this many comparisons have passed.
const TURNS: usize = 16;

impl World {
    /// Compares with the model the tasks that it has changed since they were compared last, and
    /// some of the others in turn; `all` of them when asked. Audits what is stored about each.
    pub(crate) async fn compare_tasks(&mut self, all: bool) -> Result<(), String> {
        self.learn_children().await?;
        self.learn_turns().await?;
        self.turn += 1;
        self.compared.resize(self.ids.len(), None);
        let is_due = |task: &Serial| {
            all || task % TURNS == self.turn % TURNS
                || self.compared[*task].as_ref() != Some(&self.remembered(*task))
        };
        let known: Vec<Serial> = self.known().into_iter().filter(is_due).collect();
        let ids: Vec<_> = known.iter().map(|task| self.id(*task)).collect();
        let all = self.stores[0]
            .task_facts(&ids)
            .await
            .map_err(|error| error.to_string())?;
        for (task, facts) in known.into_iter().zip(&all) {
            self.compare(task, facts)
                .map_err(|difference| format!("task {task}: {difference}"))?;
            self.compared[task] = Some(self.remembered(task));
        }
        Ok(())
    }

    fn remembered(&self, task: Serial) -> (Task, Option<Lease>) {
        let record = self.model.tasks[task].clone();
        let lease = record.lease.map(|lease| self.model.leases[lease].clone());
        (record, lease)
    }

    fn compare(&mut self, task: Serial, facts: &TaskFacts) -> Result<(), String> {
        let number = |field: &str| facts.field(field).unwrap_or("0").to_owned();
        let record = &self.model.tasks[task];
        let Some(state) = record.state else {
            return same(
                "the number of keys",
                "0".into(),
                facts.keys.len().to_string(),
            );
        };
        same(
            "state",
            format!("{:?}", Some(state)),
            format!("{:?}", facts.state()),
        )?;
        if let Some(finding) = facts.findings().first() {
            return Err(finding.to_string());
        }
        same("queue", QUEUES[record.queue].into(), number("queue"))?;
        let key = KEYS[usize::from(record.fairness_key)];
        let stored = facts.field("fairness_key").unwrap_or_default();
        same("fairness key", key.into(), stored.into())?;
        same("attempt", record.attempt.to_string(), number("attempt"))?;
        same("failures", record.failures.to_string(), number("failures"))?;
        same("losses", record.losses.to_string(), number("losses"))?;
        let reason = record.reason.map(|reason| reason.word().to_owned());
        let stored = facts.field("reason").map(str::to_owned);
        same("reason", format!("{reason:?}"), format!("{stored:?}"))?;
        let result = facts.field("result").is_some() || facts.keys.contains_key("result");
        same("result", record.has_result.to_string(), result.to_string())?;
        self.compare_rows(task, state, facts)
    }

    /// What goes with the task's state.
    fn compare_rows(
        &mut self,
        task: Serial,
        state: TaskState,
        facts: &TaskFacts,
    ) -> Result<(), String> {
        let number = |field: &str| facts.field(field).unwrap_or("0").to_owned();
        let row = |row: Row| facts.rows.get(&row).map(|score| whole(score));
        let record = &self.model.tasks[task];
        match state {
            TaskState::Queued => {
                same(
                    "place",
                    format!("{:?}", record.place),
                    format!("{:?}", row(Row::Ready)),
                )?;
            }
            TaskState::Scheduled | TaskState::RetryWait => {
                let due = row(Row::Due).unwrap_or_default();
                let (least, most) = match record.due {
                    Due::At(moment) => (moment, moment),
                    Due::Between(least, most) => (least, most),
                };
                if !(least..=most).contains(&due) {
                    return Err(format!("due at {due}, not within {least}..={most}"));
                }
                self.model.tasks[task].due = Due::At(due);
            }
            TaskState::Running => {
                let lease = record.lease.unwrap();
                let lease_record = self.model.lease_of(task);
                let field = |name: &str| facts.field(name).map(str::to_owned);
                same(
                    "lease row",
                    format!("{:?}", Some(lease_record.row)),
                    format!("{:?}", row(Row::Lease)),
                )?;
                same(
                    "lease",
                    lease_record.ends.to_string(),
                    whole(&number("lease")).to_string(),
                )?;
                same(
                    "deadline",
                    lease_record.deadline.to_string(),
                    whole(&number("deadline")).to_string(),
                )?;
                same("token", self.tokens[lease].as_str().into(), number("token"))?;
                let revoke = record.revoke.map(|revoke| revoke.to_string());
                same(
                    "revoke",
                    format!("{revoke:?}"),
                    format!("{:?}", field("revoke")),
                )?;
                let session = lease_record
                    .session
                    .map(|session| self.sessions[session].as_str().to_owned());
                same(
                    "session",
                    format!("{session:?}"),
                    format!("{:?}", field("session")),
                )?;
            }
            _ => {
                same(
                    "finished",
                    record.finished.to_string(),
                    whole(&number("finished")).to_string(),
                )?;
            }
        }
        Ok(())
    }

    /// Audits everything stored, and compares what queues count.
    pub(crate) async fn audit(&mut self) -> Result<(), String> {
        self.compare_tasks(true).await?;
        self.compare_jobs(true).await?;
        let store = &self.stores[0];
        let report = store.audit().await.map_err(|error| error.to_string())?;
        if let Some(finding) = report.findings.first() {
            return Err(format!("the audit finds: {finding}"));
        }
        for (number, name) in QUEUES.iter().enumerate() {
            let stats = store.queues.stats(&queue(name)).await;
            let stats = stats.map_err(|error| error.to_string())?;
            for state in TaskState::ALL {
                let counted = stats.as_ref().map_or(0, |stats| stats.count(state));
                let expected = self.model.count(number, state);
                if counted != expected {
                    return Err(format!(
                        "{name} counts {counted} {} tasks instead of {expected}",
                        state.word()
                    ));
                }
            }
        }
        let records: u64 = report.tasks.values().sum();
        let there = self
            .model
            .tasks
            .iter()
            .filter(|task| task.is_there())
            .count() as u64;
        if records != there {
            return Err(format!("there are {records} records of {there} tasks"));
        }
        Ok(())
    }
}

/// Whether model and store say the same.
#[expect(
    clippy::needless_pass_by_value,
    reason = "each is made for the comparison"
)]
fn same(what: &str, model: String, store: String) -> Result<(), String> {
    if model == store {
        return Ok(());
    }
    Err(format!(
        "{what} is {model} in the model and {store} in the store"
    ))
}

/// A whole number, which Redis may write as 1.5e3.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scores are whole, positive and below 2^53"
)]
fn whole(text: &str) -> u64 {
    text.parse()
        .unwrap_or_else(|_| text.parse::<f64>().unwrap_or(-1.0) as u64)
}
