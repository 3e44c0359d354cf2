//! The codes: stable words, each with its status and what it means.

/// Declares the codes, one a line.
macro_rules! codes {
    ($($variant:ident $word:literal $status:literal $retryable:literal $title:literal $advice:literal;)*) => {
        /// What can be wrong, as a stable word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word that clients match.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The HTTP status.
            pub(crate) const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// Whether the same request may succeed later.
            pub(crate) const fn retryable(self) -> bool {
                match self { $(Self::$variant => $retryable),* }
            }

            /// A short line.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            /// What happened and what to do.
            pub(crate) const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice),* }
            }
        }
    };
}

codes! {
    InvalidRequest "invalid_request" 400 false "The request cannot be read"
        "A header or a query parameter is not of its form. The detail says which; mend it and send the request again.";
    InvalidJson "invalid_json" 400 false "The body is not JSON"
        "The body does not parse as one JSON value. The detail names line and column.";
    InvalidCursor "invalid_cursor" 400 false "The cursor does not fit"
        "A cursor is what an earlier page of the same list returned as next_cursor. Start the list again without it.";
    Unauthenticated "unauthenticated" 401 false "The token is not valid"
        "The Authorization header names no valid token. In open mode requests need none: leave the header out.";
    Forbidden "forbidden" 403 false "The request is not allowed"
        "In open mode only direct, same-origin requests to localhost, 127.0.0.1 or [::1] are served.";
    NotFound "not_found" 404 false "There is nothing at this path"
        "No such path. The API's paths begin with /v1.";
    TaskNotFound "task_not_found" 404 false "There is no such task"
        "The id names no task: it is mistyped, or the task was finished long ago and its retention is over.";
    NodeUnknown "node_unknown" 404 false "The node or its session is not known"
        "The node is not registered, or its session has ended. Register again with PUT /v1/nodes/{node_id}; what the old session held has gone back.";
    QueueNotFound "queue_not_found" 404 false "There is no such queue"
        "Queues come into being when the first task is submitted to them, or by PUT /v1/queues/{name}.";
    OperationNotFound "operation_not_found" 404 false "There is no such operation"
        "The id names no operation: it is mistyped, or the operation ended more than 24 hours ago.";
    ScheduleNotFound "schedule_not_found" 404 false "There is no such schedule"
        "No schedule has this name: it is mistyped, or the schedule was deleted. GET /v1/schedules lists those that are there.";
    JobNotFound "job_not_found" 404 false "There is no such job"
        "The id names no job: it is mistyped, or the job finished long ago and its retention is over.";
    MethodNotAllowed "method_not_allowed" 405 false "The path does not have this method"
        "The Allow header lists the methods that the path has.";
    NotAcceptable "not_acceptable" 406 false "The answer has no form that is accepted"
        "Answers are application/json or application/x-ndjson, failures application/problem+json. Name one of them in Accept, or leave the header out.";
    RequestTimeout "request_timeout" 408 true "The request did not arrive in time"
        "The body did not arrive in time. Send the request again.";
    LeaseLost "lease_lost" 409 false "The lease is over"
        "The lease_token leases this task no more: it ran out, was given back or the task was taken away. Nothing was changed; stop working on this attempt.";
    InvalidState "invalid_state" 409 false "Its state does not allow this"
        "The detail names the state that the task, the queue or the schedule is in.";
    AlreadyFinished "already_finished" 409 false "The task has finished"
        "A task that has succeeded, failed or expired cannot be cancelled.";
    DuplicateTask "duplicate_task" 409 false "Another task holds the unique key"
        "A task of this queue holds the same unique key; the problem's task_id names it. Wait until it has started or finished, or submit with on_conflict return.";
    TaskActive "task_active" 409 false "The task has not finished"
        "Only a finished task can be deleted. Cancel it first, and delete it when it has ended.";
    TaskNotFinished "task_not_finished" 409 false "The task has no result yet"
        "Wait for it with GET /v1/tasks/{id}?wait_ms=30000.";
    IdempotencyInProgress "idempotency_in_progress" 409 true "Another upload with this key is on its way"
        "Wait until it has ended, or broken off, and repeat the request: it goes on behind the items that were taken.";
    Purged "purged" 410 false "The task is no more"
        "The task was deleted: its queue was purged, or its Idempotency-Key is older than it. To make another, use a new key.";
    PreconditionFailed "precondition_failed" 412 false "It has changed in the meantime"
        "If-Match names another version than the one that is there. Read it again and decide anew.";
    PayloadTooLarge "payload_too_large" 413 false "Something is too large"
        "The detail names the limit. Send a reference to the data instead of the data.";
    BatchTooLarge "batch_too_large" 413 false "The batch is too large"
        "Cut the batch into smaller ones: the detail names the limits.";
    UnsupportedMediaType "unsupported_media_type" 415 false "The body is not of a known type"
        "Send JSON with Content-Type: application/json.";
    ValidationFailed "validation_failed" 422 false "The request is wrong"
        "The body is JSON but not what this path takes. `errors` points at each wrong value.";
    IdempotencyKeyReused "idempotency_key_reused" 422 false "The Idempotency-Key was used for another body"
        "The same key came with another body in the last 24 hours. Use a new key for a new request.";
    CyclicDependency "cyclic_dependency" 422 false "The tasks wait for each other"
        "Tasks of the graph depend on each other in a circle, so none of them could ever run. The detail names the circle, and `errors` points at its tasks.";
    BatchRejected "batch_rejected" 422 false "The batch was rejected whole"
        "At least one item of an atomic batch cannot be taken, so none was. `errors` points at the items.";
    QueueFull "queue_full" 429 true "The queue is full"
        "The queue has as many unfinished tasks as its max_tasks allows. Submit again when some of them have finished.";
    TooManyWaiters "too_many_waiters" 429 true "Too many requests are waiting"
        "This service holds as many long polls as it may. Ask again without wait_ms, or later.";
    HeadersTooLarge "headers_too_large" 431 false "The request's head is too large"
        "Send fewer or shorter headers: at most 100, and 16 KiB together with the path.";
    StoreUnavailable "store_unavailable" 503 true "The store does not answer"
        "Repeat the request; `outcome` says whether the write may have happened.";
    StoreFull "store_full" 503 true "The store is full"
        "Redis has no room for more tasks. Work goes on, and room comes back as finished tasks are trimmed.";
    StoreReset "store_reset" 503 true "The store is not the one this service knows"
        "Redis was emptied or swapped. An operator looks into it and, if that is as it should be, runs `taskyard store accept`.";
    DurabilityUnconfirmed "durability_unconfirmed" 503 true "No replica confirmed the write"
        "The service runs at the level `replica`: the write was done, but no replica of Redis was seen to have it in time, and a failover may lose it. Repeat the request with the same Idempotency-Key or lease_token.";
    ShuttingDown "shutting_down" 503 true "The service is stopping"
        "Repeat the request: another replica, or this one after its restart, will answer.";
    Overloaded "overloaded" 503 true "Too many requests are waiting"
        "Nothing was done. Repeat the request after the time that Retry-After names.";
    Internal "internal" 500 false "Something went wrong here"
        "This is a fault of the service; its log has the cause under the request id.";
}

impl Code {
    /// The code for a failure that has a status only.
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            413 => Self::PayloadTooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::ValidationFailed,
            414 | 431 => Self::HeadersTooLarge,
            400..=499 => Self::InvalidRequest,
            _ => Self::Internal,
        }
    }

    /// The code that a word names.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.word() == word)
    }
}
