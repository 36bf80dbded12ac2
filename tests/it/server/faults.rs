//! A failing database: the client gets an error without details, the log has the details, and the
//! next request works.

use crate::support::flaky::{Fault, FlakyServer};
use crate::support::log::Log;
use crate::support::{ADMIN_PASSWORD, Client, Reply};
use serde_json::{Value, json};

const SECRET: &str = "disk /dev/sda1 on fire";

/// Store methods, each with a request that calls it.
fn table(id: &str) -> Vec<(&'static str, &'static str, Option<Value>)> {
    let create = json!({"name": "new", "statusType": "busy"});
    let update = json!({"_id": id, "name": "changed", "statusType": "away"});
    let change = json!({"permissions": [{"_id": "view-statistics", "roles": ["admin"]}]});
    let login = json!({"user": "admin", "password": ADMIN_PASSWORD});
    let delete = json!({"customUserStatusId": id});
    let busy = json!({"status": "busy"});
    vec![
        ("create_status", "custom-user-status.create", Some(create)),
        (
            "find_status",
            "custom-user-status.update",
            Some(update.clone()),
        ),
        ("update_status", "custom-user-status.update", Some(update)),
        ("list_statuses", "custom-user-status.list", None),
        ("delete_status", "custom-user-status.delete", Some(delete)),
        ("change_presence", "users.setStatus", Some(busy)),
        ("find_presence", "users.getStatus", None),
        ("list_presences", "users.presence", None),
        ("list_roles", "roles.list", None),
        ("list_permissions", "permissions.listAll", None),
        ("update_permissions", "permissions.update", Some(change)),
        ("find_session", "me", None),
        ("find_user", "login", Some(login.clone())),
        ("create_login", "login", Some(login)),
        ("list_users", "users.list", None),
        (
            "update_user",
            "users.setPreferences",
            Some(json!({"data": {"clockMode": 2}})),
        ),
        (
            "set_grant",
            "permissions.addRole",
            Some(json!({"permissionId": "view-statistics", "role": "bot"})),
        ),
        ("list_logins", "users.getPersonalAccessTokens", None),
        (
            "replace_token",
            "users.regeneratePersonalAccessToken",
            Some(json!({"tokenName": "another token"})),
        ),
        ("delete_login", "logout", Some(json!({}))),
    ]
}

async fn send(client: &Client, route: &str, body: Option<Value>) -> Reply {
    match body {
        Some(body) => client.post(route, body).await,
        None => client.get(route).await,
    }
}

/// Fails every method of the store once with `fault` and passes the response to `check`. The same
/// request must then succeed.
async fn every_failure(fault: Fault, check: impl Fn(&'static str, Reply)) {
    let server = FlakyServer::start().await;
    let admin = server.admin("a token").await;
    let id = admin.create("victim").await.expect(200).created_id();
    server.admin("another token").await;
    for (method, route, body) in table(&id) {
        server.store.fail_once(method, fault);
        let failed = send(&admin, route, body.clone()).await;
        assert!(server.store.has_failed(), "{route} does not call {method}");
        check(method, failed);
        let again = send(&admin, route, body).await;
        assert_eq!(again.status, 200, "{method}: {}", again.text());
    }
}

#[tokio::test]
async fn an_unavailable_store_gives_503_with_retry_after() {
    every_failure(Fault::Unavailable, |method, reply| {
        assert_eq!(reply.status, 503, "{method}");
        assert_eq!(reply.header("retry-after"), Some("1"), "{method}");
        assert_eq!(reply.json()["errorType"], "error-service-unavailable");
        assert_eq!(reply.json()["success"], false);
    })
    .await;
}

#[tokio::test]
async fn a_failure_gives_500_without_details_and_is_logged_once_with_the_request_id() {
    for fault in [Fault::Internal(SECRET), Fault::Panic(SECRET)] {
        let log = Log::default();
        let _logging = log.start();
        every_failure(fault, |method, reply| {
            assert_eq!(reply.status, 500, "{method}");
            let expected = r#"{"success":false,"error":"Internal server error"}"#;
            assert_eq!(reply.text(), expected, "{method}");
            let lines = log.take();
            let id = reply.header("x-request-id").unwrap();
            assert_eq!(lines.len(), 1, "{method}: {lines:?}");
            let line = &lines[0];
            assert!(
                line.contains("ERROR") && line.contains(id) && line.contains(SECRET),
                "{line}"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn refused_logins_that_cannot_be_recorded_are_logged_and_counted_in_the_next_record() {
    let log = Log::default();
    let _logging = log.start();
    let server = FlakyServer::start().await;
    let admin = server.admin("a token").await;
    let anon = Client::new(server.address, None);
    for _ in 0..2 {
        server.store.fail_once("append_audit", Fault::Unavailable);
        anon.login("admin", "wrong").await.expect(401);
        let lines = log.take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("login.failed"), "{lines:?}");
    }
    anon.login("admin", "wrong").await.expect(401);
    let list = admin.get("audit.list?action=login.failed").await;
    let records = list.expect(200).json()["records"].take();
    assert_eq!(records.as_array().unwrap().len(), 1, "{records}");
    let counted = "wrong password; 2 earlier refusals are in the log only";
    assert_eq!(records[0]["detail"], counted);
}
