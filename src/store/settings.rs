//! The settings' part of the store contract.

use crate::domain::{By, Result, Setting, SettingValue, Timestamp};
use async_trait::async_trait;

/// Settings. See the [module](super) for the contract of every method.
#[async_trait]
pub trait Settings: Send + Sync {
    /// Returns the settings that differ from their defaults, by id. Unknown settings and invalid
    /// values are ignored.
    async fn list_settings(&self) -> Result<Vec<(Setting, SettingValue)>>;

    /// Sets a setting. A setting equal to its default is not stored, so that it follows future
    /// defaults. Appends the event and the audit record if the value changed. The startup passes no
    /// `by`, which appends neither.
    async fn set_setting(
        &self,
        setting: Setting,
        value: SettingValue,
        at: Timestamp,
        by: Option<By>,
    ) -> Result<()>;
}
