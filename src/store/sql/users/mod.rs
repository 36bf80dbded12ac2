//! Users and the roles they hold in SQL: creation, lookup and lists. Changes are in `change.rs`.

mod change;
mod list;

use super::engine::{ACCESS, AUDIT};
use super::{Engine, Row, SpaceClass, Sql, audit, values};
use crate::domain::{
    Attribution, Bio, By, Email, Error, Field, Nickname, Page, PresencePolicy, Problem, Profile,
    Result, User, UserId, UserKey, UserPatch, UserQuery, Username,
};
use crate::store::Users;
use async_trait::async_trait;
use std::sync::Arc;

/// A user with the roles in one column, separated by a character that no id contains.
const COLUMNS: &str = "id, username, name, email, active, created_at, updated_at, email_verified, bio, nickname,
    require_password_change, utc_offset, last_login_at, preferences, password_hash,
    (SELECT string_agg(role_id, '\u{1f}' ORDER BY role_id) FROM user_role WHERE user_id = user.id), unblocked_at";

#[async_trait]
impl<E: Engine> Users for E {
    async fn create_user(
        &self,
        user: User,
        password_hash: String,
        attribution: Attribution,
    ) -> Result<()> {
        let entry = attribution.created_user(&user);
        self.write(SpaceClass::Common, AUDIT, move |sql| {
            create(sql, &user, &password_hash)?;
            audit::append(sql, &entry)
        })
        .await
    }

    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>> {
        self.read(move |sql| find(sql, &key)).await
    }

    async fn has_users(&self) -> Result<bool> {
        self.read(|sql| sql.exists("SELECT 1 FROM user LIMIT 1", &[]))
            .await
    }

    async fn list_users(&self, query: UserQuery) -> Result<Page<User>> {
        self.read(move |sql| list::page(sql, &query)).await
    }

    async fn update_user(&self, id: UserId, patch: UserPatch, by: By) -> Result<User> {
        let space = if patch.may_end() {
            SpaceClass::Reserve
        } else {
            SpaceClass::Common
        };
        self.write(space, ACCESS, move |sql| {
            change::update(sql, &id, &patch, &by)
        })
        .await
    }

    async fn delete_user(&self, id: UserId, by: By) -> Result<()> {
        self.write(SpaceClass::Reserve, ACCESS, move |sql| {
            change::delete(sql, &id, &by)
        })
        .await
    }
}

fn create(sql: &impl Sql, user: &User, password_hash: &str) -> Result<()> {
    let username = user.username.as_str();
    let email = user.email.as_ref().map(Email::as_str);
    refuse_taken(sql, &user.id, Field::Username, Some(username))?;
    refuse_taken(sql, &user.id, Field::Email, email)?;
    let profile = &user.profile;
    sql.execute(
        "INSERT INTO user (id, username, username_key, name, name_key, email, email_key, password_hash, active, created_at,
            updated_at, email_verified, bio, nickname, require_password_change, utc_offset, last_login_at, preferences,
            presence_policy)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, nullif($13, ''), nullif($14, ''), $15, $16, $17, $18, $19)",
        values![
            user.id.as_str(),
            username,
            &Username::key(username),
            &user.name,
            &Username::key(&user.name),
            email,
            email.map(Username::key).as_deref(),
            password_hash,
            user.active,
            user.created_at,
            user.updated_at,
            profile.email_verified,
            profile.bio.as_ref().map(Bio::as_str),
            profile.nickname.as_ref().map(Nickname::as_str),
            profile.require_password_change,
            profile.utc_offset,
            profile.last_login_at,
            profile.preferences.as_deref(),
            PresencePolicy::default().as_str(),
        ],
    )
    .map_err(|e| e.if_unique(|| taken(Field::Username, username)))?;
    change::set_roles(sql, &user.id, &user.roles)
}

/// Reports which of the two unique names is taken by another user than `id`, because the error of
/// the unique index does not. The index still decides.
fn refuse_taken(sql: &impl Sql, id: &UserId, field: Field, text: Option<&str>) -> Result<()> {
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
pub(super) fn find(sql: &impl Sql, key: &UserKey) -> Result<Option<(User, String)>> {
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

/// Reads a user from a row of [`COLUMNS`].
fn read(row: &impl Row) -> Result<User> {
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
            preferences: row.get::<Option<&str>>(13)?.map(Arc::from),
        },
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

fn taken(field: Field, text: &str) -> Error {
    Error::invalid(field, Problem::Taken(text.to_owned()))
}
