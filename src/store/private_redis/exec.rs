//! What the child does before it becomes Redis: it ties its life to its parent's.
//!
//! This runs in the hidden subcommand `taskyard private-redis-exec`, because only the
//! child itself can ask the kernel for a signal at its parent's death, and a hook
//! between fork and exec would need unsafe code.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::io::FdFlags;

use super::data_dir::open_private;

/// The name of the hidden subcommand.
pub const SUBCOMMAND: &str = "private-redis-exec";

/// What the hidden subcommand is told.
#[derive(Debug, Clone)]
pub struct ExecOrders {
    /// The process that must still be the parent.
    pub parent: u32,
    /// The file that the server keeps locked while it lives.
    pub lock: PathBuf,
    /// The server program.
    pub server: PathBuf,
    /// Its configuration file.
    pub conf: PathBuf,
}

/// Becomes the server. Returns only when it could not.
pub fn become_server(orders: &ExecOrders) -> io::Error {
    // Both must outlive the exec: the signal is kept by the kernel, the lock by the
    // open file.
    let _lock = match end_with_parent(orders.parent).and_then(|()| lock_while_alive(&orders.lock)) {
        Ok(lock) => lock,
        Err(error) => return error,
    };
    Command::new(&orders.server).arg(&orders.conf).exec()
}

/// SIGTERM rather than SIGKILL: Redis then writes what it has confirmed but, with
/// `everysec` on a slow disk, not yet handed to the kernel; and it ends a running
/// rewrite of its file, which would otherwise live on alone.
fn end_with_parent(parent: u32) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
    // The parent may have died before the kernel knew that we want to hear of it.
    if std::os::unix::process::parent_id() == parent {
        Ok(())
    } else {
        Err(io::Error::other(
            "the service that started this Redis has ended",
        ))
    }
}

/// Shared, so that a restart need not wait for what is left of its predecessor; the
/// next service asks for it exclusively and thereby sees whether any server is alive.
fn lock_while_alive(path: &Path) -> io::Result<File> {
    let file = open_private(OpenOptions::new().read(true).write(true), path)?;
    file.lock_shared()?;
    rustix::io::fcntl_setfd(&file, FdFlags::empty())?;
    Ok(file)
}
