//! `taskyard doctor`: whether everything stored fits together. It reads and repairs nothing, so
//! it may run beside a live service.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::parser::ValueSource;
use clap::{ArgMatches, ValueEnum};

use super::exit::{Exit, Failure};
use crate::config::{SecretUrl, SettingsError};
use crate::store::private_redis::url_file;
use crate::store::{AuditReport, OpenError, Store, StoreError};

const HELP: &str = "\
Look whether everything stored fits together

Reads all that is stored, page by page, and changes nothing; it may run beside a live
service. Exit 0: all is sound. Exit 1: what does not hold is listed on stdout. Exit 3:
nothing was ever stored there. Exit 8: Redis does not answer.";

const EXAMPLES: &str = "\
Examples:
  taskyard doctor
  taskyard doctor --data-dir /var/lib/taskyard -o json
  REDIS_URL=redis://127.0.0.1:6379 taskyard doctor";

#[derive(Debug, clap::Args)]
#[command(long_about = HELP, after_help = EXAMPLES)]
pub(super) struct Doctor {
    /// The Redis to look at [default: the private one of the data directory]; a URL with a
    /// password belongs in the variable
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    redis_url: Option<SecretUrl>,
    /// The data directory of a running service with a private Redis
    #[arg(
        long,
        env = "TASKYARD_DATA_DIR",
        value_name = "DIR",
        default_value = "./data"
    )]
    data_dir: PathBuf,
    /// How the report looks
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people: a line a finding.
    Text,
    /// One JSON object.
    Json,
}

impl Doctor {
    pub(super) fn run(self, matches: &ArgMatches) -> Result<(), Failure> {
        let url = self.url(matches)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start")?;
        let report = runtime.block_on(audit(&url))?;
        let text = match self.output {
            Output::Text => lines(&report),
            Output::Json => format!("{:#}\n", serde_json::json!(report)),
        };
        // A reader that has seen enough, such as `head`, is no failure.
        let _ = io::stdout().write_all(text.as_bytes());
        if report.is_sound() {
            return Ok(());
        }
        let count = report.findings.len() as u64 + report.more_findings;
        Err(anyhow!("{count} findings").into())
    }

    /// The Redis that is meant: what a flag names comes before what a variable names.
    fn url(&self, matches: &ArgMatches) -> Result<SecretUrl, Failure> {
        let is_flag = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
        let means_directory = is_flag("data_dir") && !is_flag("redis_url");
        match self.redis_url.as_ref().filter(|url| url.is_set()) {
            Some(url) if is_flag("redis_url") && url.has_password() => {
                Err(Failure::usage(SettingsError::PasswordInArguments))
            }
            Some(url) if !means_directory => Ok(url.clone()),
            _ => private_url(&self.data_dir),
        }
    }
}

fn private_url(data_dir: &Path) -> Result<SecretUrl, Failure> {
    fs::read_to_string(url_file(data_dir))
        .map(SecretUrl::new)
        .with_context(|| format!("no private Redis runs in {}", data_dir.display()))
        .map_err(|error| Failure::new(Exit::Unavailable, error))
}

async fn audit(url: &SecretUrl) -> Result<AuditReport, Failure> {
    let store = Store::attach(url.expose())
        .await
        .map_err(|error| match error {
            OpenError::Address(_) => Failure::usage(error),
            OpenError::Unreachable(_) => Failure::new(Exit::Unavailable, error),
            _ => Failure::new(Exit::Failure, error),
        })?;
    let nothing = || anyhow!("the Redis at {url} holds nothing of Taskyard");
    let store = store.ok_or_else(|| Failure::new(Exit::NotFound, nothing()))?;
    store.audit().await.map_err(|error| {
        let exit = match error {
            StoreError::Unavailable { .. } => Exit::Unavailable,
            _ => Exit::Failure,
        };
        Failure::new(exit, error)
    })
}

fn lines(report: &AuditReport) -> String {
    let mut lines: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if report.more_findings > 0 {
        lines.push(format!("... and {} more findings", report.more_findings));
    }
    let tasks: u64 = report.tasks.values().sum();
    lines.push(format!(
        "looked at {tasks} tasks in {} queues, at {} jobs and at {} rows: {}",
        report.queues,
        report.jobs,
        report.rows,
        if report.is_sound() {
            "all is sound"
        } else {
            "not sound"
        },
    ));
    lines.join("\n") + "\n"
}
