//! Rules of status visibility, set over REST.

use crate::support::admin::setting;
use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::config::{Config, Unconnected};
use serde_json::{Value, json};

pub const OWN: &str = "Accounts_StatusVisibility_Enabled";
pub const BY_ADMIN: &str = "Accounts_StatusVisibility_Admin_Enabled";
pub const SHOWN: &str = "Accounts_UserStatus_Enabled";

/// A server with both kinds of rules, which shows the declared status of users without a connection,
/// with an administrator, ann, bob and cid.
pub async fn office() -> (TestServer, [Client; 4]) {
    let declared = |config: &mut Config| config.unconnected = Some(Unconnected::Declared);
    let server = Setup::new().config(declared).start().await;
    let admin = server.admin().await;
    for id in [OWN, BY_ADMIN] {
        setting(&admin, id, true).await;
    }
    let ann = server.user("ann").await;
    let (bob, cid) = (server.user("bob").await, server.user("cid").await);
    // The rules are read now, so that later requests find none that changed.
    admin.get("users.presence").await.expect(200);
    (server, [admin, ann, bob, cid])
}

/// Replaces the list of users that the client hides from.
pub async fn deny(client: &Client, names: &[&str]) -> Reply {
    let data = json!({"data": {"statusVisibilityDenied": names}});
    client.post("users.setPreferences", data).await
}

/// Changes the fields of `user` as `by`.
pub async fn change(by: &Client, user: &Client, data: Value) -> Reply {
    let body = json!({"userId": user.id(), "data": data});
    by.post("users.update", body).await
}

/// The status that `by` sees of the user `of`.
pub async fn status(by: &Client, of: &str) -> Value {
    let reply = by.get(&format!("users.getStatus?username={of}")).await;
    reply.expect(200).json()["status"].clone()
}

/// Checks that a request failed with this type and a text that contains `text`.
#[track_caller]
pub fn failed(reply: Reply, kind: &str, text: &str) {
    let failure = reply.expect(400).json();
    assert_eq!(failure["errorType"], kind, "{failure}");
    let error = failure["error"].as_str().unwrap();
    assert!(error.contains(text), "{failure}");
}
