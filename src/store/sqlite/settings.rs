//! SQL of the settings.

use super::space::SpaceClass;
use super::{ACCESS, SqliteStore, audit, error, outbox};
use crate::domain::{By, Change, Result, Setting, SettingValue, Timestamp};
use crate::store::Settings;
use async_trait::async_trait;
use rusqlite::{Connection, params};

#[async_trait]
impl Settings for SqliteStore {
    async fn list_settings(&self) -> Result<Vec<(Setting, SettingValue)>> {
        self.readers.read(list).await
    }

    async fn set_setting(
        &self,
        setting: Setting,
        value: SettingValue,
        at: Timestamp,
        by: Option<By>,
    ) -> Result<()> {
        self.writer
            .write(SpaceClass::Common, ACCESS, move |c| {
                set(c, setting, &value, at, by.as_ref())
            })
            .await
    }
}

pub(super) fn list(connection: &Connection) -> rusqlite::Result<Vec<(Setting, SettingValue)>> {
    let mut statement = connection.prepare_cached("SELECT id, value FROM setting ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut settings = Vec::new();
    while let Some(row) = rows.next()? {
        let setting = Setting::find(row.get_ref(0)?.as_str()?);
        let value = row.get(1)?;
        settings.extend(setting.and_then(|s| Some((s, s.default().parse(value)?))));
    }
    Ok(settings)
}

fn set(
    connection: &Connection,
    setting: Setting,
    value: &SettingValue,
    at: Timestamp,
    by: Option<&By>,
) -> Result<()> {
    let before = find(connection, setting).map_err(|e| error(&e))?;
    write(connection, setting, value, at).map_err(|e| error(&e))?;
    let Some(by) = by.filter(|_| before != *value) else {
        return Ok(());
    };
    let entry = by.attribution().changed_setting(setting, value);
    audit::append(connection, &entry)?;
    let change = Change::SettingChanged(setting, value.clone());
    outbox::append(connection, &by.event(change))
}

/// Returns the stored value of a setting, or its default.
fn find(connection: &Connection, setting: Setting) -> rusqlite::Result<SettingValue> {
    let stored = list(connection)?;
    let stored = stored.into_iter().find(|(known, _)| *known == setting);
    Ok(stored.map_or_else(|| setting.default(), |(_, value)| value))
}

fn write(
    connection: &Connection,
    setting: Setting,
    value: &SettingValue,
    at: Timestamp,
) -> rusqlite::Result<()> {
    if *value == setting.default() {
        connection.execute("DELETE FROM setting WHERE id = ?1", [setting.id()])?;
    } else {
        connection.execute(
            "INSERT INTO setting (id, value, updated_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
            params![setting.id(), value.to_text(), at.as_millis()],
        )?;
    }
    Ok(())
}
