//! SQL of the logins, and of the session a login opens. Knows nothing of tokens.

use super::{ACCESS, AUDIT, SqliteStore, audit, error, is_unique, outbox, users};
use crate::domain::UserKey;
use crate::domain::{
    Attribution, By, Change, Error, Field, Grants, Login, LoginId, LoginKind, Problem, Result,
    Session, Timestamp, UserId, Username, What,
};
use crate::store::Logins;
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, user_id, name, created_at, expires_at, token_tail, bypass_two_factor";

#[async_trait]
impl Logins for SqliteStore {
    async fn create_login(&self, login: Login, attribution: Attribution) -> Result<()> {
        self.writer
            .change(AUDIT, move |c| {
                create(c, &login)?;
                let owner = username(c, &login.user)?;
                audit::append(c, &attribution.created_login(&login, &owner))
            })
            .await
    }

    async fn replace_token(&self, login: Login, by: By) -> Result<()> {
        self.writer
            .change(ACCESS, move |c| replace(c, &login, by))
            .await
    }

    async fn find_session(&self, id: LoginId) -> Result<Option<Session>> {
        self.readers.read(move |c| find_session(c, &id)).await
    }

    async fn list_logins(&self, user: UserId) -> Result<Vec<Login>> {
        self.readers.read(move |c| list(c, &user)).await
    }

    async fn delete_login(&self, id: LoginId, by: By) -> Result<bool> {
        self.writer.end(ACCESS, move |c| delete(c, &id, by)).await
    }

    async fn delete_logins(&self, user: UserId, by: By) -> Result<()> {
        self.writer
            .end(ACCESS, move |c| delete_all(c, &user, by))
            .await
    }
}

pub(super) fn create(connection: &Connection, login: &Login) -> Result<()> {
    refuse_inactive(connection, &login.user)?;
    delete_expired(connection, login).map_err(|e| error(&e))?;
    let (name, tail, bypass) = match &login.kind {
        LoginKind::Password => (None, None, false),
        LoginKind::Token {
            name,
            tail,
            bypass_two_factor,
        } => (Some(name), Some(tail), *bypass_two_factor),
    };
    if name.is_none() {
        note_login(connection, login).map_err(|e| error(&e))?;
    }
    connection
        .prepare_cached(
            "INSERT INTO login (id, user_id, name, created_at, expires_at, token_tail, bypass_two_factor)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut insert| {
            let (created_at, expires_at) = (login.created_at.as_millis(), login.expires_at.map(Timestamp::as_millis));
            insert.execute(params![login.id.as_str(), login.user.as_str(), name, created_at, expires_at, tail, bypass])
        })
        .map(drop)
        .map_err(|e| match name {
            Some(name) if is_unique(&e) => Error::Invalid { field: Field::TokenName, problem: Problem::Taken(name.clone()) },
            _ => error(&e),
        })
}

/// Refuses a login for nobody, and for who may not log in: one that was asked for just before its user was switched off would be there
/// when that one is switched on again.
fn refuse_inactive(connection: &Connection, user: &UserId) -> Result<()> {
    let active = connection
        .prepare_cached("SELECT active FROM user WHERE id = ?1")
        .and_then(|mut active| {
            active
                .query_row([user.as_str()], |row| row.get(0))
                .optional()
        });
    match active.map_err(|e| error(&e))? {
        Some(true) => Ok(()),
        Some(false) => Err(Error::Deactivated),
        None => Err(Error::NotFound(What::User(user.as_str().to_owned()))),
    }
}

/// Makes room for `login`: those of its user that had ended when it was made would stay for ever, and keep their names.
fn delete_expired(connection: &Connection, login: &Login) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM login WHERE user_id = ?1 AND expires_at <= ?2")?
        .execute(params![login.user.as_str(), login.created_at.as_millis()])
        .map(drop)
}

/// The cached sessions stay: nothing that decides anything has changed.
fn note_login(connection: &Connection, login: &Login) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE user SET last_login_at = ?2 WHERE id = ?1")?
        .execute(params![login.user.as_str(), login.created_at.as_millis()])
        .map(drop)
}

fn replace(connection: &Connection, login: &Login, by: By) -> Result<()> {
    let name = login.token_name().unwrap_or_default();
    let deleted = connection
        .prepare_cached("DELETE FROM login WHERE user_id = ?1 AND name = ?2")
        .and_then(|mut delete| delete.execute([login.user.as_str(), name]))
        .map_err(|e| error(&e))?;
    if deleted == 0 {
        return Err(Error::NotFound(What::Login(name.to_owned())));
    }
    create(connection, login)?;
    let (user, attribution) = (&login.user, by.attribution());
    let owner = username(connection, user)?;
    audit::append(connection, &attribution.replaced_token(user, &owner, name))?;
    tell_ended(connection, &login.user, by)
}

fn delete_all(connection: &Connection, user: &UserId, by: By) -> Result<()> {
    let id = user.as_str();
    let known: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM user WHERE id = ?1)")
        .and_then(|mut known| known.query_row([id], |row| row.get(0)))
        .map_err(|e| error(&e))?;
    if !known {
        return Err(Error::NotFound(What::User(id.to_owned())));
    }
    let ended = connection
        .prepare_cached("DELETE FROM login WHERE user_id = ?1")
        .and_then(|mut delete| delete.execute([id]))
        .map_err(|e| error(&e))?;
    if ended == 0 {
        return Ok(());
    }
    let owner = username(connection, user)?;
    audit::append(
        connection,
        &by.attribution().ended_logins(user, &owner, ended),
    )?;
    tell_ended(connection, user, by)
}

/// The name of a user who has logins, for the audit trail.
fn username(connection: &Connection, user: &UserId) -> Result<Username> {
    connection
        .prepare_cached("SELECT username FROM user WHERE id = ?1")
        .and_then(|mut name| name.query_row([user.as_str()], |row| row.get(0)))
        .map(Username::stored)
        .map_err(|e| error(&e))
}

/// Tells that logins of `user` have ended.
pub(super) fn tell_ended(connection: &Connection, user: &UserId, by: By) -> Result<()> {
    let user = user.clone();
    outbox::append(connection, &by.event(Change::LoginsEnded { user }))
}

pub(super) fn find_session(
    connection: &Connection,
    id: &LoginId,
) -> rusqlite::Result<Option<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM login WHERE id = ?1");
    let Some(login) = connection
        .prepare_cached(&sql)?
        .query_row([id.as_str()], read)
        .optional()?
    else {
        return Ok(None);
    };
    let Some((user, _)) = users::find(connection, &UserKey::Id(login.user.clone()))? else {
        return Ok(None);
    };
    let grants = grants(connection, &login.user)?;
    Ok(Some(Session {
        login,
        user,
        grants,
    }))
}

pub(super) fn list(connection: &Connection, user: &UserId) -> rusqlite::Result<Vec<Login>> {
    let sql = format!("SELECT {COLUMNS} FROM login WHERE user_id = ?1 ORDER BY created_at, id");
    connection
        .prepare_cached(&sql)?
        .query_map([user.as_str()], read)?
        .collect()
}

fn delete(connection: &Connection, id: &LoginId, by: By) -> Result<bool> {
    let ended: Option<(String, Option<String>)> = connection
        .prepare_cached("DELETE FROM login WHERE id = ?1 RETURNING user_id, name")
        .and_then(|mut delete| {
            let ended = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            delete.query_row([id.as_str()], ended).optional()
        })
        .map_err(|e| error(&e))?;
    let Some((user, token)) = ended else {
        return Ok(false);
    };
    let user = UserId::new(user);
    let owner = username(connection, &user)?;
    let entry = by
        .attribution()
        .ended_login(&user, &owner, token.as_deref());
    audit::append(connection, &entry)?;
    tell_ended(connection, &user, by)?;
    Ok(true)
}

fn grants(connection: &Connection, user: &UserId) -> rusqlite::Result<Grants> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT permission_id FROM user_role JOIN permission_role USING (role_id) WHERE user_id = ?1",
    )?;
    let names = statement
        .query_map([user.as_str()], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(Grants::named(names.iter().map(String::as_str)))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Login> {
    let name: Option<String> = row.get(2)?;
    let kind = match name {
        None => LoginKind::Password,
        Some(name) => LoginKind::Token {
            name,
            tail: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
            bypass_two_factor: row.get(6)?,
        },
    };
    Ok(Login {
        id: LoginId::new(row.get::<_, String>(0)?),
        user: UserId::new(row.get::<_, String>(1)?),
        kind,
        created_at: Timestamp::from_millis(row.get(3)?),
        expires_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
    })
}
