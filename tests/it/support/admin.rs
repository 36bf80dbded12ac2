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

/// Gives a permission to these roles.
pub async fn grant_to(admin: &Client, permission: &str, roles: &[&str]) {
    let body = json!({"permissions": [{"_id": permission, "roles": roles}]});
    admin.post(UPDATE, body).await.expect(200);
}

/// Gives `manage-user-status` to these roles.
pub async fn grant(admin: &Client, roles: &[&str]) {
    grant_to(admin, "manage-user-status", roles).await;
}
