//! Presence and claims in SQL. The domain decides which claim is effective and what a choice does.

use super::presence_rows::{COLUMNS, IS_AMONG_BOTS, IS_BOT, TABLES, people, rules};
use super::status_visibility::COLUMNS as RULES;
use super::users::rows as users;
use super::{
    Engine, Row, Signal, SpaceClass, Sql, Value, audit, board, outbox, status_visibility, values,
};
use crate::domain::{
    Baseline, By, Claim, Error, Origin, Presence, PresencePolicy, Result, Timestamp, UserId,
    UserWithPresence, Username, What,
};
use crate::store::record;
use crate::store::{
    BoardSnapshot, ClaimEffect, PresenceChange, PresenceQuery, PresenceSnapshot, Presences,
    VisibilityRules,
};
use async_trait::async_trait;
use std::collections::HashMap;

#[async_trait]
impl<E: Engine> Presences for E {
    async fn find_presence(&self, user: UserId) -> Result<Presence> {
        self.read(move |sql| Ok(require(sql, &user)?.presence))
            .await
    }

    async fn find_presence_snapshot(&self, user: UserId) -> Result<Option<PresenceSnapshot>> {
        self.read(move |sql| board::find(sql, &user)).await
    }

    async fn list_board(&self) -> Result<BoardSnapshot> {
        self.read(board::list).await
    }

    async fn list_presences(&self, query: PresenceQuery) -> Result<Vec<UserWithPresence>> {
        self.read(move |sql| list(sql, &query)).await
    }

    async fn existing_users(&self, ids: Vec<UserId>) -> Result<Vec<UserId>> {
        self.read(move |sql| users::existing(sql, &ids)).await
    }

    async fn list_status_visibility(&self) -> Result<VisibilityRules> {
        self.read(status_visibility::all).await
    }

    async fn list_usernames(&self, ids: Vec<UserId>) -> Result<Vec<(UserId, Username)>> {
        self.read(move |sql| usernames(sql, &ids)).await
    }

    async fn change_presence(&self, change: PresenceChange) -> Result<Presence> {
        let (space, signals): (_, &[Signal]) = match change.effect {
            ClaimEffect::Sets => (SpaceClass::Common, &[]),
            ClaimEffect::SetsExpiring => (SpaceClass::Common, &[Signal::Deadlines]),
            ClaimEffect::Removes => (SpaceClass::Reserve, &[]),
        };
        self.write(space, signals, move |sql| self::change(sql, &change))
            .await
    }

    async fn expire_claims(&self, now: Timestamp, limit: usize) -> Result<usize> {
        self.write(SpaceClass::Reserve, &[], move |sql| expire(sql, now, limit))
            .await
    }

    async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        self.read(|sql| {
            sql.first(
                "SELECT expires_at FROM claim WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1",
                &[],
                |row| row.get(0),
            )
        })
        .await
    }
}

fn find(sql: &impl Sql, user: &UserId) -> Result<Option<UserWithPresence>> {
    let select = format!("SELECT {COLUMNS}, {IS_BOT}, {RULES} FROM {TABLES} WHERE user.id = $1");
    let found = people(sql, &select, values![user.as_str()], |_, row| rules(row));
    Ok(found?.pop())
}

fn require(sql: &impl Sql, user: &UserId) -> Result<UserWithPresence> {
    let unknown = || Error::NotFound(What::User(user.as_str().to_owned()));
    find(sql, user)?.ok_or_else(unknown)
}

fn list<S: Sql>(sql: &S, query: &PresenceQuery) -> Result<Vec<UserWithPresence>> {
    let (also, since, ids) = match query {
        PresenceQuery::All(connected) => return list_all(sql, connected),
        PresenceQuery::Ids(ids) => ("", None, ids),
        PresenceQuery::ChangedSince(at, connected) => (
            "OR user.id IN (SELECT user_id FROM presence WHERE changed_at >= $2)",
            Some(*at),
            connected,
        ),
    };
    let elements = S::ELEMENTS;
    let select = format!(
        "SELECT {COLUMNS}, {IS_BOT}, {RULES} FROM {TABLES}
         WHERE user.active = 1 AND (user.id IN ({elements}($1)) {also}) ORDER BY user.id"
    );
    let ids = record::id_array(ids);
    let values: Vec<_> = [Value::from(&ids)]
        .into_iter()
        .chain(since.map(Value::from))
        .collect();
    people(sql, &select, &values, |_, row| rules(row))
}

/// Lists all users except those who never set a status: they are offline, unless they are among the
/// `connected` ones. Few users have rules, so those are read separately.
fn list_all<S: Sql>(sql: &S, connected: &[UserId]) -> Result<Vec<UserWithPresence>> {
    let elements = S::ELEMENTS;
    let select = format!(
        "SELECT {COLUMNS}, {IS_AMONG_BOTS} FROM {TABLES}
         WHERE user.active = 1 AND (user.id IN ({elements}($1)) OR presence.user_id IS NOT NULL
             OR user.presence_policy = 'always') ORDER BY user.id"
    );
    let mut rules: HashMap<_, _> = status_visibility::people(sql)?.into_iter().collect();
    let connected = record::id_array(connected);
    people(sql, &select, values![&connected], |id, _| {
        Ok(rules.remove(id).unwrap_or_default())
    })
}

fn usernames<S: Sql>(sql: &S, ids: &[UserId]) -> Result<Vec<(UserId, Username)>> {
    let elements = S::ELEMENTS;
    let select =
        format!("SELECT id, username FROM user WHERE id IN ({elements}($1)) ORDER BY username_key");
    sql.all(&select, values![&record::id_array(ids)], |row| {
        Ok((
            UserId::new(row.get::<String>(0)?),
            Username::stored(row.get(1)?),
        ))
    })
}

/// Applies the change's rule inside the open transaction.
pub(super) fn change(sql: &impl Sql, change: &PresenceChange) -> Result<Presence> {
    let person = require(sql, &change.user)?;
    if change.by.origin == Origin::Operator {
        let by = change.by.attribution();
        audit::append(sql, &by.claimed_status(&person.id, &person.username))?;
    }
    apply(sql, person, &change.by, &change.rule)
}

/// Applies a rule, stores the differences, and appends the event.
fn apply(
    sql: &impl Sql,
    person: UserWithPresence,
    by: &By,
    rule: impl Fn(&mut Presence) -> Result<()>,
) -> Result<Presence> {
    let Some((after, change)) = person.change(by.at, rule)? else {
        return Ok(person.presence);
    };
    write(sql, &person, &after)?;
    outbox::append(sql, &by.event(change))?;
    Ok(after)
}

fn write(sql: &impl Sql, before: &UserWithPresence, after: &Presence) -> Result<()> {
    let user = before.id.as_str();
    for (source, claim) in after.changed_claims(&before.presence) {
        match claim {
            Some(claim) => put_claim(sql, user, claim)?,
            None => {
                sql.run(
                    "DELETE FROM claim WHERE user_id = $1 AND source = $2",
                    values![user, source.as_str()],
                )?;
            }
        }
    }
    sql.run(
        "INSERT INTO presence (user_id, rest, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE SET rest = excluded.rest, changed_at = excluded.changed_at",
        values![user, after.baseline.as_str(), after.changed_at],
    )
}

fn put_claim(sql: &impl Sql, user: &str, claim: &Claim) -> Result<()> {
    sql.run(
        "INSERT INTO claim (user_id, source, status, text, expires_at, set_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id, source) DO UPDATE SET status = excluded.status, text = excluded.text,
             expires_at = excluded.expires_at, set_at = excluded.set_at",
        values![
            user,
            claim.source.as_str(),
            claim.status.as_str(),
            claim.text.as_str(),
            claim.expires_at,
            claim.set_at,
        ],
    )
}

/// Sets the presence policy. Returns whether it changed; if so, the user also appears in lists of
/// changes.
pub(super) fn set_policy(
    sql: &impl Sql,
    user: &UserId,
    policy: PresencePolicy,
    at: Timestamp,
) -> Result<bool> {
    let changed = sql.execute(
        "UPDATE user SET presence_policy = $1 WHERE id = $2 AND presence_policy <> $1",
        values![policy.as_str(), user.as_str()],
    )?;
    if changed > 0 {
        sql.run(
            "INSERT INTO presence (user_id, rest, changed_at) VALUES ($1, $2, $3)
             ON CONFLICT (user_id) DO UPDATE SET changed_at = excluded.changed_at",
            values![user.as_str(), Baseline::Offline.as_str(), at],
        )?;
    }
    Ok(changed > 0)
}

fn expire(sql: &impl Sql, now: Timestamp, limit: usize) -> Result<usize> {
    // A user with two expired claims is returned twice, and has none left the second time.
    let due: Vec<UserId> = sql.all(
        "SELECT user_id FROM claim WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2",
        values![now, limit],
        |row| row.get::<String>(0).map(UserId::new),
    )?;
    for user in &due {
        let Some(person) = find(sql, user)? else {
            continue;
        };
        // The claim expired by itself, so the user is recorded as the author.
        let by = By {
            user: person.id.clone(),
            username: person.username.clone(),
            at: now,
            origin: Origin::Server,
        };
        apply(sql, person, &by, |_| Ok(()))?;
    }
    Ok(due.len())
}
