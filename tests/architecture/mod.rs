//! The layers and who may know whom, read off the source as text: what ARCHITECTURE.md draws.
//!
//! A rule is one line of a table in `tables`, which `rules` holds every source against. When one fails, its message
//! says what to do; an exception needs a reason, and one that nothing needs any more fails as well.

mod rules;
mod source;
mod tables;

use std::collections::BTreeSet;

use rules::{Findings, homes, layers, libraries};
use source::Source;
use tables::EXCEPTIONS;

#[test]
fn no_layer_names_what_it_must_not_know() {
    let mut findings = Findings::default();
    for source in sources() {
        layers(&source, &mut findings);
    }
    findings.check(
        "The layers are main -> cli -> server -> {api, dispatcher} -> {store, egress} -> domain:",
    );
}

#[test]
fn each_library_stays_in_its_layers() {
    let mut findings = Findings::default();
    for source in sources() {
        libraries(&source, &mut findings);
    }
    findings.check("Some libraries have a home (HOMES in tests/architecture/tables.rs):");
}

#[test]
fn what_has_one_home_is_nowhere_else() {
    let mut findings = Findings::default();
    for source in sources() {
        homes(&source, &mut findings);
    }
    findings.check("Status codes, Lua and the environment have one home each:");
}

#[test]
fn every_exception_is_needed() {
    let mut findings = Findings::default();
    for source in sources() {
        layers(&source, &mut findings);
        libraries(&source, &mut findings);
        homes(&source, &mut findings);
    }
    for exception in EXCEPTIONS {
        assert!(
            findings.used.contains(&(exception.file, exception.what)),
            "{} does not need its exception for {} any more: take it out of EXCEPTIONS",
            exception.file,
            exception.what
        );
    }
}

#[test]
fn every_file_says_what_it_is() {
    let mut findings = Findings::default();
    for source in sources() {
        let is_folder = source.path.ends_with("/mod.rs") || source.path == "src/lib.rs";
        let said = source.docs.iter().filter(|line| !line.is_empty()).count();
        if is_folder && said < 3 {
            let message = "open it with 3 to 15 lines of //!: what this folder is, what it deliberately \
                 is not, where to start";
            findings.fault(&source, 1, "docs", message);
        } else if said == 0 && !source.path.ends_with("/tests.rs") {
            let message = "open it with a line of //! that says what it is";
            findings.fault(&source, 1, "docs", message);
        }
    }
    findings.check("Folders and files open with a map for the reader:");
}

#[test]
fn every_test_that_is_named_is_there() {
    let document = include_str!("../../ARCHITECTURE.md");
    let sources: Vec<Source> = source::below("src")
        .into_iter()
        .chain(source::below("tests"))
        .collect();
    let words = document.split('`').skip(1).step_by(2);
    let is_test = |word: &str| {
        word.matches('_').count() > 2
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let named: BTreeSet<&str> = words.filter(|word| is_test(word)).collect();
    assert!(named.len() > 20, "the table of invariants was not found");
    for name in named {
        let function = format!("fn {name}(");
        assert!(
            sources
                .iter()
                .any(|source| source.spoken.contains(&function)),
            "ARCHITECTURE.md names the test {name}, which is not there: name the one that holds this now"
        );
    }
}

#[test]
fn a_fault_names_the_line_and_what_to_do() {
    let source = Source::new(
        "src/domain/task.rs",
        "//! Tasks.\nuse crate::store::Store;\nuse tokio::spawn;\n",
    );
    let mut findings = Findings::default();
    layers(&source, &mut findings);
    libraries(&source, &mut findings);
    let [layer, library] = &findings.faults[..] else {
        panic!("{:?}", findings.faults);
    };
    assert!(layer.starts_with("src/domain/task.rs:2: domain must not know crate::store::Store"));
    assert!(library.starts_with("src/domain/task.rs:3: tokio is not for domain"));
}

fn sources() -> Vec<Source> {
    let sources = source::below("src");
    assert!(sources.len() > 50, "src was not found");
    sources
}
