//! Which server program is run.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PrivateRedisError;
use crate::store::redis_version::RedisVersion;

/// A program that was asked for its version and is new enough.
#[derive(Debug)]
pub(super) struct ServerProgram {
    pub(super) path: PathBuf,
    pub(super) version: RedisVersion,
}

/// The named program, or the first on `PATH` that is new enough.
pub(super) fn find(named: Option<&Path>) -> Result<ServerProgram, PrivateRedisError> {
    if let Some(path) = named {
        return check(path);
    }
    let mut refusal = PrivateRedisError::ServerNotFound;
    for name in ["redis-server", "valkey-server"] {
        match check(Path::new(name)) {
            Ok(program) => return Ok(program),
            Err(PrivateRedisError::ServerUnusable { source, .. })
                if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

fn check(path: &Path) -> Result<ServerProgram, PrivateRedisError> {
    // `Command` looks a bare name up on PATH itself.
    let output = Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| PrivateRedisError::ServerUnusable {
            program: path.to_owned(),
            source,
        })?;
    let printed = String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    let Some(version) = RedisVersion::from_version_line(&printed) else {
        return Err(PrivateRedisError::ServerUnknown {
            program: path.to_owned(),
            printed,
        });
    };
    if !version.is_supported() {
        return Err(PrivateRedisError::ServerTooOld {
            program: path.to_owned(),
            version,
        });
    }
    Ok(ServerProgram {
        path: path.to_owned(),
        version,
    })
}
