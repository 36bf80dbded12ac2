//! The settings that differ from their defaults.

use crate::support::store::{at, every_store};
use doorsign::domain::{Setting, SettingValue};
use doorsign::store::{ChangeKind, Store};

async fn set(store: &dyn Store, setting: Setting, value: impl Into<SettingValue>) {
    let version = store.version(ChangeKind::Access);
    store
        .set_setting(setting, value.into(), at(7), None)
        .await
        .unwrap();
    let raised = store.version(ChangeKind::Access) > version;
    assert!(raised, "raised before the call returns");
}

#[tokio::test]
async fn settings_that_differ_from_their_defaults_are_listed_by_id_and_survive_a_restart() {
    every_store(async |database| {
        let store = database.open();
        assert_eq!(store.list_settings().await.unwrap(), []);
        set(&*store, Setting::UniqueId, "abc").await;
        set(&*store, Setting::SiteName, "One").await;
        set(&*store, Setting::SiteName, "").await;
        set(&*store, Setting::FileUploadMaxFileSize, -1_i64).await;
        set(&*store, Setting::DisplayRoles, false).await;
        let expected = [
            (Setting::FileUploadMaxFileSize, SettingValue::Number(-1)),
            (Setting::SiteName, "".into()),
            (Setting::DisplayRoles, false.into()),
            (Setting::UniqueId, "abc".into()),
        ];
        assert_eq!(store.list_settings().await.unwrap(), expected);
        drop(store);
        assert_eq!(database.open().list_settings().await.unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_setting_reset_to_its_default_is_no_longer_stored() {
    every_store(async |database| {
        let store = database.open();
        set(&*store, Setting::DisplayRoles, false).await;
        set(&*store, Setting::SiteName, "One").await;
        set(&*store, Setting::DisplayRoles, true).await;
        let left = [(Setting::SiteName, "One".into())];
        assert_eq!(store.list_settings().await.unwrap(), left);
        set(&*store, Setting::SiteUrl, "").await;
        assert_eq!(store.list_settings().await.unwrap(), left);
    })
    .await;
}
