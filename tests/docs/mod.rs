//! The documents do what they say: every `sh` block of README.md and docs/ is run, in order,
//! in one shell against a service of its own.
//!
//! A block that cannot be run here says why in its first line: `sh no-run: it installs Rust`.
//! A block `json output` or `text output` right after a run one is what it prints: of JSON the
//! names and kinds must be the same, of text every line, where `...` stands for anything.
//!
//! Start with `markdown.rs` (which blocks there are), then `shell.rs` (how they are run).

mod expected;
mod markdown;
mod settings;
mod shell;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use markdown::{Block, Kind, blocks};

/// Each has a test below.
const DOCUMENTS: [&str; 6] = [
    "README.md",
    "docs/concepts.md",
    "docs/guarantees.md",
    "docs/http-guide.md",
    "docs/operations.md",
    "docs/quick-start.md",
];

/// The most blocks in all that may go without being run.
const NOT_RUN: usize = 9;

fn read(document: &str) -> Vec<Block> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    blocks(&fs::read_to_string(path).unwrap())
}

#[test]
fn the_commands_of_the_readme_work() {
    shell::run("README.md", &read("README.md"));
}

#[test]
fn the_commands_of_the_quick_start_work() {
    shell::run("docs/quick-start.md", &read("docs/quick-start.md"));
}

#[test]
fn the_commands_of_the_concepts_work() {
    shell::run("docs/concepts.md", &read("docs/concepts.md"));
}

#[test]
fn the_commands_of_the_http_guide_work() {
    shell::run("docs/http-guide.md", &read("docs/http-guide.md"));
}

#[test]
fn the_commands_of_the_operations_guide_work() {
    shell::run("docs/operations.md", &read("docs/operations.md"));
}

#[test]
fn every_document_with_commands_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let paths = docs.map(|entry| entry.unwrap().path());
    let found: BTreeSet<String> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| format!("docs/{}", path.file_name().unwrap().display()))
        .collect();
    let known = DOCUMENTS.map(str::to_owned).into_iter().skip(1).collect();
    assert_eq!(
        found, known,
        "give a new document a test, and a line in DOCUMENTS"
    );
    let runs = |document: &str| read(document).iter().any(|block| block.kind == Kind::Run);
    assert!(!runs("docs/guarantees.md"), "give it a test");
}

#[test]
fn few_commands_go_without_being_run_and_each_says_why() {
    let mut count = 0;
    for document in DOCUMENTS {
        for block in read(document) {
            if let Kind::NotRun { reason } = &block.kind {
                assert!(reason.len() > 8, "{document}:{}: say why", block.line);
                count += 1;
            }
        }
    }
    assert!(count <= NOT_RUN, "{count} blocks are not run");
}
