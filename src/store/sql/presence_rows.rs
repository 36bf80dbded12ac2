//! Reads users with their presence from rows.

use super::{Row, Sql, Value, status_visibility};
use crate::domain::{
    Baseline, Claim, ClaimSource, Presence, PresenceKind, PresencePolicy, Result, StatusText,
    StatusVisibility, UserId, UserStatus, UserWithPresence, Username,
};

/// One row per user and claim. [`IS_BOT`] follows.
pub(super) const COLUMNS: &str = "user.id, user.username, user.name,
    presence.rest, presence.changed_at, claim.source, claim.status, claim.text, claim.expires_at, user.utc_offset,
    user.presence_policy, claim.set_at";

/// Users with the role `bot` or `app` are bots. Looked up for each row.
pub(super) const IS_BOT: &str = "EXISTS (SELECT 1 FROM user_role WHERE user_role.user_id = user.id AND role_id IN ('bot', 'app'))";

/// Like [`IS_BOT`], but looks up all bots once. Faster for a list of most users.
pub(super) const IS_AMONG_BOTS: &str =
    "user.id IN (SELECT user_id FROM user_role WHERE role_id IN ('bot', 'app'))";

/// The index of [`RULES`](status_visibility::COLUMNS), if they follow.
const RULES_AT: usize = 13;

/// The tables of [`COLUMNS`].
pub(super) const TABLES: &str = "user LEFT JOIN presence ON presence.user_id = user.id LEFT JOIN claim ON claim.user_id = user.id";

/// Returns the users that a query of [`COLUMNS`] and [`IS_BOT`] selects, with the rules that `rules`
/// returns for the first row of each. The rows of a user must be adjacent.
pub(super) fn people<S: Sql>(
    sql: &S,
    select: &str,
    values: &[Value<'_>],
    mut rules: impl FnMut(&UserId, &S::Row<'_>) -> Result<StatusVisibility>,
) -> Result<Vec<UserWithPresence>> {
    let mut people: Vec<UserWithPresence> = Vec::new();
    sql.each(select, values, |row| {
        let id: &str = row.get(0)?;
        if people.last().is_none_or(|last| last.id.as_str() != id) {
            let id = UserId::new(id);
            let visibility = rules(&id, row)?;
            people.push(person(id, visibility, row)?);
        }
        if let (Some(claim), Some(last)) = (claim(row)?, people.last_mut()) {
            last.presence.claims.push(claim);
            last.presence.claims.sort_by_key(|claim| claim.source);
        }
        Ok(())
    })?;
    Ok(people)
}

/// Reads the rules from a row of [`COLUMNS`], [`IS_BOT`] and [`RULES`](status_visibility::COLUMNS).
pub(super) fn rules(row: &impl Row) -> Result<StatusVisibility> {
    status_visibility::read(row, RULES_AT)
}

/// Reads the user `id` without claims from a row of [`COLUMNS`] and [`IS_BOT`].
pub(super) fn person(
    id: UserId,
    visibility: StatusVisibility,
    row: &impl Row,
) -> Result<UserWithPresence> {
    let kind = if row.get(12)? {
        PresenceKind::Bot
    } else {
        PresenceKind::Person
    };
    let baseline = row.get::<Option<_>>(3)?.and_then(Baseline::named);
    let policy = PresencePolicy::named(row.get(10)?);
    Ok(UserWithPresence {
        id,
        username: Username::stored(row.get(1)?),
        name: row.get(2)?,
        utc_offset: row.get(9)?,
        presence: Presence {
            kind,
            policy: policy.unwrap_or_default(),
            claims: Vec::new(),
            baseline: baseline.unwrap_or(Baseline::Offline),
            changed_at: row.get(4)?,
            visibility,
        },
    })
}

/// Reads a claim, if the row has one. The tables' CHECKs allow no other names.
pub(super) fn claim(row: &impl Row) -> Result<Option<Claim>> {
    let source = row.get::<Option<_>>(5)?.and_then(ClaimSource::named);
    let status = row.get::<Option<_>>(6)?.and_then(UserStatus::named);
    let Some((source, status)) = source.zip(status) else {
        return Ok(None);
    };
    Ok(Some(Claim {
        source,
        status,
        text: StatusText::new(row.get(7)?),
        expires_at: row.get(8)?,
        set_at: row.get(11)?,
    }))
}
