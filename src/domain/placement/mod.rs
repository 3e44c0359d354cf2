//! Which node may run what, and which it is best given to.
//!
//! What a task asks for is part of its class: tasks of one class can run on the same nodes. An
//! [`Offer`] says what a node has, and [`Offer::covers`] compares the two. `condition` has what may
//! be asked of a label, `matching` who goes first among several.

mod condition;
mod matching;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::MAX_LABELS;
use super::name::Name;
use super::task::Labels;
use super::{InvalidInput, NodeId, TaskType};
pub(crate) use condition::describe;
use condition::validate_value;
pub use condition::{Condition, Tests};
pub use matching::{Candidate, Rank, Strategy};

/// Amounts by name: whatever floats the users count.
pub type Resources = BTreeMap<String, f64>;

/// What is asked of labels, by their names.
pub type Conditions = BTreeMap<String, Condition>;

/// Most preferences of one task.
const MAX_PREFERENCES: usize = 16;
/// Largest weight of a preference.
const MAX_WEIGHT: u32 = 1_000;

/// What a node must have to run a task.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// What its labels are to be.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Conditions,
    /// Amounts of what it has that the task takes for as long as it runs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: Resources,
    /// The one node that will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
}

/// What a node had better have: of the nodes that may run a task, one with more weight goes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// What its labels are to be.
    pub labels: Conditions,
    /// How much that counts, 1 to 1,000.
    pub weight: u32,
}

impl Requirements {
    /// Whether any node will do.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.resources.is_empty() && self.node.is_none()
    }

    /// Checks names, values and their number.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        validate_conditions("/labels", &self.labels)?;
        validate_resources("/resources", &self.resources)
    }

    /// What a task of these requirements takes of its node.
    pub fn taken(&self) -> impl Iterator<Item = (&str, f64)> {
        let amounts = self.resources.iter();
        amounts.filter_map(|(name, amount)| (*amount > 0.0).then_some((name.as_str(), *amount)))
    }
}

/// Checks what a task prefers.
pub fn validate_preferences(preferences: &[Preference]) -> Result<(), InvalidInput> {
    if preferences.len() > MAX_PREFERENCES {
        return Err(InvalidInput::new("", "a task has at most 16 preferences"));
    }
    for (index, preference) in preferences.iter().enumerate() {
        if preference.labels.is_empty() {
            let pointer = format!("/{index}/labels");
            return Err(InvalidInput::new(pointer, "a preference names a label"));
        }
        validate_conditions(&format!("/{index}/labels"), &preference.labels)?;
        if !(1..=MAX_WEIGHT).contains(&preference.weight) {
            let pointer = format!("/{index}/weight");
            return Err(InvalidInput::new(
                pointer,
                "a weight lies between 1 and 1000",
            ));
        }
    }
    Ok(())
}

fn validate_conditions(pointer: &str, conditions: &Conditions) -> Result<(), InvalidInput> {
    if conditions.len() > MAX_LABELS {
        return Err(InvalidInput::new(pointer, "at most 64 labels"));
    }
    for (name, condition) in conditions {
        let pointer = format!("{pointer}/{}", escaped(name));
        Name::parse(name).map_err(|message| InvalidInput::new(&*pointer, message))?;
        condition.validate(&pointer)?;
    }
    Ok(())
}

/// Checks the labels of a node.
pub fn validate_labels(pointer: &str, labels: &Labels) -> Result<(), InvalidInput> {
    if labels.len() > MAX_LABELS {
        return Err(InvalidInput::new(pointer, "at most 64 labels"));
    }
    for (name, value) in labels {
        Name::parse(name).map_err(|message| {
            InvalidInput::new(format!("{pointer}/{}", escaped(name)), message)
        })?;
        validate_value(&format!("{pointer}/{name}"), value)?;
    }
    Ok(())
}

/// Checks resources, of a node or required by a task.
pub fn validate_resources(pointer: &str, resources: &Resources) -> Result<(), InvalidInput> {
    if resources.len() > MAX_LABELS {
        return Err(InvalidInput::new(pointer, "at most 64 resources"));
    }
    for (name, amount) in resources {
        Name::parse(name).map_err(|message| {
            InvalidInput::new(format!("{pointer}/{}", escaped(name)), message)
        })?;
        if !amount.is_finite() || *amount < 0.0 {
            return Err(InvalidInput::new(
                format!("{pointer}/{name}"),
                "an amount is a number of 0 or more",
            ));
        }
    }
    Ok(())
}

/// A JSON pointer's form of one segment; long names are cut, they only tell where to look.
fn escaped(segment: &str) -> String {
    let short: String = segment.chars().take(64).collect();
    short.replace('~', "~0").replace('/', "~1")
}

/// A kind of work inside a queue: tasks of one class can run on the same nodes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskClass {
    /// The type.
    #[serde(rename = "type")]
    pub task_type: TaskType,
    /// What a node must have.
    #[serde(default, skip_serializing_if = "Requirements::is_empty")]
    pub requires: Requirements,
    /// What a node had better have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefers: Vec<Preference>,
}

impl TaskClass {
    /// How much of what it prefers a node with these labels has: the sum of the weights.
    pub fn preference_for(&self, labels: &Labels) -> u32 {
        let fits = |preference: &&Preference| hold(&preference.labels, labels);
        self.prefers
            .iter()
            .filter(fits)
            .map(|preference| preference.weight)
            .sum()
    }
}

/// Whether labels are as they are to be.
fn hold(conditions: &Conditions, labels: &Labels) -> bool {
    conditions
        .iter()
        .all(|(name, condition)| condition.holds(labels.get(name).map(String::as_str)))
}

/// What a claiming node offers: the facts that decide which classes it may run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Offer {
    /// Types it takes; empty for all.
    pub types: Vec<TaskType>,
    /// Its labels.
    pub labels: Labels,
    /// Its resources.
    pub resources: Resources,
    /// Its name: some tasks are for one node alone.
    pub node: Option<NodeId>,
}

/// An [`Offer`] to be compared: equal keys cover the same classes, but for those of one node alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OfferKey(Arc<str>);

impl Offer {
    /// The offer as a key, whatever order its types came in.
    pub fn key(&self) -> OfferKey {
        let types: BTreeSet<&str> = self.types.iter().map(TaskType::as_str).collect();
        // Debug writes names in quotes and amounts in full, so different offers differ.
        OfferKey(format!("{types:?} {:?} {:?}", self.labels, self.resources).into())
    }

    /// Whether this node may run tasks of that class, when it has nothing else to do.
    pub fn covers(&self, class: &TaskClass) -> bool {
        self.covers_but_for_its_name(class)
            && (class.requires.node.is_none() || class.requires.node == self.node)
    }

    /// The same, whichever node the class is for.
    pub fn covers_but_for_its_name(&self, class: &TaskClass) -> bool {
        let type_fits = self.types.is_empty() || self.types.contains(&class.task_type);
        let resources_fit = class
            .requires
            .taken()
            .all(|(name, amount)| self.resources.get(name).is_some_and(|has| *has >= amount));
        type_fits && resources_fit && hold(&class.requires.labels, &self.labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_covers_the_classes_whose_requirements_it_meets() {
        let class: TaskClass = serde_json::from_str(
            r#"{"type":"render","requires":{"labels":{"gpu":"a100"},"resources":{"memory_mb":2048}}}"#,
        )
        .expect("a class");
        let mut offer = Offer::default();
        assert!(offer.covers(&TaskClass::default()));
        assert!(!offer.covers(&class));
        offer.labels.insert("gpu".into(), "a100".into());
        offer.resources.insert("memory_mb".into(), 2047.0);
        assert!(!offer.covers(&class));
        offer.resources.insert("memory_mb".into(), 2048.0);
        assert!(offer.covers(&class));
        offer.types = vec![TaskType::parse("encode").expect("a name")];
        assert!(!offer.covers(&class));
    }

    #[test]
    fn a_class_for_one_node_is_covered_by_that_node_alone() {
        let class: TaskClass =
            serde_json::from_str(r#"{"type":"default","requires":{"node":"n1"}}"#)
                .expect("a class");
        let offer = |name: &str| Offer {
            node: NodeId::parse(name).ok(),
            ..Offer::default()
        };
        assert!(offer("n1").covers(&class));
        assert!(!offer("n2").covers(&class));
        assert!(!Offer::default().covers(&class));
        assert_eq!(offer("n1").key(), offer("n2").key());
    }

    #[test]
    fn preferences_add_up() {
        let class: TaskClass = serde_json::from_str(
            r#"{"type":"default","prefers":[{"labels":{"zone":"a"},"weight":10},{"labels":{"disk":{"exists":true}},"weight":3}]}"#,
        )
        .expect("a class");
        let labels = |pairs: &[(&str, &str)]| -> Labels {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        assert_eq!(class.preference_for(&labels(&[])), 0);
        assert_eq!(class.preference_for(&labels(&[("zone", "a")])), 10);
        assert_eq!(
            class.preference_for(&labels(&[("zone", "a"), ("disk", "x")])),
            13
        );
        assert!(
            Offer::default().covers(&class),
            "what is preferred is not required"
        );
    }

    #[test]
    fn offers_of_the_same_types_have_the_same_key() {
        let types = |names: &[&str]| Offer {
            types: names
                .iter()
                .map(|name| TaskType::parse(name).expect("a name"))
                .collect(),
            ..Offer::default()
        };
        assert_eq!(types(&["a", "b"]).key(), types(&["b", "a", "b"]).key());
        assert_ne!(types(&["a"]).key(), types(&["a", "b"]).key());
        let mut labelled = types(&["a"]);
        labelled.labels.insert("gpu".into(), "a100".into());
        assert_ne!(types(&["a"]).key(), labelled.key());
    }
}
