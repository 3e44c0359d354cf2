//! Nodes and their sessions.

use std::collections::{BTreeMap, BTreeSet};

use taskyard::domain::TaskState;

use super::{Answer, Model, Serial, SessionNo};

pub(crate) const DEAD_AFTER_MS: u64 = 30_000;
const CANCEL_NOTE_MS: u64 = 40_000;

/// A name that may be registered.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) partition: u16,
    pub(crate) registered: bool,
    /// The latest session.
    pub(crate) session: Option<SessionNo>,
    /// While the session lives: when it would end.
    pub(crate) beats_until: Option<u64>,
    /// Tasks it is to stop, and since when.
    pub(crate) notes: BTreeMap<Serial, u64>,
}

impl Node {
    pub(crate) fn new(name: &str, partition: u16) -> Self {
        Self {
            name: name.to_owned(),
            partition,
            registered: false,
            session: None,
            beats_until: None,
            notes: BTreeMap::new(),
        }
    }

    /// Whether that session is the node's and has not ended.
    pub(crate) fn lives(&self, session: SessionNo) -> bool {
        self.session == Some(session) && self.beats_until.is_some()
    }
}

impl Model {
    /// With its current session the node is updated; without one, a new session begins.
    pub(crate) fn register(&mut self, node: usize, current: Option<SessionNo>) -> Answer {
        if let Some(current) = current {
            if !self.nodes[node].lives(current) {
                return Answer::SessionEnded;
            }
            self.nodes[node].beats_until = Some(self.now + DEAD_AFTER_MS);
            return Answer::Registered { new: false };
        }
        self.begin_leases(self.nodes[node].partition);
        let replaced = self.nodes[node].session;
        let new = !self.nodes[node].registered;
        self.sessions.push(node);
        let record = &mut self.nodes[node];
        record.registered = true;
        record.session = Some(self.sessions.len() - 1);
        record.beats_until = Some(self.now + DEAD_AFTER_MS);
        if let Some(replaced) = replaced {
            record.notes.clear();
            self.return_held(replaced);
        }
        Answer::Registered { new }
    }

    pub(crate) fn heartbeat(&mut self, node: usize, session: SessionNo, held: &[Serial]) -> Answer {
        if !self.nodes[node].lives(session) {
            return Answer::SessionEnded;
        }
        self.nodes[node].beats_until = Some(self.now + DEAD_AFTER_MS);
        let holds = |task: &&Serial| {
            let task = &self.tasks[**task];
            task.is(TaskState::Running)
                && task
                    .lease
                    .is_some_and(|lease| self.leases[lease].session == Some(session))
        };
        let lost: BTreeSet<Serial> = held.iter().filter(|task| !holds(task)).copied().collect();
        let fresh = |at: u64| at + CANCEL_NOTE_MS >= self.now;
        let noted = self.nodes[node].notes.iter();
        let noted = noted.filter(|(_, at)| fresh(**at)).map(|(task, _)| *task);
        let told = held
            .iter()
            .copied()
            .filter(|task| self.tasks[*task].revoke.is_some());
        let cancel = noted
            .chain(told)
            .filter(|task| !lost.contains(task))
            .collect();
        Answer::Alive { cancel, lost }
    }

    pub(crate) fn remove(&mut self, node: usize) -> Answer {
        if !self.nodes[node].registered {
            return Answer::Flag(false);
        }
        let ended = self.nodes[node].session;
        let fresh = Node::new(&self.nodes[node].name, self.nodes[node].partition);
        self.nodes[node] = fresh;
        if let Some(ended) = ended {
            self.return_held(ended);
        }
        Answer::Flag(true)
    }

    /// The session is over: no more heartbeats count.
    pub(crate) fn finish_session(&mut self, node: usize) {
        self.nodes[node].beats_until = None;
        self.nodes[node].notes.clear();
    }

    /// How long the session lives on; `None` when it has ended, which it may do just now.
    pub(crate) fn session_life(&mut self, session: SessionNo) -> Option<u64> {
        let node = self.sessions[session];
        if !self.nodes[node].lives(session) {
            return None;
        }
        let due = self.nodes[node].beats_until?;
        if due > self.now {
            return Some(due - self.now);
        }
        if self.ran_out_in_outage(self.nodes[node].partition, due) {
            self.nodes[node].beats_until = Some(self.now + DEAD_AFTER_MS);
            return Some(DEAD_AFTER_MS);
        }
        self.finish_session(node);
        None
    }

    /// What an ended session held goes back, everywhere.
    pub(crate) fn return_held(&mut self, session: SessionNo) {
        for task in 0..self.tasks.len() {
            let held = self.tasks[task].is(TaskState::Running)
                && self.lease_of(task).session == Some(session);
            if held {
                self.lose_attempt(task);
            }
        }
    }
}
