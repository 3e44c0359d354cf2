//! `ETag`, `If-Match` and `If-None-Match`: which version of a resource is meant.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

/// What If-Match or If-None-Match names.
pub(crate) enum EntityTags {
    /// `*`: any version.
    Any,
    /// These.
    These(Vec<String>),
}

impl EntityTags {
    /// Those of a header, when it is there.
    pub(crate) fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        headers.get(name)?;
        let values = headers.get_all(name).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        let tags: Vec<String> = texts
            .flat_map(|text| text.split(','))
            .map(|tag| bare(tag.trim()).to_owned())
            .collect();
        Some(if tags.iter().any(|tag| tag == "*") {
            Self::Any
        } else {
            Self::These(tags)
        })
    }

    /// Whether they name the version with that tag.
    pub(crate) fn name(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|one| one == bare(tag)),
        }
    }
}

/// A tag without the mark of a weak one and without its quotes, which clients forget.
fn bare(tag: &str) -> &str {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let quoted = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    quoted.unwrap_or(tag)
}

/// The answer with its tag.
pub(crate) fn mark(mut answer: Response, tag: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(tag) {
        answer.headers_mut().insert(header::ETAG, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(header: &'static str, tag: &str) -> bool {
        let headers = [(header::IF_MATCH, HeaderValue::from_static(header))];
        let tags = EntityTags::of(&headers.into_iter().collect(), &header::IF_MATCH);
        tags.unwrap().name(tag)
    }

    #[test]
    fn one_of_the_tags_has_to_be_the_one() {
        for header in ["\"3\"", "3", "W/\"3\"", "\"2\", \"3\"", "*", "\"1\", *"] {
            assert!(names(header, "\"3\""), "{header}");
        }
        for header in ["\"33\"", "", "\"2\",\"4\""] {
            assert!(!names(header, "\"3\""), "{header}");
        }
        assert!(EntityTags::of(&HeaderMap::new(), &header::IF_MATCH).is_none());
    }
}
