//! Displays and PINs in SQL.

use super::signal::{AUDIT, DISPLAYS};
use super::{Engine, Row, SpaceClass, Sql, audit, values};
use crate::domain::{
    Action, Attribution, Dim, Display, DisplayLook, DisplayOrder, DisplayTheme, Error, Field,
    Problem, Result, Timestamp, User, UserId, UserKey, What,
};
use crate::store::Displays;
use crate::store::sql::users;
use async_trait::async_trait;

#[async_trait]
impl<E: Engine> Displays for E {
    async fn list_displays(&self) -> Result<Vec<Display>> {
        self.read(|sql| {
            let select = format!("SELECT {COLUMNS} FROM display ORDER BY name");
            sql.all(&select, &[], |row| read(row))
        })
        .await
    }

    async fn find_display(&self, key_hash: String) -> Result<Option<Display>> {
        self.read(move |sql| {
            let select = format!("SELECT {COLUMNS} FROM display WHERE key_hash = $1");
            sql.first(&select, values![&key_hash], |row| read(row))
        })
        .await
    }

    async fn create_display(
        &self,
        display: Display,
        key_hash: String,
        attribution: Attribution,
    ) -> Result<()> {
        let entry = attribution.display(Action::DisplayCreated, &display);
        self.write(SpaceClass::Common, DISPLAYS, move |sql| {
            create(sql, &display, &key_hash)?;
            audit::append(sql, &entry)
        })
        .await
    }

    async fn rotate_display(
        &self,
        id: String,
        key_hash: String,
        attribution: Attribution,
    ) -> Result<Display> {
        self.write(SpaceClass::Common, DISPLAYS, move |sql| {
            let display = find(sql, &id)?;
            sql.run(
                "UPDATE display SET key_hash = $1 WHERE id = $2",
                values![&key_hash, &id],
            )?;
            let entry = attribution
                .clone()
                .display(Action::DisplayKeyRotated, &display);
            audit::append(sql, &entry)?;
            Ok(display)
        })
        .await
    }

    async fn delete_display(&self, id: String, attribution: Attribution) -> Result<()> {
        self.write(SpaceClass::Reserve, DISPLAYS, move |sql| {
            let display = find(sql, &id)?;
            sql.run("DELETE FROM display WHERE id = $1", values![&id])?;
            let entry = attribution
                .clone()
                .display(Action::DisplayRevoked, &display);
            audit::append(sql, &entry)
        })
        .await
    }

    async fn display_seen(&self, id: String, at: Timestamp) -> Result<()> {
        self.write(SpaceClass::Common, &[], move |sql| {
            sql.run(
                "UPDATE display SET last_seen_at = $1 WHERE id = $2",
                values![at, &id],
            )
        })
        .await
    }

    async fn find_pin(&self, user: UserId) -> Result<Option<String>> {
        self.read(move |sql| {
            let select = "SELECT pin_hash FROM user WHERE id = $1";
            let found = sql.first(select, values![user.as_str()], |row| row.get(0))?;
            Ok(found.flatten())
        })
        .await
    }

    async fn set_pin(
        &self,
        user: UserId,
        pin_hash: Option<String>,
        attribution: Attribution,
    ) -> Result<()> {
        self.write(SpaceClass::Common, AUDIT, move |sql| {
            let user = owner(sql, &user)?;
            sql.run(
                "UPDATE user SET pin_hash = $1 WHERE id = $2",
                values![pin_hash.as_deref(), user.id.as_str()],
            )?;
            let entry = attribution.clone().changed_pin(&user, pin_hash.is_some());
            audit::append(sql, &entry)
        })
        .await
    }
}

fn owner(sql: &impl Sql, id: &UserId) -> Result<User> {
    let key = UserKey::Id(id.clone());
    let unknown = What::User(id.as_str().to_owned());
    let found = users::rows::find(sql, &key)?;
    Ok(found.ok_or(Error::NotFound(unknown))?.0)
}

const COLUMNS: &str = "id, name, sort_by, theme, time_zone, dim_from, dim_to, keep_awake, interactive, created_at, last_seen_at";

fn find(sql: &impl Sql, id: &str) -> Result<Display> {
    let select = format!("SELECT {COLUMNS} FROM display WHERE id = $1");
    let found = sql.first(&select, values![id], |row| read(row))?;
    found.ok_or_else(|| Error::NotFound(What::Display(id.to_owned())))
}

/// Reads a display from a row of [`COLUMNS`].
fn read(row: &impl Row) -> Result<Display> {
    let unknown = || Error::internal("a stored display has an unknown word");
    let times: (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    Ok(Display {
        id: row.get(0)?,
        name: row.get(1)?,
        look: DisplayLook {
            order: DisplayOrder::named(row.get(2)?).ok_or_else(unknown)?,
            theme: DisplayTheme::named(row.get(3)?).ok_or_else(unknown)?,
            time_zone: row.get(4)?,
            dim: times.0.zip(times.1).map(|(from, to)| Dim::stored(from, to)),
            keeps_awake: row.get(7)?,
            is_interactive: row.get(8)?,
        },
        created_at: row.get(9)?,
        last_seen_at: row.get(10)?,
    })
}

fn create(sql: &impl Sql, display: &Display, key_hash: &str) -> Result<()> {
    let look = &display.look;
    let added = sql.execute(
        "INSERT INTO display (id, name, key_hash, sort_by, theme, time_zone, dim_from, dim_to, keep_awake, interactive,
            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (name) DO NOTHING",
        values![
            &display.id,
            &display.name,
            key_hash,
            look.order.as_str(),
            look.theme.as_str(),
            look.time_zone.as_deref(),
            look.dim.as_ref().map(Dim::from),
            look.dim.as_ref().map(Dim::to),
            look.keeps_awake,
            look.is_interactive,
            display.created_at,
        ],
    )?;
    if added == 0 {
        let taken = Problem::Taken(display.name.clone());
        return Err(Error::invalid(Field::DisplayName, taken));
    }
    Ok(())
}
