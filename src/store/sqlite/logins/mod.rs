//! SQL of logins and sessions.

mod records;

use super::space::SpaceClass;
use super::{ACCESS, AUDIT, SqliteStore, audit, error, is_unique, outbox, users};
use crate::domain::{
    Attribution, By, Change, EndedLogins, Error, Field, Grants, Login, LoginId, LoginKind,
    LoginOrigin, LoginQuery, LoginRecord, Page, Problem, Result, Session, Timestamp, UserId,
    Username, What,
};
use crate::domain::{NewLogin, UserKey};
use crate::store::Logins;
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::net::IpAddr;
use std::time::Duration;

const COLUMNS: &str = "id, user_id, name, created_at, expires_at, token_tail, bypass_two_factor";

#[async_trait]
impl Logins for SqliteStore {
    async fn create_login(&self, new: NewLogin, attribution: Attribution) -> Result<()> {
        let crowded = (new.clone(), attribution.clone());
        let added = self.writer.write(SpaceClass::Common, AUDIT, move |c| {
            create_within(c, &new, &attribution)
        });
        match added.await? {
            Added::Done => Ok(()),
            // Cached sessions are only invalidated if logins end.
            Added::TooMany => {
                self.writer
                    .write(SpaceClass::Common, ACCESS, move |c| {
                        create_instead(c, &crowded.0, &crowded.1)
                    })
                    .await
            }
        }
    }

    async fn list_login_records(&self, query: LoginQuery) -> Result<Page<LoginRecord>> {
        self.readers.read(move |c| records::page(c, &query)).await
    }

    async fn list_login_addresses(
        &self,
        user: UserId,
        most: usize,
    ) -> Result<Vec<(IpAddr, Timestamp)>> {
        self.readers
            .read(move |c| records::addresses(c, &user, most))
            .await
    }

    async fn note_used(&self, used: Vec<(LoginId, Timestamp)>, apart: Duration) -> Result<()> {
        // Uses the reserve, so that it does not delay deletions in the same queue when the file is
        // full. It grows each row at most once.
        self.writer
            .write(SpaceClass::Reserve, &[], move |c| {
                records::note_used(c, &used, apart).map_err(|e| error(&e))
            })
            .await
    }

    async fn replace_token(&self, login: Login, by: By) -> Result<()> {
        self.writer
            .write(SpaceClass::Common, ACCESS, move |c| replace(c, &login, &by))
            .await
    }

    async fn find_session(&self, id: LoginId) -> Result<Option<Session>> {
        self.readers.read(move |c| find_session(c, &id)).await
    }

    async fn list_logins(&self, user: UserId) -> Result<Vec<Login>> {
        self.readers.read(move |c| list(c, &user)).await
    }

    async fn delete_login(&self, id: LoginId, by: By) -> Result<bool> {
        self.writer
            .write(SpaceClass::Reserve, ACCESS, move |c| delete(c, &id, &by))
            .await
    }

    async fn end_logins(&self, user: UserId, ended: EndedLogins, by: By) -> Result<()> {
        self.writer
            .write(SpaceClass::Reserve, ACCESS, move |c| {
                end_all(c, &user, &ended, &by)
            })
            .await
    }
}

/// The result of adding a login without ending another.
enum Added {
    Done,
    /// Not added: another login must end first.
    TooMany,
}

/// Adds a login if its user is below the limit.
fn create_within(
    connection: &Connection,
    new: &NewLogin,
    attribution: &Attribution,
) -> Result<Added> {
    check_conditions(connection, new)?;
    if evicted(connection, new)?.is_some() {
        return Ok(Added::TooMany);
    }
    create_attributed(connection, new, attribution)?;
    Ok(Added::Done)
}

/// Adds a login, and ends those that exceed the limit.
fn create_instead(
    connection: &Connection,
    new: &NewLogin,
    attribution: &Attribution,
) -> Result<()> {
    check_conditions(connection, new)?;
    let (user, evicted) = (&new.login.user, evicted(connection, new)?);
    let ended = evicted.map_or(Ok(0), |evicted| end(connection, user, &evicted));
    let ended = ended.map_err(|e| error(&e))?;
    create_attributed(connection, new, attribution)?;
    if ended == 0 {
        return Ok(());
    }
    let found = users::find(connection, &UserKey::Id(user.clone())).map_err(|e| error(&e))?;
    let unknown = || Error::NotFound(What::User(user.as_str().to_owned()));
    let (found, _) = found.ok_or_else(unknown)?;
    let entry = attribution
        .clone()
        .evicted_logins(user, &found.username, ended);
    audit::append(connection, &entry)?;
    append_ended(connection, user, &found.by(new.login.created_at))
}

/// Adds a login and its audit record.
fn create_attributed(
    connection: &Connection,
    new: &NewLogin,
    attribution: &Attribution,
) -> Result<()> {
    create(connection, &new.login, &new.origin)?;
    let owner = username(connection, &new.login.user)?;
    let entry = attribution.clone().created_login(&new.login, &owner);
    audit::append(connection, &entry)
}

fn check_conditions(connection: &Connection, new: &NewLogin) -> Result<()> {
    if let Some(asked_by) = &new.asked_by {
        require(connection, asked_by)?;
    }
    delete_expired(connection, &new.login).map_err(|e| error(&e))
}

/// Returns the logins that end to make room for a new one.
fn evicted(connection: &Connection, new: &NewLogin) -> Result<Option<EndedLogins>> {
    let held = connection
        .prepare_cached("SELECT count(*) FROM login WHERE user_id = ?1 AND name IS NULL")
        .and_then(|mut held| held.query_row([new.login.user.as_str()], |row| row.get(0)))
        .map_err(|e| error(&e))?;
    Ok(new.evicted(held))
}

/// Ends logins. Returns their number.
pub(super) fn end(
    connection: &Connection,
    user: &UserId,
    ended: &EndedLogins,
) -> rusqlite::Result<usize> {
    match ended {
        EndedLogins::All => connection
            .prepare_cached("DELETE FROM login WHERE user_id = ?1")?
            .execute([user.as_str()]),
        EndedLogins::Password { kept } => connection
            .prepare_cached("DELETE FROM login WHERE user_id = ?1 AND name IS NULL AND id <> ?2")?
            .execute([user.as_str(), kept.as_ref().map_or("", LoginId::as_str)]),
        EndedLogins::Unused { kept } => connection
            .prepare_cached(
                "DELETE FROM login WHERE id IN (
                    SELECT id FROM login WHERE user_id = ?1 AND name IS NULL
                    ORDER BY max(created_at, coalesce(last_used_at, 0)) DESC, id LIMIT -1 OFFSET ?2)",
            )?
            .execute(params![user.as_str(), kept]),
    }
}

/// Fails if the requesting login has ended.
pub(super) fn require(connection: &Connection, login: &LoginId) -> Result<()> {
    let exists: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM login WHERE id = ?1)")
        .and_then(|mut exists| exists.query_row([login.as_str()], |row| row.get(0)))
        .map_err(|e| error(&e))?;
    if exists {
        Ok(())
    } else {
        Err(Error::Unauthenticated)
    }
}

fn create(connection: &Connection, login: &Login, origin: &LoginOrigin) -> Result<()> {
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
            "INSERT INTO login (id, user_id, name, created_at, expires_at, token_tail, bypass_two_factor, address, client)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )
        .and_then(|mut insert| {
            let (created_at, expires_at) = (login.created_at.as_millis(), login.expires_at.map(Timestamp::as_millis));
            let address = origin.address.map(|address| address.to_string());
            insert.execute(params![
                login.id.as_str(),
                login.user.as_str(),
                name,
                created_at,
                expires_at,
                tail,
                bypass,
                address,
                origin.client
            ])
        })
        .map(drop)
        .map_err(|e| match name {
            Some(name) if is_unique(&e) => Error::invalid(Field::TokenName, Problem::Taken(name.clone())),
            _ => error(&e),
        })
}

/// Rejects a login for an unknown or deactivated user. A login requested just before a deactivation
/// would otherwise exist after the next activation.
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

/// Deletes logins of the same user that had expired when `login` was created. Otherwise they would
/// stay forever and keep their names.
fn delete_expired(connection: &Connection, login: &Login) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM login WHERE user_id = ?1 AND expires_at <= ?2")?
        .execute(params![login.user.as_str(), login.created_at.as_millis()])
        .map(drop)
}

/// Cached sessions stay valid: no data that decides access has changed.
fn note_login(connection: &Connection, login: &Login) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE user SET last_login_at = ?2 WHERE id = ?1")?
        .execute(params![login.user.as_str(), login.created_at.as_millis()])
        .map(drop)
}

fn replace(connection: &Connection, login: &Login, by: &By) -> Result<()> {
    let name = login.token_name().unwrap_or_default();
    let deleted = connection
        .prepare_cached("DELETE FROM login WHERE user_id = ?1 AND name = ?2")
        .and_then(|mut delete| delete.execute([login.user.as_str(), name]))
        .map_err(|e| error(&e))?;
    if deleted == 0 {
        return Err(Error::NotFound(What::Login(name.to_owned())));
    }
    create(connection, login, &LoginOrigin::default())?;
    let (user, attribution) = (&login.user, by.attribution());
    let owner = username(connection, user)?;
    audit::append(connection, &attribution.replaced_token(user, &owner, name))?;
    append_ended(connection, &login.user, by)
}

fn end_all(connection: &Connection, user: &UserId, ended: &EndedLogins, by: &By) -> Result<()> {
    let owner = username(connection, user)?;
    let ended = end(connection, user, ended).map_err(|e| error(&e))?;
    if ended == 0 {
        return Ok(());
    }
    let entry = by.attribution().ended_logins(user, &owner, ended);
    audit::append(connection, &entry)?;
    append_ended(connection, user, by)
}

/// Returns the username, for the audit trail.
fn username(connection: &Connection, user: &UserId) -> Result<Username> {
    let found = connection
        .prepare_cached("SELECT username FROM user WHERE id = ?1")
        .and_then(|mut name| name.query_row([user.as_str()], |row| row.get(0)).optional());
    let found = found.map_err(|e| error(&e))?.map(Username::stored);
    found.ok_or_else(|| Error::NotFound(What::User(user.as_str().to_owned())))
}

/// Appends the event for ended logins of `user`.
fn append_ended(connection: &Connection, user: &UserId, by: &By) -> Result<()> {
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

fn delete(connection: &Connection, id: &LoginId, by: &By) -> Result<bool> {
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
    append_ended(connection, &user, by)?;
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
