//! SQL of presence and claims. The domain decides which claim is effective and what a choice does.

use super::job::Signal;
use super::space::SpaceClass;
use super::{SqliteStore, audit, error, outbox, users};
use crate::domain::{
    Baseline, By, Claim, ClaimSource, Error, Kind, Origin, Person, Presence, PresencePolicy,
    Result, StatusText, Timestamp, UserId, UserKey, UserStatus, Username, What,
};
use crate::store::record;
use crate::store::{ClaimEffect, PresenceChange, PresenceQuery, PresenceSnapshot, Presences};
use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// One row per user and claim. Users with the role `bot` or `app` are bots.
const COLUMNS: &str = "user.id, user.username, user.name,
    EXISTS (SELECT 1 FROM user_role WHERE user_role.user_id = user.id AND role_id IN ('bot', 'app')),
    presence.rest, presence.changed_at, claim.source, claim.status, claim.text, claim.expires_at, user.utc_offset,
    user.presence_policy";

#[async_trait]
impl Presences for SqliteStore {
    async fn find_presence(&self, user: UserId) -> Result<Presence> {
        let found = self.readers.read({
            let user = user.clone();
            move |c| find(c, &user)
        });
        let person = found.await?.ok_or_else(|| not_found(&user))?;
        Ok(person.presence)
    }

    async fn find_presence_snapshot(&self, user: UserId) -> Result<Option<PresenceSnapshot>> {
        self.readers.read(move |c| card(c, &user)).await
    }

    async fn list_presences(&self, query: PresenceQuery) -> Result<Vec<Person>> {
        self.readers.read(move |c| list(c, &query)).await
    }

    async fn existing_users(&self, ids: Vec<UserId>) -> Result<Vec<UserId>> {
        self.readers.read(move |c| existing(c, &ids)).await
    }

    async fn change_presence(&self, change: PresenceChange) -> Result<Presence> {
        let (space, signals): (_, &[Signal]) = match change.effect {
            ClaimEffect::Sets => (SpaceClass::Common, &[]),
            ClaimEffect::SetsExpiring => (SpaceClass::Common, &[Signal::Deadlines]),
            ClaimEffect::Removes => (SpaceClass::Reserve, &[]),
        };
        self.writer
            .write(space, signals, move |c| self::change(c, &change))
            .await
    }

    async fn expire_claims(&self, now: Timestamp, limit: usize) -> Result<usize> {
        self.writer
            .write(SpaceClass::Reserve, &[], move |c| expire(c, now, limit))
            .await
    }

    async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        self.readers.read(next_expiry).await
    }
}

fn find(connection: &Connection, user: &UserId) -> rusqlite::Result<Option<Person>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM user LEFT JOIN presence ON presence.user_id = user.id LEFT JOIN claim ON claim.user_id = user.id WHERE user.id = ?1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut people = gather(statement.query([user.as_str()])?)?;
    Ok(people.pop())
}

fn card(connection: &Connection, user: &UserId) -> rusqlite::Result<Option<PresenceSnapshot>> {
    let (as_of, person) = (outbox::newest(connection)?, find(connection, user)?);
    let user = users::find(connection, &UserKey::Id(user.clone()))?;
    Ok(person
        .zip(user)
        .map(|(person, (user, _))| PresenceSnapshot {
            person,
            roles: user.roles,
            active: user.active,
            as_of,
        }))
}

fn list(connection: &Connection, query: &PresenceQuery) -> rusqlite::Result<Vec<Person>> {
    let source = "user LEFT JOIN presence ON presence.user_id = user.id";
    let (filter, since, ids) = match query {
        PresenceQuery::Ids(ids) => (
            "user.id IN (SELECT value FROM json_each(?1)) AND ?2 IS NULL",
            Value::Null,
            record::id_array(ids),
        ),
        // Users who never set a status are offline, and need not be read.
        PresenceQuery::All(connected) => (
            "(presence.user_id IS NOT NULL OR user.presence_policy = 'always'
              OR user.id IN (SELECT value FROM json_each(?1))) AND ?2 IS NULL",
            Value::Null,
            record::id_array(connected),
        ),
        PresenceQuery::ChangedSince(at, connected) => (
            "(user.id IN (SELECT user_id FROM presence WHERE changed_at >= ?2)
              OR user.id IN (SELECT value FROM json_each(?1)))",
            Value::Integer(at.as_millis()),
            record::id_array(connected),
        ),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM {source} LEFT JOIN claim ON claim.user_id = user.id WHERE user.active AND {filter} ORDER BY user.id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    gather(statement.query(params![ids, since])?)
}

fn existing(connection: &Connection, ids: &[UserId]) -> rusqlite::Result<Vec<UserId>> {
    let sql = "SELECT id FROM user WHERE id IN (SELECT value FROM json_each(?1))";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([record::id_array(ids)], |row| row.get::<_, String>(0))?;
    rows.map(|id| id.map(UserId::new)).collect()
}

/// Collects users from rows of [`COLUMNS`]. The rows of a user must be adjacent.
fn gather(mut rows: rusqlite::Rows<'_>) -> rusqlite::Result<Vec<Person>> {
    let mut people: Vec<Person> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_str()?;
        if people.last().is_none_or(|last| last.id.as_str() != id) {
            people.push(person(row)?);
        }
        if let (Some(claim), Some(last)) = (claim(row)?, people.last_mut()) {
            last.presence.claims.push(claim);
            last.presence.claims.sort_by_key(|claim| claim.source);
        }
    }
    Ok(people)
}

fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    let kind = if row.get(3)? { Kind::Bot } else { Kind::Person };
    let baseline = row.get_ref(4)?.as_str_or_null()?.and_then(Baseline::named);
    let policy = PresencePolicy::named(row.get_ref(11)?.as_str()?);
    Ok(Person {
        id: UserId::new(row.get::<_, String>(0)?),
        username: Username::stored(row.get(1)?),
        name: row.get(2)?,
        utc_offset: row.get(10)?,
        presence: Presence {
            kind,
            policy: policy.unwrap_or_default(),
            claims: Vec::new(),
            baseline: baseline.unwrap_or(Baseline::Offline),
            changed_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
        },
    })
}

/// Reads a claim, if the row has one. The tables' CHECKs allow no other names.
fn claim(row: &Row<'_>) -> rusqlite::Result<Option<Claim>> {
    let source = row
        .get_ref(6)?
        .as_str_or_null()?
        .and_then(ClaimSource::named);
    let status = row
        .get_ref(7)?
        .as_str_or_null()?
        .and_then(UserStatus::named);
    let Some((source, status)) = source.zip(status) else {
        return Ok(None);
    };
    Ok(Some(Claim {
        source,
        status,
        text: StatusText::new(row.get_ref(8)?.as_str()?),
        expires_at: row.get::<_, Option<i64>>(9)?.map(Timestamp::from_millis),
    }))
}

/// Applies the change's rule inside the open transaction.
pub(super) fn change(connection: &Connection, change: &PresenceChange) -> Result<Presence> {
    let found = find(connection, &change.user).map_err(|e| error(&e))?;
    let person = found.ok_or_else(|| not_found(&change.user))?;
    if change.by.origin == Origin::Operator {
        let by = change.by.attribution();
        audit::append(connection, &by.claimed_status(&person.id, &person.username))?;
    }
    apply(connection, person, &change.by, &change.rule)
}

/// Applies a rule, stores the differences, and appends the event.
fn apply(
    connection: &Connection,
    person: Person,
    by: &By,
    rule: impl Fn(&mut Presence) -> Result<()>,
) -> Result<Presence> {
    let Some((after, change)) = person.change(by.at, rule)? else {
        return Ok(person.presence);
    };
    write(connection, &person, &after).map_err(|e| error(&e))?;
    outbox::append(connection, &by.event(change))?;
    Ok(after)
}

fn write(connection: &Connection, before: &Person, after: &Presence) -> rusqlite::Result<()> {
    let user = before.id.as_str();
    for (source, claim) in after.changed_claims(&before.presence) {
        if let Some(claim) = claim {
            connection
                .prepare_cached("INSERT OR REPLACE INTO claim (user_id, source, status, text, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![user, source.as_str(), claim.status.as_str(), claim.text.as_str(), claim.expires_at.map(Timestamp::as_millis)])?;
        } else {
            connection
                .prepare_cached("DELETE FROM claim WHERE user_id = ?1 AND source = ?2")?
                .execute([user, source.as_str()])?;
        }
    }
    connection
        .prepare_cached("INSERT INTO presence (user_id, rest, changed_at) VALUES (?1, ?2, ?3) ON CONFLICT (user_id) DO UPDATE SET rest = ?2, changed_at = ?3")?
        .execute(params![user, after.baseline.as_str(), after.changed_at.map(Timestamp::as_millis)])
        .map(drop)
}

/// Sets the presence policy. Returns whether it changed; if so, the user also appears in lists of
/// changes.
pub(super) fn set_policy(
    connection: &Connection,
    user: &UserId,
    policy: PresencePolicy,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let changed = connection
        .prepare_cached(
            "UPDATE user SET presence_policy = ?2 WHERE id = ?1 AND presence_policy <> ?2",
        )?
        .execute([user.as_str(), policy.as_str()])?;
    if changed > 0 {
        connection
            .prepare_cached("INSERT INTO presence (user_id, rest, changed_at) VALUES (?1, ?2, ?3) ON CONFLICT (user_id) DO UPDATE SET changed_at = ?3")?
            .execute(params![user.as_str(), Baseline::Offline.as_str(), at.as_millis()])?;
    }
    Ok(changed > 0)
}

fn expire(connection: &Connection, now: Timestamp, limit: usize) -> Result<usize> {
    let due = due(connection, now, limit).map_err(|e| error(&e))?;
    for user in &due {
        let Some(person) = find(connection, user).map_err(|e| error(&e))? else {
            continue;
        };
        // The claim expired by itself, so the user is recorded as the author.
        let by = By {
            user: person.id.clone(),
            username: person.username.clone(),
            at: now,
            origin: Origin::Server,
        };
        apply(connection, person, &by, |_| Ok(()))?;
    }
    Ok(due.len())
}

/// Returns the users with expired claims. A user with two is returned twice, and has none left the
/// second time.
fn due(connection: &Connection, now: Timestamp, limit: usize) -> rusqlite::Result<Vec<UserId>> {
    connection
        .prepare_cached(
            "SELECT user_id FROM claim WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
        )?
        .query_map(
            params![now.as_millis(), i64::try_from(limit).unwrap_or(i64::MAX)],
            |row| row.get(0).map(|id: String| UserId::new(id)),
        )?
        .collect()
}

fn next_expiry(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT expires_at FROM claim WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()
        .map(|at| at.map(Timestamp::from_millis))
}

fn not_found(user: &UserId) -> Error {
    Error::NotFound(What::User(user.as_str().to_owned()))
}
