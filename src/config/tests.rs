use clap::{Args, Command, FromArgMatches};

use super::*;

/// Resolves flags over the given file. The variables have a test with a process of its own.
fn resolve(file: &str, flags: &[&str]) -> Result<Settings, SettingsError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.toml");
    std::fs::write(&path, file).unwrap();
    let config = ["taskyard", "--config", path.to_str().unwrap()];
    let command = SettingsArgs::augment_args(Command::new("taskyard"));
    let matches = command.get_matches_from(config.iter().chain(flags));
    Settings::resolve(SettingsArgs::from_arg_matches(&matches).unwrap(), &matches)
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let settings = resolve(
        "partitions = 4\nlog = \"debug\"\n[limits]\nwait_ms = 5\n",
        &["--log", "trace"],
    )
    .unwrap();
    assert_eq!(settings.log, "trace");
    assert_eq!(settings.partitions, Some(4));
    assert_eq!(settings.limits.wait_ms, 5);
    assert_eq!(settings.limits.batch_items, 1000);
    assert_eq!(settings.origin("log"), Origin::Flag);
    assert_eq!(settings.origin("partitions"), Origin::File);
    assert_eq!(settings.origin("listen"), Origin::Default);
}

#[test]
fn shown_settings_are_a_settings_file_again() {
    let file = "redis_url = \"redis://:hush@h\"\nfsync = \"everysec\"\ndurability = \"disk_soon\"\ndata_dir = \"a b\\\"c\"\n";
    let shown = resolve(file, &["--limit-wait-ms", "7"]).unwrap().to_toml();
    assert!(
        shown.contains("redis_url = \"redis://***@h\" # file\n"),
        "{shown}"
    );
    assert!(shown.contains("wait_ms = 7 # flag\n"), "{shown}");
    assert!(shown.contains("# redis_server is not set\n"), "{shown}");
    let again = resolve(&shown, &[]).unwrap();
    assert_eq!(again.data_dir, PathBuf::from("a b\"c"));
    assert_eq!(again.durability, Some(Durability::DiskSoon));
}

#[test]
fn values_out_of_range_are_refused_wherever_they_come_from() {
    let refusal = |file, flags: &[&str]| resolve(file, flags).unwrap_err().to_string();
    assert_eq!(
        refusal("partitions = 0", &[]),
        "partitions is 0 (from file), but must be from 1 to 4096"
    );
    assert_eq!(
        refusal("", &["--limit-batch-bytes", "2000"]),
        "batch_bytes is 2000 (from flag), but must be from 262144 to 268435456"
    );
    // The largest body has to fit.
    assert_eq!(
        refusal("", &["--limit-in-flight-bytes", "2000"]),
        "in_flight_bytes is 2000 (from flag), but must be from 8454144 to 1099511627776"
    );
    assert_eq!(
        refusal("shutdown_delay_ms = 20000", &[]),
        "shutdown_delay_ms is 20000 (from file), but must be from 0 to 15000"
    );
}

#[test]
fn only_loopback_addresses_are_listened_on() {
    assert!(matches!(
        resolve("", &["--listen", "0.0.0.0:8080"]),
        Err(SettingsError::ListenNeedsTokens(_))
    ));
    resolve("", &["--listen", "127.0.0.2:0"]).unwrap();
    resolve("", &["--listen", "[::1]:0"]).unwrap();
}

#[test]
fn a_password_is_not_taken_from_the_arguments() {
    let refused = resolve("", &["--redis-url", "redis://:hush@h"]).unwrap_err();
    assert!(matches!(refused, SettingsError::PasswordInArguments));
    resolve("", &["--redis-url", "redis://h"]).unwrap();
}

#[test]
fn ranges_of_addresses_come_from_flags_and_from_the_file() {
    let flags = [
        "--allow-egress",
        "10.0.0.0/8,fd00::/8",
        "--allow-egress",
        "127.0.0.1",
    ];
    let settings = resolve("allow_egress = [\"10.1.0.0/16\"]\n", &flags).unwrap();
    let shown = settings.to_toml();
    let wanted = "allow_egress = [\"10.0.0.0/8\", \"fd00::/8\", \"127.0.0.1/32\"] # flag\n";
    assert!(shown.contains(wanted), "{shown}");
    let settings = resolve("allow_egress = [\"10.1.0.0/16\"]\n", &[]).unwrap();
    assert_eq!(settings.allow_egress, ["10.1.0.0/16".parse().unwrap()]);
    assert!(resolve("", &[]).unwrap().allow_egress.is_empty());
    let refused = resolve("allow_egress = [\"10.0.0.1/8\"]\n", &[]).unwrap_err();
    assert!(
        refused.to_string().contains("behind its prefix"),
        "{refused}"
    );
}
