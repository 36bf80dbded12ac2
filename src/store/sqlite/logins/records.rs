//! SQL of the login list, and of the time of last use.

use crate::domain::{
    LoginId, LoginOrigin, LoginQuery, LoginRecord, LoginSort, Page, SortOrder, Timestamp, UserId,
    Username,
};
use crate::store::sqlite::page::{self, PageQuery};
use rusqlite::{Connection, Row, params};
use std::net::IpAddr;
use std::time::Duration;

const COLUMNS: &str =
    "login.id, login.user_id, login.name, login.created_at, login.expires_at, login.token_tail,
    login.bypass_two_factor, address, client, last_used_at, user.username, user.name";

/// Password logins joined with their users.
const TABLES: &str = "login JOIN user ON user.id = login.user_id WHERE login.name IS NULL";

pub(super) fn page(
    connection: &Connection,
    query: &LoginQuery,
) -> rusqlite::Result<Page<LoginRecord>> {
    let (filter, values) = filter(query);
    let found = PageQuery {
        columns: COLUMNS,
        source: &format!("{TABLES}{filter}"),
        order: &format!("{}login.created_at DESC, login.id", order(query)),
        values: &values,
        offset: query.offset,
        limit: query.limit,
    };
    page::select(connection, &found, read)
}

/// Returns the conditions and the values of their question marks.
fn filter(query: &LoginQuery) -> (String, Vec<String>) {
    let mut conditions = format!(
        " AND (login.expires_at IS NULL OR login.expires_at > {})",
        query.now.as_millis()
    );
    let mut values = Vec::new();
    if let Some(user) = &query.user {
        conditions += " AND login.user_id = ?";
        values.push(user.as_str().to_owned());
    }
    if let Some(id) = &query.id {
        conditions += " AND login.id = ?";
        values.push(id.as_str().to_owned());
    }
    if let Some(text) = &query.filter {
        let mut searched =
            "lower(coalesce(client, '') || char(31) || coalesce(address, '') || char(31) || login.id)"
                .to_owned();
        if query.user.is_none() {
            searched += " || char(31) || username_key || char(31) || name_key";
        }
        conditions += &format!(" AND instr({searched}, ?) > 0");
        values.push(Username::key(text));
    }
    (conditions, values)
}

fn order(query: &LoginQuery) -> String {
    let mut columns = String::new();
    for (field, order) in &query.sort {
        columns += match field {
            LoginSort::CreatedAt => "login.created_at",
            LoginSort::Client => "client",
            LoginSort::Username => "username_key",
            LoginSort::Name => "name_key",
        };
        columns += match order {
            SortOrder::Ascending => ", ",
            SortOrder::Descending => " DESC, ",
        };
    }
    columns
}

fn read(row: &Row<'_>) -> rusqlite::Result<LoginRecord> {
    let address: Option<String> = row.get(7)?;
    let last_used_at: Option<i64> = row.get(9)?;
    Ok(LoginRecord {
        login: super::read(row)?,
        origin: LoginOrigin {
            address: address.and_then(|address| address.parse().ok()),
            client: row.get(8)?,
        },
        last_used_at: last_used_at.map(Timestamp::from_millis),
        username: row.get(10)?,
        name: row.get(11)?,
    })
}

/// Returns the `most` most recent addresses of a user's logins. Values that are not addresses are
/// ignored.
pub(super) fn addresses(
    connection: &Connection,
    user: &UserId,
    most: usize,
) -> rusqlite::Result<Vec<(IpAddr, Timestamp)>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT address, max(max(created_at, coalesce(last_used_at, 0))) AS used_at FROM login
         WHERE user_id = ?1 AND address IS NOT NULL GROUP BY address ORDER BY used_at DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![user.as_str(), most], |row| {
        let address = row.get::<_, String>(0)?.parse().ok();
        let used_at = Timestamp::from_millis(row.get(1)?);
        Ok(address.map(|address| (address, used_at)))
    })?;
    rows.filter_map(Result::transpose).collect()
}

pub(super) fn note_used(
    connection: &Connection,
    used: &[(LoginId, Timestamp)],
    apart: Duration,
) -> rusqlite::Result<()> {
    let apart = i64::try_from(apart.as_millis()).unwrap_or(i64::MAX);
    let mut note = connection.prepare_cached(
        "UPDATE login SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at <= ?2 - ?3)",
    )?;
    for (login, at) in used {
        note.execute(params![login.as_str(), at.as_millis(), apart])?;
    }
    Ok(())
}
