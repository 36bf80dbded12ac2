//! Changes of settings and permissions by an administrator.

use crate::support::Client;
use serde_json::json;

pub const UPDATE: &str = "permissions.update";

/// Lets the administrator change a setting.
pub async fn setting(admin: &Client, id: &str, value: bool) {
    let changed = admin
        .post(&format!("settings/{id}"), json!({"value": value}))
        .await;
    changed.expect(200);
}

/// Gives `manage-user-status` to these roles.
pub async fn grant(admin: &Client, roles: &[&str]) {
    let body = json!({"permissions": [{"_id": "manage-user-status", "roles": roles}]});
    admin.post(UPDATE, body).await.expect(200);
}
