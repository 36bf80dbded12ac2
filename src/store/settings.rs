//! What the use cases ask of a database about settings. Knows no SQL.

use crate::domain::{By, Result, Setting, SettingValue, Timestamp};
use async_trait::async_trait;

/// Settings. See the [module](super) for what every method promises.
#[async_trait]
pub trait Settings: Send + Sync {
    /// The settings whose values are not the defaults, by id. What is stored and is no setting, or no value of one, is left out.
    async fn list_settings(&self) -> Result<Vec<(Setting, SettingValue)>>;

    /// Sets a setting. One that is set to its default is stored no longer, so that it follows the default from then on.
    /// Adds the event and the audit record, unless the setting had this value before. What a start sets comes without `by` and adds
    /// neither.
    async fn set_setting(
        &self,
        setting: Setting,
        value: SettingValue,
        at: Timestamp,
        by: Option<By>,
    ) -> Result<()>;
}
