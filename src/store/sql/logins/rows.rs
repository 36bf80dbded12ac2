//! Reads rows of logins.

use crate::domain::{Login, LoginId, LoginKind, Result, UserId};
use crate::store::sql::Row;

/// The columns of a login.
pub(super) const COLUMNS: &str =
    "id, user_id, name, created_at, expires_at, token_tail, bypass_two_factor";

/// The time of last use, or of the login itself.
pub const LAST_USED: &str =
    "CASE WHEN last_used_at > created_at THEN last_used_at ELSE created_at END";

/// Reads a login from a row that begins with [`COLUMNS`].
pub(super) fn read(row: &impl Row) -> Result<Login> {
    let kind = match row.get(2)? {
        None => LoginKind::Password,
        Some(name) => LoginKind::Token {
            name,
            tail: row.get::<Option<_>>(5)?.unwrap_or_default(),
            bypass_two_factor: row.get(6)?,
        },
    };
    Ok(Login {
        id: LoginId::new(row.get::<String>(0)?),
        user: UserId::new(row.get::<String>(1)?),
        kind,
        created_at: row.get(3)?,
        expires_at: row.get(4)?,
    })
}
