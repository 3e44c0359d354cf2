//! What arguments hold: names, `KEY=VALUE` pairs and JSON.

use std::convert::Infallible;
use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;
use serde_json::value::RawValue;

use super::exit::Failure;
use crate::domain::Name;

/// A name as the contract allows it, refused here so that a typo is told at once. Ids have
/// the same form.
pub(crate) fn name(text: &str) -> Result<String, &'static str> {
    Name::parse(text).map(|name| name.as_str().to_owned())
}

/// `KEY=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("it is written KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Where the content of a request stands: in the argument itself, in a file (`@file`), or
/// in what comes through stdin (`-`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Inline(String),
    File(PathBuf),
    Stdin,
}

impl FromStr for Content {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix('@') {
            Some(path) => Self::File(path.into()),
            None if text == "-" => Self::Stdin,
            None => Self::Inline(text.to_owned()),
        })
    }
}

impl Content {
    /// What stands there.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Inline(text) => Ok(text.clone().into_bytes()),
            Self::File(path) => fs::read(path)
                .with_context(|| format!("{} cannot be read", path.display()))
                .map_err(Failure::usage),
            Self::Stdin => {
                let mut bytes = Vec::new();
                io::stdin()
                    .read_to_end(&mut bytes)
                    .context("stdin cannot be read")?;
                Ok(bytes)
            }
        }
    }

    /// What stands there, as JSON of any kind: it is passed on byte for byte.
    pub(crate) fn read_json(&self) -> Result<Box<RawValue>, Failure> {
        serde_json::from_slice(&self.read()?)
            .with_context(|| format!("{self} is not JSON"))
            .map_err(Failure::usage)
    }
}

impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Inline(text) => write!(f, "{text:?}"),
            Self::File(path) => write!(f, "what {} holds", path.display()),
            Self::Stdin => f.write_str("what came through stdin"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, name, pair};

    #[test]
    fn names_that_cannot_be_are_refused() {
        for text in ["", "a/b", "..", &"x".repeat(129)] {
            assert!(name(text).is_err(), "{text}");
        }
        assert!(pair("key").is_err());
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
    }

    #[test]
    fn content_is_inline_in_a_file_or_on_stdin() {
        let of = |text: &str| text.parse::<Content>().unwrap();
        assert_eq!(of("{}"), Content::Inline("{}".to_owned()));
        assert_eq!(of("@a b"), Content::File("a b".into()));
        assert_eq!(of("-"), Content::Stdin);
        assert_eq!(
            of("[1.0, 1e400]").read_json().unwrap().get(),
            "[1.0, 1e400]"
        );
        assert!(of("{").read_json().is_err());
    }
}
