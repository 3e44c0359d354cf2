//! Why the private Redis could not be started.

use std::io;
use std::path::PathBuf;

use crate::store::redis_version::RedisVersion;

/// Why the private Redis could not be started. Each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateRedisError {
    /// Neither server is on `PATH`.
    #[error(
        "no redis-server or valkey-server is on PATH: install one (on Debian: apt-get install redis-server), \
         name one in TASKYARD_REDIS_SERVER, or name a running Redis in REDIS_URL"
    )]
    ServerNotFound,
    /// The named program cannot be run.
    #[error("{} cannot be run as a Redis server", .program.display())]
    ServerUnusable {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The program runs but is no Redis.
    #[error("{} does not say which Redis it is: it printed {printed:?} for --version", .program.display())]
    ServerUnknown {
        /// The program.
        program: PathBuf,
        /// The first line it printed.
        printed: String,
    },
    /// The server is below the floor.
    #[error("{} is {version}, but Taskyard needs Redis 7.0 or Valkey 7.2", .program.display())]
    ServerTooOld {
        /// The program.
        program: PathBuf,
        /// Its version.
        version: RedisVersion,
    },
    /// Another service holds the data directory.
    #[error("the data directory {} is in use by another Taskyard (process {owner}): stop it, or name another directory", .path.display())]
    DataDirInUse {
        /// The directory.
        path: PathBuf,
        /// The pid that the other service wrote down, or `unknown`.
        owner: String,
    },
    /// The directory is open to other users and holds things that are not ours.
    #[error(
        "the data directory {} holds other files and other users can read it: name an empty or new directory, \
         or make it private with chmod 700", .path.display()
    )]
    DataDirForeign {
        /// The directory.
        path: PathBuf,
    },
    /// The directory or a file in it cannot be made, read or written.
    #[error("{} cannot be used", .path.display())]
    DataDirUnusable {
        /// The directory or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A server of an earlier run holds the data and cannot be stopped.
    #[error("a Redis of an earlier run ({pid}) still holds {} and could not be stopped: end it, then start again", .path.display())]
    LeftoverStays {
        /// The data directory.
        path: PathBuf,
        /// The leftover's process, as far as known.
        pid: String,
    },
    /// No loopback port was free.
    #[error("no free port was found on 127.0.0.1 for the private Redis")]
    NoFreePort,
    /// The operating system gave no random bytes for a password.
    #[error("the operating system gave no random bytes for a password")]
    NoRandomness(#[source] getrandom::Error),
    /// A process or thread could not be started.
    #[error("the private Redis could not be started")]
    Spawn(#[source] io::Error),
    /// The server ended before it answered.
    #[error("the private Redis ended while starting; its log {} ends with: {log_end}", .log.display())]
    EndedAtStart {
        /// Its log file.
        log: PathBuf,
        /// The last lines of this start.
        log_end: String,
    },
    /// The server runs but does not answer.
    #[error("the private Redis gave no answer within {seconds} s of its start; see its log {}", .log.display())]
    NoAnswer {
        /// How long it was given.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
    },
    /// The start was given up.
    #[error("the start of the private Redis was given up")]
    Stopped,
}

impl PrivateRedisError {
    /// Whether a setting must change before a start can succeed, as opposed to
    /// something that went wrong on the way.
    pub fn is_about_a_setting(&self) -> bool {
        !matches!(
            self,
            Self::NoRandomness(_)
                | Self::Spawn(_)
                | Self::EndedAtStart { .. }
                | Self::NoAnswer { .. }
                | Self::Stopped
        )
    }
}
