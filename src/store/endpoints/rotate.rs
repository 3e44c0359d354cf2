//! Rotate: an endpoint gets another secret.

use super::Endpoints;
use crate::domain::UnixMillis;
use crate::domain::push::{BOTH_SECRETS_MS, PushOwner};
use crate::domain::signature::SigningSecret;
use crate::store::args::Args;
use crate::store::{StoreError, random_bytes, scripts};

impl Endpoints {
    /// Makes a secret, told this once, and says until when the one before signs as well. `None` when
    /// there is no such endpoint.
    pub async fn rotate(
        &self,
        owner: &PushOwner,
    ) -> Result<Option<(SigningSecret, UnixMillis)>, StoreError> {
        let secret = SigningSecret::of(&random_bytes());
        let mut args = Args::default();
        args.push(owner.kind())
            .push(owner.name())
            .push(secret.expose())
            .push_number(BOTH_SECRETS_MS);
        let partition = self.core.partition_of_owner(owner).await?;
        let mut reply = self
            .core
            .call(&scripts::ROTATE_SECRET, partition, "", &args)
            .await?;
        if reply.text()? != "done" {
            return Ok(None);
        }
        Ok(Some((secret, UnixMillis::new(reply.count()?))))
    }
}
