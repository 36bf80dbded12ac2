//! Logins and sessions in SQL.

mod create;
mod records;

use super::engine::{ACCESS, AUDIT};
use super::{Engine, Row, SpaceClass, Sql, audit, outbox, users, values};
use crate::domain::{
    Attribution, By, Change, EndedLogins, Error, Grants, Login, LoginId, LoginKind, LoginOrigin,
    LoginQuery, LoginRecord, NewLogin, Page, Result, Session, Timestamp, UserId, UserKey, Username,
    What,
};
use crate::store::Logins;
use async_trait::async_trait;
use create::Added;
use std::net::IpAddr;
use std::time::Duration;

const COLUMNS: &str = "id, user_id, name, created_at, expires_at, token_tail, bypass_two_factor";

/// The time of last use, or of the login itself.
const LAST_USED: &str = "CASE WHEN last_used_at > created_at THEN last_used_at ELSE created_at END";

#[async_trait]
impl<E: Engine> Logins for E {
    async fn create_login(&self, new: NewLogin, attribution: Attribution) -> Result<()> {
        let crowded = (new.clone(), attribution.clone());
        let added = self.write(SpaceClass::Common, AUDIT, move |sql| {
            create::within_limit(sql, &new, &attribution)
        });
        match added.await? {
            Added::Done => Ok(()),
            // Cached sessions are only invalidated if logins end.
            Added::TooMany => {
                self.write(SpaceClass::Common, ACCESS, move |sql| {
                    create::instead(sql, &crowded.0, &crowded.1)
                })
                .await
            }
        }
    }

    async fn list_login_records(&self, query: LoginQuery) -> Result<Page<LoginRecord>> {
        self.read(move |sql| records::page(sql, &query)).await
    }

    async fn list_login_addresses(
        &self,
        user: UserId,
        most: usize,
    ) -> Result<Vec<(IpAddr, Timestamp)>> {
        self.read(move |sql| records::addresses(sql, &user, most))
            .await
    }

    async fn note_used(&self, used: Vec<(LoginId, Timestamp)>, apart: Duration) -> Result<()> {
        // Uses the reserve, so that it does not delay deletions in the same queue when the database
        // is full. It grows each row at most once.
        self.write(SpaceClass::Reserve, &[], move |sql| {
            records::note_used(sql, &used, apart)
        })
        .await
    }

    async fn replace_token(&self, login: Login, by: By) -> Result<()> {
        self.write(SpaceClass::Common, ACCESS, move |sql| {
            replace(sql, &login, &by)
        })
        .await
    }

    async fn find_session(&self, id: LoginId) -> Result<Option<Session>> {
        self.read(move |sql| find_session(sql, &id)).await
    }

    async fn list_logins(&self, user: UserId) -> Result<Vec<Login>> {
        self.read(move |sql| list(sql, &user)).await
    }

    async fn delete_login(&self, id: LoginId, by: By) -> Result<bool> {
        self.write(SpaceClass::Reserve, ACCESS, move |sql| {
            delete(sql, &id, &by)
        })
        .await
    }

    async fn end_logins(&self, user: UserId, ended: EndedLogins, by: By) -> Result<()> {
        self.write(SpaceClass::Reserve, ACCESS, move |sql| {
            end_all(sql, &user, &ended, &by)
        })
        .await
    }
}

/// Ends logins. Returns their number.
pub(super) fn end(sql: &impl Sql, user: &UserId, ended: &EndedLogins) -> Result<usize> {
    let user = user.as_str();
    let ended = match ended {
        EndedLogins::All => {
            sql.execute("DELETE FROM login WHERE user_id = $1", values![user])
        }
        EndedLogins::Password { kept } => sql.execute(
            "DELETE FROM login WHERE user_id = $1 AND name IS NULL AND id <> $2",
            values![user, kept.as_ref().map_or("", LoginId::as_str)],
        ),
        EndedLogins::Unused { kept } => sql.execute(
            &format!(
                "DELETE FROM login WHERE user_id = $1 AND name IS NULL AND id NOT IN (
                    SELECT id FROM login WHERE user_id = $1 AND name IS NULL ORDER BY {LAST_USED} DESC, id LIMIT $2)"
            ),
            values![user, *kept],
        ),
    };
    Ok(ended?)
}

/// Fails if the requesting login has ended.
pub(super) fn require(sql: &impl Sql, login: &LoginId) -> Result<()> {
    if sql.exists("SELECT 1 FROM login WHERE id = $1", values![login.as_str()])? {
        Ok(())
    } else {
        Err(Error::Unauthenticated)
    }
}

fn replace(sql: &impl Sql, login: &Login, by: &By) -> Result<()> {
    let (user, name) = (&login.user, login.token_name().unwrap_or_default());
    let deleted = sql.execute(
        "DELETE FROM login WHERE user_id = $1 AND name = $2",
        values![user.as_str(), name],
    )?;
    if deleted == 0 {
        return Err(Error::NotFound(What::Login(name.to_owned())));
    }
    create::create(sql, login, &LoginOrigin::default())?;
    let owner = username(sql, user)?;
    let entry = by.attribution().replaced_token(user, &owner, name);
    audit::append(sql, &entry)?;
    append_ended(sql, user, by)
}

fn end_all(sql: &impl Sql, user: &UserId, ended: &EndedLogins, by: &By) -> Result<()> {
    let owner = username(sql, user)?;
    let ended = end(sql, user, ended)?;
    if ended == 0 {
        return Ok(());
    }
    let entry = by.attribution().ended_logins(user, &owner, ended);
    audit::append(sql, &entry)?;
    append_ended(sql, user, by)
}

/// Returns the username, for the audit trail.
fn username(sql: &impl Sql, user: &UserId) -> Result<Username> {
    let found = sql.first(
        "SELECT username FROM user WHERE id = $1",
        values![user.as_str()],
        |row| row.get(0).map(Username::stored),
    )?;
    found.ok_or_else(|| Error::NotFound(What::User(user.as_str().to_owned())))
}

/// Appends the event for ended logins of `user`.
fn append_ended(sql: &impl Sql, user: &UserId, by: &By) -> Result<()> {
    let user = user.clone();
    outbox::append(sql, &by.event(Change::LoginsEnded { user }))
}

fn find_session(sql: &impl Sql, id: &LoginId) -> Result<Option<Session>> {
    let select = format!("SELECT {COLUMNS} FROM login WHERE id = $1");
    let Some(login) = sql.first(&select, values![id.as_str()], |row| read(row))? else {
        return Ok(None);
    };
    let Some((user, _)) = users::find(sql, &UserKey::Id(login.user.clone()))? else {
        return Ok(None);
    };
    let grants = grants(sql, &login.user)?;
    Ok(Some(Session {
        login,
        user,
        grants,
    }))
}

fn list(sql: &impl Sql, user: &UserId) -> Result<Vec<Login>> {
    let select = format!("SELECT {COLUMNS} FROM login WHERE user_id = $1 ORDER BY created_at, id");
    sql.all(&select, values![user.as_str()], |row| read(row))
}

fn delete(sql: &impl Sql, id: &LoginId, by: &By) -> Result<bool> {
    let ended: Option<(UserId, Option<String>)> = sql.first(
        "DELETE FROM login WHERE id = $1 RETURNING user_id, name",
        values![id.as_str()],
        |row| Ok((UserId::new(row.get::<String>(0)?), row.get(1)?)),
    )?;
    let Some((user, token)) = ended else {
        return Ok(false);
    };
    let owner = username(sql, &user)?;
    let attribution = by.attribution();
    let entry = attribution.ended_login(&user, &owner, token.as_deref());
    audit::append(sql, &entry)?;
    append_ended(sql, &user, by)?;
    Ok(true)
}

fn grants(sql: &impl Sql, user: &UserId) -> Result<Grants> {
    let names: Vec<String> = sql.all(
        "SELECT DISTINCT permission_id FROM user_role JOIN permission_role USING (role_id) WHERE user_id = $1",
        values![user.as_str()],
        |row| row.get(0),
    )?;
    Ok(Grants::named(names.iter().map(String::as_str)))
}

/// Reads a login from a row that begins with [`COLUMNS`].
fn read(row: &impl Row) -> Result<Login> {
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
