//! Order: what the parts of an index have found, put together.

use std::cmp::Ordering;

use super::ListPlace;
use super::index::Index;

/// What a part found.
pub(super) struct Found {
    pub(super) places: Vec<ListPlace>,
    /// The last place it has looked at, when there may be more behind it.
    pub(super) reached: Option<ListPlace>,
}

/// The places of a page in their order, and where the next one begins.
pub(super) fn merge(
    index: Index,
    found: Vec<Found>,
    limit: usize,
) -> (Vec<ListPlace>, Option<ListPlace>) {
    let order = |one: &ListPlace, other: &ListPlace| {
        let ascending = (one.score, &one.id).cmp(&(other.score, &other.id));
        if index.is_newest_first() {
            ascending.reverse()
        } else {
            ascending
        }
    };
    // Behind the place that some part has not got beyond, others may still be missing.
    let horizon = found
        .iter()
        .filter_map(|part| part.reached.as_ref())
        .min_by(|one, other| order(one, other))
        .cloned();
    let mut places: Vec<ListPlace> = found.into_iter().flat_map(|part| part.places).collect();
    places.sort_by(order);
    if let Some(horizon) = &horizon {
        places.retain(|place| order(place, horizon) != Ordering::Greater);
    }
    if places.len() > limit {
        places.truncate(limit);
        let next = places.last().cloned();
        return (places, next);
    }
    (places, horizon)
}
