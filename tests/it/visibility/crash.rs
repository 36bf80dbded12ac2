//! Rules across a crash: what was acknowledged is there afterwards.

use crate::support::process::Home;
use crate::support::{Client, in_time};
use serde_json::{Value, json};

async fn status_of_ann(by: &Client) -> Value {
    let found = by.get("users.getStatus?username=ann").await.expect(200);
    found.json()["status"].clone()
}

#[tokio::test]
async fn acknowledged_rules_are_in_force_after_a_kill() {
    let home = Home::with_data().await;
    let mut tokens = Vec::new();
    for name in ["ann", "bob", "carol", "admin"] {
        if name != "admin" {
            home.run(&["user", "add", name, "--role", "user"])
                .await
                .succeeded();
        }
        tokens.push(home.token(name, "t").await);
    }
    let server = home.serve(&[], &[]).await;
    let admin = server.with_headers(&tokens[3]);
    for setting in ["Enabled", "Admin_Enabled"] {
        let route = format!("settings/Accounts_StatusVisibility_{setting}");
        admin.post(&route, json!({"value": true})).await.expect(200);
    }
    let ann = server.with_headers(&tokens[0]);
    let busy = json!({"status": "busy", "message": "Lunch"});
    ann.post("users.setStatus", busy).await.expect(200);
    let own = json!({"data": {"statusVisibilityDenied": ["bob"]}});
    ann.post("users.setPreferences", own).await.expect(200);
    server.kill().await;

    let server = in_time("a second start", home.serve(&[], &[])).await;
    let [ann, bob, carol, admin] = [0, 1, 2, 3].map(|n| server.with_headers(&tokens[n]));
    assert_eq!(status_of_ann(&bob).await, "offline");
    assert_eq!(status_of_ann(&carol).await, "busy");
    let own = ann.get("users.getPreferences").await.expect(200).json();
    assert_eq!(own["preferences"]["statusVisibilityDenied"], json!(["bob"]));
    let data =
        json!({"statusVisibilityDeniedByAdmin": ["carol"], "presenceDisabledByAdmin": false});
    let body = json!({"userId": ann.id(), "data": data});
    admin.post("users.update", body).await.expect(200);
    let own = json!({"data": {"statusVisibilityDenied": []}});
    ann.post("users.setPreferences", own).await.expect(200);
    server.kill().await;

    let server = in_time("a third start", home.serve(&[], &[])).await;
    let [bob, carol] = [1, 2].map(|n| server.with_headers(&tokens[n]));
    assert_eq!(status_of_ann(&bob).await, "busy");
    assert_eq!(status_of_ann(&carol).await, "offline");
}
