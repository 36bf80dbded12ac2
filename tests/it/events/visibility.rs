//! Which events a reader may see: statuses of others, roles and permissions are restricted.
//! Positions stay dense for all.

use crate::support::event_stream::EventStream;
use crate::support::events::position;
use crate::support::presence::set;
use crate::support::{Client, TestServer};
use serde_json::{Value, json};

const RESTRICTED: [&str; 7] = [
    "presence.changed",
    "permission.changed",
    "role.created",
    "role.updated",
    "role.deleted",
    "role.given",
    "role.taken",
];

/// The events of [`change`], with one of the user's record for each change of a role.
const CHANGES: u64 = 10;

/// Changes bob's status, a permission, a custom role and the holders of a role, and then creates a custom status, which everyone
/// may see.
async fn change(admin: &Client, bob: &Client, role: &str) {
    let text = format!("At the doctor's, says the {role}");
    set(bob, json!({"status": "busy", "message": text})).await;
    let grants = json!([{"_id": "manage-user-status", "roles": ["admin", role]}]);
    let update = admin.post("permissions.update", json!({"permissions": grants}));
    update.await.expect(200);
    let name = format!("Like a {role}");
    let made = admin.post("roles.create", json!({"name": name})).await;
    let id = made.expect(200).json()["role"]["_id"].clone();
    for (route, body) in [
        ("roles.update", json!({"roleId": id, "name": name})),
        ("roles.delete", json!({"roleId": id})),
    ] {
        admin.post(route, body).await.expect(200);
    }
    let role = json!({"username": "bob", "roleId": role});
    for route in ["roles.addUserToRole", "roles.removeUserFromRole"] {
        admin.post(route, role.clone()).await.expect(200);
    }
    admin.create("Lunch").await.expect(200);
}

/// The types of the events after `since`, and the position behind them.
async fn page(client: &Client, since: u64) -> (Vec<String>, u64) {
    let read = client.get(&format!("events?since={since}&timeout=0")).await;
    let read = read.expect(200).json();
    let kind = |event: &Value| event["type"].as_str().unwrap().to_owned();
    let kinds = read["events"].as_array().unwrap().iter().map(kind);
    (kinds.collect(), read["position"].as_u64().unwrap())
}

/// The types in a stream up to the custom status.
async fn kinds_until_status(mut stream: EventStream) -> Vec<String> {
    let mut kinds = Vec::new();
    loop {
        let event = stream.next().await.unwrap();
        match event.kind.as_str() {
            "custom_user_status.created" => return kinds,
            "presence.shown" => {}
            _ => kinds.push(event.kind),
        }
    }
}

struct People {
    server: TestServer,
    admin: Client,
    guest: Client,
    bob: Client,
}

async fn people() -> People {
    let server = TestServer::start().await;
    let (admin, bob) = (server.admin().await, server.user("bob").await);
    let guest = server.user_with_roles("guest", &["guest"]).await;
    People {
        server,
        admin,
        guest,
        bob,
    }
}

#[tokio::test]
async fn a_guest_reads_no_status_of_others_no_role_and_no_permission() {
    let People {
        server,
        admin,
        guest,
        bob,
    } = people().await;
    let since = position(&guest).await;
    let live = EventStream::open(&server, &guest).await;
    change(&admin, &bob, "bot").await;
    let public = (
        vec!["custom_user_status.created".to_owned()],
        since + CHANGES,
    );
    assert_eq!(page(&guest, since).await, public);
    assert_eq!(kinds_until_status(live).await, [""; 0]);
    let replay = EventStream::after(&server, &guest, Some(since)).await;
    assert_eq!(kinds_until_status(replay).await, [""; 0]);
}

#[tokio::test]
async fn an_administrator_reads_all_of_them() {
    let People {
        server, admin, bob, ..
    } = people().await;
    let since = position(&admin).await;
    let live = EventStream::open(&server, &admin).await;
    change(&admin, &bob, "bot").await;
    let (kinds, reached) = page(&admin, since).await;
    assert_eq!(
        (&kinds[..7], reached),
        (&RESTRICTED.map(str::to_owned)[..], since + CHANGES)
    );
    assert_eq!(kinds_until_status(live).await, RESTRICTED);
    let replay = EventStream::after(&server, &admin, Some(since)).await;
    assert_eq!(kinds_until_status(replay).await, RESTRICTED);
}

#[tokio::test]
async fn everyone_reads_their_own_status() {
    let People {
        server, admin, bob, ..
    } = people().await;
    let since = position(&bob).await;
    let live = EventStream::open(&server, &bob).await;
    change(&admin, &bob, "bot").await;
    assert_eq!(
        page(&bob, since).await.0,
        ["presence.changed", "custom_user_status.created"]
    );
    assert_eq!(kinds_until_status(live).await, ["presence.changed"]);
}

#[tokio::test]
async fn each_permission_opens_its_own_events() {
    let People {
        server: _server,
        admin,
        guest,
        bob,
    } = people().await;
    for (permission, role, expected) in [
        ("view-full-other-user-info", "bot", &RESTRICTED[..1]),
        ("access-permissions", "app", &RESTRICTED[1..]),
    ] {
        let granted = |roles: Value| json!({"permissions": [{"_id": permission, "roles": roles}]});
        let update = async |roles| {
            admin
                .post("permissions.update", granted(roles))
                .await
                .expect(200);
        };
        update(json!(["admin", "guest"])).await;
        let since = position(&guest).await;
        change(&admin, &bob, role).await;
        let (mut kinds, _) = page(&guest, since).await;
        assert_eq!(kinds.pop().as_deref(), Some("custom_user_status.created"));
        assert_eq!(kinds, expected, "{permission}");
        update(json!(["admin"])).await;
        let created =
            admin.get("custom-user-status.list").await.json()["statuses"][0]["_id"].clone();
        let delete = json!({"customUserStatusId": created});
        admin
            .post("custom-user-status.delete", delete)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_stream_shows_nothing_more_once_its_user_lost_the_permission() {
    let People {
        server, admin, bob, ..
    } = people().await;
    let chief = server.user_with_roles("chief", &["admin"]).await;
    let mut stream = EventStream::open(&server, &chief).await;
    set(&bob, json!({"status": "busy", "message": "seen"})).await;
    while stream.next().await.unwrap().kind != "presence.changed" {}
    let demoted = json!({"username": "chief", "roleId": "admin"});
    let taken = admin.post("roles.removeUserFromRole", demoted).await;
    taken.expect(200);
    set(&bob, json!({"status": "away", "message": "unseen"})).await;
    admin.create("Lunch").await.expect(200);
    assert_eq!(kinds_until_status(stream).await, [""; 0]);
}
