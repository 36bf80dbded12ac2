//! SQL of users and the roles they hold: creation, lookup and lists. Changes are in `change.rs`.

mod change;
mod list;

use super::space::SpaceClass;
use super::{ACCESS, AUDIT, SqliteStore, audit, error, is_missing_reference, is_unique};
use crate::domain::{
    Attribution, Bio, By, Email, Error, Field, Nickname, Page, PresencePolicy, Problem, Profile,
    Result, Timestamp, User, UserId, UserQuery, Username,
};
use crate::domain::{UserKey, UserPatch};
use crate::store::Users;
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A user with its roles in one row, separated by a character that no id contains.
const COLUMNS: &str = "id, username, name, email, active, created_at, updated_at, email_verified, bio, nickname,
    require_password_change, utc_offset, last_login_at, preferences, password_hash,
    (SELECT group_concat(role_id, char(31) ORDER BY role_id) FROM user_role WHERE user_id = user.id), unblocked_at";

#[async_trait]
impl Users for SqliteStore {
    async fn create_user(
        &self,
        user: User,
        password_hash: String,
        attribution: Attribution,
    ) -> Result<()> {
        let entry = attribution.created_user(&user);
        self.writer
            .write(SpaceClass::Common, AUDIT, move |c| {
                create(c, &user, &password_hash)?;
                audit::append(c, &entry)
            })
            .await
    }

    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>> {
        self.readers.read(move |c| find(c, &key)).await
    }

    async fn has_users(&self) -> Result<bool> {
        self.readers
            .read(|c| c.query_row("SELECT EXISTS (SELECT 1 FROM user)", [], |row| row.get(0)))
            .await
    }

    async fn list_users(&self, query: UserQuery) -> Result<Page<User>> {
        self.readers.read(move |c| list::page(c, &query)).await
    }

    async fn update_user(&self, id: UserId, patch: UserPatch, by: By) -> Result<User> {
        let space = if patch.may_end() {
            SpaceClass::Reserve
        } else {
            SpaceClass::Common
        };
        self.writer
            .write(space, ACCESS, move |c| change::update(c, &id, &patch, &by))
            .await
    }

    async fn delete_user(&self, id: UserId, by: By) -> Result<()> {
        self.writer
            .write(SpaceClass::Reserve, ACCESS, move |c| {
                change::delete(c, &id, &by)
            })
            .await
    }
}

pub(super) fn create(connection: &Connection, user: &User, password_hash: &str) -> Result<()> {
    let (username, email) = (
        user.username.as_str(),
        user.email.as_ref().map(Email::as_str),
    );
    refuse_taken(connection, &user.id, Field::Username, Some(username))?;
    refuse_taken(connection, &user.id, Field::Email, email)?;
    let profile = &user.profile;
    connection
        .execute(
            "INSERT INTO user (id, username, username_key, name, name_key, email, email_key, password_hash, active, created_at,
                updated_at, email_verified, bio, nickname, require_password_change, utc_offset, last_login_at, preferences,
                presence_policy)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, nullif(?13, ''), nullif(?14, ''), ?15, ?16, ?17, ?18, ?19)",
            params![
                user.id.as_str(),
                username,
                Username::key(username),
                user.name,
                Username::key(&user.name),
                email,
                email.map(Username::key),
                password_hash,
                user.active,
                user.created_at.as_millis(),
                user.updated_at.as_millis(),
                profile.email_verified,
                profile.bio.as_ref().map(Bio::as_str),
                profile.nickname.as_ref().map(Nickname::as_str),
                profile.require_password_change,
                profile.utc_offset,
                profile.last_login_at.map(Timestamp::as_millis),
                profile.preferences.as_deref(),
                PresencePolicy::default().as_str(),
            ],
        )
        .map_err(|e| if is_unique(&e) { taken(Field::Username, username) } else { error(&e) })?;
    change::set_roles(connection, &user.id, &user.roles)
}

/// Reports which of the two unique names is taken by another user than `id`, because SQLite's error
/// code does not. This cannot race, because there is only one writer.
fn refuse_taken(
    connection: &Connection,
    id: &UserId,
    field: Field,
    text: Option<&str>,
) -> Result<()> {
    let Some(text) = text else { return Ok(()) };
    let column = if field == Field::Email {
        "email_key"
    } else {
        "username_key"
    };
    let sql = format!("SELECT 1 FROM user WHERE {column} = ?1 AND id <> ?2");
    let found = connection
        .query_row(&sql, [&Username::key(text), id.as_str()], |_| Ok(()))
        .optional();
    match found.map_err(|e| error(&e))? {
        Some(()) => Err(taken(field, text)),
        None => Ok(()),
    }
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
    connection
        .prepare_cached(&sql)?
        .query_row([value], |row| Ok((read(row)?, row.get(14)?)))
        .optional()
}

/// Reads a user from a row of [`COLUMNS`].
fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    let roles: Option<String> = row.get(15)?;
    Ok(User {
        id: UserId::new(row.get::<_, String>(0)?),
        username: Username::stored(row.get(1)?),
        name: row.get(2)?,
        email: row.get::<_, Option<String>>(3)?.map(Email::stored),
        roles: roles.map_or_else(Vec::new, |ids| {
            ids.split('\u{1f}').map(str::to_owned).collect()
        }),
        active: row.get(4)?,
        profile: Profile {
            email_verified: row.get(7)?,
            bio: row.get::<_, Option<String>>(8)?.map(Bio::stored),
            nickname: row.get::<_, Option<String>>(9)?.map(Nickname::stored),
            require_password_change: row.get(10)?,
            utc_offset: row.get(11)?,
            last_login_at: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_millis),
            unblocked_at: row.get::<_, Option<i64>>(16)?.map(Timestamp::from_millis),
            preferences: row.get(13)?,
        },
        created_at: Timestamp::from_millis(row.get(5)?),
        updated_at: Timestamp::from_millis(row.get(6)?),
    })
}

fn taken(field: Field, text: &str) -> Error {
    Error::invalid(field, Problem::Taken(text.to_owned()))
}
