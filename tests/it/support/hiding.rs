//! Hides the status of users from others, and checks what viewers receive.

use super::frames::{LOGGED, PRESENCE};
use super::store::at;
use crate::support::Client;
use doorsign::app::App;
use doorsign::domain::Setting;
use serde_json::{Value, json};

pub const OWN: &str = "Accounts_StatusVisibility_Enabled";
pub const BY_ADMIN: &str = "Accounts_StatusVisibility_Admin_Enabled";
pub const STATUS: &str = "Accounts_UserStatus_Enabled";

/// Lets users hide from others, and administrators hide users. Causes no event, so no client
/// is asked to reconnect.
pub async fn allow_hiding(app: &App) {
    let settings = [
        Setting::StatusVisibilityEnabled,
        Setting::StatusVisibilityAdminEnabled,
    ];
    for setting in settings {
        let set = app.store.set_setting(setting, true.into(), at(0), None);
        set.await.unwrap();
    }
}

/// Hides `person` from these users alone.
pub async fn hide(person: &Client, from: &[&str]) {
    let data = json!({"statusVisibilityDenied": from});
    let hidden = person.post("users.setPreferences", json!({"data": data}));
    hidden.await.expect(200);
}

/// Hides `person` from everyone, as an administrator, or stops that.
pub async fn disable(admin: &Client, person: &Client, disabled: bool) {
    let data = json!({"presenceDisabledByAdmin": disabled});
    let update = json!({"userId": person.id(), "data": data});
    admin.post("users.update", update).await.expect(200);
}

/// A status as a stream shows it: the name of the stream, the numeric status and the text.
pub type Shown = (&'static str, i64, String);

/// The status of the user `id` in a frame of a live connection; `None` in other frames.
pub fn status_in(frame: &Value, id: &str) -> Option<Shown> {
    let args = &frame["fields"]["args"][0];
    let (stream, offset) = match frame["collection"].as_str()? {
        LOGGED if frame["fields"]["eventName"] == "user-status" && args[0] == id => (LOGGED, 2),
        PRESENCE if frame["id"] == id => (PRESENCE, 1),
        _ => return None,
    };
    let text = args[offset + 1].as_str().unwrap().to_owned();
    Some((stream, args[offset].as_i64().unwrap(), text))
}
