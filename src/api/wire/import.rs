//! The result of an import as JSON. The shape is ours.

use super::invitation::{InvitationRow, join_url};
use crate::api::error::error_type;
use crate::domain::{Error, Field};
use crate::service::invitations::{Import, ImportedRow, RowOutcome};
use serde::Serialize;

/// The response to `users.import`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct ImportReply<'a> {
    rows: Vec<RowReply<'a>>,
    created: usize,
    #[serde(flatten)]
    refusal: Option<ImportRefusal>,
}

/// Why nothing was imported.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportRefusal {
    success: bool,
    error_type: &'static str,
    error: &'static str,
}

/// The result of one row.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowReply<'a> {
    line: usize,
    username: &'a str,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(flatten)]
    refusal: Option<RowRefusal>,
}

/// Why a row is refused.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowRefusal {
    /// The column; absent if it concerns the whole row.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'static str>,
    error: String,
}

impl<'a> ImportReply<'a> {
    /// Renders an import on the server at `site_url`.
    pub(in crate::api) fn new(import: &'a Import, site_url: &str) -> Self {
        let rows = import.rows.iter();
        Self {
            rows: rows.map(|row| RowReply::new(row, site_url)).collect(),
            created: import.created,
            refusal: None,
        }
    }

    /// Renders an import that created no user, because rows are refused.
    pub(in crate::api) fn refused(import: &'a Import) -> Self {
        let refusal = ImportRefusal {
            success: false,
            error_type: "error-import-refused",
            error: "Rows of the table are refused, so no user was created: correct them and import again [error-import-refused]",
        };
        Self {
            refusal: Some(refusal),
            ..Self::new(import, "")
        }
    }
}

impl<'a> RowReply<'a> {
    fn new(row: &'a ImportedRow, site_url: &str) -> Self {
        let (action, link, refusal) = match &row.outcome {
            RowOutcome::Create(link) => ("create", link.as_ref(), None),
            RowOutcome::Skip => ("skip", None, None),
            RowOutcome::Refused(error) => ("error", None, Some(RowRefusal::from(error))),
        };
        Self {
            line: row.line,
            username: &row.username,
            action,
            invitation: link.map(|link| (&link.record).into()),
            url: link.map(|link| join_url(site_url, link)),
            refusal,
        }
    }
}

impl From<&Error> for RowRefusal {
    fn from(error: &Error) -> Self {
        Self {
            field: column(error),
            error_type: error_type(error),
            error: error.to_string(),
        }
    }
}

/// Returns the column that an error is about.
fn column(error: &Error) -> Option<&'static str> {
    let Error::Invalid { field, .. } = error else {
        return None;
    };
    Some(match field {
        Field::Username => "username",
        Field::FullName => "name",
        Field::Email => "email",
        Field::Role => "roles",
        _ => return None,
    })
}
