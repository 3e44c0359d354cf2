//! Which nodes a task wants.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::Name;

/// What a node must have to run a task.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirements {
    /// What the node's labels are to be, by their names.
    #[schema(required = false)]
    labels: BTreeMap<String, LabelCondition>,
    /// Amounts of what the node has that the task takes for as long as it runs.
    #[schema(required = false)]
    resources: BTreeMap<String, f64>,
    /// The one node that will do.
    node: Option<Name>,
}

/// What a label is to be: a value, or tests of it.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum LabelCondition {
    /// Just this value.
    Is(#[schema(inline)] String),
    /// A value that passes every test named.
    Where(LabelTests),
}

/// Tests of a label's value: at least one, and all that are named have to hold.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub(crate) struct LabelTests {
    /// The value is one of these.
    #[schema(min_items = 1, max_items = 100)]
    r#in: Option<Vec<String>>,
    /// Whether the node has the label at all.
    exists: Option<bool>,
    /// The value is another one, or the node does not have the label.
    not: Option<String>,
    /// The value is a number below this one.
    lt: Option<f64>,
    /// The value is a number above this one.
    gt: Option<f64>,
}

/// What a node had better have.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preference {
    /// What the node's labels are to be, by their names.
    labels: BTreeMap<String, LabelCondition>,
    /// How much that counts.
    #[schema(minimum = 1, maximum = 1000)]
    weight: u32,
}
