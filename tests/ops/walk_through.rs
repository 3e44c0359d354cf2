//! `examples/package-words`, the walk-through, at a size for tests.

use std::path::Path;

use tempfile::tempdir;

use super::service::{printed, shell};

/// Megabytes: some dozens of tasks.
const SIZE: &str = "10";

#[test]
fn the_walk_through_comes_to_the_pipelines_answer_although_a_node_is_killed() {
    let dir = tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/package-words/run.sh");
    let output = shell(dir.path())
        .arg(script)
        .arg(SIZE)
        .env("TMPDIR", dir.path())
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
