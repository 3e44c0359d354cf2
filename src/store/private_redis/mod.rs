//! A Redis of the service's own: found on `PATH`, started, supervised, stopped.
//!
//! It listens on a unix socket inside the data directory with a random password,
//! and nothing but this process is meant to speak with it. A dedicated thread
//! (`supervisor`) starts it, restarts it when it dies and stops it. When this
//! process is killed, the kernel ends the child (`exec`); should one be left all
//! the same, the next start deals with it (`leftover`).
//!
//! It is not for a Redis that others share: that one is named by `REDIS_URL` and
//! only checked, by `super::redis_check`.

mod conf;
mod data_dir;
mod endpoint;
mod error;
pub mod exec;
mod launch;
mod leftover;
mod log;
mod machine_memory;
mod server_program;
mod supervisor;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::{oneshot, watch};

pub use data_dir::url_file;
pub use error::PrivateRedisError;

/// How long a stopping Redis may take to write what it still holds.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// When Redis makes the operating system write its log to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Fsync {
    /// Before each reply: a power cut loses nothing that was confirmed.
    Always,
    /// Each second: a power cut may lose the last second or two.
    #[serde(rename = "everysec")]
    #[value(name = "everysec")]
    EverySecond,
    /// When the operating system likes. For tests.
    #[value(skip)]
    #[serde(skip_deserializing)]
    No,
}

impl Fsync {
    /// The word that Redis and the settings use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::EverySecond => "everysec",
            Self::No => "no",
        }
    }
}

/// How to run a [`PrivateRedis`]. Start from [`PrivateRedisOptions::new`].
#[derive(Debug, Clone)]
pub struct PrivateRedisOptions {
    /// Where data, password, socket and log live; made when missing.
    pub data_dir: PathBuf,
    /// The server program; `None` looks for `redis-server`, then `valkey-server`.
    pub server: Option<PathBuf>,
    /// When writes reach the disk.
    pub fsync: Fsync,
    /// The memory limit; `None` is half of the machine's or the control group's.
    pub maxmemory_bytes: Option<u64>,
    /// The `taskyard` program, whose hidden subcommand ties the child's life to
    /// ours. `None` starts the server directly: a test that is killed then leaves it.
    pub launcher: Option<PathBuf>,
    /// Whether a Redis that dies is started again.
    pub restart: bool,
    /// Listen on a loopback port even where a socket would do (cluster clients need it).
    pub loopback: bool,
    /// Further lines of redis.conf, which win over ours. For tests.
    pub extra: Vec<(String, String)>,
}

impl PrivateRedisOptions {
    /// The service's own choice: safest writes, restarted when it dies.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            server: None,
            fsync: Fsync::Always,
            maxmemory_bytes: None,
            launcher: None,
            restart: true,
            loopback: false,
            extra: Vec::new(),
        }
    }
}

/// A running private Redis. Dropping it kills the server; [`stop`](Self::stop) is gentler.
#[derive(Debug)]
pub struct PrivateRedis {
    url: String,
    /// The current child, `None` between two. The supervisor reaps a child only
    /// while it holds this value's write lock; a signal sent under the read lock
    /// can therefore never hit a stranger that was given the same pid.
    pid: watch::Receiver<Option<u32>>,
    /// Dropped to tell the supervisor that it shall not start another one.
    keep_running: Option<mpsc::Sender<Infallible>>,
    supervisor: Option<JoinHandle<()>>,
}

impl PrivateRedis {
    /// Starts the server and waits until it answers PING, however long it loads its data.
    pub async fn start(options: PrivateRedisOptions) -> Result<Self, PrivateRedisError> {
        let (keep_running, stop) = mpsc::channel();
        let (pid_sender, pid) = watch::channel(None);
        let (ready_sender, ready) = oneshot::channel();
        let supervisor = thread::Builder::new()
            .name("private-redis".to_owned())
            .spawn(move || {
                supervisor::run(
                    &options,
                    &supervisor::StopSignal::new(stop),
                    &pid_sender,
                    ready_sender,
                );
            })
            .map_err(PrivateRedisError::Spawn)?;
        let url = ready.await.unwrap_or(Err(PrivateRedisError::Stopped))?;
        Ok(Self {
            url,
            pid,
            keep_running: Some(keep_running),
            supervisor: Some(supervisor),
        })
    }

    /// Where it listens, with its password: a secret. It stays the same over restarts.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The current server process, if one is alive.
    pub fn pid(&self) -> Option<u32> {
        *self.pid.borrow()
    }

    /// Kills the current server as a crash would, and returns when it is gone.
    pub async fn kill(&self) {
        let Some(killed) = self.pid() else { return };
        self.signal(Signal::KILL);
        let mut pid = self.pid.clone();
        // An error means that the supervisor has ended, and the server with it.
        let _ = pid.wait_for(|current| *current != Some(killed)).await;
    }

    /// Lets the server write what it holds and exit; kills it when that takes over 5 s.
    pub async fn stop(mut self) {
        self.keep_running = None;
        self.signal(Signal::TERM);
        let mut pid = self.pid.clone();
        let ended = async { while pid.changed().await.is_ok() {} };
        if tokio::time::timeout(STOP_LIMIT, ended).await.is_err() {
            tracing::warn!(
                "the private Redis did not stop within {} s and is killed",
                STOP_LIMIT.as_secs()
            );
        }
        // Dropping kills what is left and joins the supervisor.
    }

    fn signal(&self, signal: Signal) {
        let pid = self.pid.borrow();
        if let Some(pid) = pid.and_then(process_id) {
            // It fails only when the process is gone, which is what was wanted.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.keep_running = None;
        self.signal(Signal::KILL);
        if let Some(supervisor) = self.supervisor.take() {
            // After SIGKILL this takes a moment only. It keeps a test's directory
            // from being removed under a server that still writes there.
            let _ = supervisor.join();
        }
    }
}

fn process_id(pid: u32) -> Option<rustix::process::Pid> {
    i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
}

#[cfg(test)]
mod tests;
