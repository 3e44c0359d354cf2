//! Endpoints: each belongs to a node or queue with a URL in the same partition, which has all that pushing needs.

use std::collections::BTreeMap;

use super::facts::pairs;
use super::{Audit, Finding, pages};
use crate::domain::Partition;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// Endpoints that one call reads: three commands each.
const PAGE: usize = 200;

/// An endpoint, or a node or queue that may have one: the partition, the kind of its owner (`node`, `queue`)
/// and that one's name.
pub(super) type Owner = (Partition, String, String);

/// What is stored about it, as of one moment.
#[derive(Debug, Clone, Default)]
struct Facts {
    /// Whether its owner is there and has a URL.
    has_url: bool,
    /// Whether it is in the list by which pushers find it.
    is_listed: bool,
    /// Its own record, without the secrets themselves.
    record: BTreeMap<String, String>,
}

impl Audit<'_> {
    pub(super) async fn look_at_endpoints(&mut self) -> Result<(), StoreError> {
        let owners: Vec<Owner> = self.endpoints.iter().cloned().collect();
        for (partition, page) in pages(&owners, PAGE, |owner| owner.0) {
            let mut args = Args::default();
            for (_, kind, name) in page {
                args.push(kind).push(name);
            }
            let call = self
                .core
                .call(&scripts::AUDIT_ENDPOINT, partition, "", &args);
            let mut reply = call.await?;
            for (_, kind, name) in page {
                let facts = Facts {
                    has_url: !reply.text()?.is_empty(),
                    is_listed: reply.text()? == "1",
                    record: pairs(&mut reply)?,
                };
                self.report.note(facts.findings(&format!("{kind}:{name}")));
            }
        }
        Ok(())
    }
}

impl Facts {
    /// What does not hold. One that is nothing of these was removed in the meantime, or never was.
    fn findings(&self, endpoint: &str) -> Vec<Finding> {
        let endpoint = || endpoint.to_owned();
        if !self.has_url {
            let is_left = self.is_listed || !self.record.is_empty();
            let left = is_left.then(|| Finding::EndpointWithoutOwner {
                endpoint: endpoint(),
            });
            return left.into_iter().collect();
        }
        let mut findings = Vec::new();
        if !self.is_listed {
            findings.push(Finding::EndpointNotListed {
                endpoint: endpoint(),
            });
        }
        let missing = self.missing().map(|field| Finding::EndpointIncomplete {
            endpoint: endpoint(),
            field: field.to_owned(),
        });
        findings.extend(missing);
        findings
    }

    /// Fields that are to be there and are not, or are no moment where one is called for.
    fn missing(&self) -> impl Iterator<Item = &'static str> {
        let has = |field: &str| self.record.contains_key(field);
        let is_moment = |field: &str| {
            let text = self.record.get(field);
            text.is_some_and(|text| text.parse::<u64>().is_ok())
        };
        // It was left alone for something; then it is also known until when.
        let has_opened = has("open_until") || has("failures") || has("error");
        let lacks = [
            ("secret", !has("secret")),
            ("open_until", has_opened && !is_moment("open_until")),
            (
                "secret_until",
                has("secret_before") && !is_moment("secret_until"),
            ),
        ];
        lacks
            .into_iter()
            .filter_map(|(field, is_missing)| is_missing.then_some(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(has_url: bool, is_listed: bool, record: &[(&str, &str)]) -> Facts {
        let pair = |(field, value): &(&str, &str)| ((*field).to_owned(), (*value).to_owned());
        Facts {
            has_url,
            is_listed,
            record: record.iter().map(pair).collect(),
        }
    }

    /// The words of what is found, and the fields that are missing.
    fn found(facts: &Facts) -> Vec<String> {
        let findings = facts.findings("node:n").into_iter();
        findings
            .map(|finding| match finding {
                Finding::EndpointWithoutOwner { .. } => "without owner".to_owned(),
                Finding::EndpointNotListed { .. } => "not listed".to_owned(),
                Finding::EndpointIncomplete { field, .. } => field,
                other => other.to_string(),
            })
            .collect()
    }

    #[test]
    fn an_endpoint_has_an_owner_a_place_in_the_list_and_a_secret() {
        let secret = [("secret", "1")];
        assert!(found(&facts(true, true, &secret)).is_empty());
        assert!(found(&facts(false, false, &[])).is_empty());
        assert_eq!(found(&facts(false, true, &[])), ["without owner"]);
        assert_eq!(found(&facts(false, false, &secret)), ["without owner"]);
        assert_eq!(found(&facts(true, false, &secret)), ["not listed"]);
        assert_eq!(found(&facts(true, false, &[])), ["not listed", "secret"]);
    }

    #[test]
    fn what_has_opened_or_was_rotated_says_until_when() {
        let with = |more: &[(&str, &str)]| {
            let record = [&[("secret", "1")], more].concat();
            found(&facts(true, true, &record))
        };
        assert!(with(&[("open_until", "1"), ("failures", "5"), ("error", "")]).is_empty());
        assert!(with(&[("opened", "3")]).is_empty(), "it is closed again");
        assert_eq!(with(&[("failures", "5")]), ["open_until"]);
        assert_eq!(with(&[("error", "x")]), ["open_until"]);
        assert_eq!(with(&[("open_until", "soon")]), ["open_until"]);
        assert!(with(&[("secret_before", "1"), ("secret_until", "2")]).is_empty());
        assert_eq!(with(&[("secret_before", "1")]), ["secret_until"]);
    }
}
