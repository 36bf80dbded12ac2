//! Settings in SQL.

use super::signal::{ACCESS, VISIBILITY};
use super::{Engine, Row, SpaceClass, Sql, audit, outbox, values};
use crate::domain::{By, Change, Result, Setting, SettingValue, Timestamp, VisibilitySwitches};
use crate::store::Settings;
use async_trait::async_trait;

#[async_trait]
impl<E: Engine> Settings for E {
    async fn list_settings(&self) -> Result<Vec<(Setting, SettingValue)>> {
        self.read(list).await
    }

    async fn set_setting(
        &self,
        setting: Setting,
        value: SettingValue,
        at: Timestamp,
        by: Option<By>,
    ) -> Result<()> {
        let signals = if VisibilitySwitches::SETTINGS.contains(&setting) {
            VISIBILITY
        } else {
            ACCESS
        };
        self.write(SpaceClass::Common, signals, move |sql| {
            set(sql, setting, &value, at, by.as_ref())
        })
        .await
    }
}

fn list(sql: &impl Sql) -> Result<Vec<(Setting, SettingValue)>> {
    let mut settings = Vec::new();
    sql.each("SELECT id, value FROM setting ORDER BY id", &[], |row| {
        let setting = Setting::find(row.get(0)?);
        let value = row.get(1)?;
        settings.extend(setting.and_then(|s| Some((s, s.default().parse(value)?))));
        Ok(())
    })?;
    Ok(settings)
}

fn set(
    sql: &impl Sql,
    setting: Setting,
    value: &SettingValue,
    at: Timestamp,
    by: Option<&By>,
) -> Result<()> {
    let before = find(sql, setting)?;
    write(sql, setting, value, at)?;
    let Some(by) = by.filter(|_| before != *value) else {
        return Ok(());
    };
    let entry = by.attribution().changed_setting(setting, value);
    audit::append(sql, &entry)?;
    let change = Change::SettingChanged(setting, value.clone());
    outbox::append(sql, &by.event(change))
}

/// Returns the stored value of a setting, or its default.
fn find(sql: &impl Sql, setting: Setting) -> Result<SettingValue> {
    let stored = list(sql)?;
    let stored = stored.into_iter().find(|(known, _)| *known == setting);
    Ok(stored.map_or_else(|| setting.default(), |(_, value)| value))
}

fn write(sql: &impl Sql, setting: Setting, value: &SettingValue, at: Timestamp) -> Result<()> {
    if *value == setting.default() {
        sql.run("DELETE FROM setting WHERE id = $1", values![setting.id()])?;
    } else {
        sql.run(
            "INSERT INTO setting (id, value, updated_at) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
            values![setting.id(), &value.to_text(), at],
        )?;
    }
    Ok(())
}
