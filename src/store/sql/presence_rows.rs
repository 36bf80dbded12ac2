//! Reads users with their presence from rows.

use super::{Row, Sql, Value, status_visibility};
use crate::domain::{
    Baseline, Claim, ClaimSource, Presence, PresenceKind, PresencePolicy, Result, StatusText,
    UserId, UserStatus, UserWithPresence, Username,
};

/// One row per user and claim. Users with the role `bot` or `app` are bots.
pub(super) const COLUMNS: &str = "user.id, user.username, user.name,
    EXISTS (SELECT 1 FROM user_role WHERE user_role.user_id = user.id AND role_id IN ('bot', 'app')),
    presence.rest, presence.changed_at, claim.source, claim.status, claim.text, claim.expires_at, user.utc_offset,
    user.presence_policy, claim.set_at";

/// The tables of [`COLUMNS`].
pub(super) const TABLES: &str = "user LEFT JOIN presence ON presence.user_id = user.id LEFT JOIN claim ON claim.user_id = user.id";

/// Returns the users that a query of [`COLUMNS`] and [`RULES`](status_visibility::COLUMNS) selects. The rows of a user must be adjacent.
pub(super) fn people(
    sql: &impl Sql,
    select: &str,
    values: &[Value<'_>],
) -> Result<Vec<UserWithPresence>> {
    let mut people: Vec<UserWithPresence> = Vec::new();
    sql.each(select, values, |row| {
        let id: &str = row.get(0)?;
        if people.last().is_none_or(|last| last.id.as_str() != id) {
            people.push(person(row)?);
        }
        if let (Some(claim), Some(last)) = (claim(row)?, people.last_mut()) {
            last.presence.claims.push(claim);
            last.presence.claims.sort_by_key(|claim| claim.source);
        }
        Ok(())
    })?;
    Ok(people)
}

/// Reads a user without claims from a row of [`COLUMNS`] and [`RULES`](status_visibility::COLUMNS).
pub(super) fn person(row: &impl Row) -> Result<UserWithPresence> {
    let kind = if row.get(3)? {
        PresenceKind::Bot
    } else {
        PresenceKind::Person
    };
    let baseline = row.get::<Option<_>>(4)?.and_then(Baseline::named);
    let policy = PresencePolicy::named(row.get(11)?);
    Ok(UserWithPresence {
        id: UserId::new(row.get::<String>(0)?),
        username: Username::stored(row.get(1)?),
        name: row.get(2)?,
        utc_offset: row.get(10)?,
        presence: Presence {
            kind,
            policy: policy.unwrap_or_default(),
            claims: Vec::new(),
            baseline: baseline.unwrap_or(Baseline::Offline),
            changed_at: row.get(5)?,
            visibility: status_visibility::read(row, 13)?,
        },
    })
}

/// Reads a claim, if the row has one. The tables' CHECKs allow no other names.
pub(super) fn claim(row: &impl Row) -> Result<Option<Claim>> {
    let source = row.get::<Option<_>>(6)?.and_then(ClaimSource::named);
    let status = row.get::<Option<_>>(7)?.and_then(UserStatus::named);
    let Some((source, status)) = source.zip(status) else {
        return Ok(None);
    };
    Ok(Some(Claim {
        source,
        status,
        text: StatusText::new(row.get(8)?),
        expires_at: row.get(9)?,
        set_at: row.get(12)?,
    }))
}
