//! Endpoints that tasks are pushed to, as requests name them and answers show them.

use axum::response::Response;
use serde::Serialize;

use super::json;
use super::problem::{Code, Problem};
use super::state::ApiState;
use crate::domain::egress::Endpoint;
use crate::domain::push::{EndpointHealth, PushOwner};
use crate::domain::signature::SigningSecret;
use crate::domain::{InvalidInput, UnixMillis};

/// How an endpoint fares.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = EndpointHealth)]
pub(crate) struct HealthView<'a> {
    /// `closed`: tasks are pushed. `open`: it is left alone. `half_open`: one push finds out whether it works.
    breaker: &'static str,
    /// Until when it is left alone, because it failed or asked for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    open_until: Option<UnixMillis>,
    /// Pushes that failed in a row, when it was opened.
    failures: u32,
    /// How often it has been opened because pushes failed.
    opened: u64,
    /// What went wrong when it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl<'a> From<&'a EndpointHealth> for HealthView<'a> {
    fn from(health: &'a EndpointHealth) -> Self {
        Self {
            breaker: health.word(),
            open_until: health.open_until,
            failures: health.failures,
            opened: health.opened,
            error: health.error.as_deref(),
        }
    }
}

/// The endpoint that a request names, if it may be called.
pub(crate) async fn endpoint(
    state: &ApiState,
    pointer: &'static str,
    url: &str,
) -> Result<Endpoint, Problem> {
    let endpoint = Endpoint::parse(url).map_err(|fault| InvalidInput::new(pointer, fault))?;
    let checked = state.egress.check(&endpoint).await;
    checked.map_err(|refusal| InvalidInput::new(pointer, refusal.to_string()))?;
    Ok(endpoint)
}

/// The secret that a request names.
pub(crate) fn secret(pointer: &'static str, text: &str) -> Result<SigningSecret, Problem> {
    SigningSecret::parse(text).map_err(|fault| InvalidInput::new(pointer, fault).into())
}

/// A secret that was made just now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RotatedSecret<'a> {
    /// The secret. It is told this once.
    secret: &'a str,
    /// Until then the one before signs as well.
    #[schema(value_type = String, format = DateTime)]
    previous_until: UnixMillis,
}

/// Gives the endpoint of something that is there another secret.
pub(crate) async fn rotate(state: &ApiState, owner: &PushOwner) -> Result<Response, Problem> {
    let Some((secret, previous_until)) = state.store.endpoints.rotate(owner).await? else {
        let message = format!(
            "the {} has no endpoint that tasks are pushed to",
            owner.kind()
        );
        return Err(Problem::new(Code::InvalidState, message));
    };
    Ok(json::ok(&RotatedSecret {
        secret: secret.expose(),
        previous_until,
    }))
}
