//! Passwords are shown nowhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::tempdir;

use super::service::{Service, printed, taskyard};

const URL: &str = "redis://user:hush@127.0.0.1:1/0";

#[test]
fn the_password_of_redis_url_is_masked() {
    let dir = tempdir().unwrap();
    for arguments in [
        &["config", "show"][..],
        &["serve", "--help"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let output = taskyard(dir.path())
            .args(arguments)
            .env("REDIS_URL", URL)
            .env("TASKYARD_LOG", "trace")
            .output();
        let said = printed(&output.unwrap());
        assert!(!said.contains("hush"), "{arguments:?}: {said}");
        assert!(
            said.contains("REDIS_URL") || said.contains("redis://***@127.0.0.1:1/0"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn variables_win_over_the_file_and_are_named_as_origin() {
    let dir = tempdir().unwrap();
    fs::write(
        dir.path().join("taskyard.toml"),
        "listen = \"127.0.0.1:1\"\nlog = \"warn\"\n",
    )
    .unwrap();
    let output = taskyard(dir.path())
        .args(["config", "show"])
        .env("TASKYARD_LISTEN", "localhost:2")
        .env("REDIS_URL", "")
        .output();
    let shown = printed(&output.unwrap());
    assert!(
        shown.contains("listen = \"127.0.0.1:2\" # variable\n"),
        "{shown}"
    );
    assert!(shown.contains("log = \"warn\" # file\n"), "{shown}");
    assert!(shown.contains("# redis_url is not set\n"), "{shown}");
}

#[test]
fn the_private_password_stands_in_private_files_only() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let url = service.redis_url();
    let (_, password) = url.split_once("?pass=").unwrap();
    for file in ["cmdline", "environ"] {
        let seen = fs::read(format!("/proc/{}/{file}", service.redis_pid())).unwrap();
        assert!(!String::from_utf8_lossy(&seen).contains(password));
    }
    for (file, mode) in [(".", 0o700), ("redis.conf", 0o600), ("redis.url", 0o600)] {
        let found = fs::metadata(service.data_dir.join(file))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(found, mode, "{file}");
    }
}
