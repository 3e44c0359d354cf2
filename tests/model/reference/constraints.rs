//! Constraints: which node may run what, and what it has left for it.

use taskyard::domain::TaskState;

use super::claim::ClaimWish;
use super::{Model, Serial};

/// What a class of tasks asks of a node.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) task_type: &'static str,
    /// Values of the label `gpu`, one of which it must have; none for any node.
    pub(crate) gpu: &'static [&'static str],
    /// The one node that will do.
    pub(crate) node: Option<usize>,
    /// Taken for as long as the task runs.
    pub(crate) memory: u64,
}

const ANY: Class = Class {
    task_type: "default",
    gpu: &[],
    node: None,
    memory: 0,
};

pub(crate) const CLASSES: [Class; 7] = [
    ANY,
    Class {
        task_type: "b",
        ..ANY
    },
    Class {
        gpu: &["a100"],
        ..ANY
    },
    Class {
        gpu: &["a100", "h100"],
        ..ANY
    },
    Class {
        node: Some(1),
        ..ANY
    },
    Class { memory: 1, ..ANY },
    Class {
        task_type: "b",
        memory: 3,
        ..ANY
    },
];

/// What a node says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OfferWish {
    /// The type that it takes; `None` for all.
    pub(crate) only: Option<&'static str>,
    pub(crate) gpu: Option<&'static str>,
    pub(crate) memory: u64,
    /// Whether it says its name.
    pub(crate) is_named: bool,
}

impl ClaimWish {
    /// Whether the node may run tasks of the class when it has nothing else to do.
    pub(crate) fn covers(&self, class: u8) -> bool {
        let (class, offer) = (&CLASSES[usize::from(class)], &self.offer);
        let name = Some(self.node).filter(|_| offer.is_named);
        offer.only.is_none_or(|only| only == class.task_type)
            && (class.gpu.is_empty() || offer.gpu.is_some_and(|gpu| class.gpu.contains(&gpu)))
            && (class.node.is_none() || class.node == name)
            && class.memory <= offer.memory
    }
}

impl Model {
    /// Whether the node may run tasks of the class beside what it runs, wherever that came from.
    pub(super) fn may_run(&self, wish: &ClaimWish, class: u8) -> bool {
        let memory = |task: &Serial| CLASSES[usize::from(self.tasks[*task].class)].memory;
        let runs = |task: &Serial| {
            self.tasks[*task].is(TaskState::Running) && self.lease_of(*task).node == wish.node
        };
        let needed = CLASSES[usize::from(class)].memory;
        let taken = || -> u64 {
            let all = 0..self.tasks.len();
            all.filter(runs).map(|task| memory(&task)).sum()
        };
        wish.covers(class) && (needed == 0 || taken() + needed <= wish.offer.memory)
    }
}
