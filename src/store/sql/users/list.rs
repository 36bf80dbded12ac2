//! A page of users in SQL.

use super::rows::{COLUMNS, read};
use crate::domain::{Page, Result, User, UserQuery, UserSort, Username};
use crate::store::sql::Sql;
use crate::store::sql::filter::Filter;
use crate::store::sql::page::{self, PageQuery, sort_columns};

pub(super) fn page(sql: &impl Sql, query: &UserQuery) -> Result<Page<User>> {
    let email = query.email.as_deref().map(Username::key);
    let found = PageQuery {
        columns: COLUMNS,
        tables: "user",
        filter: filter(query, email.as_deref()),
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
    filter
}

const fn column(field: UserSort) -> &'static str {
    match field {
        UserSort::Id => "id",
        UserSort::Username => "username_key",
        UserSort::Name => "name_key",
        UserSort::CreatedAt => "created_at",
        UserSort::Active => "active",
    }
}
