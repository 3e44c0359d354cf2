//! One script: its file, and the two forms in which Redis gets it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use deadpool_redis::redis;

use super::constants::constants;
use super::{PARTS, library};

/// Sets up what the parts keep during the call, and may end it there.
const BEGIN: &str =
    "do local answer = begin(key_names, arguments) if answer then return answer end end";

/// A verb. Redis runs it as a function of the [library], or as a text of its own.
#[derive(Debug)]
pub(crate) struct Script {
    /// Its file under `migrations-lua`.
    pub(crate) file: &'static str,
    text: &'static str,
    function: OnceLock<String>,
    digest: OnceLock<String>,
}

impl Script {
    pub(super) const fn new(file: &'static str, text: &'static str) -> Self {
        Self {
            file,
            text,
            function: OnceLock::new(),
            digest: OnceLock::new(),
        }
    }

    /// How FCALL names it, such as `taskyard_1f0c9a7be2d4_tasks_claim`.
    pub(crate) fn function(&self) -> &str {
        self.function
            .get_or_init(|| format!("{}_{}", library::name(), self.verb()))
    }

    /// What defines it in a library that holds all parts.
    pub(super) fn registration(&self, library: &str) -> String {
        let (flags, text) = self.split();
        let flags = flags.split(',').filter(|flag| !flag.is_empty());
        let flags: Vec<String> = flags.map(|flag| format!("'{flag}'")).collect();
        format!(
            "redis.register_function{{ function_name = '{library}_{verb}', flags = {{ {flags} }}, \
             callback = function(key_names, arguments)\n{BEGIN}\n{text}\nend }}\n",
            verb = self.verb(),
            flags = flags.join(", "),
        )
    }

    /// What EVAL gets: the parts it needs, which are loaded anew at each call, and the file.
    pub(crate) fn source(&self) -> String {
        let (flags, text) = self.split();
        let flags = match flags {
            "" => String::new(),
            flags => format!(" flags={flags}"),
        };
        let begun = |names| {
            let parts = include(names);
            format!("local key_names, arguments = KEYS, ARGV\n{parts}\n{BEGIN}")
        };
        let text: Vec<String> = text
            .lines()
            .map(|line| {
                line.strip_prefix("--@include ")
                    .map_or_else(|| line.to_owned(), begun)
            })
            .collect();
        format!("#!lua{flags}\n{}", text.join("\n"))
    }

    /// How EVALSHA names that.
    pub(crate) fn digest(&self) -> &str {
        self.digest.get_or_init(|| digest(&self.source()))
    }

    fn verb(&self) -> String {
        self.file.trim_end_matches(".lua").replace('/', "_")
    }

    /// The flags of its first line, and what follows.
    fn split(&self) -> (&'static str, &'static str) {
        let (first, text) = self.text.split_once('\n').unwrap_or((self.text, ""));
        (first.strip_prefix("#!lua flags=").unwrap_or_default(), text)
    }
}

/// SHA-1 of a text, as Redis names it.
pub(super) fn digest(text: &str) -> String {
    redis::Script::new(text).get_hash().to_owned()
}

/// The parts that a script names and all that these need, each once and after what it needs.
fn include(names: &'static str) -> String {
    let mut wanted: BTreeSet<&str> = names.split_whitespace().collect();
    // A part stands after those it needs, so one pass backwards finds them all.
    for (part, text) in PARTS.iter().rev() {
        if wanted.contains(part) {
            wanted.extend(needs(text));
        }
    }
    let unknown = wanted
        .iter()
        .filter(|name| PARTS.iter().all(|(part, _)| part != *name))
        .map(|name| format!("error('no part {name}')"));
    let parts = PARTS
        .iter()
        .filter(|(part, _)| wanted.contains(part))
        .map(|(_, text)| (*text).to_owned());
    std::iter::once(constants())
        .chain(unknown)
        .chain(parts)
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a part says it needs.
fn needs(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("--@needs "))
        .flat_map(str::split_whitespace)
}
