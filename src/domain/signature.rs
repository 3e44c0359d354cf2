//! Signatures by Standard Webhooks: who receives a request can prove that this service sent it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What secrets begin with.
const PREFIX: &str = "whsec_";
/// Bytes that a secret may have.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret that the service and one receiver share: `whsec_` and 24 to 64 bytes in Base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// Checks `text` and keeps it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let secret = Self(text.to_owned());
        match secret.key() {
            Some(key) if BYTES.contains(&key.len()) => Ok(secret),
            _ => Err("a secret is whsec_ and 24 to 64 bytes in Base64"),
        }
    }

    /// The secret of these random bytes.
    pub fn of(bytes: &[u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// The secret itself, for storing it and for the one answer that tells it. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn key(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.0.strip_prefix(PREFIX)?).ok()
    }

    /// The signature of a message: `v1,` and an HMAC-SHA256 in Base64. `id` has no dot; `timestamp` is
    /// in seconds since 1970.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "HMAC takes keys of any length"
    )]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let key = self.key().unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn a_message_is_signed_as_the_specification_shows() {
        let secret =
            SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_24_to_64_bytes() {
        let of = |bytes: usize| {
            SigningSecret::parse(&format!("whsec_{}", STANDARD.encode(vec![7; bytes])))
        };
        for (bytes, good) in [(23, false), (24, true), (32, true), (64, true), (65, false)] {
            assert_eq!(of(bytes).is_ok(), good, "{bytes}");
        }
        for wrong in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_%%%%",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        ] {
            assert!(SigningSecret::parse(wrong).is_err(), "{wrong}");
        }
        assert!(SigningSecret::parse(SigningSecret::of(&[9; 32]).expose()).is_ok());
    }

    #[test]
    fn a_secret_is_not_shown_by_accident() {
        let secret = SigningSecret::of(&[9; 32]);
        assert_eq!(format!("{secret:?}"), "SigningSecret(***)");
    }
}
