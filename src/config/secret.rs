//! A URL that may hold a password.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::show::MASK;

/// A Redis URL. What is printed of it, by mistake or not, has no password.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Takes any text; whether it is a URL shows when it is used.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL, for connecting. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it says anything: an empty variable is as good as none.
    pub fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether something of it must not be shown.
    pub fn has_password(&self) -> bool {
        self.masked() != self.0
    }

    /// Hides all from the scheme to the last `@`, and a `pass` parameter. It would rather
    /// hide too much: a password may hold any character.
    fn masked(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return MASK.to_owned();
        };
        let shown = match rest.rsplit_once('@') {
            Some((_, after)) => format!("{scheme}://{MASK}@{after}"),
            None => format!("{scheme}://{rest}"),
        };
        match shown.split_once("pass=") {
            Some((before, value)) => {
                let after = value.find('&').map_or("", |end| &value[end..]);
                format!("{before}pass={MASK}{after}")
            }
            None => shown,
        }
    }
}

impl FromStr for SecretUrl {
    type Err = Infallible;

    fn from_str(url: &str) -> Result<Self, Infallible> {
        Ok(Self::new(url))
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        let shown = |url: &str| format!("{0} {0:?}", SecretUrl::new(url));
        for url in [
            "redis://:hush@127.0.0.1:6379/0",
            "redis://user:hu@hush@127.0.0.1",
            "redis://:hush/hush@127.0.0.1",
            "redis+unix:///run/r.sock?pass=hush&db=1",
            "redis+unix:///run/r.sock?db=1&pass=hush",
            "hush",
        ] {
            assert!(!shown(url).contains("hush"), "{}", shown(url));
            assert!(SecretUrl::new(url).has_password());
        }
    }

    #[test]
    fn the_rest_is_shown() {
        assert_eq!(
            SecretUrl::new("redis://a:b@host:1/2").to_string(),
            "redis://***@host:1/2"
        );
        assert_eq!(
            SecretUrl::new("redis://host:1").to_string(),
            "redis://host:1"
        );
        assert_eq!(
            SecretUrl::new("unix:///s?pass=x&db=1").to_string(),
            "unix:///s?pass=***&db=1"
        );
        assert!(!SecretUrl::new("redis://host:1").has_password());
    }
}
