//! `examples/package-words`, the walk-through, at a size for tests.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::tempdir;

use super::service::{printed, taskyard};

/// Megabytes: some dozens of tasks.
const SIZE: &str = "10";

#[test]
fn the_walk_through_comes_to_the_pipelines_answer_although_a_node_is_killed() {
    let dir = tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_taskyard"));
    let others = std::env::var_os("PATH").unwrap_or_default();
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(others);
    let mut command = Command::new("sh");
    // The program's own environment, without settings of the one who runs the tests.
    for (name, value) in taskyard(dir.path()).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/package-words/run.sh");
    let output = command
        .arg(script)
        .arg(SIZE)
        .env("PATH", path)
        .env("TMPDIR", dir.path())
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = printed(&output);
    assert!(output.status.success(), "{said}");
    let line = |head: &str| said.lines().find(|line| line.starts_with(head));
    assert!(line("killed    map-2, which had ").is_some(), "{said}");
    assert!(line("again ").unwrap().ends_with(": attempt 2"), "{said}");
    let memory = line("memory    ").unwrap();
    assert!(
        cfg!(not(target_os = "linux")) || !memory.contains("- MB"),
        "{said}"
    );
    assert!(line("same      {\"words\":").is_some(), "{said}");
    let left = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 0, "it leaves files: {said}");
}
