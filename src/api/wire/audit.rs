//! Records of the audit trail as JSON. The shape is ours.

use crate::api::wire::date::Rfc3339;
use crate::domain::{AuditRecord, Author, Page, Target};
use serde::Serialize;

/// The response to `audit.list`.
#[derive(Serialize)]
pub(in crate::api) struct AuditPage<'a> {
    records: Vec<AuditRow<'a>>,
    count: usize,
    offset: u64,
    total: u64,
}

#[derive(Serialize)]
struct AuditRow<'a> {
    id: u64,
    at: Rfc3339,
    action: &'static str,
    author: AuthorRow<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<TargetRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    detail: &'a str,
}

#[derive(Serialize)]
struct AuthorRow<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    _id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
}

#[derive(Serialize)]
struct TargetRow<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    _id: &'a str,
    name: &'a str,
}

impl<'a> AuditPage<'a> {
    pub(in crate::api) fn new(page: &'a Page<AuditRecord>, offset: u64) -> Self {
        Self {
            records: page.items.iter().map(AuditRow::from).collect(),
            count: page.items.len(),
            offset,
            total: page.total,
        }
    }
}

/// Renders one record as a line of JSON, as printed by `doorsign audit --json`.
pub(crate) fn audit_line(record: &AuditRecord) -> String {
    serde_json::to_string(&AuditRow::from(record)).unwrap_or_default()
}

impl<'a> From<&'a AuditRecord> for AuditRow<'a> {
    fn from(record: &'a AuditRecord) -> Self {
        let (entry, attribution) = (&record.entry, &record.entry.attribution);
        Self {
            id: record.id,
            at: attribution.at.into(),
            action: entry.action.as_str(),
            author: AuthorRow::from(&attribution.author),
            target: entry.target.as_ref().map(TargetRow::from),
            address: attribution.address.map(|address| address.to_string()),
            detail: &entry.detail,
        }
    }
}

impl<'a> From<&'a Author> for AuthorRow<'a> {
    fn from(author: &'a Author) -> Self {
        let user = author.user();
        Self {
            kind: author.kind(),
            _id: user.map(|(id, _)| id.as_str()),
            username: user.map(|(_, username)| username.as_str()),
        }
    }
}

impl<'a> From<&'a Target> for TargetRow<'a> {
    fn from(target: &'a Target) -> Self {
        Self {
            kind: target.kind.as_str(),
            _id: &target.id,
            name: &target.name,
        }
    }
}
