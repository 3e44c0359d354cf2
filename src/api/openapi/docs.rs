//! /docs: Swagger UI, whose files are part of the binary. Nothing is loaded from elsewhere.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, header};
use axum::response::{Redirect, Response};
use utoipa_swagger_ui::Config;

use crate::api::problem::{Code, Problem};

/// The page may load from and speak with this service alone. It sets styles as it goes.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// GET /docs: its files are relative to /docs/.
pub(crate) async fn redirect() -> Redirect {
    Redirect::permanent("/docs/")
}

/// GET /docs/: the page.
pub(crate) async fn show_page() -> Result<Response, Problem> {
    file("index.html")
}

/// GET /docs/{file}: what the page consists of.
pub(crate) async fn show_file(
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    path.map_or_else(
        |_| Err(Problem::of(Code::NotFound)),
        |Path(name)| file(&name),
    )
}

fn file(name: &str) -> Result<Response, Problem> {
    // The default would ask a validator on the internet to look at the document.
    let config = Config::new(["/openapi.json"]).validator_url("none");
    let file = utoipa_swagger_ui::serve(name, Arc::new(config))
        .ok()
        .flatten()
        .ok_or_else(|| Problem::of(Code::NotFound))?;
    let mut response = Response::new(Body::from(file.bytes.into_owned()));
    let headers = response.headers_mut();
    if let Ok(media_type) = HeaderValue::from_str(&file.content_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    Ok(response)
}
