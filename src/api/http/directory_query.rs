//! The parameters of `directory`. Source: Rocket.Chat `apps/meteor/app/api/server/v1/misc.ts` and
//! `browseChannels.ts`.

use super::list_query::orders;
use super::query::Query;
use crate::api::error::ApiError;
use crate::app::Compat;
use crate::domain::{SortOrder, UserQuery, UserSort};
use serde::Deserialize;

/// The parameters. `workspace` is accepted: there is only one. Clients of Rocket.Chat 8 may send the
/// others in `query`.
const KNOWN: [&str; 6] = ["count", "offset", "sort", "text", "type", "workspace"];

/// Rocket.Chat's answer to parameters that it does not understand, and to those who may not search.
pub(in crate::api) const UNCLEAR: ApiError = ApiError::Bare("Please verify the parameters");

/// What a request searches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum DirectoryKind {
    Users,
    /// Channels or teams.
    Rooms,
}

/// The JSON in `query`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Filter {
    text: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// What a request asks for.
pub(in crate::api) struct Asked {
    pub(in crate::api) kind: DirectoryKind,
    /// The text to search for; empty for all.
    pub(in crate::api) text: String,
    pub(in crate::api) query: UserQuery,
}

/// Parses a query string.
pub(in crate::api) fn read(query: &str, compat: Compat) -> Result<Asked, ApiError> {
    let query = Query::parse_before_9(query, &KNOWN, &["query"], compat)?;
    let (offset, limit) = query.page()?;
    query.text("workspace")?;
    let filter = query.filled("query")?.map(serde_json::from_str);
    let filter: Filter = filter.transpose().map_err(|_| UNCLEAR)?.unwrap_or_default();
    let kind = query.filled("type")?.or(filter.kind.as_deref());
    let kind = kind.map_or(Ok(DirectoryKind::Rooms), named)?;
    let text = query.filled("text")?.or(filter.text.as_deref());
    Ok(Asked {
        kind,
        text: text.unwrap_or_default().to_owned(),
        query: UserQuery {
            sort: vec![sort(kind, query.filled("sort")?)?],
            offset,
            limit,
            ..UserQuery::default()
        },
    })
}

fn named(kind: &str) -> Result<DirectoryKind, ApiError> {
    match kind {
        "users" => Ok(DirectoryKind::Users),
        "channels" | "teams" => Ok(DirectoryKind::Rooms),
        _ => Err(UNCLEAR),
    }
}

/// Returns the one key to sort by; the display name by default.
fn sort(kind: DirectoryKind, raw: Option<&str>) -> Result<(UserSort, SortOrder), ApiError> {
    let orders = raw.map_or_else(|| Ok(Vec::new()), orders)?;
    match orders.as_slice() {
        [] => Ok((UserSort::Name, SortOrder::Ascending)),
        [(name, order)] => Ok((field(kind, name)?, *order)),
        _ => {
            let text = "This method support only one \"sort\" parameter";
            Err(ApiError::Bare(text))
        }
    }
}

/// Returns a key that Rocket.Chat knows for this kind. Users have no rooms to count; those are
/// sorted by username, as are addresses and bios.
fn field(kind: DirectoryKind, name: &str) -> Result<UserSort, ApiError> {
    match (kind, name) {
        (_, "name") => Ok(UserSort::Name),
        (_, "createdAt") => Ok(UserSort::CreatedAt),
        (_, "usersCount")
        | (DirectoryKind::Users, "username" | "email" | "bio")
        | (DirectoryKind::Rooms, "usernames" | "lastMessage") => Ok(UserSort::Username),
        _ => Err(UNCLEAR),
    }
}
