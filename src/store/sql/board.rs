//! The rows of a board in SQL: users with presence, roles and picture.

use super::presence_rows::{COLUMNS, IS_BOT, TABLES, claim, person, rules};
use super::status_visibility::COLUMNS as RULES;
use super::{Row, Sql, Value, outbox, values};
use crate::domain::{EventId, Nickname, Result, UserId};
use crate::store::{BoardSnapshot, PresenceSnapshot};

/// The columns after [`COLUMNS`] and [`RULES`]: of the board alone.
const FURTHER: &str = "user.active, user.nickname, user.public_board,
    (SELECT string_agg(role_id, '\u{1f}' ORDER BY role_id) FROM user_role WHERE user_id = user.id),
    (SELECT etag FROM avatar WHERE avatar.user_id = user.id)";

/// The index of the first of them.
const FIRST: usize = 16;

/// Returns all active users by display name.
pub(super) fn list(sql: &impl Sql) -> Result<BoardSnapshot> {
    let as_of = outbox::newest(sql)?;
    let people = select(
        sql,
        "user.active = 1 ORDER BY user.name_key, user.username_key",
        &[],
        as_of,
    )?;
    Ok(BoardSnapshot { people, as_of })
}

/// Returns a user, active or not.
pub(super) fn find(sql: &impl Sql, user: &UserId) -> Result<Option<PresenceSnapshot>> {
    let as_of = outbox::newest(sql)?;
    Ok(select(sql, "user.id = $1", values![user.as_str()], as_of)?.pop())
}

/// The rows of a user are adjacent, because usernames are unique.
fn select(
    sql: &impl Sql,
    condition: &str,
    values: &[Value<'_>],
    as_of: EventId,
) -> Result<Vec<PresenceSnapshot>> {
    let select =
        format!("SELECT {COLUMNS}, {IS_BOT}, {RULES}, {FURTHER} FROM {TABLES} WHERE {condition}");
    let mut people: Vec<PresenceSnapshot> = Vec::new();
    sql.each(&select, values, |row| {
        let id: &str = row.get(0)?;
        if people
            .last()
            .is_none_or(|last| last.person.id.as_str() != id)
        {
            people.push(snapshot(row, as_of)?);
        }
        if let (Some(claim), Some(last)) = (claim(row)?, people.last_mut()) {
            let claims = &mut last.person.presence.claims;
            claims.push(claim);
            claims.sort_by_key(|claim| claim.source);
        }
        Ok(())
    })?;
    Ok(people)
}

fn snapshot(row: &impl Row, as_of: EventId) -> Result<PresenceSnapshot> {
    let roles: Option<&str> = row.get(FIRST + 3)?;
    Ok(PresenceSnapshot {
        person: person(UserId::new(row.get::<String>(0)?), rules(row)?, row)?,
        active: row.get(FIRST)?,
        nickname: row.get::<Option<_>>(FIRST + 1)?.map(Nickname::stored),
        is_public: row.get(FIRST + 2)?,
        roles: roles.map_or_else(Vec::new, |ids| {
            ids.split('\u{1f}').map(str::to_owned).collect()
        }),
        avatar: row.get(FIRST + 4)?,
        as_of,
    })
}
