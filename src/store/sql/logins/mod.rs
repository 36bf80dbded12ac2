//! Logins and sessions in SQL.

pub mod create;
pub mod end;
mod records;
pub mod rows;

use super::signal::{ACCESS, AUDIT};
use super::users::rows as users;
use super::{Engine, Row, SpaceClass, Sql, audit, values};
use crate::domain::{
    Attribution, By, EndedLogins, Error, Grants, Login, LoginId, LoginOrigin, LoginQuery,
    LoginRecord, NewLogin, Page, Result, Session, Timestamp, UserId, UserKey, What,
};
use crate::store::Logins;
use async_trait::async_trait;
use create::Added;
use end::{append_ended, delete, end_all, username};
use rows::{COLUMNS, read};
use std::net::IpAddr;
use std::time::Duration;

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

fn grants(sql: &impl Sql, user: &UserId) -> Result<Grants> {
    let names: Vec<String> = sql.all(
        "SELECT DISTINCT permission_id FROM user_role JOIN permission_role USING (role_id) WHERE user_id = $1",
        values![user.as_str()],
        |row| row.get(0),
    )?;
    Ok(Grants::named(names.iter().map(String::as_str)))
}
