//! Tasks that were lost on a node, and that no other node may run: then it gets them again.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::domain::{NodeId, QueueName};
use crate::store::core::Core;

/// A queue, and the number of one of its classes.
pub(crate) type ClassOf = (QueueName, usize);

/// By node, the classes that it alone may run, of those for which that was asked since the last survey.
pub(crate) type Alone = Mutex<HashMap<NodeId, BTreeSet<ClassOf>>>;

impl Core {
    /// Those classes, as the claim script takes them: `;QUEUE CLASS;QUEUE CLASS;`, nothing, or
    /// `*` for all of them, when no other node takes tasks.
    pub(crate) fn alone_with(&self, node: &NodeId) -> String {
        if self.fleet().has_none_but(node) {
            return "*".to_owned();
        }
        let alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        alone.get(node).map_or_else(String::new, |classes| {
            let parts = classes
                .iter()
                .map(|(queue, number)| format!("{queue} {number};"));
            std::iter::once(";".to_owned()).chain(parts).collect()
        })
    }

    /// The node left tasks of these classes to others. Says whether for one of them there is no other.
    pub(crate) fn left_to_others(&self, node: &NodeId, classes: Vec<ClassOf>) -> bool {
        let fleet = self.fleet();
        let mut is_alone = false;
        for (queue, number) in classes {
            let class = self.known_class(&queue, number);
            if class.is_none_or(|class| !fleet.has_another_for(&class, node)) {
                let mut alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
                is_alone |= alone
                    .entry(node.clone())
                    .or_default()
                    .insert((queue, number));
            }
        }
        is_alone
    }

    /// The fleet is another one: all has to be asked again.
    pub(crate) fn forget_alone(&self) {
        self.alone
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
