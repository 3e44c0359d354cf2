//! The contract between the two languages: each Lua file is declared, says what it takes and
//! answers, and draws the same keys as the service.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use deadpool_redis::redis;
use taskyard::domain::{Partition, TaskState};
use taskyard::store::document_kind::DocumentKind;
use taskyard::store::keys::Keys;
use taskyard::store::script_sources;

use crate::support::TestRedis;

/// Longer than this, a script has a second idea inside.
const MOST_LINES: usize = 100;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-lua")
}

/// The Lua files below a folder by their path from `migrations-lua`.
fn files() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for folder in fs::read_dir(root()).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
            found.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    found
}

fn verbs() -> BTreeMap<String, String> {
    let mut files = files();
    files.retain(|name, _| !name.starts_with("lib/"));
    files
}

#[test]
fn every_lua_file_is_declared_and_every_declared_one_is_there() {
    let there: BTreeSet<String> = verbs().into_keys().collect();
    let declared: Vec<&str> = script_sources().into_iter().map(|(file, _)| file).collect();
    let once: BTreeSet<String> = declared.iter().map(|file| (*file).to_owned()).collect();
    assert_eq!(once.len(), declared.len(), "a file is declared twice");
    assert_eq!(there, once);
}

#[test]
fn every_part_is_included_somewhere() {
    let all: Vec<String> = files().into_values().collect();
    for name in files().into_keys() {
        let Some(part) = name.strip_prefix("lib/") else {
            continue;
        };
        let part = part.strip_suffix(".lua").unwrap();
        let is_included = all.iter().flat_map(|text| text.lines()).any(|line| {
            line.strip_prefix("--@include ")
                .or_else(|| line.strip_prefix("--@needs "))
                .is_some_and(|parts| parts.split(' ').any(|name| name == part))
        });
        assert!(is_included, "{name} is included nowhere");
    }
}

#[test]
fn every_script_opens_with_its_contract() {
    for (name, text) in verbs() {
        assert!(text.starts_with("#!lua"), "{name} has no #!lua line");
        let verb = Path::new(&name).file_stem().unwrap().to_str().unwrap();
        let verb = verb.split('_').next().unwrap_or(verb);
        let header: Vec<&str> = text
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with("--"))
            .collect();
        let sentence = header.first().copied().unwrap_or_default();
        assert!(
            sentence.starts_with(&format!("-- {verb}")),
            "{name} begins with {sentence:?}"
        );
        let publishes = !name.starts_with("schema/");
        for (word, wanted) in [
            ("-- KEYS[1]", true),
            ("-- ARGV", true),
            ("-- Returns", true),
            ("-- Publishes", publishes),
        ] {
            let says = header.iter().any(|line| line.starts_with(word));
            assert!(says || !wanted, "{name} has no line {word:?}");
        }
    }
}

/// Parts stay loaded: what one call changes of them, the next one would find.
#[test]
fn a_script_changes_no_part() {
    let files = files();
    let parts: Vec<&str> = files
        .keys()
        .filter_map(|name| name.strip_prefix("lib/")?.strip_suffix(".lua"))
        .collect();
    for (name, text) in verbs() {
        for line in text.lines().map(str::trim_start) {
            let changed = line.strip_prefix("function ").unwrap_or(line);
            let changed = changed.split_once('.').filter(|(part, rest)| {
                let field = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
                let is_written = field.starts_with(" = ") || line.starts_with("function ");
                parts.contains(part) && is_written
            });
            assert!(changed.is_none(), "{name}: {line}");
        }
    }
}

#[test]
fn no_lua_file_is_long() {
    for (name, text) in files() {
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{name} has {lines} lines");
    }
}

#[tokio::test]
async fn redis_takes_every_script() {
    let redis = TestRedis::start().await;
    let client = redis::Client::open(redis.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for (file, source) in script_sources() {
        let loaded: Result<String, _> = redis::cmd("SCRIPT")
            .arg("LOAD")
            .arg(source)
            .query_async(&mut connection)
            .await;
        assert!(loaded.is_ok(), "{file}: {loaded:?}");
    }
}

/// Every key by its name in `lib/keys.lua`: the arguments there, and what the service draws.
fn drawn(keys: &Keys) -> BTreeMap<&'static str, Vec<(Vec<&'static str>, String)>> {
    let documents = DocumentKind::ALL
        .map(|kind| (vec![kind.word(), "id"], keys.document(kind, "id")))
        .to_vec();
    let states = TaskState::ALL
        .map(|state| (vec!["bulk", state.word()], keys.state("bulk", state)))
        .to_vec();
    let lines = vec![
        (vec!["x-1", "2", ""], keys.line("x-1", "2", "")),
        (vec!["x-1", "2", "a:b"], keys.line("x-1", "2", "a:b")),
    ];
    let of_queue = [
        "shares", "owed", "weights", "busy", "rates", "parked", "unparked", "signpost", "seat",
        "paces",
    ]
    .map(|kind| (vec![kind, "x-1"], keys.of_queue(kind, "x-1")))
    .to_vec();
    let in_queue = [("class_shares", "2"), ("key_heads", "a:b")]
        .map(|(kind, part)| (vec![kind, "x-1", part], keys.in_queue(kind, "x-1", part)))
        .to_vec();
    let one = |key: String| vec![(vec![], key)];
    let named = |key: String| vec![(vec!["x-1"], key)];
    let two = |key: String| vec![(vec!["x-1", "y.2"], key)];
    [
        ("meta", one(keys.meta())),
        ("queues", one(keys.queues())),
        ("leases", one(keys.leases())),
        ("due", one(keys.due())),
        ("expiries", one(keys.expiries())),
        ("outbox", one(keys.outbox())),
        ("gone", one(keys.gone())),
        ("sweeper", one(keys.sweeper())),
        ("nodes", one(keys.nodes())),
        ("beats", one(keys.beats())),
        ("drains", one(keys.drains())),
        ("operations", one(keys.operations())),
        ("steps", one(keys.steps())),
        ("schedules", one(keys.schedules())),
        ("fires", one(keys.fires())),
        ("jobs", one(keys.jobs())),
        ("job_endings", one(keys.job_endings())),
        ("job_extensions", one(keys.job_extensions())),
        ("endpoints", one(keys.endpoints())),
        ("endpoint", two(keys.endpoint("x-1", "y.2"))),
        ("job_plantings", one(keys.job_plantings())),
        ("openings", one(keys.openings())),
        ("channel", one(keys.channel())),
        ("task", named(keys.task("x-1"))),
        ("document", documents),
        ("attempts", named(keys.attempts("x-1"))),
        ("logs", named(keys.logs("x-1"))),
        ("edges", named(keys.edges("x-1"))),
        ("pending", named(keys.pending("x-1"))),
        ("answers", named(keys.answers("x-1"))),
        ("dependents", named(keys.dependents("x-1"))),
        ("queue", named(keys.queue("x-1"))),
        ("classes", named(keys.classes("x-1"))),
        ("heads", named(keys.heads("x-1"))),
        ("ready", two(keys.ready("x-1", "y.2"))),
        ("line", lines),
        ("of_queue", of_queue),
        ("in_queue", in_queue),
        ("state", states),
        ("unique", two(keys.unique("x-1", "y.2"))),
        ("tag", two(keys.tag("x-1", "y.2"))),
        ("idempotency", named(keys.idempotency("x-1"))),
        ("claim", two(keys.claim("x-1", "y.2"))),
        ("held", two(keys.held("x-1", "y.2"))),
        ("using", named(keys.using("x-1"))),
        ("lane", named(keys.lane("x-1"))),
        ("node", named(keys.node("x-1"))),
        ("schedule", named(keys.schedule("x-1"))),
        ("cancels", named(keys.cancels("x-1"))),
        ("operation", named(keys.operation("x-1"))),
        ("operation_ids", named(keys.operation_ids("x-1"))),
        ("applied", named(keys.applied("x-1"))),
        ("job", named(keys.job("x-1"))),
        ("job_stage", named(keys.job_stage("x-1"))),
        ("job_tasks", named(keys.job_tasks("x-1"))),
    ]
    .into()
}

#[tokio::test]
async fn both_languages_draw_the_same_keys() {
    let redis = TestRedis::start().await;
    let client = redis::Client::open(redis.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let part = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let twin = format!(
        "local key_names, arguments = KEYS, ARGV\n{}\n{}\nbegin(key_names, arguments)",
        part("lib/header.lua"),
        part("lib/keys.lua")
    );
    let keys = Keys::of(Partition::new(12));
    let drawn = drawn(&keys);

    let names = format!(
        "{twin}\nlocal names = {{}}\nfor name in pairs(keys) do names[#names + 1] = name end\n\
         for name in pairs(getmetatable(keys).__index) do names[#names + 1] = name end\nreturn names"
    );
    let names: BTreeSet<String> = redis::cmd("EVAL")
        .arg(names)
        .arg(1)
        .arg(keys.prefix())
        .query_async(&mut connection)
        .await
        .unwrap();
    let known: BTreeSet<String> = drawn.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(names, known, "a key has no twin");

    for (name, cases) in drawn {
        for (arguments, expected) in cases {
            let call = if arguments.is_empty() {
                format!("{twin}\nreturn keys.{name}")
            } else {
                format!("{twin}\nreturn keys.{name}(unpack(arguments))")
            };
            let found: String = redis::cmd("EVAL")
                .arg(call)
                .arg(1)
                .arg(keys.prefix())
                .arg(&arguments)
                .query_async(&mut connection)
                .await
                .unwrap();
            assert_eq!(found, expected, "{name} of {arguments:?}");
        }
    }
}

#[test]
fn every_kind_of_key_is_compared() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/keys.rs");
    let source = fs::read_to_string(source).unwrap();
    let methods: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn ")?.split_once("(&self"))
        .map(|(name, _)| name)
        .filter(|name| *name != "prefix")
        .collect();
    let drawn = drawn(&Keys::of(Partition::new(0)));
    assert_eq!(methods, drawn.into_keys().collect());
}
