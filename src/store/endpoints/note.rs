//! Note: how an endpoint fares, so that every replica and whoever looks at it knows.

use std::time::Duration;

use super::Endpoints;
use crate::domain::push::PushOwner;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// Longest text about what went wrong, bytes.
const MOST_ERROR_BYTES: usize = 300;

impl Endpoints {
    /// It failed so often in a row, and is left alone for so long.
    pub async fn note_open(
        &self,
        owner: &PushOwner,
        rest: Duration,
        failures: u32,
        error: &str,
    ) -> Result<(), StoreError> {
        self.note(owner, rest, failures, error, "").await
    }

    /// It asked to be left alone for so long.
    pub async fn note_asked(&self, owner: &PushOwner, rest: Duration) -> Result<(), StoreError> {
        self.note(owner, rest, 0, "", "asked").await
    }

    /// It works.
    pub async fn note_closed(&self, owner: &PushOwner) -> Result<(), StoreError> {
        self.note(owner, Duration::ZERO, 0, "", "").await
    }

    async fn note(
        &self,
        owner: &PushOwner,
        rest: Duration,
        failures: u32,
        error: &str,
        mode: &str,
    ) -> Result<(), StoreError> {
        let end = error.floor_char_boundary(MOST_ERROR_BYTES);
        let mut args = Args::default();
        args.push(owner.kind())
            .push(owner.name())
            .push_number(i128::try_from(rest.as_millis()).unwrap_or(i128::MAX))
            .push_number(failures)
            .push(&error[..end]);
        let partition = self.core.partition_of_owner(owner).await?;
        let call = self
            .core
            .call(&scripts::NOTE_ENDPOINT, partition, mode, &args);
        call.await.map(drop)
    }
}
