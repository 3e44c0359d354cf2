//! The flags and variables of the settings.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::limits::LimitArgs;
use super::{LogFormat, SecretUrl, listen};
use crate::domain::egress::AddressRange;
use crate::store::durability::Durability;
use crate::store::private_redis::Fsync;

/// The settings as flags and variables give them: nothing is filled in yet, so that a
/// default never hides what the file says.
#[derive(Debug, Clone, clap::Args)]
pub struct SettingsArgs {
    /// The settings file [default: taskyard.toml, if there is one]
    #[arg(long, env = "TASKYARD_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "TASKYARD_LISTEN", value_name = "ADDRESS:PORT", value_parser = listen::parse)]
    pub(super) listen: Option<SocketAddr>,
    /// Where the private Redis keeps its data [default: ./data]
    #[arg(long, env = "TASKYARD_DATA_DIR", value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// The Redis to use [default: start a private one]; a URL with a password belongs in the variable
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub(super) redis_url: Option<SecretUrl>,
    /// The server program of the private Redis [default: redis-server or valkey-server on PATH]
    #[arg(long, env = "TASKYARD_REDIS_SERVER", value_name = "PROGRAM")]
    pub(super) redis_server: Option<PathBuf>,
    /// The memory limit of the private Redis [default: half of the memory there is]
    #[arg(long, env = "TASKYARD_REDIS_MAXMEMORY_BYTES", value_name = "BYTES")]
    pub(super) redis_maxmemory_bytes: Option<u64>,
    /// When the private Redis writes to the disk [default: always]
    #[arg(long, env = "TASKYARD_FSYNC", value_name = "WHEN")]
    pub(super) fsync: Option<Fsync>,
    /// Refuse to start when Redis keeps confirmed writes less safely [default: take what it gives]
    #[arg(long, env = "TASKYARD_DURABILITY", value_name = "LEVEL")]
    pub(super) durability: Option<Durability>,
    /// How many partitions; fixed when a deployment is first started [default: what it has, 16 at first]
    #[arg(long, env = "TASKYARD_PARTITIONS", value_name = "COUNT")]
    pub(super) partitions: Option<u16>,
    /// What to log, such as `debug` or `taskyard=debug,info` [default: info]
    #[arg(long, env = "TASKYARD_LOG", value_name = "FILTER")]
    pub(super) log: Option<String>,
    /// How log lines look [default: pretty]
    #[arg(long, env = "TASKYARD_LOG_FORMAT", value_name = "FORMAT")]
    pub(super) log_format: Option<LogFormat>,
    /// How long to go on serving after the signal to stop, so that load balancers notice [default: 1000]
    #[arg(long, env = "TASKYARD_SHUTDOWN_DELAY_MS", value_name = "MS")]
    pub(super) shutdown_delay_ms: Option<u64>,
    /// Share of a node's attempts that end badly from which on it is quarantined, if its peers do far better; 0 for never [default: 50]
    #[arg(long, env = "TASKYARD_QUARANTINE_PERCENT", value_name = "PERCENT")]
    pub(super) quarantine_percent: Option<u64>,
    /// How many of its attempts must be known before that [default: 20]
    #[arg(long, env = "TASKYARD_QUARANTINE_ATTEMPTS", value_name = "COUNT")]
    pub(super) quarantine_attempts: Option<u64>,
    /// Addresses beside the public ones that endpoints of users may lead to, as 10.0.0.0/8; may be repeated
    /// [default: none]
    #[arg(
        long,
        env = "TASKYARD_ALLOW_EGRESS",
        value_name = "RANGE",
        value_delimiter = ','
    )]
    pub(super) allow_egress: Option<Vec<AddressRange>>,
    /// Certificates (PEM) of authorities that are trusted beside the system's when endpoints are called
    /// [default: none]
    #[arg(long, env = "TASKYARD_EGRESS_CA", value_name = "FILE")]
    pub(super) egress_ca: Option<PathBuf>,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

impl SettingsArgs {
    /// The settings file that is named.
    pub fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }
}
