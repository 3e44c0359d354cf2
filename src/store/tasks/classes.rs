//! Which classes of tasks a queue has, and which of them a node may run.
//!
//! Kept in memory: the claim script says `classes_changed` when that is out of date.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::QueueName;
use crate::domain::placement::{Offer, Strategy, TaskClass};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::nodes::resources::packed;
use crate::store::scripts;

/// Queues whose classes are remembered at once; beyond it the memory starts anew.
const REMEMBERED_QUEUES: usize = 10_000;

/// Known classes by queue.
pub(crate) type ClassCache = Mutex<HashMap<QueueName, Arc<Classes>>>;

/// The classes of a queue, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Classes {
    pub(crate) all: Vec<Arc<TaskClass>>,
    /// How the queue's tasks are spread over the nodes that wait.
    pub(crate) placement: Strategy,
    /// What the claim script compares, to say when these are out of date.
    pub(crate) version: u64,
}

/// The classes of a queue that a node may run.
pub(crate) struct Covered {
    /// Their numbers, as the claim script reads them: `*`, a list, or empty.
    pub(crate) numbers: String,
    /// Those whose tasks take something of the node, and what.
    pub(crate) takes: Vec<(usize, String)>,
}

impl Classes {
    /// What `offer` covers.
    pub(crate) fn covered_by(&self, offer: &Offer) -> Covered {
        let (mut numbers, mut takes) = (Vec::new(), Vec::new());
        for (number, class) in self.all.iter().enumerate() {
            if offer.covers(class) {
                numbers.push(number.to_string());
                if !class.requires.resources.is_empty() {
                    takes.push((number, packed(&class.requires)));
                }
            }
        }
        let all = numbers.len() == self.all.len() && takes.is_empty();
        Covered {
            numbers: if all {
                "*".to_owned()
            } else {
                numbers.join(",")
            },
            takes,
        }
    }
}

impl Core {
    /// The classes of a queue, or `None` when there is no such queue.
    pub(crate) async fn classes_of(
        &self,
        queue: &QueueName,
    ) -> Result<Option<Arc<Classes>>, StoreError> {
        if let Some(known) = self.remembered_classes().get(queue) {
            return Ok(Some(Arc::clone(known)));
        }
        self.read_classes(queue).await
    }

    /// The same as Redis has them just now; remembered for whoever asks next.
    pub(crate) async fn read_classes(
        &self,
        queue: &QueueName,
    ) -> Result<Option<Arc<Classes>>, StoreError> {
        let mut args = Args::default();
        args.push(queue.as_str());
        let mut reply = self
            .call_at_queue(&scripts::CLASSES, queue, "", &args)
            .await?;
        if reply.begins_with("not_found") {
            return Ok(None);
        }
        let version = reply.count()?;
        let mut flat = reply.next_list()?;
        let mut numbered = Vec::with_capacity(flat.left() / 2);
        while flat.left() > 0 {
            let definition = flat.text()?;
            let class = serde_json::from_str(&definition)
                .map_err(|_| StoreError::corrupt("a class is not readable"))?;
            numbered.push((flat.count()?, class));
        }
        numbered.sort_by_key(|(number, _)| *number);
        let placement = reply.text()?;
        let classes = Arc::new(Classes {
            all: numbered
                .into_iter()
                .map(|(_, class)| Arc::new(class))
                .collect(),
            placement: Strategy::from_word(&placement).unwrap_or_default(),
            version,
        });
        self.missing.forget(queue);
        let mut remembered = self.remembered_classes();
        if remembered.len() >= REMEMBERED_QUEUES {
            remembered.clear();
        }
        remembered.insert(queue.clone(), Arc::clone(&classes));
        Ok(Some(classes))
    }

    /// Whether the classes of a queue are remembered: then it was there.
    pub(crate) fn knows_classes_of(&self, queue: &QueueName) -> bool {
        self.remembered_classes().contains_key(queue)
    }

    /// Forgets the classes of a queue, which have changed, or that there was no such queue.
    pub(crate) fn forget_classes(&self, queue: &QueueName) {
        self.remembered_classes().remove(queue);
        self.missing.forget(queue);
        self.quiet.forget(queue);
    }

    /// A class of a queue, if it is remembered.
    pub(crate) fn known_class(&self, queue: &QueueName, number: usize) -> Option<Arc<TaskClass>> {
        let remembered = self.remembered_classes();
        remembered.get(queue)?.all.get(number).cloned()
    }

    /// Classes that one node alone may run, of those that are remembered.
    pub(crate) fn classes_of_one_node(&self, queue: &QueueName) -> Vec<Arc<TaskClass>> {
        let remembered = self.remembered_classes();
        let classes = remembered.get(queue).map(|known| known.all.iter());
        let pinned = |class: &&Arc<TaskClass>| class.requires.node.is_some();
        classes
            .into_iter()
            .flatten()
            .filter(pinned)
            .cloned()
            .collect()
    }

    /// How the tasks of these queues are spread, as far as it is remembered.
    pub(crate) fn placements_of(&self, queues: &[QueueName]) -> Vec<Strategy> {
        let remembered = self.remembered_classes();
        let placement = |queue| remembered.get(queue).map(|known| known.placement);
        queues
            .iter()
            .map(|queue| placement(queue).unwrap_or_default())
            .collect()
    }

    /// Forgets the classes of all queues.
    pub(crate) fn forget_all_classes(&self) {
        self.remembered_classes().clear();
        self.forget_what_is_missing();
    }

    /// Forgets which queues were found not to be there, or to have nothing.
    pub(crate) fn forget_what_is_missing(&self) {
        self.missing.clear();
        self.quiet.clear();
    }

    fn remembered_classes(&self) -> std::sync::MutexGuard<'_, HashMap<QueueName, Arc<Classes>>> {
        self.classes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
