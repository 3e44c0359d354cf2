//! Settings that cannot be: exit 2 and a sentence, within 5 s.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use taskyard::store::private_redis::{Fsync, PrivateRedis, PrivateRedisOptions};
use tempfile::tempdir;

use super::service::{Service, printed, taskyard};

/// Runs `taskyard serve` and expects it to refuse with the given words.
fn refused(dir: &Path, arguments: &[&str], redis_url: Option<&str>, words: &str) {
    let mut command = taskyard(dir);
    command.arg("serve").args(arguments);
    if let Some(url) = redis_url {
        command.env("REDIS_URL", url);
    }
    let started = Instant::now();
    let output = command.output().unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{arguments:?} took {:?}",
        started.elapsed()
    );
    let said = printed(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(said.contains(words), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn values_that_cannot_be_are_refused() {
    let dir = tempdir().unwrap();
    let refused = |arguments: &[&str], words| refused(dir.path(), arguments, None, words);
    refused(&["--listen", "8080"], "such as 127.0.0.1:8080");
    refused(&["--listen", "0.0.0.0:0"], "no access tokens yet");
    refused(&["--partitions", "0"], "from 1 to 4096");
    refused(&["--config", "missing.toml"], "missing.toml cannot be read");
    refused(&["--log", "a=b=c"], "log filter");
    refused(
        &["--redis-server", "/bin/false", "--listen", "127.0.0.1:0"],
        "does not say which Redis it is",
    );
    fs::write(dir.path().join("taskyard.toml"), "partition = 4\n").unwrap();
    refused(&[], "unknown field `partition`");
}

#[test]
fn an_address_that_is_taken_is_refused() {
    let dir = tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(
        dir.path(),
        &["--listen", &address],
        None,
        "cannot be listened on",
    );
}

#[test]
fn a_data_directory_in_use_is_refused() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let words = format!(
        "in use by another Taskyard (process {})",
        service.child.id()
    );
    refused(dir.path(), &["--listen", "127.0.0.1:0"], None, &words);
    assert!(service.get("/healthz").starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn a_redis_that_does_not_answer_is_refused() {
    let dir = tempdir().unwrap();
    let listen = ["--listen", "127.0.0.1:0"];
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    refused(dir.path(), &listen, Some(&url), "cannot be used: Redis ");
    drop(silent);
    refused(dir.path(), &listen, Some(&url), "Redis cannot be reached");
    refused(dir.path(), &listen, Some("nonsense"), "cannot be used");
}

#[tokio::test]
async fn a_redis_that_would_lose_tasks_is_refused() {
    let dir = tempdir().unwrap();
    let start = |name: &str, fsync, extra| {
        let options = PrivateRedisOptions::new(dir.path().join(name));
        PrivateRedis::start(PrivateRedisOptions {
            fsync,
            extra,
            ..options
        })
    };
    let evicts = vec![("maxmemory-policy".to_owned(), "allkeys-lru".to_owned())];
    let evicting = start("evicting", Fsync::Always, evicts).await.unwrap();
    let listen = ["--listen", "127.0.0.1:0"];
    refused(
        dir.path(),
        &listen,
        Some(&evicting.url()),
        "set it to noeviction",
    );

    let soon = start("soon", Fsync::EverySecond, Vec::new()).await.unwrap();
    let demand = ["--listen", "127.0.0.1:0", "--durability", "disk"];
    refused(
        dir.path(),
        &demand,
        Some(&soon.url()),
        "at the level disk_soon, below the demanded disk",
    );
}
