//! The audit trail in SQL.

use super::filter::Filter;
use super::page::{self, PageQuery};
use super::signal::AUDIT;
use super::{Engine, Row, SpaceClass, Sql, values};
use crate::domain::{
    Action, Attribution, AuditEntry, AuditQuery, AuditRecord, Author, Page, RecordClass, Result,
    Target, TargetKind, Timestamp, UserId, Username,
};
use crate::store::Audit;
use async_trait::async_trait;
use tokio::sync::watch;

const COLUMNS: &str = "id, at, action, author, author_id, author_name, target, target_id, target_name, address, detail";

#[async_trait]
impl<E: Engine> Audit for E {
    fn audited(&self) -> watch::Receiver<()> {
        self.signals().audited()
    }

    async fn append_audit(&self, entries: Vec<AuditEntry>) -> Result<()> {
        self.write(SpaceClass::Common, AUDIT, move |sql| {
            append_all(sql, &entries)
        })
        .await
    }

    async fn list_audit(&self, query: AuditQuery) -> Result<Page<AuditRecord>> {
        self.read(move |sql| page(sql, &query)).await
    }

    async fn audit_after(&self, id: u64, limit: usize) -> Result<Vec<AuditRecord>> {
        self.read(move |sql| after(sql, id, limit)).await
    }

    async fn newest_audit(&self) -> Result<u64> {
        self.read(|sql| sql.only("SELECT coalesce(max(id), 0) FROM audit", &[]))
            .await
    }

    async fn sweep_audit(&self, before: Timestamp, limit: usize) -> Result<bool> {
        self.write(SpaceClass::Reserve, &[], move |sql| {
            sweep(sql, before, limit)
        })
        .await
    }
}

/// Appends records in the open transaction.
pub(super) fn append_all(sql: &impl Sql, entries: &[AuditEntry]) -> Result<()> {
    entries.iter().try_for_each(|entry| append(sql, entry))
}

/// Appends a record in the open transaction.
pub(super) fn append(sql: &impl Sql, entry: &AuditEntry) -> Result<()> {
    let Attribution {
        at,
        author,
        address,
    } = &entry.attribution;
    let (user, target) = (author.user(), entry.target.as_ref());
    let address = address.map(|address| address.to_string());
    sql.run(
        "INSERT INTO audit (at, action, class, author, author_id, author_name, target, target_id, target_name, address, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        values![
            *at,
            entry.action.as_str(),
            number(entry.action.class()),
            author.kind(),
            user.map(|(id, _)| id.as_str()),
            user.map(|(_, username)| username.as_str()),
            target.map(|target| target.kind.as_str()),
            target.map(|target| &target.id),
            target.map(|target| &target.name),
            address.as_deref(),
            &entry.detail,
        ],
    )
}

/// The stored form of a class.
const fn number(class: RecordClass) -> i64 {
    match class {
        RecordClass::Login => 0,
        RecordClass::Change => 1,
    }
}

fn after(sql: &impl Sql, id: u64, limit: usize) -> Result<Vec<AuditRecord>> {
    let select = format!("SELECT {COLUMNS} FROM audit WHERE id > $1 ORDER BY id LIMIT $2");
    let rows = sql.all(&select, values![id, limit], |row| read(row))?;
    Ok(rows.into_iter().flatten().collect())
}

fn page(sql: &impl Sql, query: &AuditQuery) -> Result<Page<AuditRecord>> {
    let found = PageQuery {
        columns: COLUMNS,
        tables: "audit",
        filter: filter(query),
        order: "id DESC".to_owned(),
        offset: query.offset,
        limit: Some(query.limit),
    };
    let Page { items, total } = page::select(sql, found, |row| read(row))?;
    let items = items.into_iter().flatten().collect();
    Ok(Page { items, total })
}

fn filter(query: &AuditQuery) -> Filter<'_> {
    let mut filter = Filter::default();
    if !query.actions.is_empty() {
        let actions = filter.bind_all(query.actions.iter().map(|action| action.as_str()));
        filter.and(&format!("action IN ({actions})"));
    }
    if let Some(user) = &query.user {
        let user = filter.bind(user);
        filter.and(&format!(
            "({user} IN (author_id, author_name) OR (target = 'user' AND {user} IN (target_id, target_name)))"
        ));
    }
    for (instant, condition) in [(query.since, "at >="), (query.until, "at <")] {
        if let Some(instant) = instant {
            let instant = filter.bind(instant);
            filter.and(&format!("{condition} {instant}"));
        }
    }
    filter
}

/// Reads a record. `None` for an action that this version does not know.
fn read(row: &impl Row) -> Result<Option<AuditRecord>> {
    let Some(action) = Action::named(row.get(2)?) else {
        return Ok(None);
    };
    let address: Option<&str> = row.get(9)?;
    let attribution = Attribution {
        at: row.get(1)?,
        author: author(row)?,
        address: address.and_then(|address| address.parse().ok()),
    };
    Ok(Some(AuditRecord {
        id: row.get(0)?,
        entry: AuditEntry {
            attribution,
            action,
            target: target(row)?,
            detail: row.get(10)?,
        },
    }))
}

fn author(row: &impl Row) -> Result<Author> {
    Ok(match row.get(3)? {
        "user" => Author::User {
            id: UserId::new(row.get::<&str>(4)?),
            username: Username::stored(row.get(5)?),
        },
        "operator" => Author::Operator,
        "server" => Author::Server,
        _ => Author::Anonymous,
    })
}

fn target(row: &impl Row) -> Result<Option<Target>> {
    let Some(kind) = row.get::<Option<&str>>(6)?.and_then(TargetKind::named) else {
        return Ok(None);
    };
    let (id, name) = (row.get(7)?, row.get(8)?);
    Ok(Some(Target { kind, id, name }))
}

fn sweep(sql: &impl Sql, before: Timestamp, limit: usize) -> Result<bool> {
    let old = sql.execute(
        "DELETE FROM audit WHERE id IN (SELECT id FROM (SELECT id, at FROM audit ORDER BY id LIMIT $1) AS oldest WHERE at < $2)",
        values![limit, before],
    )?;
    let mut is_more = old == limit;
    for class in RecordClass::ALL.map(number) {
        let count: u64 = sql.only(
            "SELECT count(*) FROM audit WHERE class = $1",
            values![class],
        )?;
        let beyond = count.saturating_sub(RecordClass::CAP).min(limit as u64);
        if beyond > 0 {
            sql.run(
                "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE class = $1 ORDER BY id LIMIT $2)",
                values![class, beyond],
            )?;
        }
        is_more |= beyond == limit as u64;
    }
    Ok(is_more)
}
