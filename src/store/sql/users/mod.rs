//! Users and the roles they hold in SQL: the units of work.

pub mod change;
mod list;
pub mod rows;
mod states;

use super::signal::{ACCESS, AUDIT, VISIBILITY};
use super::{Engine, SpaceClass, Sql, audit, outbox, status_visibility, values};
use crate::domain::{
    AccountState, Attribution, Bio, By, Email, Field, LoginId, Nickname, Page, PresencePolicy,
    Result, StatusVisibility, Timestamp, User, UserId, UserKey, UserPatch, UserQuery, Username,
};
use crate::store::Users;
use async_trait::async_trait;
use rows::{find, refuse_taken, taken};

#[async_trait]
impl<E: Engine> Users for E {
    async fn create_user(
        &self,
        user: User,
        password_hash: String,
        attribution: Attribution,
    ) -> Result<()> {
        self.write(SpaceClass::Common, AUDIT, move |sql| {
            create_attributed(sql, &user, &password_hash, &attribution)
        })
        .await
    }

    async fn create_hidden_user(
        &self,
        user: User,
        password_hash: String,
        visibility: StatusVisibility,
        by: By,
    ) -> Result<()> {
        self.write(SpaceClass::Common, VISIBILITY, move |sql| {
            create_attributed(sql, &user, &password_hash, &by.attribution())?;
            status_visibility::create(sql, &user, &visibility, &by)
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

    async fn list_account_states(
        &self,
        ids: Vec<UserId>,
        now: Timestamp,
    ) -> Result<Vec<AccountState>> {
        self.read(move |sql| states::states(sql, &ids, now)).await
    }

    async fn update_user(&self, id: UserId, patch: UserPatch, by: By) -> Result<User> {
        let space = if patch.may_end() {
            SpaceClass::Reserve
        } else {
            SpaceClass::Common
        };
        let signals = match patch.visibility {
            Some(_) => VISIBILITY,
            None => ACCESS,
        };
        self.write(space, signals, move |sql| {
            change::update(sql, &id, &patch, &by)
        })
        .await
    }

    async fn delete_own_user(
        &self,
        id: UserId,
        checked_hash: String,
        asked_by: LoginId,
        by: By,
    ) -> Result<()> {
        let conditions = UserPatch {
            checked_hash: Some(checked_hash),
            asked_by: Some(asked_by),
            ..UserPatch::default()
        };
        self.write(SpaceClass::Reserve, VISIBILITY, move |sql| {
            change::refuse_outdated(sql, &id, &conditions)?;
            change::delete(sql, &id, &by)
        })
        .await
    }

    async fn delete_user(&self, id: UserId, by: By) -> Result<()> {
        self.write(SpaceClass::Reserve, VISIBILITY, move |sql| {
            change::delete(sql, &id, &by)
        })
        .await
    }
}

/// Adds a user, with the audit record and the event.
pub fn create_attributed(
    sql: &impl Sql,
    user: &User,
    password_hash: &str,
    attribution: &Attribution,
) -> Result<()> {
    insert(sql, user, password_hash)?;
    audit::append(sql, &attribution.clone().created_user(user))?;
    let event = attribution.creation(user);
    event.map_or(Ok(()), |event| outbox::append(sql, &event))
}

fn insert(sql: &impl Sql, user: &User, password_hash: &str) -> Result<()> {
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
