//! How a source is held against the tables.

use std::collections::BTreeSet;

use super::source::{Named, Source};
use super::tables::{EXCEPTIONS, FAILURES, HOMES, LAYERS, SCRIPTS, SENDERS, SUCCESSES};

/// What was found wrong, and which exceptions were needed.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) faults: Vec<String>,
    pub(super) used: BTreeSet<(&'static str, &'static str)>,
}

impl Findings {
    /// Notes a fault unless the table has an exception for it.
    pub(super) fn fault(&mut self, source: &Source, line: usize, what: &str, message: &str) {
        let exception = EXCEPTIONS
            .iter()
            .find(|exception| exception.file == source.path && exception.what == what);
        if let Some(exception) = exception {
            self.used.insert((exception.file, exception.what));
        } else {
            self.faults
                .push(format!("{}:{line}: {message}", source.path));
        }
    }

    pub(super) fn check(self, rule: &str) {
        assert!(
            self.faults.is_empty(),
            "{rule}\n{}\n",
            self.faults.join("\n")
        );
    }
}

pub(super) fn layers(source: &Source, findings: &mut Findings) {
    // The root of the library only declares the parts.
    if source.path == "src/lib.rs" {
        return;
    }
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == source.layer()) else {
        let message =
            "this is in no layer: give it one in LAYERS and say in ARCHITECTURE.md what it knows";
        return findings.fault(source, 1, "layer", message);
    };
    for Named { line, segments } in source.named() {
        let inside = matches!(segments[0].as_str(), "crate" | "taskyard");
        if !inside || segments.get(1).is_none_or(|part| part == layer.name) {
            continue;
        }
        let path = segments[1..].join("::");
        let known = layer.knows.iter().any(|known| {
            path.strip_prefix(known)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        });
        if !known {
            let message = format!(
                "{} must not know crate::{path}: it knows {}. Move the code to a layer that knows both, or \
                 pass what is needed as a value of a lower layer",
                layer.name,
                if layer.knows.is_empty() {
                    "nothing but itself".to_owned()
                } else {
                    layer.knows.join(", ")
                }
            );
            findings.fault(source, line, &path, &message);
        }
    }
}

pub(super) fn libraries(source: &Source, findings: &mut Findings) {
    for Named { line, segments } in source.named() {
        let library = segments[0].as_str();
        let home = HOMES.iter().find(|home| home.libraries.contains(&library));
        if let Some(home) = home
            && !home.layers.contains(&source.layer())
        {
            let message = format!("{library} is not for {}: {}", source.layer(), home.instead);
            findings.fault(source, line, library, &message);
        }
    }
}

pub(super) fn homes(source: &Source, findings: &mut Findings) {
    for (number, line) in source.spoken.lines().enumerate() {
        let lua = line.contains("include_str!") && line.contains(".lua");
        if (lua || line.contains("Script::new")) && !source.path.starts_with(SCRIPTS) {
            let message =
                format!("Lua files become scripts in {SCRIPTS} alone: declare the script there");
            findings.fault(source, number + 1, "Lua", &message);
        }
        if (line.contains("\"EVAL") || line.contains("\"FCALL"))
            && !SENDERS.contains(&source.path.as_str())
        {
            let message =
                "scripts are sent by Core::call or through a lane, which know epoch and group";
            findings.fault(source, number + 1, "EVAL", message);
        }
    }
    for Named { line, segments } in source.named() {
        let last = segments.last().map_or("", String::as_str);
        let is_status = segments.iter().any(|part| part == "StatusCode") && last != "StatusCode";
        if is_status && !source.path.starts_with(FAILURES) && !SUCCESSES.contains(&last) {
            let message = format!(
                "{last} says that something failed, which {FAILURES} alone may: return a Problem, or add its code there"
            );
            findings.fault(source, line, "StatusCode", &message);
        }
        let path = segments.join("::");
        let reads = [
            "std::env::var",
            "std::env::set",
            "std::env::remove",
            "env::var",
        ];
        if reads.iter().any(|read| path.starts_with(read)) {
            let message = "the environment is read by clap alone: give an argument of src/cli or src/config an `env`";
            findings.fault(source, line, "environment", message);
        } else if path.starts_with("std::env") && source.layer() != "cli" {
            let message =
                "what the process was started with is src/cli's to know: pass the value on";
            findings.fault(source, line, "environment", message);
        }
    }
}
