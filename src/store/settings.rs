//! What the use cases ask of a database about settings. Knows no SQL.

use crate::domain::{NewEvent, Result, Setting, SettingValue, Timestamp};
use async_trait::async_trait;

/// Settings. See the [module](super) for what every method promises.
#[async_trait]
pub trait Settings: Send + Sync {
    /// The settings whose values are not the defaults, by id. What is stored and is no setting, or no value of one, is left out.
    async fn list_settings(&self) -> Result<Vec<(Setting, SettingValue)>>;

    /// Sets a setting. One that is set to its default is stored no longer, so that it follows the default from then on.
    /// Adds `event`, unless the setting had this value before. What nobody is to hear of comes without one.
    async fn set_setting(
        &self,
        setting: Setting,
        value: SettingValue,
        at: Timestamp,
        event: Option<NewEvent>,
    ) -> Result<()>;
}
