//! Settings: flag over variable over file over default.
//!
//! `SettingsArgs` is what clap reads from flags and variables (the environment is
//! read nowhere else), `file::SettingsFile` is `taskyard.toml`, and
//! `Settings::resolve` joins them, checks the result once, whatever it came from,
//! and remembers each origin for `taskyard config show`. What the commands that talk
//! to a service need to find it is apart, in `client`.

mod args;
mod client;
mod file;
mod limits;
mod listen;
mod secret;
mod show;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;

pub use args::SettingsArgs;
pub use client::{ClientArgs, ClientSettings, SecretToken};
pub use secret::SecretUrl;

use crate::domain::Limits;
use crate::domain::egress::AddressRange;
use crate::store::durability::Durability;
use crate::store::private_redis::Fsync;

/// Requests in flight need some of the 20 s that a stop may take.
const SHUTDOWN_DELAY_MS: RangeInclusive<u64> = 0..=15_000;
/// A node's tally knows no more than its last hundred.
const QUARANTINE_ATTEMPTS: RangeInclusive<u64> = 2..=100;
/// Ids keep 12 bits for the partition.
const PARTITIONS: RangeInclusive<u16> = 1..=4096;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Every setting of `taskyard serve`, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the service listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the private Redis keeps its data.
    pub data_dir: PathBuf,
    /// The Redis to use; `None` starts a private one.
    pub redis_url: Option<SecretUrl>,
    /// The program of the private Redis; `None` looks on `PATH`.
    pub redis_server: Option<PathBuf>,
    /// The memory limit of the private Redis; `None` is half of the machine's.
    pub redis_maxmemory_bytes: Option<u64>,
    /// When the private Redis writes to the disk.
    pub fsync: Fsync,
    /// The lowest durability accepted at start; `None` takes what Redis gives.
    pub durability: Option<Durability>,
    /// The number of partitions, fixed when a deployment is first started; it keeps the number
    /// it has, and begins with 16.
    pub partitions: Option<u16>,
    /// What is logged, as `info` or `taskyard=debug,info`.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// How long the service goes on serving, no longer ready, after the signal to stop.
    pub shutdown_delay_ms: u64,
    /// Share of a node's attempts that end badly from which on it is quarantined, percent; 0 for never.
    pub quarantine_percent: u64,
    /// How many of its attempts must be known before that.
    pub quarantine_attempts: u64,
    /// Addresses beside the public ones that endpoints of users may lead to.
    pub allow_egress: Vec<AddressRange>,
    /// Certificates of authorities that are trusted beside the system's.
    pub egress_ca: Option<PathBuf>,
    /// The bounds of requests.
    pub limits: Limits,
    origins: BTreeMap<&'static str, Origin>,
}

/// Where a setting's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Flag,
    Variable,
    File,
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Variable => "variable",
            Self::File => "file",
            Self::Default => "default",
        })
    }
}

/// What a setting cannot be. Each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The settings file cannot be read.
    #[error("the settings file {} cannot be read", .path.display())]
    FileUnreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The settings file says something that is no setting. The line itself is not
    /// shown: it may hold a password.
    #[error("the settings file {} is wrong at line {line}: {message}", .path.display())]
    FileWrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A number is outside its range.
    #[error("{name} is {value} (from {origin}), but must be from {lowest} to {highest}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: u64,
        /// Where it came from.
        origin: String,
        /// The lowest value allowed.
        lowest: u64,
        /// The highest value allowed.
        highest: u64,
    },
    /// A password stands among the arguments.
    #[error(
        "--redis-url holds a password, and every user of this machine can read arguments: set the variable REDIS_URL \
         or redis_url in taskyard.toml"
    )]
    PasswordInArguments,
    /// Without tokens, only this machine may reach the service.
    #[error(
        "listening on {0} is refused: this version has no access tokens yet, so anyone who reaches that address could \
         do anything; listen on a loopback address such as 127.0.0.1:8080. A reverse proxy does not change this, since \
         requests that carry forwarding headers are refused"
    )]
    ListenNeedsTokens(SocketAddr),
}

impl Settings {
    /// Whether each promised write is to wait for a replica.
    pub fn is_replicated(&self) -> bool {
        self.durability == Some(Durability::Replica)
    }

    /// Joins flags, variables, file and defaults. `matches` are those that `args` were
    /// read from: they know a flag from a variable.
    pub fn resolve(args: SettingsArgs, matches: &ArgMatches) -> Result<Self, SettingsError> {
        let file = file::read(args.config.as_deref())?;
        let mut pick = Picker::new(matches);
        let limits = limits::pick(&args.limits, &file.limits, &mut pick);
        let settings = Self {
            listen: pick.or("listen", args.listen, file.listen, listen::DEFAULT),
            data_dir: pick.or(
                "data_dir",
                args.data_dir,
                file.data_dir,
                PathBuf::from("./data"),
            ),
            redis_url: pick.optional(
                "redis_url",
                args.redis_url.filter(SecretUrl::is_set),
                file.redis_url,
            ),
            redis_server: pick.optional("redis_server", args.redis_server, file.redis_server),
            redis_maxmemory_bytes: pick.optional(
                "redis_maxmemory_bytes",
                args.redis_maxmemory_bytes,
                file.redis_maxmemory_bytes,
            ),
            fsync: pick.or("fsync", args.fsync, file.fsync, Fsync::Always),
            durability: pick.optional("durability", args.durability, file.durability),
            partitions: pick.optional("partitions", args.partitions, file.partitions),
            log: pick.or("log", args.log, file.log, "info".to_owned()),
            log_format: pick.or(
                "log_format",
                args.log_format,
                file.log_format,
                LogFormat::Pretty,
            ),
            shutdown_delay_ms: pick.or(
                "shutdown_delay_ms",
                args.shutdown_delay_ms,
                file.shutdown_delay_ms,
                1_000,
            ),
            quarantine_percent: pick.or(
                "quarantine_percent",
                args.quarantine_percent,
                file.quarantine_percent,
                50,
            ),
            quarantine_attempts: pick.or(
                "quarantine_attempts",
                args.quarantine_attempts,
                file.quarantine_attempts,
                20,
            ),
            allow_egress: pick.or(
                "allow_egress",
                args.allow_egress,
                file.allow_egress,
                Vec::new(),
            ),
            egress_ca: pick.optional("egress_ca", args.egress_ca, file.egress_ca),
            limits,
            origins: pick.origins,
        };
        settings.check()?;
        Ok(settings)
    }

    /// The effective settings as TOML, each with its origin; secrets are masked.
    pub fn to_toml(&self) -> String {
        show::to_toml(self)
    }

    fn check(&self) -> Result<(), SettingsError> {
        if self.origin("redis_url") == Origin::Flag
            && self.redis_url.as_ref().is_some_and(SecretUrl::has_password)
        {
            return Err(SettingsError::PasswordInArguments);
        }
        if !self.listen.ip().is_loopback() {
            return Err(SettingsError::ListenNeedsTokens(self.listen));
        }
        let (lowest, highest) = PARTITIONS.into_inner();
        self.check_range(
            "partitions",
            self.partitions.unwrap_or(lowest).into(),
            u64::from(lowest)..=u64::from(highest),
        )?;
        let delay = self.shutdown_delay_ms;
        self.check_range("shutdown_delay_ms", delay, SHUTDOWN_DELAY_MS)?;
        self.check_range("quarantine_percent", self.quarantine_percent, 0..=100)?;
        let attempts = self.quarantine_attempts;
        self.check_range("quarantine_attempts", attempts, QUARANTINE_ATTEMPTS)?;
        for (name, value, range) in limits::ranges(&self.limits) {
            self.check_range(name, value, range)?;
        }
        Ok(())
    }

    fn check_range(
        &self,
        name: &'static str,
        value: u64,
        range: RangeInclusive<u64>,
    ) -> Result<(), SettingsError> {
        if range.contains(&value) {
            return Ok(());
        }
        let (lowest, highest) = range.into_inner();
        let origin = self.origin(name).to_string();
        Err(SettingsError::OutOfRange {
            name,
            value,
            origin,
            lowest,
            highest,
        })
    }

    fn origin(&self, name: &str) -> Origin {
        self.origins.get(name).copied().unwrap_or(Origin::Default)
    }
}

/// Chooses among the layers and notes which one won.
struct Picker<'a> {
    matches: &'a ArgMatches,
    origins: BTreeMap<&'static str, Origin>,
}

impl<'a> Picker<'a> {
    const fn new(matches: &'a ArgMatches) -> Self {
        Self {
            matches,
            origins: BTreeMap::new(),
        }
    }

    fn or<T>(&mut self, name: &'static str, arg: Option<T>, file: Option<T>, default: T) -> T {
        self.optional(name, arg, file).unwrap_or(default)
    }

    fn optional<T>(&mut self, name: &'static str, arg: Option<T>, file: Option<T>) -> Option<T> {
        let origin = match (&arg, &file) {
            (Some(_), _) if self.matches.value_source(name) == Some(ValueSource::EnvVariable) => {
                Origin::Variable
            }
            (Some(_), _) => Origin::Flag,
            (None, Some(_)) => Origin::File,
            (None, None) => Origin::Default,
        };
        self.origins.insert(name, origin);
        arg.or(file)
    }
}

#[cfg(test)]
mod tests;
