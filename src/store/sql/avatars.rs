//! Pictures of users in SQL.

use super::signal::ACCESS;
use super::{Engine, Row, SpaceClass, Sql, audit, outbox, users, values};
use crate::domain::{Avatar, By, Change, Error, Result, User, UserId, UserKey, Username, What};
use crate::store::Avatars;
use async_trait::async_trait;

#[async_trait]
impl<E: Engine> Avatars for E {
    async fn find_avatar(&self, key: UserKey) -> Result<Option<Avatar>> {
        self.read(move |sql| find(sql, &key)).await
    }

    async fn set_avatar(&self, user: UserId, avatar: Option<Avatar>, by: By) -> Result<()> {
        let space = if avatar.is_some() {
            SpaceClass::Common
        } else {
            SpaceClass::Reserve
        };
        self.write(space, ACCESS, move |sql| {
            let key = UserKey::Id(user.clone());
            let unknown = What::User(user.as_str().to_owned());
            let found = users::rows::find(sql, &key)?;
            let (user, _) = found.ok_or(Error::NotFound(unknown))?;
            set(sql, &user, avatar.as_ref(), &by)
        })
        .await
    }
}

fn find(sql: &impl Sql, key: &UserKey) -> Result<Option<Avatar>> {
    let (column, value) = match key {
        UserKey::Id(id) => ("user.id", id.as_str()),
        UserKey::Username(name) => ("username_key", &*Username::key(name)),
        UserKey::Email(email) => ("email_key", &*Username::key(email)),
    };
    let select = format!(
        "SELECT picture, type, etag FROM avatar JOIN user ON user.id = user_id WHERE {column} = $1"
    );
    sql.first(&select, values![value], |row| {
        Ok(Avatar {
            bytes: row.get(0)?,
            media_type: row.get(1)?,
            etag: row.get(2)?,
        })
    })
}

fn set(sql: &impl Sql, user: &User, avatar: Option<&Avatar>, by: &By) -> Result<()> {
    let etag = avatar.map(|avatar| avatar.etag.as_str());
    if user.profile.avatar_etag.as_deref() == etag {
        return Ok(());
    }
    let id = user.id.as_str();
    match avatar {
        Some(avatar) => sql.run(
            "INSERT INTO avatar (user_id, etag, picture, type, changed_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (user_id) DO UPDATE SET etag = excluded.etag, picture = excluded.picture, type = excluded.type,
                changed_at = excluded.changed_at",
            values![id, &avatar.etag, &*avatar.bytes, &avatar.media_type, by.at],
        )?,
        None => sql.run("DELETE FROM avatar WHERE user_id = $1", values![id])?,
    }
    audit::append(
        sql,
        &by.attribution().changed_avatar(user, avatar.is_some()),
    )?;
    let change = Change::AvatarChanged {
        user: user.id.clone(),
        username: user.username.clone(),
        etag: etag.map(str::to_owned),
    };
    outbox::append(sql, &by.event(change))
}
