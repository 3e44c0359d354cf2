//! The server's log: Redis writes on and on, so what has grown long is put aside.
//!
//! Redis opens the file anew for each line, so it may be renamed at any moment.

use std::convert::Infallible;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::data_dir::open_private;

/// One log and one before it: twice this, and what a minute writes, is all that they take.
const LONGEST_BYTES: u64 = 8 << 20;
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Looks after the log until the other end of the channel is dropped.
pub(super) fn keep_short(log: &Path, ended: &Receiver<Infallible>) {
    loop {
        if let Err(error) = put_aside(log, LONGEST_BYTES) {
            tracing::warn!(log = %log.display(), %error, "the log of the private Redis cannot be put aside");
        }
        if let Err(RecvTimeoutError::Disconnected) = ended.recv_timeout(LOOK_EVERY) {
            return;
        }
    }
}

/// Renames a log that is longer than `longest_bytes`, over the one that was put aside before it.
pub(super) fn put_aside(log: &Path, longest_bytes: u64) -> io::Result<()> {
    if fs::metadata(log).map_or(0, |log| log.len()) <= longest_bytes {
        return Ok(());
    }
    fs::rename(log, before(log))?;
    // Should Redis make the next one, others could read it.
    open_private(OpenOptions::new().append(true), log).map(drop)
}

fn before(log: &Path) -> PathBuf {
    log.with_extension("log.1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_put_aside_over_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("redis.log");
        put_aside(&log, 10).unwrap();
        for text in ["the first log", "the second log", "short"] {
            fs::write(&log, text).unwrap();
            put_aside(&log, 10).unwrap();
        }
        assert_eq!(fs::read_to_string(&log).unwrap(), "short");
        let aside = fs::read_to_string(dir.path().join("redis.log.1")).unwrap();
        assert_eq!(aside, "the second log");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
