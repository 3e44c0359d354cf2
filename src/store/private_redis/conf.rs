//! The redis.conf of the private Redis.

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

use super::data_dir::DataDir;
use super::endpoint::Endpoint;
use super::{PrivateRedisOptions, machine_memory};

/// The whole file. It holds the password, so that no argument list does.
pub(super) fn render(
    options: &PrivateRedisOptions,
    dir: &DataDir,
    endpoint: &Endpoint,
    password: &str,
) -> String {
    let maxmemory = options
        .maxmemory_bytes
        .unwrap_or_else(machine_memory::half_bytes);
    let mut lines: Vec<(&str, String)> = match endpoint {
        Endpoint::Socket(path) => {
            vec![
                ("port", "0".into()),
                ("unixsocket", quoted(path.as_os_str())),
                ("unixsocketperm", "700".into()),
            ]
        }
        Endpoint::Loopback(port) => vec![("bind", "127.0.0.1".into()), ("port", port.to_string())],
    };
    lines.extend([
        ("requirepass", password.to_owned()),
        ("dir", quoted(dir.redis_dir().as_os_str())),
        ("pidfile", quoted(dir.pid_file().as_os_str())),
        ("logfile", quoted(dir.log().as_os_str())),
        ("appendonly", "yes".into()),
        ("appendfsync", options.fsync.as_str().into()),
        // The append-only file is the data; snapshots beside it would only cost forks.
        ("save", "\"\"".into()),
        ("maxmemory", maxmemory.to_string()),
        // A full Redis must refuse writes, never forget tasks.
        ("maxmemory-policy", "noeviction".into()),
        // Task fields up to this length keep their hash in its small form.
        ("hash-max-listpack-value", "1024".into()),
    ]);
    lines.extend(
        options
            .extra
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );

    let mut conf = "# Written by Taskyard at each start; changes here are lost.\n".to_owned();
    for (name, value) in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(conf, "{name} {value}");
    }
    conf
}

/// A value in Redis's double quotes, with every unusual byte as `\xHH`.
fn quoted(value: &OsStr) -> String {
    let mut text = "\"".to_owned();
    for byte in value.as_bytes() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_are_quoted_the_way_redis_reads_them() {
        assert_eq!(quoted(OsStr::new("/da ta")), "\"/da ta\"");
        assert_eq!(
            quoted(OsStr::new("/a\"b\\c\nd\u{e9}")),
            "\"/a\\\"b\\\\c\\x0ad\\xc3\\xa9\""
        );
    }

    #[test]
    fn further_lines_come_last_so_that_they_win() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::hold(parent.path()).unwrap();
        let mut options = PrivateRedisOptions::new(parent.path());
        options.maxmemory_bytes = Some(1_000_000);
        options.extra = vec![("cluster-enabled".to_owned(), "yes".to_owned())];
        let conf = render(&options, &dir, &Endpoint::Loopback(12_345), "secret");
        assert!(
            conf.contains("\nport 12345\nrequirepass secret\n"),
            "{conf}"
        );
        assert!(
            conf.contains("\nappendfsync always\nsave \"\"\nmaxmemory 1000000\n"),
            "{conf}"
        );
        assert!(conf.ends_with("\ncluster-enabled yes\n"), "{conf}");
    }
}
