//! `taskyard demo`: the whole product at work on the reader's own text, in one command.
//!
//! It starts the service with a private Redis and two workers, cuts the text into tasks,
//! submits them, merges the word counts that come back and prints them; then it stays,
//! so that there is something to look at, until Ctrl-C ends everything.
//!
//! The demo is a client like any other: all it does goes over HTTP and through the same
//! commands that a user would type.

mod stage;
mod text;
mod words;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use futures_util::StreamExt;
use serde_json::value::to_raw_value;

use self::stage::Stage;
use self::text::Text;
use self::words::Totals;
use crate::cli::exit::Failure;
use crate::cli::signals::Signals;
use crate::client::{Client, SubmitTask, Task, TaskState};

/// The queue of the demo.
const QUEUE: &str = "word-count";
/// The demo's nodes.
const NODES: [&str; 2] = ["demo-1", "demo-2"];
/// How many tasks one request submits: 64 pieces of 64 KiB stay below its 8 MiB.
const BATCH: usize = 64;
/// How many tasks are awaited at once.
const AWAITED: usize = 8;
/// How long one request waits for a task to finish.
const WAIT: Duration = Duration::from_secs(20);

const EXAMPLES: &str = "\
Examples:
  taskyard demo
  taskyard demo ~/notes --once";

/// Count the words of some text files with two workers, and look around
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    /// A folder, or a file, with the text to count [default: the current folder]
    #[arg(default_value = ".", hide_default_value = true)]
    path: PathBuf,

    /// End as soon as the result is printed
    #[arg(long)]
    once: bool,
}

impl Demo {
    /// Runs until Ctrl-C, or with --once until the result is printed.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let text = Text::collect(&self.path)?;
        say(&format!("text      {text}"));
        // One thread: children are told of the end of the thread that started them.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start")?;
        Ok(runtime.block_on(self.play(&text))?)
    }

    async fn play(&self, text: &Text) -> anyhow::Result<()> {
        let mut signals = Signals::listen().context("cannot listen for signals")?;
        let mut stage = Stage::prepare()?;
        let shown = tokio::select! {
            shown = self.show(&mut stage, text) => shown,
            _ = signals.next() => Ok(()),
        };
        stage.clear().await;
        shown
    }

    async fn show(&self, stage: &mut Stage, text: &Text) -> anyhow::Result<()> {
        let url = stage.start_service().await?;
        say(&format!("service   {url}, with a Redis of its own"));
        for node in NODES {
            stage.start_worker(&url, QUEUE, node)?;
        }
        say(&format!("nodes     {}", NODES.join(", ")));

        let client = Client::new(&url, None)?;
        let totals = tokio::select! {
            totals = count(&client, text) => totals?,
            end = stage.first_end() => bail!(end),
        };
        say(&totals.to_string());
        if self.once {
            return Ok(());
        }
        say(&hints(&url));
        bail!(stage.first_end().await)
    }
}

/// Submits the text and merges what comes back, in the order of the text.
async fn count(client: &Client, text: &Text) -> anyhow::Result<Totals> {
    let started = Instant::now();
    let ids = submit(client, text).await?;
    let mut totals = Totals::default();
    let mut finished = futures_util::stream::iter(&ids)
        .map(|id| finished(client, id))
        .buffered(AWAITED);
    while let Some(task) = finished.next().await {
        totals.add(&task?)?;
        progress(totals.tasks(), ids.len());
    }
    totals.took(started.elapsed());
    Ok(totals)
}

async fn submit(client: &Client, text: &Text) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::with_capacity(text.pieces.len());
    for pieces in text.pieces.chunks(BATCH) {
        let mut tasks = Vec::with_capacity(pieces.len());
        for piece in pieces {
            tasks.push(SubmitTask {
                queue: QUEUE.to_owned(),
                kind: "count-words".to_owned(),
                payload: to_raw_value(piece)?,
                ..SubmitTask::default()
            });
        }
        let answers = client.submit_batch(&tasks).await;
        for answer in answers.context("cannot submit the tasks")? {
            match (answer.task, answer.problem) {
                (Some(task), _) => ids.push(task.id),
                (None, Some(problem)) => bail!("a task was refused: {problem}"),
                (None, None) => bail!("a task was refused with status {}", answer.status),
            }
        }
    }
    Ok(ids)
}

async fn finished(client: &Client, id: &str) -> anyhow::Result<Task> {
    loop {
        let task: Task = client
            .get_task(id, WAIT)
            .await
            .context("cannot read a task")?;
        if task.state != TaskState::Open {
            return Ok(task);
        }
    }
}

/// One line that is written over, and only where a person sees it.
fn progress(done: usize, of: usize) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let end = if done == of { "\r\u{1b}[K" } else { "" };
        let _ =
            write!(stderr, "\r{done} of {of} tasks are done{end}").and_then(|()| stderr.flush());
    }
}

fn hints(url: &str) -> String {
    format!(
        "
Look around from another terminal:

  curl {url}/v1/queues/{QUEUE}/stats
  curl '{url}/v1/tasks?queue={QUEUE}&limit=3'
  curl {url}/v1/nodes
  curl {url}/v1/tasks -H 'content-type: application/json' \\
    -d '{{\"queue\": \"{QUEUE}\", \"payload\": {{\"text\": \"to be or not to be\"}}}}'

Ctrl-C ends the service, the workers and the Redis, and removes what they stored."
    )
}

/// Writes a line to stdout; with nobody reading there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
