//! Every command's `--help`, as it was read and found good: `help/` holds one file each.
//!
//! After a change that is meant, write them anew and read the difference:
//! `TASKYARD_RENEW_HELP=1 cargo test --test taskyard cli::help`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::ops::service::taskyard;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/help"))
}

/// What `taskyard COMMAND... --help` prints to a pipe.
fn help(command: &[String]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut program = taskyard(dir.path());
    let output = program.args(command).arg("--help").output().unwrap();
    assert!(output.status.success(), "{command:?}");
    // The editor of a snapshot may take spaces at line ends away.
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// The names under `Commands:`.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    listed
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Every command with its help, the program itself first.
fn commands() -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(command) = open.pop() {
        let text = help(&command);
        for name in subcommands(&text) {
            open.push([&command[..], &[name]].concat());
        }
        found.push((command, text));
    }
    found
}

#[test]
fn every_help_is_the_one_that_was_read() {
    let renew = std::env::var_os("TASKYARD_RENEW_HELP").is_some();
    let mut names = BTreeSet::new();
    for (command, text) in commands() {
        let name = [&["taskyard".to_owned()], &command[..]].concat().join("-") + ".txt";
        let path = folder().join(&name);
        if renew {
            fs::write(&path, &text).unwrap();
        }
        let read = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            read == text,
            "the help of {command:?} differs from {}; it is now:\n{text}",
            path.display()
        );
        names.insert(name);
    }
    assert!(names.len() > 20, "the commands were not found: {names:?}");
    let kept = fs::read_dir(folder()).unwrap();
    for name in kept.map(|entry| entry.unwrap().file_name()) {
        let name = name.to_string_lossy().into_owned();
        assert!(names.contains(&name), "no command has the help {name}");
    }
}

#[test]
fn every_command_shows_how_it_is_used() {
    for (command, text) in commands() {
        let is_group = !subcommands(&text).is_empty();
        assert!(
            is_group || text.contains("\nExamples:\n  "),
            "{command:?} has no examples"
        );
    }
    assert!(help(&[]).contains("Exit codes:"));
}
