//! Which node may run what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::MAX_LABELS;
use super::name::Name;
use super::task::Labels;
use super::{InvalidInput, TaskType};

/// Amounts by name: whatever floats the users count.
pub type Resources = BTreeMap<String, f64>;

/// What a node must have to run a task.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// Labels the node carries with just these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Labels,
    /// Amounts the node has at least.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: Resources,
}

impl Requirements {
    /// Whether any node will do.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.resources.is_empty()
    }

    /// Checks names, values and their number.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        validate_labels("/labels", &self.labels)?;
        validate_resources("/resources", &self.resources)
    }
}

/// Checks labels, of a node or required by a task.
pub fn validate_labels(pointer: &str, labels: &Labels) -> Result<(), InvalidInput> {
    if labels.len() > MAX_LABELS {
        return Err(InvalidInput::new(pointer, "at most 64 labels"));
    }
    for (name, value) in labels {
        Name::parse(name).map_err(|message| {
            InvalidInput::new(format!("{pointer}/{}", escaped(name)), message)
        })?;
        if value.len() > 256 || value.chars().any(char::is_control) {
            return Err(InvalidInput::new(
                format!("{pointer}/{name}"),
                "a label's value has at most 256 bytes and no control characters",
            ));
        }
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
}

/// An [`Offer`] to be compared: equal keys cover the same classes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OfferKey(Arc<str>);

impl Offer {
    /// The offer as a key, whatever order its types came in.
    pub fn key(&self) -> OfferKey {
        let types: BTreeSet<&str> = self.types.iter().map(TaskType::as_str).collect();
        // Debug writes names in quotes and amounts in full, so different offers differ.
        OfferKey(format!("{types:?} {:?} {:?}", self.labels, self.resources).into())
    }

    /// Whether this node may run tasks of that class.
    pub fn covers(&self, class: &TaskClass) -> bool {
        let type_fits = self.types.is_empty() || self.types.contains(&class.task_type);
        let labels_fit = class
            .requires
            .labels
            .iter()
            .all(|(name, value)| self.labels.get(name) == Some(value));
        let resources_fit = class
            .requires
            .resources
            .iter()
            .all(|(name, amount)| self.resources.get(name).is_some_and(|has| has >= amount));
        type_fits && labels_fit && resources_fit
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
