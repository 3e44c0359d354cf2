//! What a workload runs against: the service with its Redis.

use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::store::private_redis::{PrivateRedis, PrivateRedisOptions};

use super::BenchArgs;
use super::client::{Client, Requests};
use super::cpu;
use super::redis_info::{RedisInfo, Snapshot};
use super::resident;

const START_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The service, and what can be seen of it from outside.
pub(super) struct Deployment {
    address: SocketAddr,
    run: String,
    // Dropped in this order: the service must not outlive its Redis, nor both the files.
    service: Option<Service>,
    redis: Option<RedisInfo>,
    _redis_server: Option<PrivateRedis>,
    _dir: Option<RunDir>,
}

impl Deployment {
    /// Starts what `args` do not name: the service, and a Redis of its own.
    pub(super) async fn start(args: &BenchArgs) -> anyhow::Result<Self> {
        if let Some(url) = &args.url {
            let mut deployment = Self::at(address_of(url)?)?;
            if let Some(redis_url) = &args.redis_url {
                deployment.redis = Some(RedisInfo::open(redis_url).await?);
            }
            return Ok(deployment);
        }

        let run = new_run()?;
        let dir = RunDir::create(args.data_dir.as_deref(), &run)?;
        let (redis_url, redis_server) = if let Some(redis_url) = &args.redis_url {
            (redis_url.clone(), None)
        } else {
            let server =
                PrivateRedis::start(PrivateRedisOptions::new(dir.path.join("redis"))).await?;
            (server.url().clone(), Some(server))
        };
        let redis = RedisInfo::open(&redis_url).await?;
        if redis_server.is_some() {
            redis.set_fsync(args.fsync.policy()).await?;
        }
        let (service, address) = Service::start(&dir.path, &redis_url).await?;
        Ok(Self {
            address,
            run,
            service: Some(service),
            redis: Some(redis),
            _redis_server: redis_server,
            _dir: Some(dir),
        })
    }

    /// A service that runs already, of which only the answers can be seen.
    pub(super) fn at(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self {
            address,
            run: new_run()?,
            service: None,
            redis: None,
            _redis_server: None,
            _dir: None,
        })
    }

    /// Opens clients of a queue that no earlier run has used. Each batch has `batch_size` tasks.
    pub(super) async fn clients(
        &self,
        count: usize,
        batch_size: usize,
    ) -> anyhow::Result<Vec<Client>> {
        self.further_clients(0..count, batch_size).await
    }

    /// Opens those of the queue's clients that have these numbers.
    pub(super) async fn further_clients(
        &self,
        numbers: Range<usize>,
        batch_size: usize,
    ) -> anyhow::Result<Vec<Client>> {
        let queue = self.queue();
        let requests = Requests::new(self.address, &queue, batch_size);
        let mut clients = Vec::with_capacity(numbers.len());
        for index in numbers {
            let node = format!("bench-{}-{index}", self.run);
            clients.push(Client::open(self.address, node, requests.clone()).await?);
        }
        Ok(clients)
    }

    /// Where the service listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A queue's name that no earlier run has used.
    pub(super) fn name_of(&self, queue: &str) -> String {
        format!("bench-{}-{queue}", self.run)
    }

    /// A queue that no earlier run has used.
    pub(super) fn queue(&self) -> String {
        format!("bench-{}", self.run)
    }

    /// The service's URL.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Resident bytes of the service, whose peak begins anew; `None` of one that this did not start.
    pub(super) fn start_peak_memory(&self) -> anyhow::Result<Option<u64>> {
        let Some(process) = self.service_id() else {
            return Ok(None);
        };
        resident::forget_peak(process)?;
        Ok(resident::bytes_of(process).map(|(now, _)| now))
    }

    /// How far its resident memory has risen above that meanwhile.
    pub(super) fn memory_rise(&self, before: Option<u64>) -> Option<u64> {
        let (_, peak) = resident::bytes_of(self.service_id()?)?;
        Some(peak.saturating_sub(before?))
    }

    fn service_id(&self) -> Option<u32> {
        self.service.as_ref()?.process.id()
    }

    /// The Redis beside the service, if its URL is known.
    pub(super) fn redis(&self) -> Option<&RedisInfo> {
        self.redis.as_ref()
    }

    pub(super) async fn redis_snapshot(&self) -> anyhow::Result<Option<Snapshot>> {
        match &self.redis {
            Some(redis) => redis.snapshot().await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn service_cpu_seconds(&self) -> Option<f64> {
        cpu::seconds_of(&self.service_id()?.to_string())
    }

    /// Resident memory of the service.
    pub(super) fn service_resident_bytes(&self) -> Option<f64> {
        let process = self.service.as_ref()?.process.id()?;
        cpu::resident_bytes_of(&process.to_string())
    }

    /// Stops what [`Deployment::start`] started.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        match self.service.take() {
            Some(service) => service.stop().await,
            None => Ok(()),
        }
    }
}

/// A `taskyard serve` of this same executable.
struct Service {
    process: Child,
    /// Held open: a closed pipe would make the service's own output fail.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Service {
    async fn start(dir: &Path, redis_url: &str) -> anyhow::Result<(Self, SocketAddr)> {
        let log_path = dir.join("service.log");
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(dir.join("service"))
            .env("REDIS_URL", redis_url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log_path)?)
            .kill_on_drop(true)
            .spawn()
            .context("starting the service")?;
        let stdout = process.stdout.take().context("the service's stdout")?;
        let mut stdout = BufReader::new(stdout).lines();
        let first = timeout(START_LIMIT, stdout.next_line())
            .await
            .context("the service did not start in time")??;
        let Some(first) = first else {
            let log = std::fs::read_to_string(&log_path).unwrap_or_default();
            bail!("the service ended at once:\n{log}");
        };
        let address = address_of(&first)?;
        let service = Self {
            process,
            _stdout: stdout,
        };
        Ok((service, address))
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        timeout(STOP_LIMIT, self.process.wait())
            .await
            .context("the service did not stop when it was told to")??;
        Ok(())
    }
}

/// Part of the names of a run's queue, nodes and files, so that no two runs meet.
fn new_run() -> anyhow::Result<String> {
    Ok(format!("{:08x}", getrandom::u32()?))
}

/// The address of the first http:// URL in `text`.
fn address_of(text: &str) -> anyhow::Result<SocketAddr> {
    let (_, rest) = text
        .split_once("http://")
        .with_context(|| format!("no http:// URL in {text:?}"))?;
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || ".:-_[]".contains(c)))
        .unwrap_or(rest.len());
    let host = rest[..end].trim_end_matches('.');
    host.to_socket_addrs()
        .with_context(|| format!("the address {host}"))?
        .next()
        .with_context(|| format!("{host} has no address"))
}

/// A directory that goes when the run is over.
struct RunDir {
    path: PathBuf,
}

impl RunDir {
    fn create(parent: Option<&Path>, run: &str) -> anyhow::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let path = std::path::absolute(parent.join(format!("taskyard-bench-{run}")))?;
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path })
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        // Redis may still write its last file; what stays behind is only a temporary file.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_first_line_of_the_service() {
        for line in [
            "taskyard is listening on http://127.0.0.1:8080",
            "Listening on http://127.0.0.1:8080/ (open)",
            "http://127.0.0.1:8080.",
            "\u{1b}[1mhttp://127.0.0.1:8080\u{1b}[0m",
        ] {
            assert_eq!(address_of(line).unwrap().to_string(), "127.0.0.1:8080");
        }
        assert!(address_of("no address").is_err());
    }
}
