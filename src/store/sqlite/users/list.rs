//! SQL of a page of users.

use super::{COLUMNS, read};
use crate::domain::{Page, SortOrder, User, UserQuery, UserSort, Username};
use crate::store::sqlite::page::{self, PageQuery};
use rusqlite::Connection;

pub(super) fn page(connection: &Connection, query: &UserQuery) -> rusqlite::Result<Page<User>> {
    let (filter, values) = filter(query);
    let found = PageQuery {
        columns: COLUMNS,
        source: &format!("user {filter}"),
        order: &order(query),
        values: &values,
        offset: query.offset,
        limit: query.limit,
    };
    page::select(connection, &found, read)
}

/// Returns the WHERE clause and the values of its question marks.
fn filter(query: &UserQuery) -> (String, Vec<String>) {
    let (mut conditions, mut values) = (Vec::new(), query.roles.clone());
    if !query.roles.is_empty() {
        let marks = vec!["?"; query.roles.len()].join(", ");
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM user_role WHERE user_id = user.id AND role_id IN ({marks}))"
        ));
    }
    if let Some(email) = &query.email {
        conditions.push("email_key = ?".to_owned());
        values.push(Username::key(email));
    }
    if conditions.is_empty() {
        return (String::new(), values);
    }
    (format!("WHERE {}", conditions.join(" AND ")), values)
}

fn order(query: &UserQuery) -> String {
    let mut columns = String::new();
    for (field, order) in &query.sort {
        columns += match field {
            UserSort::Id => "id",
            UserSort::Username => "username_key",
            UserSort::Name => "name_key",
            UserSort::CreatedAt => "created_at",
            UserSort::Active => "active",
        };
        columns += match order {
            SortOrder::Ascending => ", ",
            SortOrder::Descending => " DESC, ",
        };
    }
    columns + "username_key"
}
