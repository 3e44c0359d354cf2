//! The layers and who may know whom, read off the source as text: what ARCHITECTURE.md draws.
//!
//! A rule here is one line of a table. When one fails, its message says what to do; an exception
//! needs a reason, and one that nothing needs any more fails as well.

mod source;

use std::collections::BTreeSet;

use source::{Named, Source};

/// A part of the program, and which other parts it may name. An entry may be longer than a
/// part's name: then only what stands below that path is meant.
struct Layer {
    name: &'static str,
    knows: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer {
        name: "main",
        knows: &["cli"],
    },
    Layer {
        name: "cli",
        knows: &[
            "client",
            "config",
            "server",
            "egress",
            "store",
            "domain",
            "telemetry",
        ],
    },
    Layer {
        name: "server",
        knows: &["api", "dispatcher", "egress", "store", "domain", "config"],
    },
    Layer {
        name: "api",
        knows: &[
            "dispatcher::Wakeups",
            "dispatcher::Bid",
            "dispatcher::ReadyTicket",
            "dispatcher::FinalTicket",
            "egress",
            "store",
            "domain",
        ],
    },
    Layer {
        name: "dispatcher",
        knows: &["egress", "store", "domain"],
    },
    Layer {
        name: "egress",
        knows: &["domain"],
    },
    Layer {
        name: "store",
        knows: &["domain"],
    },
    Layer {
        name: "domain",
        knows: &[],
    },
    Layer {
        name: "config",
        knows: &["domain", "store::durability", "store::private_redis::Fsync"],
    },
    Layer {
        name: "telemetry",
        knows: &["config"],
    },
    Layer {
        name: "client",
        knows: &[],
    },
];

/// Libraries that only some layers may name.
struct Home {
    libraries: &'static [&'static str],
    layers: &'static [&'static str],
    instead: &'static str,
}

const HOMES: &[Home] = &[
    Home {
        libraries: &["axum", "axum_extra", "hyper", "tower", "tower_service"],
        layers: &["api", "server"],
        instead: "HTTP ends in src/api: hand over a domain type, or let the handler do it",
    },
    Home {
        libraries: &["utoipa", "utoipa_axum", "utoipa_swagger_ui"],
        layers: &["api"],
        instead: "the API's document is written in src/api: give the wire type there its schema",
    },
    Home {
        libraries: &["redis", "deadpool_redis"],
        layers: &["store"],
        instead: "only src/store speaks with Redis: add a method there, named by the verb",
    },
    Home {
        libraries: &["reqwest", "rustls"],
        layers: &["client", "egress"],
        instead: "to the service itself src/client speaks, to addresses that users name src/egress: add a method there",
    },
    Home {
        libraries: &["tokio", "tokio_util"],
        layers: &[
            "api",
            "cli",
            "client",
            "dispatcher",
            "egress",
            "server",
            "store",
        ],
        instead: "this layer does no I/O and waits for nothing: take the value as an argument",
    },
    Home {
        libraries: &["clap"],
        layers: &["cli", "config"],
        instead: "flags and variables are read in src/cli and src/config: pass the value on",
    },
    Home {
        libraries: &["anyhow"],
        layers: &["cli"],
        instead: "below src/cli an error has a type: add a variant to the layer's own error",
    },
];

/// A file that may do what its layer may not.
struct Exception {
    file: &'static str,
    /// The library, path or word.
    what: &'static str,
    /// Why; for the reader of this table.
    #[expect(dead_code, reason = "a reason is read by people")]
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        file: "src/cli/bench/redis_info.rs",
        what: "redis",
        reason: "the bench reads INFO from outside, as an operator with redis-cli does",
    },
    Exception {
        file: "src/cli/bench/redis_info.rs",
        what: "deadpool_redis",
        reason: "the same",
    },
    Exception {
        file: "src/cli/bench/fake_service.rs",
        what: "axum",
        reason: "a service in memory, which only tests start, to measure the load alone",
    },
    Exception {
        file: "src/cli/bench/fake_service.rs",
        what: "StatusCode",
        reason: "the same",
    },
    Exception {
        file: "src/store/durability.rs",
        what: "clap",
        reason: "the level's words are the same in settings, replies and /readyz",
    },
    Exception {
        file: "src/store/private_redis/mod.rs",
        what: "clap",
        reason: "the words of --fsync are those of Redis",
    },
];

/// Where the status codes of failures stand: one table from every problem's code to its status.
const FAILURES: &str = "src/api/problem/";
/// What a handler may answer itself.
const SUCCESSES: [&str; 6] = [
    "OK",
    "CREATED",
    "ACCEPTED",
    "NO_CONTENT",
    "MULTI_STATUS",
    "NOT_MODIFIED",
];
/// Where Lua files become scripts.
const SCRIPTS: &str = "src/store/scripts/";
/// Where scripts are sent: by name, and the schema changes, which run once, by text.
const SENDERS: &[&str] = &["src/store/link.rs", "src/store/schema.rs"];

/// What was found wrong, and which exceptions were needed.
#[derive(Default)]
struct Findings {
    faults: Vec<String>,
    used: BTreeSet<(&'static str, &'static str)>,
}

impl Findings {
    /// Notes a fault unless the table has an exception for it.
    fn fault(&mut self, source: &Source, line: usize, what: &str, message: &str) {
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

    fn check(self, rule: &str) {
        assert!(
            self.faults.is_empty(),
            "{rule}\n{}\n",
            self.faults.join("\n")
        );
    }
}

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
    findings.check("Some libraries have a home (HOMES in tests/architecture/mod.rs):");
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

fn layers(source: &Source, findings: &mut Findings) {
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

fn libraries(source: &Source, findings: &mut Findings) {
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

fn homes(source: &Source, findings: &mut Findings) {
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
