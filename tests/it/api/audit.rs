//! The audit trail: every security-relevant change is recorded with its author, target, time and
//! address, and no client can fill it.

use crate::support::full::{fill, small};
use crate::support::{ADMIN_PASSWORD, Client, Setup, TestServer, in_time, look_again};
use doorsign::auth::refusals::PER_NETWORK_AND_MINUTE;
use doorsign::domain::RecordClass;
use doorsign::service::users;
use serde_json::{Value, json};
use std::time::Duration;

/// The records that `query` finds, oldest first.
pub async fn records(admin: &Client, query: &str) -> Vec<Value> {
    let reply = admin.get(&format!("audit.list?count=100&{query}")).await;
    let mut records = reply.expect(200).json()["records"].take();
    let mut records = std::mem::take(records.as_array_mut().unwrap());
    records.reverse();
    records
}

/// Action, author, target and detail of a record, and whether its address is this machine's.
fn brief(record: &Value) -> (String, String, String, String, bool) {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let author = &record["author"];
    let author = author.get("username").unwrap_or(&author["type"]);
    let target = &record["target"];
    (
        text(&record["action"]),
        text(author),
        text(&target["name"]),
        text(&record["detail"]),
        record["address"] == "127.0.0.1",
    )
}

/// Calls a route, which must succeed.
async fn post(client: &Client, route: &str, body: Value) -> Value {
    client.post(route, body).await.expect(200).json()
}

#[tokio::test]
async fn every_change_has_a_record_with_author_target_address_and_detail() {
    let server = TestServer::start().await;
    let admin = server.anon().logged_in("admin", ADMIN_PASSWORD).await;
    let last = records(&admin, "").await.len();
    let new = json!({"username": "ann", "name": "Ann", "email": "ann@example.org", "password": "ann's password"});
    let ann = post(&admin, "users.create", new).await["user"]["_id"].take();
    let user = |data: Value| json!({"userId": ann, "data": data});
    post(
        &admin,
        "users.update",
        user(json!({"username": "anne", "email": "a@example.org"})),
    )
    .await;
    post(
        &admin,
        "users.update",
        user(json!({"password": "another password"})),
    )
    .await;
    post(&admin, "users.update", user(json!({"roles": ["bot"]}))).await;
    post(
        &admin,
        "users.setActiveStatus",
        json!({"userId": ann, "activeStatus": false}),
    )
    .await;
    post(
        &admin,
        "users.setActiveStatus",
        json!({"userId": ann, "activeStatus": true}),
    )
    .await;
    let anne = server.anon().logged_in("anne", "another password").await;
    post(&admin, "users.logout", json!({"userId": ann})).await;
    anne.get("me").await.expect(401);
    post(&admin, "users.delete", json!({"userId": ann})).await;
    let name = json!({"tokenName": "ci"});
    for route in [
        "generatePersonalAccessToken",
        "regeneratePersonalAccessToken",
        "removePersonalAccessToken",
    ] {
        post(&admin, &format!("users.{route}"), name.clone()).await;
    }
    let grant = json!({"permissionId": "manage-user-status", "role": "user"});
    post(&admin, "permissions.addRole", grant).await;
    post(&admin, "settings/Site_Name", json!({"value": "Office"})).await;
    post(&admin, "settings/Site_Name", json!({"value": "Office"})).await;
    let webhook = json!({"name": "bell", "url": "https://bell.example.org/x?key=secret"});
    post(&admin, "webhooks.add", webhook).await;
    for route in ["webhooks.rotate", "webhooks.disable", "webhooks.enable"] {
        post(&admin, route, json!({"name": "bell"})).await;
    }
    post(
        &admin,
        "hooks.replay",
        json!({"hook": "webhook-bell", "since": "2020-01-01"}),
    )
    .await;
    post(&admin, "webhooks.remove", json!({"name": "bell"})).await;
    post(&admin, "logout", json!({})).await;
    let admin = server.admin().await;
    let found = records(&admin, "").await;
    let found: Vec<_> = found.iter().skip(last).map(brief).collect();
    #[rustfmt::skip]
    let expected = [
        ("user.created", "admin", "ann", "roles user"),
        ("user.updated", "admin", "anne", "username ann to anne, email"),
        ("password.changed", "admin", "anne", "0 logins ended"),
        ("role.taken", "admin", "anne", "user"),
        ("role.given", "admin", "anne", "bot"),
        ("user.deactivated", "admin", "anne", "0 logins ended"),
        ("user.activated", "admin", "anne", ""),
        ("login", "anne", "anne", ""),
        ("logout.all", "admin", "anne", "1 logins ended"),
        ("user.deleted", "admin", "anne", ""),
        ("token.created", "admin", "admin", "name \"ci\""),
        ("token.replaced", "admin", "admin", "name \"ci\""),
        ("token.removed", "admin", "admin", "name \"ci\""),
        ("permission.changed", "admin", "manage-user-status", "roles admin, user"),
        ("setting.changed", "admin", "Site_Name", "value \"Office\""),
        ("webhook.created", "admin", "bell", "to https://bell.example.org"),
        ("webhook.secret_rotated", "admin", "bell", ""),
        ("hook.disabled", "admin", "webhook-bell", "disabled"),
        ("hook.enabled", "admin", "webhook-bell", ""),
    ];
    for (found, (action, author, target, detail)) in found.iter().zip(expected) {
        let expected = (action, author, target, detail, true);
        let found = (&*found.0, &*found.1, &*found.2, &*found.3, found.4);
        assert_eq!(found, expected);
    }
    let rest: Vec<_> = found[expected.len()..]
        .iter()
        .map(|found| &*found.0)
        .collect();
    assert_eq!(
        rest,
        [
            "hook.replayed",
            "webhook.removed",
            "logout",
            "token.created"
        ]
    );
}

#[tokio::test]
async fn a_refused_change_has_no_record() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let before = records(&admin, "").await.len();
    let id = admin.id();
    for (client, route, body, status) in [
        (&ann, "users.delete", json!({"userId": id}), 403),
        (&admin, "users.delete", json!({"userId": id}), 400),
        (
            &admin,
            "users.setActiveStatus",
            json!({"userId": id, "activeStatus": false}),
            400,
        ),
        (
            &admin,
            "users.update",
            json!({"userId": id, "data": {"roles": ["user"]}}),
            400,
        ),
        (
            &admin,
            "permissions.addRole",
            json!({"permissionId": "none", "role": "user"}),
            400,
        ),
        (&admin, "webhooks.remove", json!({"name": "none"}), 400),
        (&admin, "hooks.pause", json!({"hook": "none"}), 400),
    ] {
        client.post(route, body).await.expect(status);
    }
    assert_eq!(records(&admin, "").await.len(), before);
}

#[tokio::test]
async fn refused_logins_are_recorded_with_their_address_but_without_unknown_names() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    server.anon().login("ANN", "wrong").await.expect(401);
    server
        .anon()
        .login("a password in the wrong field", "x")
        .await
        .expect(401);
    let body = json!({"userId": ann.id(), "activeStatus": false});
    post(&admin, "users.setActiveStatus", body).await;
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(401);
    let found = records(&admin, "action=login.failed").await;
    let found: Vec<_> = found.iter().map(brief).collect();
    let expected = [
        ("ann", "wrong password"),
        ("-", "unknown user"),
        ("ann", "deactivated"),
    ];
    let expected = expected.map(|(target, detail)| {
        let [action, author, target, detail] =
            ["login.failed", "anonymous", target, detail].map(str::to_owned);
        (action, author, target, detail, true)
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_block_is_recorded_once_and_the_logins_that_it_refuses_are_not() {
    let server = Setup::new()
        .config(|config| config.login_failures_per_user = 3)
        .start()
        .await;
    let admin = server.admin().await;
    for _ in 0..6 {
        server.anon().login("admin", "wrong").await.expect(401);
    }
    let query = "action=login.failed&action=login.blocked&action=login";
    let found = records(&admin, query).await;
    let actions: Vec<_> = found
        .iter()
        .map(|record| record["action"].clone())
        .collect();
    assert_eq!(
        actions,
        [
            "login.failed",
            "login.failed",
            "login.failed",
            "login.blocked"
        ]
    );
}

#[tokio::test]
async fn one_client_cannot_fill_the_audit_trail_and_omitted_records_are_counted() {
    let server = Setup::new()
        .config(|config| {
            config.login_failures_per_user = 1000;
            config.login_failures_per_address = 1000;
        })
        .start()
        .await;
    let admin = server.admin().await;
    for _ in 0..PER_NETWORK_AND_MINUTE + 5 {
        server.anon().login("admin", "wrong").await.expect(401);
    }
    let failed = records(&admin, "action=login.failed").await;
    assert_eq!(failed.len(), PER_NETWORK_AND_MINUTE as usize);
    server.clock.advance(Duration::from_secs(60));
    server.anon().login("admin", "wrong").await.expect(401);
    let failed = records(&admin, "action=login.failed").await;
    let last = failed.last().unwrap()["detail"].as_str().unwrap();
    assert_eq!(
        last,
        "wrong password; 5 earlier refusals are in the log only"
    );
}

#[tokio::test]
async fn a_wrong_current_password_is_recorded() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let data = json!({"email": "new@example.org", "currentPassword": "wrong"});
    ann.post("users.updateOwnBasicInfo", json!({"data": data}))
        .await
        .expect(400);
    let found = records(&admin, "action=password.refused").await;
    let found: Vec<_> = found.iter().map(brief).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&*found[0].1, &*found[0].2, found[0].4),
        ("ann", "ann", true)
    );
}

#[tokio::test]
async fn records_are_found_by_action_user_and_time_and_paged_from_the_newest() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let ann = server.user("ann").await;
    server.clock.advance(Duration::from_secs(3600));
    post(
        &ann,
        "users.generatePersonalAccessToken",
        json!({"tokenName": "late"}),
    )
    .await;
    post(&admin, "users.delete", json!({"userId": ann.id()})).await;
    let actions = async |query: &str| {
        let found = records(&admin, query).await;
        let found = found
            .iter()
            .map(|record| record["action"].as_str().unwrap().to_owned());
        found.collect::<Vec<_>>()
    };
    let of_ann = [
        "user.created",
        "token.created",
        "token.created",
        "user.deleted",
    ];
    assert_eq!(actions("user=ann").await, of_ann, "by her former name");
    assert_eq!(actions(&format!("user={}", ann.id())).await, of_ann);
    assert_eq!(
        actions("user=ann&since=2026-01-01T01:00:00Z").await,
        of_ann[2..]
    );
    assert_eq!(
        actions("user=ann&until=2026-01-01T01:00:00Z").await,
        of_ann[..2]
    );
    assert_eq!(actions("action=user.deleted").await, ["user.deleted"]);
    let page = admin
        .get("audit.list?user=ann&count=1&offset=1")
        .await
        .expect(200)
        .json();
    assert_eq!(page["records"][0]["detail"], "name \"late\"");
    assert_eq!(
        (&page["count"], &page["offset"], &page["total"]),
        (&json!(1), &json!(1), &json!(4))
    );
}

/// Waits until `count` records of a class are left.
async fn wait_for_records(server: &TestServer, class: i64, count: u64) {
    let sql = "SELECT count(*) FROM audit WHERE class = ?1";
    let waiting = async {
        loop {
            let found: i64 = server
                .database()
                .query_row(sql, [class], |row| row.get(0))
                .unwrap();
            if found.unsigned_abs() == count {
                return;
            }
            look_again().await;
        }
    };
    in_time("the sweep", waiting).await;
}

#[tokio::test]
async fn old_records_are_deleted_after_the_retention_period() {
    let server = Setup::new()
        .config(|config| config.audit_retention_days = 7)
        .start()
        .await;
    let admin = server.admin().await;
    let day = Duration::from_secs(24 * 60 * 60);
    server.clock.advance(day * 7);
    assert_eq!(records(&admin, "action=token.created").await.len(), 1);
    server.clock.advance(Duration::from_millis(1));
    wait_for_records(&server, 1, 0).await;
}

#[tokio::test]
async fn each_class_of_records_has_its_own_cap() {
    let server = Setup::new()
        .config(|config| config.audit_retention_days = 0)
        .start()
        .await;
    server.admin().await;
    let database = server.database();
    let changes: i64 = database
        .query_row("SELECT count(*) FROM audit WHERE class = 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO audit (at, action, class, author, detail) SELECT 1, 'login.failed', 0, 'anonymous', '' FROM n";
    database
        .execute(many, [i64::try_from(RecordClass::CAP + 10).unwrap()])
        .unwrap();
    drop(database);
    server.clock.advance(Duration::from_millis(1)); // Triggers the next sweep.
    wait_for_records(&server, 0, RecordClass::CAP).await;
    wait_for_records(&server, 1, changes.unsigned_abs()).await;
}

#[tokio::test]
async fn a_full_database_still_records_logouts_and_refuses_logins() {
    let server = small().await;
    let admin = server.admin().await;
    server.user("ann").await;
    let ann = server.anon().logged_in("ann", "ann's password").await;
    fill(&server);
    post(&ann, "logout", json!({})).await;
    for _ in 0..3 {
        fill(&server);
        server.anon().login("ann", "wrong").await.expect(401);
    }
    let ended = records(&admin, "user=ann&action=logout").await;
    assert_eq!(ended.len(), 1);
}

#[tokio::test]
async fn an_unblock_by_the_operator_is_recorded() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    server.user("ann").await;
    users::unblock(&server.app, "ann").await.unwrap();
    users::set_password(&server.app, "ann", "another password")
        .await
        .unwrap();
    let found = records(&admin, "action=login.unblocked").await;
    let found: Vec<_> = found.iter().map(brief).collect();
    let (author, target) = ("operator".to_owned(), "ann".to_owned());
    let expected = (
        "login.unblocked".to_owned(),
        author,
        target,
        String::new(),
        false,
    );
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn an_evicted_login_is_recorded() {
    let setup = Setup::new().config(|config| config.logins_per_user = 2);
    let server = setup.start().await;
    let admin = server.admin().await;
    server.user("ann").await;
    for _ in 0..3 {
        server.anon().logged_in("ann", "ann's password").await;
    }
    let found = records(&admin, "").await;
    let found: Vec<_> = found.iter().map(brief).collect();
    let about_ann = found.iter().filter(|found| found.1 == "ann");
    let about_ann: Vec<_> = about_ann.map(|found| (&*found.0, &*found.3)).collect();
    let expected = [
        ("login", ""),
        ("login", ""),
        ("login", ""),
        ("logout.evicted", "1 logins ended"),
    ];
    assert_eq!(about_ann, expected);
}
