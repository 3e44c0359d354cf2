//! The library: all parts, loaded once, and all scripts as functions over them.

use std::sync::LazyLock;

use super::constants::constants;
use super::script::digest;
use super::{PARTS, all};

/// What the names of all libraries begin with.
pub(crate) const PREFIX: &str = "taskyard_";

/// Stands for the name, which follows from all else.
const UNNAMED: &str = "taskyard_library";

struct Library {
    name: String,
    text: String,
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let parts = PARTS.iter().map(|(_, text)| (*text).to_owned());
    let scripts = all().into_iter().map(|script| script.registration(UNNAMED));
    let texts: Vec<String> = std::iter::once(constants())
        .chain(parts)
        .chain(scripts)
        .collect();
    let unnamed = format!("#!lua name={UNNAMED}\n{}", texts.join("\n"));
    let name = format!("{PREFIX}{}", &digest(&unnamed)[..12]);
    Library {
        text: unnamed.replace(UNNAMED, &name),
        name,
    }
});

/// Its name, which has a digest of its text: two releases stand beside each other.
pub(crate) fn name() -> &'static str {
    &LIBRARY.name
}

/// What FUNCTION LOAD gets.
pub(crate) fn text() -> &'static str {
    &LIBRARY.text
}
