//! SQL of the custom statuses. The unique index decides which names are taken.

use super::job::Signal;
use super::space::SpaceClass;
use super::{SqliteStore, error, is_unique, outbox};
use crate::domain::{
    By, Change, CustomStatus, Error, NewEvent, Result, StatusId, StatusName, StatusType, Timestamp,
    What,
};
use crate::domain::{Page, SortField, SortOrder, StatusQuery};
use crate::store::{ChangeKind, CustomStatuses};
use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

const COLUMNS: &str = "id, name, status_type, updated_at";
/// The signals of a change of custom statuses.
const STATUSES: &[Signal] = &[Signal::ChangeKind(ChangeKind::CustomStatuses)];

#[async_trait]
impl CustomStatuses for SqliteStore {
    async fn create_status(&self, status: CustomStatus, event: NewEvent) -> Result<()> {
        self.writer
            .write(SpaceClass::Common, STATUSES, move |c| {
                create(c, &status, &event)
            })
            .await
    }

    async fn update_status(&self, status: CustomStatus, event: NewEvent) -> Result<()> {
        self.writer
            .write(SpaceClass::Common, STATUSES, move |c| {
                update(c, &status, &event)
            })
            .await
    }

    async fn delete_status(&self, id: StatusId, by: By) -> Result<()> {
        self.writer
            .write(SpaceClass::Reserve, STATUSES, move |c| delete(c, &id, &by))
            .await
    }

    async fn find_status(&self, id: StatusId) -> Result<Option<CustomStatus>> {
        self.readers.read(move |c| find(c, &id)).await
    }

    async fn find_status_named(&self, name: StatusName) -> Result<Option<CustomStatus>> {
        self.readers.read(move |c| find_named(c, &name)).await
    }

    async fn list_statuses(&self, query: StatusQuery) -> Result<Page<CustomStatus>> {
        self.readers.read(move |c| list(c, &query)).await
    }
}

pub(super) fn create(
    connection: &Connection,
    status: &CustomStatus,
    event: &NewEvent,
) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO custom_user_status (id, name, name_key, status_type, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)")
        .and_then(|mut insert| insert.execute(columns(status)))
        .map_err(|e| name_taken(&e))?;
    count(connection, 1).map_err(|e| error(&e))?;
    outbox::append(connection, event)
}

pub(super) fn update(
    connection: &Connection,
    status: &CustomStatus,
    event: &NewEvent,
) -> Result<()> {
    let changed = connection
        .prepare_cached("UPDATE custom_user_status SET name = ?2, name_key = ?3, status_type = ?4, updated_at = ?5 WHERE id = ?1")
        .and_then(|mut update| update.execute(columns(status)))
        .map_err(|e| name_taken(&e))?;
    if changed == 0 {
        return Err(not_found(&status.id));
    }
    outbox::append(connection, event)
}

fn delete(connection: &Connection, id: &StatusId, by: &By) -> Result<()> {
    let status = find(connection, id)
        .map_err(|e| error(&e))?
        .ok_or_else(|| not_found(id))?;
    connection
        .prepare_cached("DELETE FROM custom_user_status WHERE id = ?1")
        .and_then(|mut delete| delete.execute([id.as_str()]))
        .and_then(|deleted| count(connection, -i64::try_from(deleted).unwrap_or(0)))
        .map_err(|e| error(&e))?;
    outbox::append(connection, &by.event(Change::StatusDeleted(status)))
}

/// Updates the total number of statuses, in the transaction of the change.
fn count(connection: &Connection, change: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE custom_user_status_total SET total = total + ?1 WHERE id = 1")?
        .execute([change])
        .map(drop)
}

pub(super) fn find(
    connection: &Connection,
    id: &StatusId,
) -> rusqlite::Result<Option<CustomStatus>> {
    let sql = format!("SELECT {COLUMNS} FROM custom_user_status WHERE id = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([id.as_str()], read)
        .optional()
}

pub(super) fn find_named(
    connection: &Connection,
    name: &StatusName,
) -> rusqlite::Result<Option<CustomStatus>> {
    let sql = format!("SELECT {COLUMNS} FROM custom_user_status WHERE name = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([name.as_str()], read)
        .optional()
}

pub(super) fn list(
    connection: &Connection,
    query: &StatusQuery,
) -> rusqlite::Result<Page<CustomStatus>> {
    let (filter, mut values) = filter(query);
    let total = if values.is_empty() {
        connection
            .prepare_cached("SELECT total FROM custom_user_status_total WHERE id = 1")?
            .query_row([], |row| row.get::<_, i64>(0))?
    } else {
        let sql = format!("SELECT count(*) FROM custom_user_status {filter}");
        connection
            .prepare_cached(&sql)?
            .query_row(params_from_iter(&values), |row| row.get(0))?
    };
    values.push(Value::Integer(
        query
            .limit
            .map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX)),
    ));
    values.push(Value::Integer(
        i64::try_from(query.offset).unwrap_or(i64::MAX),
    ));
    let sql = format!(
        "SELECT {COLUMNS} FROM custom_user_status {filter} ORDER BY {} LIMIT ? OFFSET ?",
        order(query)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let items = statement
        .query_map(params_from_iter(&values), read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Page {
        items,
        total: u64::try_from(total).unwrap_or(0),
    })
}

/// Returns the WHERE clause and the values of its `?`s.
fn filter(query: &StatusQuery) -> (String, Vec<Value>) {
    let id = query.id.as_ref().map(|id| ("id = ?", id.clone()));
    let name = query
        .name_contains
        .as_ref()
        .map(|key| ("instr(name_key, ?) > 0", key.clone()));
    let (clauses, values): (Vec<_>, Vec<_>) = id
        .into_iter()
        .chain(name)
        .map(|(sql, text)| (sql, Value::Text(text)))
        .unzip();
    if clauses.is_empty() {
        (String::new(), values)
    } else {
        (format!("WHERE {}", clauses.join(" AND ")), values)
    }
}

/// Returns the ORDER BY list, built from fixed words only. The id at the end makes paging stable.
/// It is not needed after the name, which is unique.
fn order(query: &StatusQuery) -> String {
    let mut terms: Vec<_> = query
        .sort
        .iter()
        .map(|(field, order)| format!("{}{}", column(*field), direction(*order)))
        .collect();
    if terms.is_empty() {
        terms.push("name".to_owned());
    } else if query
        .sort
        .iter()
        .all(|(field, _)| *field != SortField::Name)
    {
        terms.push("id".to_owned());
    }
    terms.join(", ")
}

const fn column(field: SortField) -> &'static str {
    match field {
        SortField::Id => "id",
        SortField::Name => "name",
        SortField::StatusType => "status_type",
        SortField::UpdatedAt => "updated_at",
    }
}

const fn direction(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Ascending => "",
        SortOrder::Descending => " DESC",
    }
}

fn columns(status: &CustomStatus) -> impl rusqlite::Params + '_ {
    (
        status.id.as_str(),
        status.name.as_str(),
        status.name.key(),
        status.status_type.as_str(),
        status.updated_at.as_millis(),
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<CustomStatus> {
    Ok(CustomStatus {
        id: StatusId::new(row.get::<_, String>(0)?),
        name: StatusName::stored(row.get(1)?),
        status_type: StatusType::parse(row.get(2)?).unwrap_or(StatusType::Unset), // The table's CHECK allows no other value.
        updated_at: Timestamp::from_millis(row.get(3)?),
    })
}

fn name_taken(source: &rusqlite::Error) -> Error {
    if is_unique(source) {
        Error::NameTaken
    } else {
        error(source)
    }
}

fn not_found(id: &StatusId) -> Error {
    Error::NotFound(What::Status(id.as_str().to_owned()))
}
