//! SQL of the users and the roles they hold. Knows nothing of how passwords are hashed.

use super::{ACCESS, SqliteStore, error, is_missing_reference, is_unique};
use crate::domain::UserKey;
use crate::domain::{
    Email, Error, Field, Problem, Result, Timestamp, User, UserId, Username, What,
};
use crate::store::{UserPatch, Users};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, username, name, email, active, created_at, updated_at, password_hash";

#[async_trait]
impl Users for SqliteStore {
    async fn create_user(&self, user: User, password_hash: String) -> Result<()> {
        self.writer
            .write(move |c| create(c, &user, &password_hash))
            .await
    }

    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>> {
        self.readers.read(move |c| find(c, &key)).await
    }

    async fn list_users(&self) -> Result<Vec<User>> {
        self.readers.read(list).await
    }

    async fn update_user(&self, id: UserId, patch: UserPatch, at: Timestamp) -> Result<()> {
        self.writer
            .change(ACCESS, move |c| update(c, &id, &patch, at))
            .await
    }
}

pub(super) fn create(connection: &Connection, user: &User, password_hash: &str) -> Result<()> {
    refuse_taken(connection, user)?;
    let email = user.email.as_ref().map(Email::as_str);
    connection
        .execute(
            "INSERT INTO user (id, username, username_key, name, email, email_key, password_hash, active, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                user.id.as_str(),
                user.username.as_str(),
                Username::key(user.username.as_str()),
                user.name,
                email,
                email.map(Username::key),
                password_hash,
                user.active,
                user.created_at.as_millis(),
                user.updated_at.as_millis(),
            ],
        )
        .map_err(|e| if is_unique(&e) { taken(Field::Username, user.username.as_str()) } else { error(&e) })?;
    set_roles(connection, &user.id, &user.roles)
}

/// Tells which of the two unique names is taken, which SQLite's code does not. No race: there is one writer.
fn refuse_taken(connection: &Connection, user: &User) -> Result<()> {
    let keys = [
        (
            Field::Username,
            "username_key",
            Some(user.username.as_str()),
        ),
        (
            Field::Email,
            "email_key",
            user.email.as_ref().map(Email::as_str),
        ),
    ];
    for (field, column, text) in keys {
        let sql = format!("SELECT 1 FROM user WHERE {column} = ?1");
        let found = connection
            .query_row(&sql, [text.map(Username::key)], |_| Ok(()))
            .optional();
        if let (Some(()), Some(text)) = (found.map_err(|e| error(&e))?, text) {
            return Err(taken(field, text));
        }
    }
    Ok(())
}

pub(super) fn find(
    connection: &Connection,
    key: &UserKey,
) -> rusqlite::Result<Option<(User, String)>> {
    let (column, value) = match key {
        UserKey::Id(id) => ("id", id.as_str().to_owned()),
        UserKey::Username(name) => ("username_key", Username::key(name)),
        UserKey::Email(email) => ("email_key", Username::key(email)),
    };
    let sql = format!("SELECT {COLUMNS} FROM user WHERE {column} = ?1");
    let found = connection
        .prepare_cached(&sql)?
        .query_row([value], |row| Ok((read(row)?, row.get(7)?)))
        .optional()?;
    found
        .map(|(user, hash)| Ok((with_roles(connection, user)?, hash)))
        .transpose()
}

pub(super) fn list(connection: &Connection) -> rusqlite::Result<Vec<User>> {
    let mut statement =
        connection.prepare(&format!("SELECT {COLUMNS} FROM user ORDER BY username_key"))?;
    let users = statement
        .query_map([], read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    users
        .into_iter()
        .map(|user| with_roles(connection, user))
        .collect()
}

pub(super) fn update(
    connection: &Connection,
    id: &UserId,
    patch: &UserPatch,
    at: Timestamp,
) -> Result<()> {
    let set = "UPDATE user SET password_hash = coalesce(?2, password_hash), active = coalesce(?3, active), updated_at = ?4 WHERE id = ?1";
    let changed = connection
        .execute(
            set,
            params![
                id.as_str(),
                patch.password_hash,
                patch.active,
                at.as_millis()
            ],
        )
        .map_err(|e| error(&e))?;
    if changed == 0 {
        return Err(Error::NotFound(What::User(id.as_str().to_owned())));
    }
    if let Some(roles) = &patch.roles {
        set_roles(connection, id, roles)?;
    }
    end_logins(connection, id, patch).map_err(|e| error(&e))
}

fn end_logins(connection: &Connection, id: &UserId, patch: &UserPatch) -> rusqlite::Result<()> {
    if patch.active == Some(false) {
        connection.execute("DELETE FROM login WHERE user_id = ?1", [id.as_str()])?;
    } else if patch.password_hash.is_some() {
        connection.execute(
            "DELETE FROM login WHERE user_id = ?1 AND name IS NULL",
            [id.as_str()],
        )?;
    }
    Ok(())
}

fn set_roles(connection: &Connection, id: &UserId, roles: &[String]) -> Result<()> {
    connection
        .execute("DELETE FROM user_role WHERE user_id = ?1", [id.as_str()])
        .map_err(|e| error(&e))?;
    for role in roles {
        connection
            .execute(
                "INSERT OR IGNORE INTO user_role (user_id, role_id) VALUES (?1, ?2)",
                params![id.as_str(), role],
            )
            .map_err(|e| {
                if is_missing_reference(&e) {
                    unknown_role()
                } else {
                    error(&e)
                }
            })?;
    }
    Ok(())
}

/// The user of a row of [`COLUMNS`], without its roles.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId::new(row.get::<_, String>(0)?),
        username: Username::stored(row.get(1)?),
        name: row.get(2)?,
        email: row.get::<_, Option<String>>(3)?.map(Email::stored),
        roles: Vec::new(),
        active: row.get(4)?,
        created_at: Timestamp::from_millis(row.get(5)?),
        updated_at: Timestamp::from_millis(row.get(6)?),
    })
}

fn with_roles(connection: &Connection, user: User) -> rusqlite::Result<User> {
    let mut statement = connection
        .prepare_cached("SELECT role_id FROM user_role WHERE user_id = ?1 ORDER BY role_id")?;
    let roles = statement
        .query_map([user.id.as_str()], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(User { roles, ..user })
}

fn taken(field: Field, text: &str) -> Error {
    Error::Invalid {
        field,
        problem: Problem::Taken(text.to_owned()),
    }
}

fn unknown_role() -> Error {
    Error::Invalid {
        field: Field::Role,
        problem: Problem::Unknown,
    }
}
