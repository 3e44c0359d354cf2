//! The Lua scripts: every file under `migrations-lua` that is a verb, put together from its parts.
//!
//! A script names the parts of `lib/` it stands on in a line `--@include a b c`; `constants` is
//! written from the domain, so that no number stands in two languages.

use std::sync::LazyLock;

use deadpool_redis::redis;

use crate::domain::job::{JOB_WINDOW, UPLOAD_LEASE_MS};
use crate::domain::lease::{
    CANCEL_GRACE_MS, DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS, DEFAULT_MAX_LOSSES, DEFAULT_TIMEOUT_MS,
};
use crate::domain::limits::MAX_CLASSES;
use crate::domain::node::DEAD_AFTER_MS;
use crate::domain::queue::{DEFAULT_AGING_STEP_MS, Retention};
use crate::domain::retry::RetryPolicy;
use crate::domain::score::{PRIORITY_RANGE, SEQUENCE_SPAN};

/// How long an Idempotency-Key is remembered.
const IDEMPOTENCY_MS: u64 = 24 * 3_600 * 1_000;
/// How long the id of a deleted task stays, when an outbox row may still name it.
const GONE_MS: u64 = 600_000;
/// Silence of all sweeps that counts as an outage.
const GAP_MS: u64 = 2_000;
/// How long a note of a cancellation is repeated: the grace, and the sweep after it.
const CANCEL_NOTE_MS: u64 = CANCEL_GRACE_MS + 10_000;
/// A finished task's keys outlive its retention by this, in case no sweep comes.
const KEEP_SLACK_MS: u64 = 24 * 3_600 * 1_000;
/// Most payload bytes that one claim takes.
const MAX_CLAIM_BYTES: u64 = 8 * 1024 * 1024;
/// What a task whose run took too long says of itself.
const TIMEOUT_ERROR: &str = r#"{"code":"timeout","message":"the attempt ran out of time"}"#;

/// A script, ready to be sent.
#[derive(Debug)]
pub(crate) struct Script {
    /// Its file under `migrations-lua`.
    pub(crate) file: &'static str,
    /// The whole text that Redis gets.
    pub(crate) source: String,
    /// SHA-1 of the text: how EVALSHA names it.
    pub(crate) sha: String,
}

impl Script {
    fn assemble(file: &'static str, text: &str) -> Self {
        let source = text
            .lines()
            .map(|line| {
                line.strip_prefix("--@include ")
                    .map_or_else(|| line.to_owned(), include)
            })
            .collect::<Vec<_>>()
            .join("\n");
        let sha = redis::Script::new(&source).get_hash().to_owned();
        Self { file, source, sha }
    }
}

fn include(names: &str) -> String {
    names
        .split_whitespace()
        .map(part)
        .collect::<Vec<_>>()
        .join("\n")
}

fn part(name: &str) -> String {
    if name == "constants" {
        return constants();
    }
    PARTS.iter().find(|(part, _)| *part == name).map_or_else(
        || format!("error('no part {name}')"),
        |(_, text)| (*text).to_owned(),
    )
}

fn constants() -> String {
    let retention = Retention::default();
    let numbers: [(&str, u64); 19] = [
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
        ("CANCEL_NOTE_MS", CANCEL_NOTE_MS),
        ("DEFAULT_AGING_STEP_MS", DEFAULT_AGING_STEP_MS),
        ("KEEP_SLACK_MS", KEEP_SLACK_MS),
        ("UPLOAD_LEASE_MS", UPLOAD_LEASE_MS),
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
    lines.push(format!("local TIMEOUT_ERROR = '{TIMEOUT_ERROR}'"));
    lines.join("\n")
}

/// Declares the parts and the verbs by their files.
macro_rules! lua {
    (parts { $($part:literal),* $(,)? } scripts { $($(#[$doc:meta])* $name:ident = $file:literal),* $(,)? }) => {
        const PARTS: &[(&str, &str)] = &[
            $(($part, include_str!(concat!("../../migrations-lua/lib/", $part, ".lua")))),*
        ];

        $(
            pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| {
                Script::assemble($file, include_str!(concat!("../../migrations-lua/", $file)))
            });
        )*

        /// Every verb's script.
        pub(crate) fn all() -> Vec<&'static Script> {
            vec![$(&$name),*]
        }
    };
}

lua! {
    parts {
        "header", "keys", "partition", "lane", "sets", "signal", "queue", "task", "attempts",
        "backoff", "lifecycle", "submission", "outbox", "report", "outage", "session", "classes",
        "ready", "leasing", "retention", "capacity", "placing", "job", "job_end", "cancellation", "rerun",
    }
    scripts {
        SUBMIT = "tasks/submit.lua",
        CLAIM = "tasks/claim.lua",
        COMPLETE = "tasks/complete.lua",
        FAIL = "tasks/fail.lua",
        RELEASE = "tasks/release.lua",
        PROGRESS = "tasks/progress.lua",
        CANCEL = "tasks/cancel.lua",
        RETRY = "tasks/retry.lua",
        GET_TASK = "tasks/get.lua",
        DUE = "sweeps/due.lua",
        PROMOTE = "sweeps/promote.lua",
        EXPIRE = "sweeps/expire.lua",
        RETURN_LOST = "sweeps/return_lost.lua",
        RETURN_HELD = "sweeps/return_held.lua",
        TRIM = "sweeps/trim.lua",
        EXTEND_JOBS = "sweeps/extend_jobs.lua",
        END_JOBS = "sweeps/end_jobs.lua",
        REGISTER = "nodes/register.lua",
        HEARTBEAT = "nodes/heartbeat.lua",
        SESSIONS = "nodes/sessions.lua",
        END_DEAD = "nodes/end_dead.lua",
        REMOVE_NODE = "nodes/remove.lua",
        GET_NODE = "nodes/get.lua",
        LIST_NODES = "nodes/list.lua",
        HELD = "nodes/held.lua",
        NOTE_CANCEL = "nodes/note_cancel.lua",
        PLACE = "queues/place.lua",
        CONFIGURE = "queues/configure.lua",
        PAUSE = "queues/pause.lua",
        PURGE = "queues/purge.lua",
        REMOVE_QUEUE = "queues/remove.lua",
        GET_QUEUE = "queues/get.lua",
        CLASSES = "queues/classes.lua",
        STATS = "queues/stats.lua",
        BEGIN_JOB = "jobs/begin.lua",
        RENEW_JOB = "jobs/renew.lua",
        CLOSE_JOB = "jobs/close.lua",
        CANCEL_JOB = "jobs/cancel.lua",
        RETRY_JOB = "jobs/retry.lua",
        GET_JOBS = "jobs/get.lua",
        LIST_JOBS = "jobs/list.lua",
        JOB_TASKS = "jobs/tasks.lua",
        JOB_RESULTS = "jobs/results.lua",
        OUTBOX_ROWS = "outbox/rows.lua",
        SETTLE_ROWS = "outbox/settle.lua",
        AUDIT_TASK = "audit/task.lua",
        AUDIT_QUEUE = "audit/queue.lua",
    }
}

/// The numbered changes of stored data, in their order.
pub(crate) static SCHEMA: LazyLock<Vec<Script>> = LazyLock::new(|| {
    vec![Script::assemble(
        "schema/0001_partition.lua",
        include_str!("../../migrations-lua/schema/0001_partition.lua"),
    )]
});
