//! The states of accounts in SQL.

use crate::domain::{AccountState, Error, PresencePolicy, Result, Timestamp, UserId};
use crate::store::record;
use crate::store::sql::logins::rows::LAST_USED;
use crate::store::sql::{Row, Sql, values};

/// Returns the states of those of `ids` that belong to users, in one statement.
pub(super) fn states<S: Sql>(sql: &S, ids: &[UserId], now: Timestamp) -> Result<Vec<AccountState>> {
    let select = format!(
        "SELECT id, presence_policy,
            (SELECT count(*) FROM login WHERE user_id = user.id AND name IS NULL AND (expires_at IS NULL OR expires_at > $1)),
            (SELECT max({LAST_USED}) FROM login WHERE user_id = user.id), last_login_at,
            (SELECT max(expires_at) FROM invitation WHERE user_id = user.id AND kind = 'invitation' AND used_at IS NULL)
         FROM user WHERE id IN ({}($2))",
        S::ELEMENTS
    );
    sql.all(&select, values![now, &record::id_array(ids)], |row| {
        read(row)
    })
}

fn read(row: &impl Row) -> Result<AccountState> {
    let policy = PresencePolicy::named(row.get(1)?);
    let (used, logged_in): (Option<Timestamp>, Option<Timestamp>) = (row.get(3)?, row.get(4)?);
    let invited: Option<Timestamp> = row.get(5)?;
    Ok(AccountState {
        user: UserId::new(row.get::<String>(0)?),
        policy: policy.ok_or_else(|| Error::internal("unknown presence policy"))?,
        sessions: row.get(2)?,
        last_seen_at: used.max(logged_in),
        invited_until: invited.filter(|_| logged_in.is_none()),
    })
}
