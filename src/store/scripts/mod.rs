//! The Lua scripts: every file under `migrations-lua` that is a verb, put together from its parts.
//!
//! A script names the parts of `lib/` it calls in a line `--@include a b c`, a part those it stands on
//! in a line `--@needs a b c`. Redis keeps all of them in one [library]; where it takes none, a script
//! goes with the parts that it needs. [`constants`] come before them.

mod constants;
pub(crate) mod library;
mod script;

pub(crate) use script::Script;

/// Declares the parts and the verbs by their files.
macro_rules! lua {
    (parts { $($part:literal),* $(,)? } scripts { $($(#[$doc:meta])* $name:ident = $file:literal),* $(,)? }) => {
        const PARTS: &[(&str, &str)] = &[
            $(($part, include_str!(concat!("../../../migrations-lua/lib/", $part, ".lua")))),*
        ];

        $(
            pub(crate) static $name: Script =
                Script::new($file, include_str!(concat!("../../../migrations-lua/", $file)));
        )*

        /// Every verb's script.
        pub(crate) fn all() -> Vec<&'static Script> {
            vec![$(&$name),*]
        }
    };
}

lua! {
    parts {
        "header", "keys", "partition", "outage", "signal", "endpoint", "session", "sets", "share_lines",
        "shares", "charges", "limit_known", "limit_rooms", "limit_parking", "limit_counts", "limits",
        "places", "queue", "heads", "turn_rounds", "turn_classes", "turns", "classes", "lane", "outbox",
        "job", "job_end", "task", "uniqueness", "tags", "attempts", "backoff", "retention", "blocking",
        "lifecycle", "setback", "dependencies", "deletion", "cancellation", "rerun", "reprioritise",
        "conflict", "defaults", "submission", "capacity", "report", "completion", "ready", "leasing",
        "claim_memory", "limit_change", "claimable", "standing", "parked", "uses", "claimed", "placing",
        "merge", "operation", "version", "firing",
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

/// The numbered changes of stored data, in their order: run by EVAL, once each.
pub(crate) static SCHEMA: [Script; 1] = [Script::new(
    "schema/0001_partition.lua",
    include_str!("../../../migrations-lua/schema/0001_partition.lua"),
)];
