//! The Lua scripts: every file under `migrations-lua` that is a verb, put together from its parts.
//!
//! A script names the parts of `lib/` it calls in a line `--@include a b c`, a part those it stands on
//! in a line `--@needs a b c`, and so a script gets all of them. `constants` comes before them, written
//! from the domain, so that no number stands in two languages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use deadpool_redis::redis;

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
    fn assemble(file: &'static str, text: &'static str) -> Self {
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

/// The parts that a script names and all that these need, each once and after what it needs.
fn include(names: &'static str) -> String {
    let mut wanted: BTreeSet<&str> = names.split_whitespace().collect();
    // A part stands after those it needs, so one pass backwards finds them all.
    for (part, text) in PARTS.iter().rev() {
        if wanted.contains(part) {
            wanted.extend(needs(text));
        }
    }
    let unknown = wanted
        .iter()
        .filter(|name| PARTS.iter().all(|(part, _)| part != *name))
        .map(|name| format!("error('no part {name}')"));
    let parts = PARTS
        .iter()
        .filter(|(part, _)| wanted.contains(part))
        .map(|(_, text)| (*text).to_owned());
    std::iter::once(constants())
        .chain(unknown)
        .chain(parts)
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a part says it needs.
fn needs(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("--@needs "))
        .flat_map(str::split_whitespace)
}

fn constants() -> String {
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
        "header", "keys", "partition", "outage", "signal", "endpoint", "session", "sets", "share_lines", "shares",
        "charges",
        "limit_rooms", "limit_parking", "limits", "places", "queue", "heads", "turn_classes", "turns",
        "classes", "lane", "outbox", "job", "job_end", "task", "uniqueness", "tags", "attempts",
        "backoff", "retention", "blocking", "lifecycle", "setback", "dependencies", "deletion",
        "cancellation", "rerun", "reprioritise", "conflict", "defaults", "submission", "capacity",
        "report", "completion", "ready", "leasing", "limit_change", "claimable", "standing", "parked", "uses",
        "claimed", "placing", "merge", "operation", "version", "firing",
    }
    scripts {
        SUBMIT = "tasks/submit.lua",
        CLAIM = "tasks/claim.lua",
        COMPLETE = "tasks/complete.lua",
        COMPLETE_LARGE = "tasks/complete_large.lua",
        EXPLAIN = "tasks/explain.lua",
        FAIL = "tasks/fail.lua",
        RELEASE = "tasks/release.lua",
        PROGRESS = "tasks/progress.lua",
        CANCEL = "tasks/cancel.lua",
        RETRY = "tasks/retry.lua",
        GET_TASK = "tasks/get.lua",
        LIST_TASKS = "tasks/list.lua",
        RUN_NOW = "tasks/run_now.lua",
        DELETE_TASK = "tasks/delete.lua",
        UPDATE_TASK = "tasks/update.lua",
        VERSION = "tasks/version.lua",
        ATTEMPTS = "tasks/attempts.lua",
        LOG = "tasks/log.lua",
        LOGS = "tasks/logs.lua",
        DUE = "sweeps/due.lua",
        PROMOTE = "sweeps/promote.lua",
        EXPIRE = "sweeps/expire.lua",
        RETURN_LOST = "sweeps/return_lost.lua",
        RETURN_HELD = "sweeps/return_held.lua",
        OPEN_LIMITS = "sweeps/open_limits.lua",
        TRIM = "sweeps/trim.lua",
        RELIEVE = "sweeps/relieve.lua",
        END_DRAINS = "sweeps/end_drains.lua",
        EXTEND_JOBS = "sweeps/extend_jobs.lua",
        END_JOBS = "sweeps/end_jobs.lua",
        REGISTER = "nodes/register.lua",
        HEARTBEAT = "nodes/heartbeat.lua",
        SESSIONS = "nodes/sessions.lua",
        END_DEAD = "nodes/end_dead.lua",
        DRAIN = "nodes/drain.lua",
        REMOVE_NODE = "nodes/remove.lua",
        GET_NODE = "nodes/get.lua",
        LIST_NODES = "nodes/list.lua",
        HELD = "nodes/held.lua",
        NOTE_CANCEL = "nodes/note_cancel.lua",
        TALLY = "nodes/tally.lua",
        QUARANTINE = "nodes/quarantine.lua",
        LIST_ENDPOINTS = "endpoints/list.lua",
        NOTE_ENDPOINT = "endpoints/note.lua",
        ROTATE_SECRET = "endpoints/rotate.lua",
        PLACE = "queues/place.lua",
        FIND_QUEUE = "queues/find.lua",
        SEAT = "queues/seat.lua",
        POINT = "queues/point.lua",
        CONFIGURE = "queues/configure.lua",
        PAUSE = "queues/pause.lua",
        PURGE = "queues/purge.lua",
        REMOVE_QUEUE = "queues/remove.lua",
        GET_QUEUE = "queues/get.lua",
        QUEUE_NAMES = "queues/names.lua",
        CLASSES = "queues/classes.lua",
        STATS = "queues/stats.lua",
        START_OPERATION = "operations/start.lua",
        GET_OPERATION = "operations/get.lua",
        LIST_OPERATIONS = "operations/list.lua",
        PAUSE_OPERATION = "operations/pause.lua",
        ABORT_OPERATION = "operations/abort.lua",
        PLAN_STEP = "operations/plan.lua",
        FILL_OPERATION = "operations/fill.lua",
        APPLY_STEP = "operations/apply.lua",
        ADVANCE_OPERATION = "operations/advance.lua",
        GET_SCHEDULE = "schedules/get.lua",
        LIST_SCHEDULES = "schedules/list.lua",
        SET_SCHEDULE = "schedules/set.lua",
        REMOVE_SCHEDULE = "schedules/remove.lua",
        SCHEDULES_DUE = "schedules/due.lua",
        FIRE = "schedules/fire.lua",
        TRIGGER = "schedules/trigger.lua",
        REFUSE = "schedules/refuse.lua",
        BEGIN_JOB = "jobs/begin.lua",
        RENEW_JOB = "jobs/renew.lua",
        CLOSE_JOB = "jobs/close.lua",
        CANCEL_JOB = "jobs/cancel.lua",
        RETRY_JOB = "jobs/retry.lua",
        GET_JOBS = "jobs/get.lua",
        LIST_JOBS = "jobs/list.lua",
        JOB_TASKS = "jobs/tasks.lua",
        JOB_RESULTS = "jobs/results.lua",
        STAGE_GRAPH = "jobs/stage.lua",
        COMMIT_GRAPH = "jobs/commit.lua",
        PLANTING = "jobs/planting.lua",
        PLANT = "jobs/plant.lua",
        DROP_ROWS = "jobs/drop.lua",
        HOLD_GRAPH = "jobs/hold.lua",
        PLANTED = "jobs/planted.lua",
        JOB_COUNTS = "jobs/counts.lua",
        COUNT_JOB = "jobs/count.lua",
        FORGET_JOB = "jobs/forget.lua",
        OUTBOX_ROWS = "outbox/rows.lua",
        SETTLE_ROWS = "outbox/settle.lua",
        ASK = "dependencies/ask.lua",
        ENDED = "dependencies/ended.lua",
        ANSWER = "dependencies/answer.lua",
        PARENTS = "dependencies/parents.lua",
        EDGES = "dependencies/edges.lua",
        AUDIT_JOB = "audit/job.lua",
        AUDIT_TASK = "audit/task.lua",
        AUDIT_QUEUE = "audit/queue.lua",
        AUDIT_SCHEDULE = "audit/schedule.lua",
        AUDIT_ENDPOINT = "audit/endpoint.lua",
    }
}

/// The numbered changes of stored data, in their order.
pub(crate) static SCHEMA: LazyLock<Vec<Script>> = LazyLock::new(|| {
    vec![Script::assemble(
        "schema/0001_partition.lua",
        include_str!("../../migrations-lua/schema/0001_partition.lua"),
    )]
});
