//! Pages of lists: `?limit=` (50, at most 500) and an opaque `cursor`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::problem::{Code, Problem};
use super::state::ApiState;
use crate::store::PartitionRank;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 500;

/// How a page is asked for.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct PageParams {
    /// Items at most.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before, of the same list.
    cursor: Option<String>,
}

/// Which page is asked for.
pub(crate) struct PageQuery {
    /// Items at most.
    pub(crate) limit: usize,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct RawQuery {
    limit: Option<usize>,
    cursor: Option<String>,
}

impl FromRequestParts<ApiState> for PageQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let refuse = || Problem::new(Code::InvalidRequest, "limit lies between 1 and 500");
        let axum::extract::Query(query) =
            axum::extract::Query::<RawQuery>::try_from_uri(&parts.uri).map_err(|_| refuse())?;
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(refuse());
        }
        Ok(Self {
            limit,
            cursor: query.cursor,
        })
    }
}

impl PageQuery {
    /// Where the page begins, in a list that goes through the partitions.
    pub(crate) fn place(&self, list: &str) -> Result<PartitionRank, Problem> {
        let place = self.read(list, |rest| {
            let (partition, rank) = rest.split_once(' ')?;
            Some(PartitionRank {
                partition: partition.parse().ok()?,
                rank: rank.parse().ok()?,
            })
        })?;
        Ok(place.unwrap_or_default())
    }

    /// The number that a cursor of that list has sealed.
    pub(crate) fn number(&self, list: &str) -> Result<Option<u64>, Problem> {
        self.read(list, |rest| rest.parse().ok())
    }

    /// What a cursor of that list has sealed, as `read` makes of it; `None` on the first page.
    pub(crate) fn read<T>(
        &self,
        list: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let unsealed = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
            read(text.strip_prefix(list)?.strip_prefix(' ')?)
        };
        unsealed()
            .map(Some)
            .ok_or_else(|| Problem::of(Code::InvalidCursor))
    }

    /// A cursor of that list.
    pub(crate) fn seal(list: &str, rest: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{list} {rest}"))
    }

    /// The cursor for a page of that list that begins there.
    pub(crate) fn cursor(list: &str, place: PartitionRank) -> String {
        Self::seal(list, &format!("{} {}", place.partition, place.rank))
    }
}
