//! SQL of the audit trail.

use super::space::SpaceClass;
use super::{AUDIT, SqliteStore, error};
use crate::domain::{
    Action, Attribution, AuditEntry, AuditQuery, AuditRecord, Author, Page, RecordClass, Result,
    Target, TargetKind, Timestamp, UserId, Username,
};
use crate::store::Audit;
use async_trait::async_trait;
use rusqlite::{Connection, Row, params, params_from_iter, types::Value};
use tokio::sync::watch;

const COLUMNS: &str = "id, at, action, author, author_id, author_name, target, target_id, target_name, address, detail";

#[async_trait]
impl Audit for SqliteStore {
    fn audited(&self) -> watch::Receiver<()> {
        self.marks.audited()
    }

    async fn append_audit(&self, entries: Vec<AuditEntry>) -> Result<()> {
        self.writer
            .write(SpaceClass::Common, AUDIT, move |c| append_all(c, &entries))
            .await
    }

    async fn list_audit(&self, query: AuditQuery) -> Result<Page<AuditRecord>> {
        self.readers.read(move |c| page(c, &query)).await
    }

    async fn audit_after(&self, id: u64, limit: usize) -> Result<Vec<AuditRecord>> {
        self.readers.read(move |c| after(c, id, limit)).await
    }

    async fn newest_audit(&self) -> Result<u64> {
        self.readers.read(newest).await
    }

    async fn sweep_audit(&self, before: Timestamp, limit: usize) -> Result<bool> {
        self.writer
            .write(SpaceClass::Reserve, &[], move |c| {
                sweep(c, before, limit).map_err(|e| error(&e))
            })
            .await
    }
}

pub(super) fn append_all(connection: &Connection, entries: &[AuditEntry]) -> Result<()> {
    entries
        .iter()
        .try_for_each(|entry| append(connection, entry))
}

/// Appends a record in the open transaction.
pub(super) fn append(connection: &Connection, entry: &AuditEntry) -> Result<()> {
    let Attribution {
        at,
        author,
        address,
    } = &entry.attribution;
    let (user, target) = (author.user(), entry.target.as_ref());
    connection
        .prepare_cached(
            "INSERT INTO audit (at, action, class, author, author_id, author_name, target, target_id, target_name, address, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )
        .and_then(|mut insert| {
            insert.execute(params![
                at.as_millis(),
                entry.action.as_str(),
                class(entry.action.class()),
                author.kind(),
                user.map(|(id, _)| id.as_str()),
                user.map(|(_, username)| username.as_str()),
                target.map(|target| target.kind.as_str()),
                target.map(|target| &target.id),
                target.map(|target| &target.name),
                address.map(|address| address.to_string()),
                entry.detail,
            ])
        })
        .map(drop)
        .map_err(|e| error(&e))
}

const fn class(class: RecordClass) -> i64 {
    match class {
        RecordClass::Login => 0,
        RecordClass::Change => 1,
    }
}

fn newest(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM audit")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(i64::unsigned_abs)
}

fn after(connection: &Connection, id: u64, limit: usize) -> rusqlite::Result<Vec<AuditRecord>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2"
        ))?
        .query_map(params![number(id), limit as i64], read)?
        .filter_map(rusqlite::Result::transpose)
        .collect()
}

fn page(connection: &Connection, query: &AuditQuery) -> rusqlite::Result<Page<AuditRecord>> {
    let (filter, mut values) = filter(query);
    let total: i64 = connection
        .prepare_cached(&format!("SELECT count(*) FROM audit {filter}"))?
        .query_row(params_from_iter(&values), |row| row.get(0))?;
    values.extend([number(query.limit).into(), number(query.offset).into()]);
    let items = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM audit {filter} ORDER BY id DESC LIMIT ? OFFSET ?"
        ))?
        .query_map(params_from_iter(&values), read)?
        .filter_map(rusqlite::Result::transpose)
        .collect::<rusqlite::Result<_>>()?;
    Ok(Page {
        items,
        total: total.unsigned_abs(),
    })
}

/// Returns the WHERE clause and its values.
fn filter(query: &AuditQuery) -> (String, Vec<Value>) {
    let (mut conditions, mut values) = (Vec::<String>::new(), Vec::<Value>::new());
    if !query.actions.is_empty() {
        let marks = vec!["?"; query.actions.len()].join(", ");
        conditions.push(format!("action IN ({marks})"));
        let words = query.actions.iter().map(|action| action.as_str());
        values.extend(words.map(|word| Value::from(word.to_owned())));
    }
    if let Some(user) = &query.user {
        conditions.push(
            "(? IN (author_id, author_name) OR (target = 'user' AND ? IN (target_id, target_name)))"
                .to_owned(),
        );
        values.extend([user.clone(), user.clone()].map(Value::from));
    }
    for (instant, condition) in [(query.since, "at >= ?"), (query.until, "at < ?")] {
        if let Some(instant) = instant {
            conditions.push(condition.to_owned());
            values.push(instant.as_millis().into());
        }
    }
    if conditions.is_empty() {
        return (String::new(), values);
    }
    (format!("WHERE {}", conditions.join(" AND ")), values)
}

/// Reads a record. `None` for an action that this version does not know.
fn read(row: &Row<'_>) -> rusqlite::Result<Option<AuditRecord>> {
    let Some(action) = Action::named(row.get_ref(2)?.as_str()?) else {
        return Ok(None);
    };
    let attribution = Attribution {
        at: Timestamp::from_millis(row.get(1)?),
        author: author(row)?,
        address: row
            .get::<_, Option<String>>(9)?
            .and_then(|address| address.parse().ok()),
    };
    Ok(Some(AuditRecord {
        id: row.get::<_, i64>(0)?.unsigned_abs(),
        entry: AuditEntry {
            attribution,
            action,
            target: target(row)?,
            detail: row.get(10)?,
        },
    }))
}

fn author(row: &Row<'_>) -> rusqlite::Result<Author> {
    Ok(match row.get_ref(3)?.as_str()? {
        "user" => Author::User {
            id: UserId::new(row.get::<_, String>(4)?),
            username: Username::stored(row.get(5)?),
        },
        "operator" => Author::Operator,
        "server" => Author::Server,
        _ => Author::Anonymous,
    })
}

fn target(row: &Row<'_>) -> rusqlite::Result<Option<Target>> {
    let kind = row
        .get::<_, Option<String>>(6)?
        .and_then(|word| TargetKind::named(&word));
    kind.map(|kind| {
        Ok(Target {
            kind,
            id: row.get(7)?,
            name: row.get(8)?,
        })
    })
    .transpose()
}

fn sweep(connection: &Connection, before: Timestamp, limit: usize) -> rusqlite::Result<bool> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let old = connection
        .prepare_cached("DELETE FROM audit WHERE id IN (SELECT id FROM (SELECT id, at FROM audit ORDER BY id LIMIT ?2) WHERE at < ?1)")?
        .execute(params![before.as_millis(), limit])?;
    let mut is_more = old as i64 == limit;
    for one in RecordClass::ALL {
        let beyond = beyond(connection, one)?.min(limit);
        if beyond > 0 {
            connection
                .prepare_cached("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE class = ?1 ORDER BY id LIMIT ?2)")?
                .execute(params![class(one), beyond])?;
        }
        is_more |= beyond == limit;
    }
    Ok(is_more)
}

/// Returns the number of records of a class beyond its cap.
fn beyond(connection: &Connection, one: RecordClass) -> rusqlite::Result<i64> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM audit WHERE class = ?1")?
        .query_row([class(one)], |row| row.get(0))?;
    Ok(count.saturating_sub(number(RecordClass::CAP)).max(0))
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
