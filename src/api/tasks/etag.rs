//! The `ETag` of a task: a digest of the task as a read shows it, so a strong one.

use sha2::{Digest, Sha256};

use super::TaskView;
use crate::domain::Task;

/// The tag of a task, with its quotes.
pub(super) fn of(task: &Task) -> String {
    let body = serde_json::to_vec(&TaskView::read(task)).unwrap_or_default();
    let digest = Sha256::digest(body);
    let head = digest.iter().take(16);
    let digits = head.fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("\"{digits}\"")
}
