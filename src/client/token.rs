//! The bearer token, kept out of logs.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// A bearer token whose `Debug` form shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The secret itself, for the `Authorization` header only.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn debug_form_hides_the_secret() {
        let token: Token = "ty_secret".parse().unwrap();
        assert_eq!(format!("{token:?}"), "Token(hidden)");
        assert_eq!(token.reveal(), "ty_secret");
    }
}
