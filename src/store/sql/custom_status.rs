//! Custom statuses in SQL. The unique index decides which names are taken.

use super::filter::Filter;
use super::page::{self, PageQuery, sort_columns};
use super::{Engine, Row, Signal, SpaceClass, Sql, Value, WriteError, outbox, values};
use crate::domain::{
    By, Change, CustomStatus, Error, NewEvent, Page, Result, SortField, StatusId, StatusName,
    StatusQuery, StatusType, What,
};
use crate::store::{ChangeKind, CustomStatuses};
use async_trait::async_trait;

const COLUMNS: &str = "id, name, status_type, updated_at";
/// The signals of a change of custom statuses.
const STATUSES: &[Signal] = &[Signal::ChangeKind(ChangeKind::CustomStatuses)];

#[async_trait]
impl<E: Engine> CustomStatuses for E {
    async fn create_status(&self, status: CustomStatus, event: NewEvent) -> Result<()> {
        self.write(SpaceClass::Common, STATUSES, move |sql| {
            create(sql, &status, &event)
        })
        .await
    }

    async fn update_status(&self, status: CustomStatus, event: NewEvent) -> Result<()> {
        self.write(SpaceClass::Common, STATUSES, move |sql| {
            update(sql, &status, &event)
        })
        .await
    }

    async fn delete_status(&self, id: StatusId, by: By) -> Result<()> {
        self.write(SpaceClass::Reserve, STATUSES, move |sql| {
            delete(sql, &id, &by)
        })
        .await
    }

    async fn find_status(&self, id: StatusId) -> Result<Option<CustomStatus>> {
        self.read(move |sql| find(sql, &id)).await
    }

    async fn find_status_named(&self, name: StatusName) -> Result<Option<CustomStatus>> {
        self.read(move |sql| find_named(sql, &name)).await
    }

    async fn list_statuses(&self, query: StatusQuery) -> Result<Page<CustomStatus>> {
        self.read(move |sql| list(sql, &query)).await
    }
}

fn create(sql: &impl Sql, status: &CustomStatus, event: &NewEvent) -> Result<()> {
    sql.execute(
        "INSERT INTO custom_user_status (name, name_key, status_type, updated_at, id) VALUES ($1, $2, $3, $4, $5)",
        &columns(status, &status.name.key()),
    )
    .map_err(name_taken)?;
    count(sql, 1)?;
    outbox::append(sql, event)
}

fn update(sql: &impl Sql, status: &CustomStatus, event: &NewEvent) -> Result<()> {
    let changed = sql
        .execute(
            "UPDATE custom_user_status SET name = $1, name_key = $2, status_type = $3, updated_at = $4 WHERE id = $5",
            &columns(status, &status.name.key()),
        )
        .map_err(name_taken)?;
    if changed == 0 {
        return Err(not_found(&status.id));
    }
    outbox::append(sql, event)
}

fn delete(sql: &impl Sql, id: &StatusId, by: &By) -> Result<()> {
    let status = find(sql, id)?.ok_or_else(|| not_found(id))?;
    sql.run(
        "DELETE FROM custom_user_status WHERE id = $1",
        values![id.as_str()],
    )?;
    count(sql, -1)?;
    outbox::append(sql, &by.event(Change::StatusDeleted(status)))
}

/// Updates the total number of statuses, in the transaction of the change.
fn count(sql: &impl Sql, change: i64) -> Result<()> {
    sql.run(
        "UPDATE custom_user_status_total SET total = total + $1 WHERE id = 1",
        values![change],
    )
}

fn find(sql: &impl Sql, id: &StatusId) -> Result<Option<CustomStatus>> {
    let select = format!("SELECT {COLUMNS} FROM custom_user_status WHERE id = $1");
    sql.first(&select, values![id.as_str()], |row| read(row))
}

fn find_named(sql: &impl Sql, name: &StatusName) -> Result<Option<CustomStatus>> {
    let select = format!("SELECT {COLUMNS} FROM custom_user_status WHERE name = $1");
    sql.first(&select, values![name.as_str()], |row| read(row))
}

fn list<S: Sql>(sql: &S, query: &StatusQuery) -> Result<Page<CustomStatus>> {
    let found = PageQuery {
        columns: COLUMNS,
        tables: "custom_user_status",
        filter: filter::<S>(query),
        order: order(query),
        offset: query.offset,
        limit: query.limit,
    };
    if !found.filter.is_empty() {
        return page::select(sql, found, |row| read(row));
    }
    // Counting all rows would take longer than reading a page.
    let total = sql.only(
        "SELECT total FROM custom_user_status_total WHERE id = 1",
        &[],
    )?;
    let items = page::items(sql, found, |row| read(row))?;
    Ok(Page { items, total })
}

fn filter<S: Sql>(query: &StatusQuery) -> Filter<'_> {
    let mut filter = Filter::default();
    if let Some(id) = &query.id {
        let id = filter.bind(id);
        filter.and(&format!("id = {id}"));
    }
    if let Some(key) = &query.name_contains {
        let key = filter.bind(key);
        filter.and(&format!("{}(name_key, {key}) > 0", S::POSITION));
    }
    filter
}

/// Returns the sort columns, of which the last one is unique, so that paging is stable.
fn order(query: &StatusQuery) -> String {
    let by_name = |(field, _): &_| *field == SortField::Name;
    let unique = if query.sort.is_empty() || query.sort.iter().any(by_name) {
        "name"
    } else {
        "id"
    };
    sort_columns(&query.sort, column) + unique
}

const fn column(field: SortField) -> &'static str {
    match field {
        SortField::Id => "id",
        SortField::Name => "name",
        SortField::StatusType => "status_type",
        SortField::UpdatedAt => "updated_at",
    }
}

/// The values of a row: name, key, type, time and id.
fn columns<'a>(status: &'a CustomStatus, key: &'a str) -> [Value<'a>; 5] {
    [
        status.name.as_str().into(),
        key.into(),
        status.status_type.as_str().into(),
        status.updated_at.into(),
        status.id.as_str().into(),
    ]
}

fn read(row: &impl Row) -> Result<CustomStatus> {
    Ok(CustomStatus {
        id: StatusId::new(row.get::<String>(0)?),
        name: StatusName::stored(row.get(1)?),
        status_type: StatusType::named(row.get(2)?).unwrap_or(StatusType::Unset), // The table's CHECK allows no other value.
        updated_at: row.get(3)?,
    })
}

fn name_taken(source: WriteError) -> Error {
    source.if_unique(|| Error::NameTaken)
}

fn not_found(id: &StatusId) -> Error {
    Error::NotFound(What::Status(id.as_str().to_owned()))
}
