//! JSON in and out: bodies that do not parse are 400, those that parse and are wrong are 422
//! with a pointer to the wrong value.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body::{self, Held};
use super::problem::{Code, Problem};
use super::state::ApiState;
use crate::domain::InvalidInput;

/// Longest message about a wrong value; longer ones would echo the value itself.
const MESSAGE_CHARS: usize = 300;
/// Most answers have fewer: a task with a small payload has about half of that.
const USUAL_BYTES: usize = 1_024;

/// A JSON body, and the bytes it came as.
pub(crate) struct Json<T> {
    /// The value.
    pub(crate) value: T,
    /// The bytes, which count among those in flight until the answer is made.
    pub(crate) raw: Held,
}

impl<T: DeserializeOwned> FromRequest<ApiState> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Problem> {
        check_media_type(request.headers())?;
        let raw = body::read(request.into_body(), state, state.limits.largest_body()).await?;
        let value = parse(&raw)?;
        Ok(Self { value, raw })
    }
}

/// A body that may be left out, which is as good as `{}`.
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<ApiState> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Problem> {
        let typed = check_media_type(request.headers());
        let raw = body::read(request.into_body(), state, state.limits.largest_report()).await?;
        if raw.is_empty() {
            return parse(b"{}").map(Self);
        }
        typed?;
        parse(&raw).map(Self)
    }
}

/// Takes JSON, nothing, and what `curl -d` says when it is told nothing.
fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(media_type) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    if media_type == "application/json" || is_json(media_type.to_str().unwrap_or_default()) {
        Ok(())
    } else {
        Err(Problem::of(Code::UnsupportedMediaType))
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        || essence.to_ascii_lowercase().ends_with("+json")
}

/// Reads one JSON object.
pub(crate) fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    // A list would be taken for an object's members in the order in which our source has them.
    let is_list = raw.trim_ascii_start().first() == Some(&b'[');
    if is_list && serde_json::from_slice::<serde::de::IgnoredAny>(raw).is_ok() {
        return Err(InvalidInput::new("", "a body is a JSON object, not a list").into());
    }
    serde_json::from_slice(raw).map_err(|error| explain::<T>(raw, &error))
}

/// Reads the value once more, this time watching where it goes wrong.
fn explain<T: DeserializeOwned>(raw: &[u8], error: &serde_json::Error) -> Problem {
    // A wrong value may come before the place where the text stops being JSON at all. And where a word
    // of a list is due, any other kind of value is called "expected value", as if it were no JSON.
    let syntax = serde_json::from_slice::<serde::de::IgnoredAny>(raw).err();
    let unreadable = || !error.is_data() && !error.to_string().starts_with("expected value");
    if let Some(error) = syntax.as_ref().or_else(|| unreadable().then_some(error)) {
        return Problem::new(
            Code::InvalidJson,
            format!("the body is not JSON: {}", cut(&error.to_string())),
        );
    }
    let mut deserializer = serde_json::Deserializer::from_slice(raw);
    let (pointer, message) = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(_) => (String::new(), error.to_string()),
        Err(error) => (pointer(error.path()), error.inner().to_string()),
    };
    // serde_json adds line and column, which the pointer says better.
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(message, _)| message);
    Problem::invalid(vec![InvalidInput::new(pointer, cut(message))])
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |mut pointer, segment| {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&cut(key).replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
        pointer
    })
}

fn cut(message: &str) -> String {
    message.chars().take(MESSAGE_CHARS).collect()
}

/// A JSON answer.
pub(crate) fn answer<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let mut body = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut body, value) {
        Ok(()) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = status;
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            response
        }
        Err(error) => Problem::internal(error).into_response(),
    }
}

/// 200 with a JSON answer.
pub(crate) fn ok<T: Serialize>(value: &T) -> Response {
    answer(StatusCode::OK, value)
}
