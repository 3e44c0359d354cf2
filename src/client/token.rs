//! The bearer token, kept out of logs.

use std::fmt;

/// A bearer token whose `Debug` form shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes any text; whether it opens anything is the service's to say.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret itself, for the `Authorization` header only.
    pub(super) fn reveal(&self) -> &str {
        &self.0
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
        let token = Token::new("ty_secret");
        assert_eq!(format!("{token:?}"), "Token(hidden)");
        assert_eq!(token.reveal(), "ty_secret");
    }
}
