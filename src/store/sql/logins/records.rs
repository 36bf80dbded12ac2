//! The login list, and the time of last use, in SQL.

use super::rows::{self, LAST_USED};
use crate::domain::{
    LoginId, LoginOrigin, LoginQuery, LoginRecord, LoginSort, Page, Result, Timestamp, UserId,
    Username,
};
use crate::store::sql::filter::Filter;
use crate::store::sql::page::{self, PageQuery, sort_columns};
use crate::store::sql::{Row, Sql, values};
use std::net::IpAddr;
use std::time::Duration;

const COLUMNS: &str =
    "login.id, login.user_id, login.name, login.created_at, login.expires_at, login.token_tail,
    login.bypass_two_factor, address, client, last_used_at, user.username, user.name";

/// The text that is searched, separated by a character that no search contains.
const SEARCHED: &str =
    "lower(coalesce(client, '') || '\u{1f}' || coalesce(address, '') || '\u{1f}' || login.id)";

pub(super) fn page<S: Sql>(sql: &S, query: &LoginQuery) -> Result<Page<LoginRecord>> {
    let text = query.filter.as_deref().map(Username::key);
    let found = PageQuery {
        columns: COLUMNS,
        tables: "login JOIN user ON user.id = login.user_id",
        filter: filter::<S>(query, text.as_deref()),
        order: sort_columns(&query.sort, column) + "login.created_at DESC, login.id",
        offset: query.offset,
        limit: query.limit,
    };
    page::select(sql, found, |row| read(row))
}

/// Selects password logins that are live.
fn filter<'a, S: Sql>(query: &'a LoginQuery, text: Option<&'a str>) -> Filter<'a> {
    let mut filter = Filter::default();
    let now = filter.bind(query.now);
    filter.and(&format!(
        "login.name IS NULL AND (login.expires_at IS NULL OR login.expires_at > {now})"
    ));
    if let Some(user) = &query.user {
        let user = filter.bind(user.as_str());
        filter.and(&format!("login.user_id = {user}"));
    }
    if let Some(id) = &query.id {
        let id = filter.bind(id.as_str());
        filter.and(&format!("login.id = {id}"));
    }
    if let Some(text) = text {
        let (position, text) = (S::POSITION, filter.bind(text));
        let names = match query.user {
            Some(_) => "",
            None => " || '\u{1f}' || username_key || '\u{1f}' || name_key",
        };
        filter.and(&format!("{position}({SEARCHED}{names}, {text}) > 0"));
    }
    filter
}

const fn column(field: LoginSort) -> &'static str {
    match field {
        LoginSort::CreatedAt => "login.created_at",
        LoginSort::Client => "client",
        LoginSort::Username => "username_key",
        LoginSort::Name => "name_key",
    }
}

fn read(row: &impl Row) -> Result<LoginRecord> {
    let address: Option<&str> = row.get(7)?;
    Ok(LoginRecord {
        login: rows::read(row)?,
        origin: LoginOrigin {
            address: address.and_then(|address| address.parse().ok()),
            client: row.get(8)?,
        },
        last_used_at: row.get(9)?,
        username: row.get(10)?,
        name: row.get(11)?,
    })
}

/// Returns the `most` most recent addresses of a user's logins. Values that are not addresses are
/// ignored.
pub(super) fn addresses(
    sql: &impl Sql,
    user: &UserId,
    most: usize,
) -> Result<Vec<(IpAddr, Timestamp)>> {
    let select = format!(
        "SELECT address, max({LAST_USED}) AS used_at FROM login
         WHERE user_id = $1 AND address IS NOT NULL GROUP BY address ORDER BY used_at DESC LIMIT $2"
    );
    let rows = sql.all(&select, values![user.as_str(), most], |row| {
        let (address, used_at): (&str, _) = (row.get(0)?, row.get(1)?);
        Ok(address.parse().ok().map(|address| (address, used_at)))
    })?;
    Ok(rows.into_iter().flatten().collect())
}

pub(super) fn note_used(
    sql: &impl Sql,
    used: &[(LoginId, Timestamp)],
    apart: Duration,
) -> Result<()> {
    let apart = i64::try_from(apart.as_millis()).unwrap_or(i64::MAX);
    for (login, at) in used {
        let before = Timestamp::from_millis(at.as_millis().saturating_sub(apart));
        sql.run(
            "UPDATE login SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)",
            values![*at, login.as_str(), before],
        )?;
    }
    Ok(())
}
