//! A full database still accepts deletions, logouts and revocations.

use crate::support::full::{fill, small};
use crate::support::{Client, TestServer, in_time, look_again};
use doorsign::app::Clock;
use doorsign::domain::{ClaimSource, DeliveryRecord, DeliveryState, EventId, HookKind, UserStatus};
use doorsign::service::claims::{self, NewClaim};
use doorsign::store::Cursor;
use serde_json::{Value, json};
use std::time::Duration;

/// Fills the database and calls a route, which must succeed.
async fn post(server: &TestServer, client: &Client, route: &str, body: Value) {
    fill(server);
    let reply = client.post(route, body).await;
    assert_eq!(reply.status, 200, "{route}: {}", reply.text());
}

async fn assert_full(server: &TestServer, admin: &Client) {
    fill(server);
    admin.create("no room").await.expect(503);
}

#[tokio::test]
async fn logins_and_users_can_be_removed() {
    let server = small().await;
    let admin = server.admin().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let (cat, dan) = (server.user("cat").await, server.user("dan").await);
    let eve = server.with_named_token("bob", "lost", None).await;
    server.user("fay").await;
    let fay = server.anon().logged_in("fay", "fay's password").await;
    assert_full(&server, &admin).await;

    post(&server, &ann, "logout", json!({})).await;
    let token = json!({"tokenName": "lost"});
    post(&server, &bob, "users.removePersonalAccessToken", token).await;
    eve.get("me").await.expect(401);
    let target = json!({"userId": bob.id()});
    post(&server, &admin, "users.logout", target).await;
    let target = json!({"userId": cat.id(), "activeStatus": false});
    post(&server, &admin, "users.setActiveStatus", target).await;
    let target = json!({"userId": dan.id()});
    post(&server, &admin, "users.delete", target).await;
    let data = json!({"password": "another one"});
    let target = json!({"userId": fay.id(), "data": data});
    post(&server, &admin, "users.update", target).await;
    for gone in [ann, bob, cat, dan, fay] {
        gone.get("me").await.expect(401);
    }
    assert_full(&server, &admin).await;
}

#[tokio::test]
async fn roles_and_grants_can_be_removed() {
    let server = small().await;
    let admin = server.admin().await;
    let ann = server.user_with_roles("ann", &["user", "admin"]).await;
    let role = json!({"username": "ann", "roleId": "admin"});
    let grant = json!({"permissionId": "view-d-room", "role": "user"});
    let grants = json!({"permissions": [{"_id": "view-statistics", "roles": []}]});
    ann.get("roles.list").await.expect(200);
    assert_full(&server, &admin).await;

    post(&server, &admin, "roles.removeUserFromRole", role).await;
    ann.create("no administrator").await.expect(400);
    post(&server, &admin, "permissions.removeRole", grant).await;
    post(&server, &admin, "permissions.update", grants).await;
    assert_full(&server, &admin).await;
}

#[tokio::test]
async fn custom_statuses_can_be_deleted_until_there_is_room() {
    let server = small().await;
    let admin = server.admin().await;
    let mut ids = Vec::new();
    for n in 0..100 {
        let name = format!("{n} {:x<100}", "");
        ids.push(admin.create(&name).await.expect(200).created_id());
    }
    assert_full(&server, &admin).await;
    for id in ids {
        let target = json!({"customUserStatusId": id});
        admin
            .post("custom-user-status.delete", target)
            .await
            .expect(200);
    }
    admin.create("there is room").await.expect(200);
}

#[tokio::test]
async fn claims_can_be_cleared_and_expire() {
    let server = small().await;
    let admin = server.admin().await;
    let in_a_minute = server.app.clock.now().after(Duration::from_secs(60));
    for name in ["ann", "bob"] {
        server.user(name).await;
        let claim = NewClaim {
            source: ClaimSource::External,
            status: UserStatus::Busy,
            text: "in a call".to_owned(),
            expires_at: (name == "bob").then_some(in_a_minute),
        };
        claims::set(&server.app, name, claim).await.unwrap();
    }
    assert_full(&server, &admin).await;

    claims::end(&server.app, "ann", ClaimSource::External)
        .await
        .unwrap();
    fill(&server);
    server.clock.advance(Duration::from_secs(60));
    let left = || {
        let sql = "SELECT count(*) FROM claim";
        server.database().query_row(sql, [], |row| row.get(0))
    };
    let ended = async {
        while left() != Ok(0) {
            look_again().await;
        }
    };
    in_time("the end of a claim", ended).await;
}

#[tokio::test]
async fn hooks_can_be_managed_and_old_events_are_swept_until_there_is_room() {
    let server = small().await;
    let (admin, store) = (server.admin().await, &server.app.store);
    for name in ["one", "two"] {
        let consumer_state = store.register(name, HookKind::BuiltIn).await.unwrap();
        let consumer_state = consumer_state.unwrap();
        let record = |event, state| DeliveryRecord {
            event: EventId::new(event),
            state,
            attempts: 1,
            reason: "not now".to_owned(),
            notes: String::new(),
            at: server.clock.now(),
            next_at: None,
        };
        let records = vec![
            record(1, DeliveryState::Parked),
            record(2, DeliveryState::Retrying),
        ];
        let cursor = consumer_state.cursor;
        assert!(store.advance(name, cursor, records).await.unwrap());
    }
    assert_full(&server, &admin).await;
    let off = Some("paused".to_owned());
    store
        .switch_hook("one", off, crate::support::operator())
        .await
        .unwrap();
    fill(&server);
    store
        .retry_deliveries("two", None, crate::support::operator())
        .await
        .unwrap();
    fill(&server);
    let second = EventId::new(2);
    store
        .drop_delivery("two", second, crate::support::operator())
        .await
        .unwrap();
    fill(&server);
    let cursor = store.consumer_state("two").await.unwrap().unwrap().cursor;
    let newest = Cursor {
        event: *store.committed().borrow(),
        ..cursor
    };
    assert!(store.advance("two", newest, vec![]).await.unwrap());
    fill(&server);
    while store.sweep_events(server.clock.now(), 128).await.unwrap() {}
    admin.create("room").await.expect(200);
}
