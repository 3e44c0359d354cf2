//! Numbers and texts that the scripts share with the Rust source, so that none stands in two languages.

use crate::domain::TaskType;
use crate::domain::job::{JOB_WINDOW, STAGE_MS, UPLOAD_LEASE_MS};
use crate::domain::lease::{
    CANCEL_GRACE_MS, DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS, DEFAULT_MAX_LOSSES, DEFAULT_TIMEOUT_MS,
};
use crate::domain::limits::{KEPT_LOG_LINES, MAX_CLASSES};
use crate::domain::node::{AMOUNT_SLACK, DEAD_AFTER_MS};
use crate::domain::operation::KEEP_MS;
use crate::domain::queue::{DEFAULT_AGING_STEP_MS, Retention};
use crate::domain::retry::RetryPolicy;
use crate::domain::score::{PRIORITY_RANGE, SEQUENCE_SPAN};

/// How long an Idempotency-Key is remembered.
const IDEMPOTENCY_MS: u64 = 24 * 3_600 * 1_000;
/// How long the id of a deleted task stays, when an outbox row may still name it.
const GONE_MS: u64 = 600_000;
/// How long a `claim_id` is remembered after the last of its attempts must have ended.
const CLAIM_MEMORY_MS: u64 = 60_000;
/// Silence of all sweeps that counts as an outage.
const GAP_MS: u64 = 2_000;
/// How long a note of a cancellation is repeated: the grace, and the sweep after it.
const CANCEL_NOTE_MS: u64 = CANCEL_GRACE_MS + 10_000;
/// How long after the start of a drain a replica may not have heard of it: more than it believes
/// what it knows of a node.
const DRAIN_NOTICE_MS: u64 = 2_000;
/// How long what became of an operation's step is kept: longer than the service is away.
const STEP_MEMORY_MS: u64 = 7 * 24 * 3_600 * 1_000;
/// A finished task's keys outlive its retention by this, in case no sweep comes.
const KEEP_SLACK_MS: u64 = 24 * 3_600 * 1_000;
/// Most payload bytes that one claim takes.
const MAX_CLAIM_BYTES: u64 = 8 * 1024 * 1024;
/// What a task whose run took too long says of itself.
const TIMEOUT_ERROR: &str = r#"{"code":"timeout","message":"the attempt ran out of time"}"#;

/// Their definitions, in Lua.
pub(super) fn constants() -> String {
    let retention = Retention::default();
    let numbers = [
        (
            "PRIORITY_MAX",
            u64::try_from(*PRIORITY_RANGE.end()).unwrap_or_default(),
        ),
        ("SEQUENCE_SPAN", SEQUENCE_SPAN),
        ("MAX_CLASSES", MAX_CLASSES as u64),
        ("MAX_CLAIM_BYTES", MAX_CLAIM_BYTES),
        ("DEFAULT_LEASE_MS", DEFAULT_LEASE_MS),
        ("DEFAULT_TIMEOUT_MS", DEFAULT_TIMEOUT_MS),
        ("DEFAULT_MAX_ATTEMPTS", u64::from(DEFAULT_MAX_ATTEMPTS)),
        ("DEFAULT_MAX_LOSSES", u64::from(DEFAULT_MAX_LOSSES)),
        ("DEAD_AFTER_MS", DEAD_AFTER_MS),
        ("GAP_MS", GAP_MS),
        ("IDEMPOTENCY_MS", IDEMPOTENCY_MS),
        ("GONE_MS", GONE_MS),
        ("CLAIM_MEMORY_MS", CLAIM_MEMORY_MS),
        ("CANCEL_NOTE_MS", CANCEL_NOTE_MS),
        ("DRAIN_NOTICE_MS", DRAIN_NOTICE_MS),
        ("STEP_MEMORY_MS", STEP_MEMORY_MS),
        ("KEEP_OPERATION_MS", KEEP_MS),
        ("DEFAULT_AGING_STEP_MS", DEFAULT_AGING_STEP_MS),
        ("KEPT_LOG_LINES", KEPT_LOG_LINES as u64),
        ("KEEP_SLACK_MS", KEEP_SLACK_MS),
        ("UPLOAD_LEASE_MS", UPLOAD_LEASE_MS),
        ("STAGE_MS", STAGE_MS),
        ("JOB_WINDOW", JOB_WINDOW),
        ("KEEP_SUCCEEDED_MS", retention.succeeded_ms + KEEP_SLACK_MS),
        ("KEEP_FAILED_MS", retention.failed_ms + KEEP_SLACK_MS),
    ];
    let mut lines: Vec<String> = numbers
        .iter()
        .map(|(name, number)| format!("local {name} = {number}"))
        .collect();
    lines.push(format!(
        "local DEFAULT_RETRY = '{}'",
        RetryPolicy::default().packed()
    ));
    lines.push(format!("local DEFAULT_TYPE = '{}'", TaskType::default()));
    lines.push(format!("local AMOUNT_SLACK = {AMOUNT_SLACK}"));
    lines.push(format!("local TIMEOUT_ERROR = '{TIMEOUT_ERROR}'"));
    lines.join("\n")
}
