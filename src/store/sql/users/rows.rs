//! Reads rows of users, and checks their unique names.

use crate::domain::{
    Bio, Email, Error, Field, Nickname, Problem, Profile, Result, User, UserId, UserKey, Username,
};
use crate::store::record;
use crate::store::sql::{Row, Sql, values};
use std::sync::Arc;

/// A user with the roles in one column, separated by a character that no id contains.
pub(super) const COLUMNS: &str = "id, username, name, email, active, created_at, updated_at, email_verified, bio, nickname,
    require_password_change, utc_offset, last_login_at, preferences, password_hash,
    (SELECT string_agg(role_id, '\u{1f}' ORDER BY role_id) FROM user_role WHERE user_id = user.id), unblocked_at, public_board,
    (SELECT etag FROM avatar WHERE user_id = user.id)";

/// Reports which of the two unique names is taken by another user than `id`, because the error of
/// the unique index does not. The index still decides.
pub(super) fn refuse_taken(
    sql: &impl Sql,
    id: &UserId,
    field: Field,
    text: Option<&str>,
) -> Result<()> {
    let Some(text) = text else { return Ok(()) };
    let select = if field == Field::Email {
        "SELECT 1 FROM user WHERE email_key = $1 AND id <> $2"
    } else {
        "SELECT 1 FROM user WHERE username_key = $1 AND id <> $2"
    };
    if sql.exists(select, values![&Username::key(text), id.as_str()])? {
        return Err(taken(field, text));
    }
    Ok(())
}

/// Returns the user that `key` identifies, with the password hash.
pub fn find(sql: &impl Sql, key: &UserKey) -> Result<Option<(User, String)>> {
    let (column, value) = match key {
        UserKey::Id(id) => ("id", id.as_str()),
        UserKey::Username(name) => ("username_key", &*Username::key(name)),
        UserKey::Email(email) => ("email_key", &*Username::key(email)),
    };
    let select = format!("SELECT {COLUMNS} FROM user WHERE {column} = $1");
    sql.first(&select, values![value], |row| {
        Ok((read(row)?, row.get(14)?))
    })
}

/// Returns those of `ids` that belong to users.
pub fn existing<S: Sql>(sql: &S, ids: &[UserId]) -> Result<Vec<UserId>> {
    let select = format!("SELECT id FROM user WHERE id IN ({}($1))", S::ELEMENTS);
    sql.all(&select, values![&record::id_array(ids)], |row| {
        row.get::<String>(0).map(UserId::new)
    })
}

/// Reads a user from a row of [`COLUMNS`].
pub(super) fn read(row: &impl Row) -> Result<User> {
    let roles: Option<&str> = row.get(15)?;
    Ok(User {
        id: UserId::new(row.get::<String>(0)?),
        username: Username::stored(row.get(1)?),
        name: row.get(2)?,
        email: row.get::<Option<_>>(3)?.map(Email::stored),
        roles: roles.map_or_else(Vec::new, |ids| {
            ids.split('\u{1f}').map(str::to_owned).collect()
        }),
        active: row.get(4)?,
        profile: Profile {
            email_verified: row.get(7)?,
            bio: row.get::<Option<_>>(8)?.map(Bio::stored),
            nickname: row.get::<Option<_>>(9)?.map(Nickname::stored),
            require_password_change: row.get(10)?,
            utc_offset: row.get(11)?,
            last_login_at: row.get(12)?,
            unblocked_at: row.get(16)?,
            public_board: row.get(17)?,
            preferences: row.get::<Option<&str>>(13)?.map(Arc::from),
            avatar_etag: row.get::<Option<&str>>(18)?.map(Arc::from),
        },
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

/// The error for a name that another user has.
pub(super) fn taken(field: Field, text: &str) -> Error {
    Error::invalid(field, Problem::Taken(text.to_owned()))
}
