//! The layers, the homes of libraries, and the exceptions: a rule is one line here.

/// A part of the program, and which other parts it may name. An entry may be longer than a
/// part's name: then only what stands below that path is meant.
pub(super) struct Layer {
    pub(super) name: &'static str,
    pub(super) knows: &'static [&'static str],
}

pub(super) const LAYERS: &[Layer] = &[
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
pub(super) struct Home {
    pub(super) libraries: &'static [&'static str],
    pub(super) layers: &'static [&'static str],
    pub(super) instead: &'static str,
}

pub(super) const HOMES: &[Home] = &[
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
pub(super) struct Exception {
    pub(super) file: &'static str,
    /// The library, path or word.
    pub(super) what: &'static str,
    /// Why; for the reader of this table.
    #[expect(dead_code, reason = "a reason is read by people")]
    pub(super) reason: &'static str,
}

pub(super) const EXCEPTIONS: &[Exception] = &[
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
pub(super) const FAILURES: &str = "src/api/problem/";
/// What a handler may answer itself.
pub(super) const SUCCESSES: [&str; 6] = [
    "OK",
    "CREATED",
    "ACCEPTED",
    "NO_CONTENT",
    "MULTI_STATUS",
    "NOT_MODIFIED",
];
/// Where Lua files become scripts.
pub(super) const SCRIPTS: &str = "src/store/scripts/";
/// Where scripts are sent: by name, and the schema changes, which run once, by text.
pub(super) const SENDERS: &[&str] = &["src/store/link.rs", "src/store/schema.rs"];
