//! `taskyard queue set`.

use anyhow::{Context, anyhow};
use clap::Args;
use serde::Serialize;
use serde_json::value::to_raw_value;

use super::QueueName;
use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::{Content, name};
use crate::client::QueueSettings;

pub(super) const EXAMPLES: &str = "\
Examples:
  taskyard queue set mail --max-attempts 5 --timeout-ms 60000
  taskyard queue set mail --settings '{\"limits\": {\"running\": 10}}'
  taskyard queue set mail --settings @mail.json --replace
  taskyard queue set bulk --replace --partition 3    # before its first use
  taskyard queue set thumbs --target https://thumbs.example.com/tasks    # shows the secret, once";

/// What to set; options win over --settings.
#[derive(Debug, Args)]
pub(super) struct Set {
    #[command(flatten)]
    queue: QueueName,
    /// Settings as a JSON object, @FILE, or - for stdin
    #[arg(long, value_name = "JSON")]
    settings: Option<Content>,
    /// Set what is not given here back to its default
    #[arg(long)]
    replace: bool,
    /// Which task goes first: strict, aging or fifo
    #[arg(long, value_parser = name)]
    ordering: Option<String>,
    /// How long a task waits until aging raises it by one priority
    #[arg(long, value_name = "MS")]
    aging_step_ms: Option<u64>,
    /// How many tasks may wait
    #[arg(long, value_name = "N")]
    max_tasks: Option<u64>,
    /// How long a lease lasts, unless its claim says otherwise
    #[arg(long, value_name = "MS")]
    lease_ms: Option<u64>,
    /// How long an attempt may take, unless its task says otherwise
    #[arg(long, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// How many failures and time-outs end a task, unless it says otherwise
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,
    /// What a turn costs a fairness key: one task, or its run time
    #[arg(long, value_parser = name, value_name = "tasks|run_time")]
    fair_by: Option<String>,
    /// Where its tasks are pushed to, so that it needs no node
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// How many of its tasks are at the target at once
    #[arg(long, value_name = "N")]
    target_concurrency: Option<u32>,
    /// The number of the partition that it is to live in; chosen when it comes into being, with --replace
    #[arg(long, value_name = "N")]
    partition: Option<u16>,
}

impl Set {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let settings = self.settings()?;
        let (client, name) = (&caller.client, &self.queue.name);
        let queue = if self.replace {
            client.put_queue(name, &settings).await?
        } else {
            client.update_queue(name, &settings).await?
        };
        caller.output.show(&queue)
    }

    fn settings(&self) -> Result<QueueSettings, Failure> {
        let mut settings = match &self.settings {
            Some(content) => serde_json::from_str(content.read_json()?.get())
                .with_context(|| format!("{content} is no JSON object"))
                .map_err(Failure::usage)?,
            None => QueueSettings::new(),
        };
        put(&mut settings, "ordering", self.ordering.as_ref())?;
        put(&mut settings, "aging_step_ms", self.aging_step_ms)?;
        put(&mut settings, "max_tasks", self.max_tasks)?;
        put(&mut settings, "lease_ms", self.lease_ms)?;
        put(&mut settings, "timeout_ms", self.timeout_ms)?;
        put(&mut settings, "max_attempts", self.max_attempts)?;
        put(&mut settings, "fair_by", self.fair_by.as_ref())?;
        put(&mut settings, "target", self.target.as_ref())?;
        put(&mut settings, "target_concurrency", self.target_concurrency)?;
        put(&mut settings, "partition", self.partition)?;
        if settings.is_empty() && !self.replace {
            let nothing = anyhow!("nothing is to be set: give an option, or --settings");
            return Err(Failure::usage(nothing));
        }
        Ok(settings)
    }
}

fn put(
    settings: &mut QueueSettings,
    name: &str,
    value: Option<impl Serialize>,
) -> Result<(), Failure> {
    if let Some(value) = value {
        let value = to_raw_value(&value).context("a setting cannot be written")?;
        settings.insert(name.to_owned(), value);
    }
    Ok(())
}
