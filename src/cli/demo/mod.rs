//! `taskyard demo`: the whole product at work on the reader's own text, in one command.
//!
//! It starts the service with a private Redis and two workers, submits the lines of the text
//! as a job, which the service cuts into tasks, merges the word counts that come back and prints
//! them; then it stays, so that there is something to look at, until Ctrl-C ends everything.
//!
//! The demo is a client like any other: all it does goes over HTTP and through the same
//! commands that a user would type.

mod stage;
mod text;
mod words;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use serde::Deserialize;

use self::stage::{Crew, Stage};
use self::text::Text;
use self::words::Totals;
use crate::cli::exit::Failure;
use crate::cli::signals::Signals;
use crate::client::{Client, PageOf};

/// The queue of the demo.
const QUEUE: &str = "word-count";
/// The demo's nodes.
const NODES: [&str; 2] = ["demo-1", "demo-2"];
/// Lines of text that make a task.
const CHUNK: &str = "400";
/// Where the lines stand, in the stage's folder.
const LINES: &str = "lines.ndjson";

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

        stage.write(LINES, &text.items)?;
        let crew = stage.crew(&url);
        let (job, totals) = tokio::select! {
            counted = count(&crew) => counted?,
            end = stage.first_end() => bail!(end),
        };
        say(&totals.to_string());
        if self.once {
            return Ok(());
        }
        say(&hints(&url, &job));
        bail!(stage.first_end().await)
    }
}

/// Submits the text as a job, waits for its end and merges its results. Each step is a command,
/// shown before it runs.
async fn count(crew: &Crew) -> anyhow::Result<(String, Totals)> {
    let started = Instant::now();
    let submit = ["submit", LINES, "--queue", QUEUE, "--chunk", CHUNK];
    let job = shown(crew, "job      ", &submit, &["-o", "json"]).await?;
    let job: Job = serde_json::from_str(&job).context("the job cannot be read")?;
    shown(crew, "         ", &["watch", &job.id], &["-o", "json"]).await?;
    let results = shown(crew, "         ", &["results", &job.id], &[]).await?;
    let mut totals = Totals::gather(&results)?;
    totals.took = started.elapsed();
    totals.by_node = by_node(&Client::new(crew.url(), None)?, &job.id).await?;
    Ok((job.id, totals))
}

async fn shown(crew: &Crew, head: &str, told: &[&str], more: &[&str]) -> anyhow::Result<String> {
    say(&format!("{head} taskyard job {}", told.join(" ")));
    crew.run(&[&["job"], told, more].concat()).await
}

/// How many tasks of the job each node has done.
async fn by_node(client: &Client, job: &str) -> anyhow::Result<BTreeMap<String, usize>> {
    let (mut counts, mut cursor) = (BTreeMap::new(), None);
    loop {
        let page = PageOf {
            limit: Some(500),
            cursor: cursor.as_deref(),
        };
        let page = client.list_job_tasks(job, None, &page).await?;
        for task in &page.items {
            let task: Done = serde_json::from_str(task.get()).context("a task cannot be read")?;
            *counts.entry(task.node_id).or_default() += 1;
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(counts);
        }
    }
}

#[derive(Deserialize)]
struct Job {
    id: String,
}

#[derive(Deserialize)]
struct Done {
    node_id: String,
}

fn hints(url: &str, job: &str) -> String {
    format!(
        "
Look around from another terminal:

  curl {url}/v1/jobs/{job}
  curl '{url}/v1/jobs/{job}/results' | head -n 1
  curl {url}/v1/queues/{QUEUE}/stats
  curl {url}/v1/nodes
  curl {url}/v1/tasks -H 'content-type: application/json' \\
    -d '{{\"queue\": \"{QUEUE}\", \"payload\": {{\"items\": [\"to be or not to be\"]}}}}'

Ctrl-C ends the service, the workers and the Redis, and removes what they stored."
    )
}

/// Writes a line to stdout; with nobody reading there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
