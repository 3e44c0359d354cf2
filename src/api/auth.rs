//! Who may call. In open mode, which is all there is on loopback, the caller's address decides.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, header};

use super::problem::{Code, Problem};
use crate::domain::access::{Caller, admit_open};

/// Paths that anyone may ask: they tell nothing but that the service is there, and how to use it.
/// One that ends with a slash stands for all below it.
const PUBLIC: [&str; 8] = [
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/openapi-3.0.json",
    "/docs",
    "/docs/",
    "/problems",
    "/problems/",
];

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that open mode does not serve.
pub(super) fn admit(request: &Request) -> Result<(), Problem> {
    let path = request.uri().path();
    if PUBLIC
        .iter()
        .any(|public| path == *public || public.ends_with('/') && path.starts_with(public))
    {
        return Ok(());
    }
    let headers = request.headers();
    if headers.contains_key(header::AUTHORIZATION) {
        // There are no tokens, so that none is a good one; to let it pass would hide a mistake.
        return Err(Problem::of(Code::Unauthenticated));
    }
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let caller = Caller {
        host: text(headers, &header::HOST),
        origin: text(headers, &header::ORIGIN),
        fetch_site: text(headers, &FETCH_SITE),
        forwarded: headers.keys().any(|name| {
            let name = name.as_str();
            name == "forwarded" || name == "via" || name.starts_with("x-forwarded-")
        }),
        unsafe_method: !safe,
    };
    admit_open(caller).map_err(|refusal| Problem::new(Code::Forbidden, refusal.to_string()))
}

/// A header's text; what is not text is as foreign as can be.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}
