//! A page of users in SQL.

use super::rows::{COLUMNS, read};
use crate::domain::{Page, Result, User, UserKind, UserQuery, UserSearch, UserSort, Username};
use crate::store::sql::Sql;
use crate::store::sql::filter::Filter;
use crate::store::sql::page::{self, PageQuery, sort_columns};

pub(super) fn page<S: Sql>(sql: &S, query: &UserQuery) -> Result<Page<User>> {
    let email = query.email.as_deref().map(Username::key);
    let search = query.search.as_ref().map(searched);
    let mut filter = filter(query, email.as_deref());
    if let (Some(kind), Some((key, text))) = (&query.search, &search) {
        found_by::<S>(&mut filter, kind, key, text);
    }
    let found = PageQuery {
        columns: COLUMNS,
        tables: "user",
        filter,
        order: sort_columns(&query.sort, column) + "username_key",
        offset: query.offset,
        limit: query.limit,
    };
    page::select(sql, found, |row| read(row))
}

fn filter<'a>(query: &'a UserQuery, email: Option<&'a str>) -> Filter<'a> {
    let mut filter = Filter::default();
    if !query.roles.is_empty() {
        let roles = filter.bind_all(query.roles.iter().map(String::as_str));
        filter.and(&format!(
            "EXISTS (SELECT 1 FROM user_role WHERE user_id = user.id AND role_id IN ({roles}))"
        ));
    }
    if let Some(email) = email {
        let email = filter.bind(email);
        filter.and(&format!("email_key = {email}"));
    }
    if let Some(active) = query.active {
        let active = filter.bind(active);
        filter.and(&format!("active = {active}"));
    }
    match query.has_logged_in {
        None => {}
        Some(true) => filter.and("last_login_at IS NOT NULL"),
        Some(false) => filter.and("last_login_at IS NULL"),
    }
    if let Some(since) = query.idle_since {
        let since = filter.bind(since);
        filter.and(&format!(
            "created_at <= {since} AND coalesce(last_login_at, created_at) <= {since} AND NOT EXISTS (
                SELECT 1 FROM login WHERE login.user_id = user.id AND coalesce(last_used_at, login.created_at) > {since})"
        ));
    }
    if query.has_admin_rule {
        filter.and("(presence_disabled = 1 OR status_denied_by_admin IS NOT NULL)");
    }
    match query.kind {
        None => {}
        Some(UserKind::App) => filter.and(IS_APP),
        Some(UserKind::Bot) => filter.and(&format!("{IS_BOT} AND NOT {IS_APP}")),
        Some(UserKind::Person) => filter.and(&format!("NOT {IS_BOT} AND NOT {IS_APP}")),
    }
    filter
}

/// The conditions of `User::kind`.
const IS_APP: &str = "EXISTS (SELECT 1 FROM user_role WHERE user_id = user.id AND role_id = 'app')";
const IS_BOT: &str = "EXISTS (SELECT 1 FROM user_role WHERE user_id = user.id AND role_id = 'bot')";

/// Returns the text as the key columns hold it, and as `lower` returns it, which changes only ASCII
/// letters.
fn searched(search: &UserSearch) -> (String, String) {
    let (UserSearch::Names(text)
    | UserSearch::Profiles(text)
    | UserSearch::NamesAndAddresses(text)) = search;
    (Username::key(text), text.to_ascii_lowercase())
}

/// Selects users with the searched text in a name, profile or address. Nicknames and bios have no
/// key columns, so only their ASCII letters match without regard to case.
fn found_by<'a, S: Sql>(filter: &mut Filter<'a>, search: &UserSearch, key: &'a str, text: &'a str) {
    let key = filter.bind(key);
    let contains = |column: &str| format!("{}({column}, {key}) > 0", S::POSITION);
    let names = format!("{} OR {}", contains("username_key"), contains("name_key"));
    let found = match search {
        UserSearch::Names(_) => names,
        UserSearch::Profiles(_) => {
            let text = filter.bind(text);
            let [nickname, bio] = ["nickname", "bio"]
                .map(|column| format!("{}(lower({column}), {text}) > 0", S::POSITION));
            format!("{names} OR {nickname} OR {bio}")
        }
        UserSearch::NamesAndAddresses(_) => format!("{names} OR {}", contains("email_key")),
    };
    filter.and(&format!("({found})"));
}

const fn column(field: UserSort) -> &'static str {
    match field {
        UserSort::Id => "id",
        UserSort::Username => "username_key",
        UserSort::Name => "name_key",
        UserSort::CreatedAt => "created_at",
        UserSort::Active => "active",
        UserSort::LastLogin => "last_login_at",
    }
}
