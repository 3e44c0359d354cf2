//! The data directory: private to this user, and held by one service at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::PrivateRedisError;

const LOCK: &str = "lock";

/// A data directory that this process holds until the value is dropped.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the directory when it is missing, closes it to other users and locks it.
    pub(super) fn hold(path: &Path) -> Result<Self, PrivateRedisError> {
        make_private(path)?;
        // Redis changes its working directory, so every path it is given is absolute.
        let path = path.canonicalize().map_err(unusable(path))?;
        let lock = lock(&path)?;
        let held = Self { path, _lock: lock };
        let redis = held.redis_dir();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&redis)
            .map_err(unusable(&redis))?;
        Ok(held)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where Redis keeps its data; also its working directory.
    pub(super) fn redis_dir(&self) -> PathBuf {
        self.path.join("redis")
    }

    /// The socket, where it is short enough for one.
    pub(super) fn socket(&self) -> PathBuf {
        self.path.join("redis.sock")
    }

    pub(super) fn conf(&self) -> PathBuf {
        self.path.join("redis.conf")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("redis.log")
    }

    /// Written by Redis itself before it loads its data, removed when it stops cleanly.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.path.join("redis.pid")
    }

    /// Where the last server listened, with its password.
    pub(super) fn url_file(&self) -> PathBuf {
        url_file(&self.path)
    }

    /// Locked by each server for as long as it lives; see [`super::leftover`].
    pub(super) fn server_lock(&self) -> PathBuf {
        self.path.join("redis.lock")
    }

    /// Writes a file that only this user can read.
    pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), PrivateRedisError> {
        let write = || {
            open_private(OpenOptions::new().write(true).truncate(true), path)?
                .write_all(text.as_bytes())
        };
        write().map_err(unusable(path))
    }
}

/// The file that names the private Redis of a data directory, with its password.
pub fn url_file(data_dir: &Path) -> PathBuf {
    data_dir.join("redis.url")
}

/// Opens a file, made readable for this user only if it is missing.
pub(super) fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.create(true).mode(0o600).open(path)
}

/// Puts the path of a failed call into the error.
pub(super) fn unusable(path: &Path) -> impl FnOnce(io::Error) -> PrivateRedisError {
    move |source| PrivateRedisError::DataDirUnusable {
        path: path.to_owned(),
        source,
    }
}

/// A directory that was there before is only closed to others when it is empty or was
/// ours already: with a mistyped path, nothing that belongs to someone else changes.
fn make_private(path: &Path) -> Result<(), PrivateRedisError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(unusable(path))?;
    let is_open = fs::metadata(path)
        .map_err(unusable(path))?
        .permissions()
        .mode()
        & 0o077
        != 0;
    if !is_open {
        return Ok(());
    }
    if !path.join(LOCK).exists() && holds_files(path).map_err(unusable(path))? {
        return Err(PrivateRedisError::DataDirForeign {
            path: path.to_owned(),
        });
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(unusable(path))
}

fn holds_files(path: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(path)? {
        // A mounted disk has this one from the start.
        if entry?.file_name() != "lost+found" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The kernel lets go of the lock when this process ends, however it ends.
fn lock(data_dir: &Path) -> Result<File, PrivateRedisError> {
    let path = data_dir.join(LOCK);
    let mut file =
        open_private(OpenOptions::new().read(true).write(true), &path).map_err(unusable(&path))?;
    match file.try_lock() {
        Ok(()) => {
            // For the sentence that a second service gives. Nothing depends on it.
            let _ = file
                .set_len(0)
                .and_then(|()| write!(file, "{}", std::process::id()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            let _ = file.read_to_string(&mut owner);
            if owner.is_empty() {
                "unknown".clone_into(&mut owner);
            }
            Err(PrivateRedisError::DataDirInUse {
                path: data_dir.to_owned(),
                owner,
            })
        }
        Err(TryLockError::Error(source)) => Err(unusable(&path)(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_directory_is_private_and_held_once() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("new/data");
        let held = DataDir::hold(&path).unwrap();
        assert_eq!((mode(&path), mode(&held.redis_dir())), (0o700, 0o700));
        let second = DataDir::hold(&path).unwrap_err().to_string();
        assert!(
            second.contains(&format!("process {}", std::process::id())),
            "{second}"
        );
        drop(held);
        DataDir::hold(&path).unwrap();
    }

    #[test]
    fn an_open_directory_is_closed_only_when_it_is_empty() {
        let parent = tempfile::tempdir().unwrap();
        let empty = parent.path().join("empty");
        DirBuilder::new().mode(0o755).create(&empty).unwrap();
        DataDir::hold(&empty).unwrap();
        assert_eq!(mode(&empty), 0o700);

        let foreign = parent.path().join("foreign");
        DirBuilder::new().mode(0o755).create(&foreign).unwrap();
        fs::write(foreign.join("letter.txt"), "dear").unwrap();
        assert!(matches!(
            DataDir::hold(&foreign),
            Err(PrivateRedisError::DataDirForeign { .. })
        ));
        assert_eq!(mode(&foreign), 0o755);
    }
}
