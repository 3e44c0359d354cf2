//! A server that an earlier service left behind.
//!
//! After a `kill -9` of the service, its Redis is told by the kernel to end, but the
//! next service may start sooner than that. Two servers on one append-only file would
//! destroy it, so the start waits, and ends a leftover that does not go by itself.
//! Every server holds a lock on one file while it lives ([`super::exec`]); a pid
//! alone is never trusted, since the system may have given it to a stranger.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::time::{Duration, Instant};

use deadpool_redis::redis;
use rustix::process::{Pid, Signal, kill_process};

use super::data_dir::{DataDir, open_private, unusable};
use super::supervisor::StopSignal;
use super::{PrivateRedisError, process_id};
use crate::store::redis_version::info_field;

/// A stopping Redis needs a tenth of a second, or a moment more on a slow disk.
const GENTLE: Duration = Duration::from_secs(3);
/// After SIGKILL only the kernel's own tidying is left.
const FORCED: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(5);

/// Returns once no server of an earlier run holds the data directory.
pub(super) fn clear(dir: &DataDir, stop: &StopSignal) -> Result<(), PrivateRedisError> {
    let path = dir.server_lock();
    let lock =
        open_private(OpenOptions::new().read(true).write(true), &path).map_err(unusable(&path))?;
    if is_free_within(&lock, Duration::ZERO, stop).map_err(unusable(&path))? {
        return Ok(());
    }
    let leftover = answering_pid(dir).or_else(|| pid_that_works_in(dir));
    tracing::warn!(pid = ?leftover, "a private Redis of an earlier run is still there; ending it");
    for (signal, limit) in [(Signal::TERM, GENTLE), (Signal::KILL, FORCED)] {
        if let Some(pid) = leftover {
            // It fails when the process has just ended, and the wait below sees that.
            let _ = kill_process(pid, signal);
        }
        if is_free_within(&lock, limit, stop).map_err(unusable(&path))? {
            return Ok(());
        }
    }
    let pid = leftover.map_or_else(
        || "process unknown".to_owned(),
        |pid| format!("process {}", pid.as_raw_nonzero()),
    );
    Err(PrivateRedisError::LeftoverStays {
        path: dir.path().to_owned(),
        pid,
    })
}

/// Whether nobody holds the lock, at the latest when the time is over. Taking it tells;
/// it is let go at once, so that our own server can have it.
fn is_free_within(lock: &File, limit: Duration, stop: &StopSignal) -> io::Result<bool> {
    let started = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return lock.unlock().map(|()| true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        if started.elapsed() >= limit || stop.is_given_within(POLL) {
            return Ok(false);
        }
    }
}

/// The server that answers where, and with the password that, the last one had.
fn answering_pid(dir: &DataDir) -> Option<Pid> {
    let url = fs::read_to_string(dir.url_file()).ok()?;
    let limit = Duration::from_millis(500);
    let mut connection = redis::Client::open(url)
        .ok()?
        .get_connection_with_timeout(limit)
        .ok()?;
    connection.set_read_timeout(Some(limit)).ok()?;
    let info: String = redis::cmd("INFO")
        .arg("server")
        .query(&mut connection)
        .ok()?;
    process_id(info_field(&info, "process_id")?.parse().ok()?)
}

/// The process of the pid file, if its working directory is the one that only our
/// Redis has. This finds a server that hangs.
fn pid_that_works_in(dir: &DataDir) -> Option<Pid> {
    let pid: u32 = fs::read_to_string(dir.pid_file())
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let working_dir = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    if working_dir == dir.redis_dir() {
        process_id(pid)
    } else {
        None
    }
}
