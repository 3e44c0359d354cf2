//! `taskyard serve`: settings, a Redis, the service.

use std::io;
use std::path::PathBuf;

use anyhow::Context;
use clap::ArgMatches;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use super::signals::Signals;
use crate::config::{SecretUrl, Settings, SettingsArgs};
use crate::egress::Egress;
use crate::server::{self, Redis};
use crate::store::private_redis::{PrivateRedis, PrivateRedisError, PrivateRedisOptions};
use crate::store::redis_check;
use crate::telemetry;

const EXAMPLES: &str = "\
Examples:
  taskyard serve
  taskyard serve --listen 127.0.0.1:0 --data-dir /var/lib/taskyard    # prints the port it took
  REDIS_URL=redis://127.0.0.1:6379 taskyard serve --durability disk";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// What must stand before the first request is taken.
struct Prepared {
    listener: TcpListener,
    egress: Egress,
    redis: Redis,
    private_redis: Option<PrivateRedis>,
}

impl Serve {
    pub(super) fn run(self, matches: &ArgMatches) -> Result<(), Failure> {
        let settings = Settings::resolve(self.settings, matches).map_err(Failure::usage)?;
        telemetry::init(&settings.log, settings.log_format).map_err(Failure::usage)?;
        allow_many_connections();
        take_small_pages();
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(worker_threads())
            .enable_all()
            .build()
            .context("the threads of the service cannot be started")?
            .block_on(serve(&settings))
    }
}

/// One core is left to Redis, which runs its commands on one thread and is commonly beside the
/// service: on two cores one thread serves more than two do.
fn worker_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).max(1))
}

async fn serve(settings: &Settings) -> Result<(), Failure> {
    let signals = Signals::listen().context("signals cannot be heard")?;
    let shutdown = CancellationToken::new();
    tokio::spawn(signals.cancel(shutdown.clone()));
    let Some(prepared) = shutdown.run_until_cancelled(prepare(settings)).await else {
        return Ok(());
    };
    let Prepared {
        listener,
        egress,
        redis,
        private_redis,
    } = prepared?;
    let served = server::serve(listener, settings, &redis, egress, shutdown).await;
    // Last, since requests need it to the end.
    if let Some(private_redis) = private_redis {
        private_redis.stop().await;
    }
    served.map_err(|error| Failure::new(Exit::Failure, error))
}

/// Whatever a setting can be wrong about shows here.
async fn prepare(settings: &Settings) -> Result<Prepared, Failure> {
    let listener = server::bind(settings.listen)
        .await
        .map_err(Failure::usage)?;
    let egress = server::egress(settings).map_err(Failure::usage)?;
    let (url, private_redis) = if let Some(url) = &settings.redis_url {
        (url.clone(), None)
    } else {
        let private_redis = start_private_redis(settings).await?;
        (SecretUrl::new(private_redis.url()), Some(private_redis))
    };
    let facts = async {
        let facts = redis_check::inspect(url.expose()).await?;
        facts.check(settings.durability).map(|()| facts)
    }
    .await
    .with_context(|| format!("the Redis at {url} cannot be used"))
    .map_err(Failure::usage)?;
    Ok(Prepared {
        listener,
        egress,
        redis: Redis { url, facts },
        private_redis,
    })
}

async fn start_private_redis(settings: &Settings) -> Result<PrivateRedis, Failure> {
    let options = PrivateRedisOptions {
        server: settings.redis_server.clone(),
        fsync: settings.fsync,
        maxmemory_bytes: settings.redis_maxmemory_bytes,
        launcher: Some(own_program().context("the path of this program is not known")?),
        ..PrivateRedisOptions::new(&settings.data_dir)
    };
    PrivateRedis::start(options)
        .await
        .map_err(|error: PrivateRedisError| {
            let exit = if error.is_about_a_setting() {
                Exit::Usage
            } else {
                Exit::Failure
            };
            Failure::new(exit, error)
        })
}

/// On Linux a path that stays good when an upgrade replaces the file: Redis may have to
/// be started again long after.
fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe()
}

/// A connection that waits has buffers that are nearly empty. In huge pages their empty parts take memory as
/// well: some 5 KB more a waiting claim.
fn take_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "memory may come in huge pages");
    }
}

/// Every waiting node holds a connection, and the usual soft limit of open files is 1,024.
fn allow_many_connections() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    ) {
        tracing::warn!(%error, current = ?limit.current, "the limit of open files stays as it is");
    }
}
