//! The rules of status visibility as JSON.

use crate::domain::{Page, User, Username};
use crate::service::presence::VisiblePresence;
use crate::service::users::visibility::ShownRules;
use serde::Serialize;

/// The response to `users.listStatusVisibility`.
#[derive(Serialize)]
pub(in crate::api) struct VisibilityPage<'a> {
    users: Vec<VisibilityRow<'a>>,
    count: usize,
    offset: u64,
    total: u64,
}

/// A user under a rule of an administrator. `statusText` is missing if it is empty.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VisibilityRow<'a> {
    #[serde(rename = "_id")]
    _id: &'a str,
    username: &'a str,
    name: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    status_text: &'a str,
    presence_disabled_by_admin: bool,
    status_visibility_denied_by_admin: Vec<&'a str>,
}

impl<'a> VisibilityPage<'a> {
    /// Renders a page with the presence of each user, in the same order.
    pub(in crate::api) fn new(
        page: &'a Page<(User, ShownRules)>,
        shown: &'a [VisiblePresence],
        offset: u64,
    ) -> Self {
        let row =
            |((user, rules), shown): (&'a (User, ShownRules), &'a VisiblePresence)| VisibilityRow {
                _id: user.id.as_str(),
                username: user.username.as_str(),
                name: &user.name,
                status: shown.status.as_str(),
                status_text: &shown.text,
                presence_disabled_by_admin: rules.is_disabled,
                status_visibility_denied_by_admin: names(&rules.denied_by_admin),
            };
        Self {
            users: page.items.iter().zip(shown).map(row).collect(),
            count: page.items.len(),
            offset,
            total: page.total,
        }
    }
}

/// Returns usernames as texts.
pub(super) fn names(usernames: &[Username]) -> Vec<&str> {
    usernames.iter().map(Username::as_str).collect()
}
