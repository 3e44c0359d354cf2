//! A queue's limits, and how a claim names queues.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::Name;

/// How many tasks start in a time.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    /// Tasks a second, on average.
    #[schema(minimum = 0.000_001, maximum = 1_000_000)]
    per_second: f64,
    /// Tasks that may start at once after a pause; 1 by default.
    #[schema(required = false, minimum = 1, maximum = 1_000_000)]
    burst: u64,
}

/// Limits of the tasks of one type.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeLimits {
    /// Tasks that run at once.
    #[schema(minimum = 1)]
    running: Option<u64>,
    /// Tasks that start in a time.
    rate: Option<Rate>,
}

/// Limits of a queue; each holds beside the others.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueLimits {
    /// Tasks of the queue that run at once.
    #[schema(minimum = 1)]
    running: Option<u64>,
    /// Tasks of each fairness key that run at once.
    #[schema(minimum = 1)]
    running_per_key: Option<u64>,
    /// Tasks of the queue that start in a time.
    rate: Option<Rate>,
    /// Tasks of each fairness key that start in a time.
    rate_per_key: Option<Rate>,
    /// Limits of the tasks of a type, by its name; at most 64 types.
    #[schema(required = false)]
    types: BTreeMap<String, TypeLimits>,
}

/// A queue by name, or with a weight.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum QueueChoice {
    /// By name.
    Name(#[schema(inline)] String),
    /// With a weight.
    Weighted(WeightedQueue),
}

/// A queue of a claim, and how often it comes first compared with the others.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeightedQueue {
    name: Name,
    /// More than 0; twice the weight comes first twice as often. 1 by default.
    #[schema(required = false, exclusive_minimum = 0, maximum = 1_000_000)]
    weight: f64,
}
