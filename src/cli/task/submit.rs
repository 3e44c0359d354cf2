//! `taskyard task submit`.

use anyhow::Context;
use clap::Args;

use super::wait::wait;
use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::{Content, name, pair};
use crate::cli::output;
use crate::client::{DependsOn, SubmitTask, Task};

const EXAMPLES: &str = "\
Examples:
  taskyard task submit --queue mail --payload '{\"to\": \"ada@example.org\"}'
  taskyard task submit --queue images --type resize --payload @photo.json --priority 5
  jq -c .order shop.json | taskyard task submit --queue orders --payload -
  taskyard task submit --queue reports --at 2030-01-01T06:00:00Z --tag nightly
  id=$(taskyard task submit --queue mail --idempotency-key order-17 -q)
  taskyard task submit --queue sums --payload '[1, 2]' --wait=30
  taskyard task submit --queue reports --depends-on $id --depends-on $other:finish";

/// Submit a task and print its id
///
/// With --wait its result is printed instead, once there is one; then exit codes are those
/// of `taskyard task wait`. The same --idempotency-key makes a repeat find the task that
/// the first call made, for 24 hours.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Submit {
    /// The queue it waits in
    #[arg(long, value_parser = name)]
    queue: String,
    /// What kind of work it is
    #[arg(long = "type", value_name = "TYPE", value_parser = name, default_value = "default")]
    kind: String,
    /// What the worker gets: JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON", default_value = "{}")]
    payload: Content,
    /// Higher goes first; the service's own default is 0
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    priority: Option<i64>,
    /// Not before this many milliseconds from now
    #[arg(long, value_name = "MS", conflicts_with = "run_at")]
    delay_ms: Option<u64>,
    /// Not before this time, such as 2030-01-01T06:00:00Z
    #[arg(long = "at", visible_alias = "run-at", value_name = "TIME")]
    run_at: Option<String>,
    /// Not after this many milliseconds from now
    #[arg(long, value_name = "MS")]
    expires_in_ms: Option<u64>,
    /// How many failures and time-outs end it
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,
    /// How many lost workers end it
    #[arg(long, value_name = "N")]
    max_losses: Option<u32>,
    /// How long an attempt may take
    #[arg(long, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// A word to find it by; may be given more than once
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Something to keep with it; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
    /// Wait for the success of a task first, or for it to end in another way: finish, failure; may be given more than once
    #[arg(long = "depends-on", value_name = "ID[:ON]", value_parser = depends_on)]
    depends_on: Vec<DependsOn>,
    /// Makes it safe to submit again: the same key makes one task
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Wait until it is finished, at most so many seconds, and print its result
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true)]
    #[expect(
        clippy::option_option,
        reason = "absent, --wait and --wait=SECONDS differ"
    )]
    wait: Option<Option<u32>>,
}

impl Submit {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let key = self.idempotency_key.clone();
        let wanted = self.wait;
        let task = self.task()?;
        let document = caller.client.submit_task(&task, key.as_deref()).await?;
        let Task { id, .. } =
            serde_json::from_str(document.get()).context("the answer is no task")?;
        if let Some(limit) = wanted {
            caller.output.tell(&format!("submitted {id}, waiting"));
            return wait(caller, &id, limit).await;
        }
        if caller.output.is_json() {
            return output::write(document.get());
        }
        caller.output.tell(&format!("submitted to {}", task.queue));
        output::write(&id)
    }

    fn task(self) -> Result<SubmitTask, Failure> {
        Ok(SubmitTask {
            queue: self.queue,
            kind: self.kind,
            payload: self.payload.read_json()?,
            priority: self.priority,
            delay_ms: self.delay_ms,
            run_at: self.run_at,
            expires_in_ms: self.expires_in_ms,
            max_attempts: self.max_attempts,
            max_losses: self.max_losses,
            timeout_ms: self.timeout_ms,
            tags: self.tags,
            metadata: self.metadata.into_iter().collect(),
            depends_on: self.depends_on,
        })
    }
}

/// `ID` or `ID:ON`.
fn depends_on(text: &str) -> Result<DependsOn, &'static str> {
    let (id, on) = text.split_once(':').unzip();
    if on.is_some_and(|on| !["success", "finish", "failure"].contains(&on)) {
        return Err("it is ID, ID:finish or ID:failure");
    }
    Ok(DependsOn {
        id: name(id.unwrap_or(text))?,
        on: on.map(str::to_owned),
    })
}
