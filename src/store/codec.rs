//! Tasks as Redis holds them: submissions into arguments, records into tasks.

use std::borrow::Cow;

use deadpool_redis::redis::Value;

use super::StoreError;
use super::args::Args;
use super::document_kind::DocumentKind;
use super::nodes::resources::packed;
use super::reply::{Reply, parse_number};
use crate::domain::job::JobPlace;
use crate::domain::lease::{DEFAULT_MAX_ATTEMPTS, DEFAULT_MAX_LOSSES};
use crate::domain::score::Priority;
use crate::domain::task::{IdempotencyKey, Progress, RunAt};
use crate::domain::uniqueness::Uniqueness;
use crate::domain::{
    Dependency, Document, FailureReason, Name, NodeId, QueueName, Submission, Task, TaskId,
    TaskState, TaskType, UnixMillis,
};

/// Most submissions have no more arguments, and no more bytes beside their payload.
const USUAL_ARGUMENTS: usize = 24;
const USUAL_BYTES: usize = 256;

/// 16 bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
            text
        })
}

/// The digests of an Idempotency-Key's scope and of its request, in digits; empty without a key.
pub(crate) fn digests(key: Option<&IdempotencyKey>) -> (String, String) {
    key.map_or_else(Default::default, |key| (hex(&key.scope), hex(&key.body)))
}

/// How a task's parents are to learn that it waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edges {
    /// They are asked by rows of the outbox.
    Ask,
    /// They come into being with the knowledge.
    Known,
    /// One of them is not there: the task is refused, unless its key has made it before.
    Unfound,
}

/// The arguments of one submission, as `lib/submission.lua` takes them.
pub(crate) fn encode_submission(
    submission: &Submission,
    id: TaskId,
    origin: &str,
    edges: Edges,
    inline_bytes: usize,
) -> Result<Args, StoreError> {
    let class = serde_json::to_string(&submission.class())
        .map_err(|error| StoreError::corrupt(error.to_string()))?;
    let when = match submission.run_at {
        RunAt::Now => "now".to_owned(),
        RunAt::After(millis) => format!("+{millis}"),
        RunAt::At(moment) => format!("@{}", moment.get()),
    };
    let (scope, body) = digests(submission.idempotency.as_ref());
    let mut args = Args::with_room(USUAL_ARGUMENTS, submission.payload.len() + USUAL_BYTES);
    args.push(id.compact())
        .push(submission.queue.as_str())
        .push(class)
        .push_number(submission.priority.get())
        .push(when)
        .push_optional(submission.expires_in_ms)
        .push(scope)
        .push(body)
        .push(
            submission
                .unique
                .as_ref()
                .map(encode_unique)
                .unwrap_or_default(),
        )
        .push(
            submission
                .place
                .map_or_else(|| origin.to_owned(), |place| place.packed()),
        );
    encode_fields(&mut args, submission, edges, inline_bytes)?;
    Ok(args)
}

/// A unique key, as `lib/conflict.lua` takes it.
fn encode_unique(unique: &Uniqueness) -> String {
    format!(
        "{} {} {} {}",
        hex(&unique.digest()),
        unique.until.word(),
        unique
            .ttl_ms
            .map_or_else(|| "-".to_owned(), |millis| millis.to_string()),
        unique.on_conflict.word()
    )
}

/// What the record keeps beside what the script adds; a default is not written.
fn encode_fields(
    args: &mut Args,
    submission: &Submission,
    edges: Edges,
    inline_bytes: usize,
) -> Result<(), StoreError> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    let mut field = |wanted: bool, name: &'static str, value: &dyn Fn() -> String| {
        if wanted {
            fields.push((name, value()));
        }
    };
    // Tags come first: that is where the script looks for them.
    if !submission.tags.is_empty() {
        let tags = serde_json::to_string(&submission.tags)
            .map_err(|error| StoreError::corrupt(error.to_string()))?;
        field(true, "tags", &|| tags.clone());
    }
    let default_type = submission.task_type == TaskType::default();
    field(!default_type, "type", &|| submission.task_type.to_string());
    if let Some(attempts) = submission.max_attempts {
        field(true, "max_attempts", &|| attempts.to_string());
    }
    let losses = submission.max_losses;
    field(losses != DEFAULT_MAX_LOSSES, "max_losses", &|| {
        losses.to_string()
    });
    if let Some(retry) = &submission.retry {
        field(true, "retry", &|| retry.packed());
    }
    if let Some(timeout_ms) = submission.timeout_ms {
        field(true, "timeout", &|| timeout_ms.to_string());
    }
    if let Some(name) = &submission.name {
        field(true, "name", &|| name.to_string());
    }
    if let Some(traceparent) = &submission.traceparent {
        field(true, "traceparent", &|| traceparent.clone());
    }
    let takes = !submission.requires.resources.is_empty();
    field(takes, "uses", &|| packed(&submission.requires));
    let documents = [
        (DocumentKind::Payload, Some(&submission.payload)),
        (DocumentKind::Metadata, submission.metadata.as_ref()),
    ];
    let key = submission.fairness_key.as_ref();
    let mut long: Vec<(DocumentKind, &Document)> = Vec::new();
    let mut inline: Vec<(DocumentKind, &Document)> = Vec::new();
    for (kind, document) in documents {
        match document {
            Some(document) if document.len() > inline_bytes => long.push((kind, document)),
            Some(document) => inline.push((kind, document)),
            None => {}
        }
    }
    let count = fields.len() + inline.len() + usize::from(key.is_some());
    args.push_number(u32::try_from(count).unwrap_or_default());
    for (name, value) in &fields {
        args.push(name).push(value);
    }
    for (kind, document) in inline {
        args.push(kind.word()).push(document.as_str());
    }
    // The fairness key comes last: that is where the script looks for it.
    if let Some(key) = key {
        args.push("fairness_key").push(key);
    }
    let depends = usize::from(!submission.depends_on.is_empty());
    args.push_number(u32::try_from(long.len() + depends).unwrap_or_default());
    if depends > 0 {
        let text = Dependency::pack(&submission.depends_on);
        match edges {
            Edges::Ask => args.push("d").push(text),
            Edges::Known => args.push("k").push(text),
            Edges::Unfound => args.push("d").push(""),
        };
    }
    for (kind, document) in long {
        args.push(kind.letter()).push(document.as_str());
    }
    Ok(())
}

/// Where a document of a report goes, and its text: two arguments.
pub(crate) fn encode_document(
    args: &mut Args,
    kind: DocumentKind,
    document: Option<&Document>,
    inline_bytes: usize,
) {
    match document {
        None => args.push("").push(""),
        Some(document) if document.len() > inline_bytes => {
            args.push(kind.letter()).push(document.as_str())
        }
        Some(document) => args.push(kind.word()).push(document.as_str()),
    };
}

const LATEST_FIELDS: [&str; 10] = [
    "attempt", "token", "node", "session", "started", "fence", "lease", "deadline", "lease_ms",
    "own_end",
];

/// The fields that a record's `latest` folds into one, as `lib/task.lua` does; absent ones are left out.
pub(crate) fn latest_attempt(latest: &str) -> impl Iterator<Item = (&'static str, &str)> {
    let values = latest.split(' ');
    LATEST_FIELDS
        .into_iter()
        .zip(values)
        .filter(|(_, value)| *value != "-")
}

/// A record's fields, as a script answers them: field, value, field, value ... There are few of them, and each
/// is taken once: to look for it among them costs less than to hash its name.
pub(crate) struct Record(Vec<(Cow<'static, str>, String)>);

impl Record {
    pub(crate) fn read(value: Value) -> Result<Self, StoreError> {
        Self::rest(Reply::list(value)?)
    }

    /// What is left of a reply, as a record.
    pub(crate) fn rest(mut reply: Reply) -> Result<Self, StoreError> {
        let mut record = Self(Vec::with_capacity(reply.left() / 2 + LATEST_FIELDS.len()));
        while reply.left() > 0 {
            let field = reply.text()?;
            record.0.push((field.into(), reply.text()?));
        }
        if let Some(latest) = record.take("latest") {
            let owned = |(field, value): (&'static str, &str)| (field.into(), value.to_owned());
            record.0.extend(latest_attempt(&latest).map(owned));
        }
        Ok(record)
    }

    /// Where a field stands. What `latest` has comes last, and goes before a field of its own.
    fn place_of(&self, field: &str) -> Option<usize> {
        self.0.iter().rposition(|(name, _)| name == field)
    }

    pub(crate) fn take(&mut self, field: &str) -> Option<String> {
        let place = self.place_of(field)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields whose names begin so, by the rest of their names.
    pub(crate) fn prefixed(&self, prefix: &str) -> impl Iterator<Item = (String, String)> {
        self.0.iter().filter_map(move |(field, value)| {
            Some((field.strip_prefix(prefix)?.to_owned(), value.clone()))
        })
    }

    pub(crate) fn number<T: TryFrom<i64>>(&self, field: &str) -> Result<Option<T>, StoreError> {
        let text = self.place_of(field).map(|place| &self.0[place].1);
        text.map(|text| parse_number(text)).transpose()
    }

    pub(crate) fn moment(&self, field: &str) -> Result<Option<UnixMillis>, StoreError> {
        Ok(self.number::<u64>(field)?.map(UnixMillis::new))
    }

    pub(crate) fn document(&mut self, field: &str) -> Result<Option<Document>, StoreError> {
        self.take(field)
            .map(|text| {
                Document::parse(text)
                    .ok_or_else(|| StoreError::corrupt(format!("{field} is not JSON")))
            })
            .transpose()
    }

    fn name<T>(
        &mut self,
        field: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, StoreError> {
        self.take(field)
            .map(|text| {
                parse(&text).map_err(|_| StoreError::corrupt(format!("{field} is no name")))
            })
            .transpose()
    }
}

/// The task that a record holds.
pub(crate) fn decode_task(id: TaskId, mut record: Record) -> Result<Task, StoreError> {
    let missing = |field: &str| StoreError::corrupt(format!("task {id} has no {field}"));
    let state = record
        .take("state")
        .and_then(|word| TaskState::from_word(&word))
        .ok_or_else(|| missing("state"))?;
    let running = state == TaskState::Running;
    let due = record.moment("due")?;
    let error = record.document("error")?;
    let fraction = record.take("progress").and_then(|text| text.parse().ok());
    let message = record.take("progress_message");
    Ok(Task {
        id,
        queue: record
            .name("queue", QueueName::parse)?
            .ok_or_else(|| missing("queue"))?,
        task_type: record.name("type", TaskType::parse)?.unwrap_or_default(),
        state,
        priority: Priority::new(record.number("priority")?.unwrap_or_default())
            .map_err(|_| StoreError::corrupt("a priority out of range"))?,
        attempt: record.number("attempt")?.unwrap_or_default(),
        max_attempts: record
            .number("max_attempts")?
            .unwrap_or(DEFAULT_MAX_ATTEMPTS),
        failures: record.number("failures")?.unwrap_or_default(),
        losses: record.number("losses")?.unwrap_or_default(),
        max_losses: record.number("max_losses")?.unwrap_or(DEFAULT_MAX_LOSSES),
        payload: record
            .document("payload")?
            .ok_or_else(|| missing("payload"))?,
        result: record.document("result")?,
        // A success makes the failures before it history.
        error: error.filter(|_| state != TaskState::Succeeded),
        reason: record
            .take("reason")
            .and_then(|word| FailureReason::from_word(&word)),
        progress: (fraction.is_some() || message.is_some())
            .then_some(Progress { fraction, message }),
        node_id: record.name("node", NodeId::parse)?,
        lease_expires_at: record.moment("lease")?.filter(|_| running),
        cancel_requested: record.take("cancel").is_some() && running,
        created_at: record
            .moment("created")?
            .ok_or_else(|| missing("created"))?,
        run_at: record
            .moment("run_at")?
            .or(due.filter(|_| state == TaskState::Scheduled)),
        started_at: record.moment("started")?,
        finished_at: record.moment("finished")?,
        next_run_at: due.filter(|_| state == TaskState::RetryWait),
        tags: record
            .take("tags")
            .map(|text| {
                serde_json::from_str(&text).map_err(|_| StoreError::corrupt("tags are not a list"))
            })
            .transpose()?
            .unwrap_or_default(),
        metadata: record.document("metadata")?,
        fairness_key: record.take("fairness_key"),
        job_id: record
            .take("job")
            .map(|text| {
                JobPlace::unpack(&text)
                    .map(|place| place.job)
                    .ok_or_else(|| StoreError::corrupt("a place in a job"))
            })
            .transpose()?,
        name: record.name("name", Name::parse)?,
        depends_on: record
            .take("depends_on")
            .map(|text| {
                Dependency::unpack(&text).ok_or_else(|| StoreError::corrupt("a task's edges"))
            })
            .transpose()?
            .unwrap_or_default(),
    })
}
