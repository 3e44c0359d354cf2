//! The Redis of one run, when no --redis-url names another.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};

use super::redis_info::RedisInfo;

/// How long a fresh Redis may take until it answers.
const START_ATTEMPTS: u32 = 200;
const START_PAUSE: Duration = Duration::from_millis(25);

/// A Redis that lives as long as the run.
pub(super) struct RedisServer {
    url: String,
    _process: Child,
}

impl RedisServer {
    /// Starts a Redis that keeps its data in `dir`.
    pub(super) async fn start(dir: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let socket = dir.join("redis.sock");
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "yes"])
            .arg("--unixsocket")
            .arg(&socket)
            .arg("--dir")
            .arg(dir)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting redis-server")?;
        let url = format!("redis+unix://{}", socket.display());
        for _ in 0..START_ATTEMPTS {
            if socket.exists() && RedisInfo::open(&url).await.is_ok() {
                return Ok(Self {
                    url,
                    _process: process,
                });
            }
            tokio::time::sleep(START_PAUSE).await;
        }
        bail!("redis-server did not answer on {}", socket.display())
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}
