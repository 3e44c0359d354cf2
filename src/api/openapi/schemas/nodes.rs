//! What a node says of itself.

use utoipa::ToSchema;

/// A node's own measure of itself.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Performance {
    /// Processor cores.
    #[schema(minimum = 0)]
    cpu_cores: Option<f64>,
    /// Memory, MiB.
    #[schema(minimum = 0)]
    memory_mb: Option<f64>,
    /// Any figure of merit; higher is faster.
    #[schema(minimum = 0)]
    benchmark: Option<f64>,
}

/// How busy a node is.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    /// Share of its processors in use, 0 to 1.
    cpu: Option<f64>,
    /// Share of its memory in use, 0 to 1.
    memory: Option<f64>,
}
