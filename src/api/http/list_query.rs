//! Paging and sort parameters of list requests. Source: Rocket.Chat `parseJsonQuery.ts`
//! and its ajv schemas; compatibility 4.2.

use super::query::Query;
use crate::api::error::ApiError;
use crate::app::Compat;
use crate::domain::{
    LoginQuery, LoginSort, SortField, SortOrder, StatusName, StatusQuery, Timestamp, UserId,
    UserKind, UserQuery, UserSort,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Parses the query of `custom-user-status.list`. The response repeats its offset.
pub(in crate::api) fn statuses(query: &str, compat: Compat) -> Result<StatusQuery, ApiError> {
    let known = ["count", "offset", "sort", "name", "_id"];
    let query = Query::parse_before_9(query, &known, &["query"], compat)?;
    let (offset, limit) = query.page()?;
    Ok(StatusQuery {
        id: query.filled("_id")?.map(str::to_owned),
        name_contains: query.filled("name")?.map(StatusName::search_key),
        sort: sort_of(&query, status_field)?,
        offset,
        limit,
    })
}

/// Parameters of `users.list` in later versions of Rocket.Chat, without effect: no user has custom
/// fields here.
const CUSTOM_FIELDS: [&str; 2] = ["customFields", "includeCustomFields"];

/// Parses the query of `users.list`.
pub(in crate::api) fn users(query: &str, compat: Compat) -> Result<UserQuery, ApiError> {
    let known = [&["count", "offset", "sort", "email"][..], &CUSTOM_FIELDS].concat();
    let query = Query::parse_before_9(query, &known, &["fields", "query"], compat)?;
    let (offset, limit) = query.page()?;
    query.text("customFields")?;
    query.flag("includeCustomFields")?;
    Ok(UserQuery {
        email: query.filled("email")?.map(str::to_owned),
        sort: sort_of(&query, user_field)?,
        offset,
        limit,
        ..UserQuery::default()
    })
}

/// The query of `users.listByStatus`.
pub(in crate::api) struct ByStatus {
    /// The filter, order and page.
    pub(in crate::api) query: UserQuery,
    /// A part of a name or address. The requester's permissions decide where it is searched.
    pub(in crate::api) search: Option<String>,
    /// Whether the filter can match any user at all.
    pub(in crate::api) matches: Matches,
}

/// Whether a filter can match anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Matches {
    Some,
    Nothing,
}

/// Parses the query of `users.listByStatus`. No user waits for approval here. As in Rocket.Chat,
/// the other reasons also match users without a stored reason, which are all here.
pub(in crate::api) fn users_by_status(query: &str) -> Result<ByStatus, ApiError> {
    let query = Query::parse(query, &BY_STATUS)?;
    let (offset, limit) = query.page()?;
    let active = query.text("status")?.map(|text| match text {
        "active" => Ok(true),
        "deactivated" => Ok(false),
        _ => Err(not_allowed("status", &["active", "deactivated"])),
    });
    let reasons = query.texts("inactiveReason")?;
    if reasons.iter().any(|reason| !REASONS.contains(reason)) {
        return Err(not_allowed("inactiveReason", &REASONS));
    }
    let kind = query.filled("type")?.map(kind);
    let waits_only = !reasons.is_empty() && reasons.iter().all(|reason| *reason == REASONS[0]);
    let mut roles: Vec<_> = query
        .texts("roles")?
        .into_iter()
        .map(str::to_owned)
        .collect();
    if roles.iter().any(|role| role == "all") {
        roles.clear();
    }
    let search = query.filled("searchTerm")?.map(str::to_owned);
    Ok(ByStatus {
        search: search.filter(|term| !term.trim().is_empty()),
        matches: if waits_only || kind == Some(None) {
            Matches::Nothing
        } else {
            Matches::Some
        },
        query: UserQuery {
            roles,
            active: active.transpose()?,
            has_logged_in: query.flag("hasLoggedIn")?,
            kind: kind.flatten(),
            sort: sort_of(&query, user_field)?,
            offset,
            limit,
            ..UserQuery::default()
        },
    })
}

/// Parses the query of `users.listStatusVisibility`: the page, and a part of a name.
pub(in crate::api) fn users_under_rules(
    query: &str,
) -> Result<(UserQuery, Option<String>), ApiError> {
    let query = Query::parse(query, &["searchTerm", "count", "offset"])?;
    let (offset, limit) = query.page()?;
    let search = query.filled("searchTerm")?.map(str::to_owned);
    let page = UserQuery {
        offset,
        limit,
        ..UserQuery::default()
    };
    Ok((page, search.filter(|term| !term.trim().is_empty())))
}

/// The parameters of `users.listByStatus`.
const BY_STATUS: [&str; 11] = [
    "status",
    "hasLoggedIn",
    "type",
    "roles",
    "roles[]",
    "searchTerm",
    "inactiveReason",
    "inactiveReason[]",
    "count",
    "offset",
    "sort",
];

/// Why users are deactivated, in Rocket.Chat.
const REASONS: [&str; 3] = ["pending_approval", "deactivated", "idle_too_long"];

fn not_allowed(name: &str, words: &[&str]) -> ApiError {
    ApiError::invalid_query("must be equal to one of the allowed values")
        .at(name)
        .words(words.iter().copied())
}

fn kind(text: &str) -> Option<UserKind> {
    match text {
        "user" => Some(UserKind::Person),
        "bot" => Some(UserKind::Bot),
        "app" => Some(UserKind::App),
        _ => None,
    }
}

/// Parses the query of `sessions/list`, for logins that are valid at `now`.
pub(in crate::api) fn logins(query: &str, now: Timestamp) -> Result<LoginQuery, ApiError> {
    logins_by(
        &Query::parse(query, &["count", "offset", "sort", "filter"])?,
        now,
    )
}

/// Parses the query of `sessions/list.all`. `userId` is ours.
pub(in crate::api) fn all_logins(query: &str, now: Timestamp) -> Result<LoginQuery, ApiError> {
    let known = ["count", "offset", "sort", "filter", "userId"];
    let query = Query::parse(query, &known)?;
    Ok(LoginQuery {
        user: query.filled("userId")?.map(UserId::new),
        ..logins_by(&query, now)?
    })
}

fn logins_by(query: &Query, now: Timestamp) -> Result<LoginQuery, ApiError> {
    let (offset, limit) = query.page()?;
    let raw = query.text("sort")?;
    let orders = raw.map_or_else(|| Ok(Vec::new()), orders)?;
    let field = |(name, order): (String, SortOrder)| match login_field(&name) {
        Some(field) => Ok((field, order)),
        None => Err(ApiError::Bare("error-invalid-sort-keys")),
    };
    Ok(LoginQuery {
        filter: query.filled("filter")?.map(str::to_owned),
        sort: orders.into_iter().map(field).collect::<Result<_, _>>()?,
        offset,
        limit,
        ..LoginQuery::all(now)
    })
}

fn sort_of<F: PartialEq>(
    query: &Query,
    field: fn(&str) -> Option<F>,
) -> Result<Vec<(F, SortOrder)>, ApiError> {
    let raw = query.text("sort")?;
    raw.map_or_else(|| Ok(Vec::new()), |raw| sort(raw, field))
}

/// Of a device, only the client's name is known.
fn login_field(name: &str) -> Option<LoginSort> {
    match name {
        "loginAt" => Some(LoginSort::CreatedAt),
        "device.name" | "device.os.name" | "device.os.version" => Some(LoginSort::Client),
        "_user.username" => Some(LoginSort::Username),
        "_user.name" => Some(LoginSort::Name),
        _ => None,
    }
}

fn status_field(name: &str) -> Option<SortField> {
    match name {
        "_id" => Some(SortField::Id),
        "name" => Some(SortField::Name),
        "statusType" => Some(SortField::StatusType),
        "_updatedAt" => Some(SortField::UpdatedAt),
        _ => None,
    }
}

fn user_field(name: &str) -> Option<UserSort> {
    match name {
        "_id" => Some(UserSort::Id),
        "username" => Some(UserSort::Username),
        "name" => Some(UserSort::Name),
        "createdAt" => Some(UserSort::CreatedAt),
        // Rocket.Chat sorts by activity where the status is requested.
        "active" | "status" => Some(UserSort::Active),
        "lastLogin" => Some(UserSort::LastLogin),
        _ => None,
    }
}

/// Parses the sort order. Each `field` counts once, at its first occurrence. Unknown names are
/// ignored, as in MongoDB.
fn sort<F: PartialEq>(
    raw: &str,
    field: fn(&str) -> Option<F>,
) -> Result<Vec<(F, SortOrder)>, ApiError> {
    let mut sort = Vec::new();
    for (name, order) in orders(raw)? {
        if let Some(field) = field(&name)
            && sort.iter().all(|(known, _)| *known != field)
        {
            sort.push((field, order));
        }
    }
    Ok(sort)
}

/// Returns the names to sort by, each with its direction, in the order given.
pub(super) fn orders(raw: &str) -> Result<Vec<(String, SortOrder)>, ApiError> {
    let invalid = || ApiError::InvalidSort(raw.to_owned());
    let Pairs(pairs) = serde_json::from_str(raw).map_err(|_| invalid())?;
    let order = |(name, direction)| match direction {
        1.0 => Ok((name, SortOrder::Ascending)),
        -1.0 => Ok((name, SortOrder::Descending)),
        _ => Err(invalid()),
    };
    pairs.into_iter().map(order).collect()
}

/// A JSON object of numbers that keeps its order, which is the order to sort by.
struct Pairs(Vec<(String, f64)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of 1 and -1")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(query: &str) -> Option<Option<u64>> {
        statuses(query, Compat::Eight).ok().map(|query| query.limit)
    }

    #[test]
    fn counts_are_read_as_in_rocket_chat() {
        for (query, expected) in [
            ("", Some(Some(50))),
            ("count=", Some(Some(50))),
            ("count=7", Some(Some(7))),
            ("count=1e2", Some(Some(100))),
            ("count=1000", Some(Some(100))),
            ("count=0", Some(None)),
            ("count=abc", None),
            ("count=-1", None),
            ("count=1.5", None),
            ("count=1&count=2", None),
            ("count=NaN", None),
            ("count=inf", None),
        ] {
            assert_eq!(limit(query), expected, "{query}");
        }
    }

    #[test]
    fn sorting_keeps_the_order_of_the_fields() {
        let sort = |text: &str| sort(text, status_field).ok();
        assert_eq!(
            sort(r#"{"statusType":-1,"name":1,"other":1}"#),
            Some(vec![
                (SortField::StatusType, SortOrder::Descending),
                (SortField::Name, SortOrder::Ascending)
            ])
        );
        for invalid in [
            "",
            "name",
            "[]",
            "1",
            r#"{"name":2}"#,
            r#"{"name":"1"}"#,
            r#"{"name":null}"#,
        ] {
            assert_eq!(sort(invalid), None, "{invalid}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_query_panics(query in ".{0,200}") {
            let _ = statuses(&query, Compat::Nine);
        }

        #[test]
        fn no_sort_panics(raw in r#"[\[\]{}":,a-z0-9.+\-_]{0,60}"#) {
            let _ = sort(&raw, status_field);
        }
    }
}
