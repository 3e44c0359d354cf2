//! `taskyard.toml`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::client::ClientFile;
use super::limits::LimitsFile;
use super::{LogFormat, SecretUrl, SettingsError, listen};
use crate::domain::egress::AddressRange;
use crate::store::durability::Durability;
use crate::store::private_redis::Fsync;

/// Read from the working directory when it is there and no other file is named.
const DEFAULT: &str = "taskyard.toml";

/// The settings as the file gives them. An unknown name is an error, not a surprise later.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsFile {
    #[serde(default, deserialize_with = "listen::deserialize")]
    pub(super) listen: Option<SocketAddr>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) redis_url: Option<SecretUrl>,
    pub(super) redis_server: Option<PathBuf>,
    pub(super) redis_maxmemory_bytes: Option<u64>,
    pub(super) fsync: Option<Fsync>,
    pub(super) durability: Option<Durability>,
    pub(super) partitions: Option<u16>,
    pub(super) log: Option<String>,
    pub(super) log_format: Option<LogFormat>,
    pub(super) shutdown_delay_ms: Option<u64>,
    pub(super) quarantine_percent: Option<u64>,
    pub(super) quarantine_attempts: Option<u64>,
    pub(super) allow_egress: Option<Vec<AddressRange>>,
    pub(super) egress_ca: Option<PathBuf>,
    #[serde(default)]
    pub(super) limits: LimitsFile,
    #[serde(default)]
    pub(super) client: ClientFile,
}

/// Reads the named file, or the default one when there is one.
pub(super) fn read(named: Option<&Path>) -> Result<SettingsFile, SettingsError> {
    let path = named.unwrap_or(Path::new(DEFAULT));
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
            Ok(SettingsFile::default())
        }
        Err(source) => Err(SettingsError::FileUnreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

fn parse(path: &Path, text: &str) -> Result<SettingsFile, SettingsError> {
    toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        SettingsError::FileWrong {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            message: error.message().to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        parse(Path::new("t.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_file_names_the_line_and_the_fault() {
        let unknown = refusal("log = \"info\"\nlisten_on = \"x\"\n");
        assert!(
            unknown.contains("t.toml is wrong at line 2: unknown field `listen_on`"),
            "{unknown}"
        );
        let listen = refusal("listen = \"8080\"");
        assert!(
            listen.contains("line 1") && listen.contains("127.0.0.1:8080"),
            "{listen}"
        );
    }

    #[test]
    fn a_wrong_file_does_not_show_its_password() {
        for text in [
            "redis_url = \"redis://:hush@h\" x",
            "redis_url = [\"redis://:hush@h\"]",
        ] {
            assert!(!refusal(text).contains("hush"), "{}", refusal(text));
        }
    }
}
