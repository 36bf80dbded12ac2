//! What ends or goes does so in a database that is full to everything else.

use crate::support::full::{fill, small};
use crate::support::{Client, TestServer, in_time, look_again};
use doorsign::app::Clock;
use doorsign::domain::{ClaimSource, DeliveryRecord, DeliveryState, EventId, HookKind, UserStatus};
use doorsign::service::claims::{self, NewClaim};
use doorsign::store::Cursor;
use serde_json::{Value, json};
use std::time::Duration;

/// Calls a route of a full database, in which it is to work.
async fn post(server: &TestServer, client: &Client, route: &str, body: Value) {
    fill(server);
    let reply = client.post(route, body).await;
    assert_eq!(reply.status, 200, "{route}: {}", reply.text());
}

async fn is_full(server: &TestServer, admin: &Client) {
    fill(server);
    admin.create("no room").await.expect(503);
}

#[tokio::test]
async fn logins_and_users_end() {
    let server = small().await;
    let admin = server.admin().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let (cat, dan) = (server.user("cat").await, server.user("dan").await);
    let eve = server.with_named_token("bob", "lost", None).await;
    server.user("fay").await;
    let fay = server.anon().logged_in("fay", "fay's password").await;
    is_full(&server, &admin).await;

    post(&server, &ann, "logout", json!({})).await;
    let token = json!({"tokenName": "lost"});
    post(&server, &bob, "users.removePersonalAccessToken", token).await;
    eve.get("me").await.expect(401);
    let whom = json!({"userId": bob.id()});
    post(&server, &admin, "users.logout", whom).await;
    let whom = json!({"userId": cat.id(), "activeStatus": false});
    post(&server, &admin, "users.setActiveStatus", whom).await;
    let whom = json!({"userId": dan.id()});
    post(&server, &admin, "users.delete", whom).await;
    let data = json!({"password": "another one"});
    let whom = json!({"userId": fay.id(), "data": data});
    post(&server, &admin, "users.update", whom).await;
    for gone in [ann, bob, cat, dan, fay] {
        gone.get("me").await.expect(401);
    }
    is_full(&server, &admin).await;
}

#[tokio::test]
async fn roles_and_grants_are_taken_away() {
    let server = small().await;
    let admin = server.admin().await;
    let ann = server.user_with_roles("ann", &["user", "admin"]).await;
    let role = json!({"username": "ann", "roleId": "admin"});
    let grant = json!({"permissionId": "view-d-room", "role": "user"});
    let grants = json!({"permissions": [{"_id": "view-statistics", "roles": []}]});
    ann.get("roles.list").await.expect(200);
    is_full(&server, &admin).await;

    post(&server, &admin, "roles.removeUserFromRole", role).await;
    ann.create("no administrator").await.expect(400);
    post(&server, &admin, "permissions.removeRole", grant).await;
    post(&server, &admin, "permissions.update", grants).await;
    is_full(&server, &admin).await;
}

#[tokio::test]
async fn custom_statuses_are_deleted_until_there_is_room_again() {
    let server = small().await;
    let admin = server.admin().await;
    let mut ids = Vec::new();
    for n in 0..100 {
        let name = format!("{n} {:x<100}", "");
        ids.push(admin.create(&name).await.expect(200).created_id());
    }
    is_full(&server, &admin).await;
    for id in ids {
        let whom = json!({"customUserStatusId": id});
        admin
            .post("custom-user-status.delete", whom)
            .await
            .expect(200);
    }
    admin.create("there is room").await.expect(200);
}

#[tokio::test]
async fn claims_end_by_hand_and_by_time() {
    let server = small().await;
    let admin = server.admin().await;
    for name in ["ann", "bob"] {
        server.user(name).await;
        let claim = NewClaim {
            source: ClaimSource::External,
            status: UserStatus::Busy,
            text: "in a call".to_owned(),
            life: (name == "bob").then_some(Duration::from_secs(60)),
        };
        claims::set(&server.app, name, claim).await.unwrap();
    }
    is_full(&server, &admin).await;

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
async fn hooks_are_looked_after_and_old_events_go_until_there_is_room_again() {
    let server = small().await;
    let (admin, store) = (server.admin().await, &server.app.store);
    for name in ["one", "two"] {
        let standing = store.register(name, HookKind::BuiltIn).await.unwrap();
        let standing = standing.unwrap();
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
        let place = standing.place;
        assert!(store.advance(name, place, records).await.unwrap());
    }
    is_full(&server, &admin).await;
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
    let place = store.standing("two").await.unwrap().unwrap().place;
    let newest = Cursor {
        cursor: *store.committed().borrow(),
        ..place
    };
    assert!(store.advance("two", newest, vec![]).await.unwrap());
    fill(&server);
    while store.sweep_events(server.clock.now(), 128).await.unwrap() {}
    admin.create("room").await.expect(200);
}
