//! Status visibility: who sets the rules, what a viewer sees of a hidden user, and what others see.

use crate::support::accounts::{account, with};
use crate::support::admin::setting;
use crate::support::presence::set;
use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::config::{Config, Unconnected};
use serde_json::{Value, json};
use std::time::Duration;

const OWN: &str = "Accounts_StatusVisibility_Enabled";
const BY_ADMIN: &str = "Accounts_StatusVisibility_Admin_Enabled";
const SHOWN: &str = "Accounts_UserStatus_Enabled";

/// A server with both kinds of rules, which shows the declared status of users without a connection,
/// with an administrator, ann, bob and cid.
async fn office() -> (TestServer, [Client; 4]) {
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

async fn deny(client: &Client, names: &[&str]) -> Reply {
    let data = json!({"data": {"statusVisibilityDenied": names}});
    client.post("users.setPreferences", data).await
}

/// Changes the fields of `user` as `by`.
async fn change(by: &Client, user: &Client, data: Value) -> Reply {
    let body = json!({"userId": user.id(), "data": data});
    by.post("users.update", body).await
}

async fn status(by: &Client, of: &str) -> Value {
    let reply = by.get(&format!("users.getStatus?username={of}")).await;
    reply.expect(200).json()["status"].clone()
}

fn failed(reply: Reply, kind: &str, text: &str) {
    let failure = reply.expect(400).json();
    assert_eq!(failure["errorType"], kind, "{failure}");
    let error = failure["error"].as_str().unwrap();
    assert!(error.contains(text), "{failure}");
}

/// Everything that `client` can read about ann, except the times of requests.
async fn read(client: &Client, ann: &Client, since: &str) -> Vec<(String, Value)> {
    let id = ann.id();
    let selector = |conditions: &str| {
        let json = format!(r#"{{"term":"an","exceptions":[],"conditions":{conditions}}}"#);
        let encoded: String = json.bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("users.autocomplete?selector={encoded}")
    };
    let routes = [
        "users.getStatus?username=ann".to_owned(),
        "users.getPresence?username=ann".to_owned(),
        "users.info?username=ann".to_owned(),
        "users.list".to_owned(),
        "users.list?sort=%7B%22status%22%3A1%7D".to_owned(),
        "users.listByStatus?searchTerm=ann".to_owned(),
        "users.presence".to_owned(),
        format!("users.presence?ids={id}"),
        format!("users.presence?from={since}"),
        "spotlight?query=ann".to_owned(),
        "directory?type=users".to_owned(),
        selector("{}"),
        selector(r#"{"status":"busy"}"#),
        selector(r#"{"status":{"$ne":"offline"}}"#),
        selector(r#"{"status":{"$in":["offline"]}}"#),
    ];
    let mut read = Vec::new();
    for route in routes {
        let body = client.get(&route).await.expect(200).json();
        read.push((route, body));
    }
    for (method, params) in [
        ("getUserStatusText", json!([id])),
        ("spotlight", json!(["ann"])),
    ] {
        let message = json!({"msg": "method", "id": "1", "method": method, "params": params});
        let body = json!({"message": message.to_string()});
        let reply = client.post(&format!("method.call/{method}"), body).await;
        read.push((method.to_owned(), reply.expect(200).json()));
    }
    read
}

#[tokio::test]
async fn a_hidden_user_looks_like_one_who_never_set_a_status_on_every_read() {
    let (server, [admin, ann, bob, cid]) = office().await;
    deny(&ann, &["bob", "admin"]).await.expect(200);
    server.clock.advance(Duration::from_secs(60));
    let since = "2026-01-01T00:00:30.000Z";
    let (for_bob, for_admin) = (
        read(&bob, &ann, since).await,
        read(&admin, &ann, since).await,
    );
    let for_cid = read(&cid, &ann, since).await;
    let busy = json!({"status": "busy", "message": "Dentist", "expiresAt": "2026-01-01T09:00:00Z"});
    set(&ann, busy).await;
    let text = json!({"userId": ann.id(), "data": {"statusText": "Dentist again"}});
    admin.post("users.update", text).await.expect(200);
    assert_eq!(read(&bob, &ann, since).await, for_bob);
    assert_eq!(read(&admin, &ann, since).await, for_admin);
    assert_eq!(status(&bob, "ann").await, "offline");
    let seen = read(&cid, &ann, since).await;
    let same = for_cid
        .iter()
        .zip(&seen)
        .filter(|(one, other)| one == other);
    let same: Vec<_> = same.map(|((route, _), _)| route.as_str()).collect();
    assert_eq!(
        same,
        ["directory?type=users"],
        "cid sees the change elsewhere"
    );
    let own = ann.get("me").await.json();
    assert_eq!(
        (&own["status"], &own["statusText"]),
        (&json!("busy"), &json!("Dentist again"))
    );
}

#[tokio::test]
async fn a_changed_rule_lists_the_user_once_among_recent_changes() {
    let (server, [_, ann, bob, cid]) = office().await;
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let listed = async |client: &Client, seconds: u32| {
        let route = format!("users.presence?from=2026-01-01T00:00:{seconds:02}.000Z");
        let list = client.get(&route).await.expect(200).json();
        assert_eq!(list["full"], false);
        let users = list["users"].as_array().unwrap().iter();
        let ann = users.filter(|user| user["username"] == "ann");
        ann.map(|user| user["status"].clone()).collect::<Vec<_>>()
    };
    server.clock.advance(Duration::from_secs(10));
    deny(&ann, &["bob"]).await.expect(200);
    assert_eq!(listed(&bob, 5).await, ["offline"]);
    assert_eq!(listed(&cid, 5).await, [""; 0]);
    server.clock.advance(Duration::from_secs(10));
    set(&ann, json!({"status": "away"})).await;
    assert_eq!(listed(&bob, 15).await, [""; 0]);
    assert_eq!(listed(&cid, 15).await, ["away"]);
    deny(&ann, &[]).await.expect(200);
    assert_eq!(listed(&bob, 15).await, ["away"]);
    server.clock.advance(Duration::from_secs(10));
    assert_eq!(listed(&bob, 25).await, [""; 0]);
}

#[tokio::test]
async fn users_choose_who_they_hide_from_by_username() {
    let (server, [admin, ann, bob, cid]) = office().await;
    set(&ann, json!({"status": "busy"})).await;
    let names = json!(["bob", "cid"]);
    let set = deny(&ann, &["cid", "BOB", "bob"]).await.expect(200).json();
    let path = "/settings/preferences/statusVisibilityDenied";
    assert_eq!(set["user"].pointer(path), Some(&names));
    let me = ann.get("me").await.json();
    let own = ann.get("users.info?username=ann").await.json();
    let login = server.anon().login("ann", "ann's password").await.json();
    for (whole, path) in [
        (&me, path.to_owned()),
        (&own, format!("/user{path}")),
        (&login, format!("/data/me{path}")),
    ] {
        assert_eq!(whole.pointer(&path), Some(&names), "{whole}");
    }
    let chosen = ann.get("users.getPreferences").await.json();
    assert_eq!(chosen["preferences"]["statusVisibilityDenied"], names);
    for other in [&bob, &admin] {
        let seen = other.get("users.info?username=ann").await;
        assert!(
            !seen.text().contains("statusVisibilityDenied"),
            "{}",
            seen.text()
        );
    }
    // The lists hold ids: another name changes no rule, and a deleted user leaves them.
    change(&admin, &bob, json!({"username": "rob"}))
        .await
        .expect(200);
    assert_eq!(status(&bob, "ann").await, "offline");
    let cid = json!({"userId": cid.id()});
    admin.post("users.delete", cid).await.expect(200);
    let me = ann.get("me").await.json();
    assert_eq!(me.pointer(path), Some(&json!(["rob"])));
    deny(&ann, &[]).await.expect(200);
    assert_eq!(ann.get("me").await.json().pointer(path), None);
    assert_eq!(status(&bob, "ann").await, "busy");
}

#[tokio::test]
async fn a_list_is_refused_with_unknown_names_too_many_or_while_its_setting_is_off() {
    let (_server, [admin, ann, bob, _]) = office().await;
    let unknown = "error-invalid-user";
    failed(deny(&ann, &["bob", "zoe"]).await, unknown, "zoe");
    let many: Vec<String> = (0..101).map(|n| format!("user{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    failed(deny(&ann, &many).await, "error-field-size-exceeded", "100");
    let others = json!({"userId": ann.id(), "data": {"statusVisibilityDenied": ["bob"]}});
    let refused = admin.post("users.setPreferences", others).await;
    failed(
        refused,
        "error-action-not-allowed",
        "only be set by the user",
    );
    deny(&ann, &["bob"]).await.expect(200);
    setting(&admin, OWN, false).await;
    failed(deny(&ann, &["admin"]).await, "error-not-allowed", OWN);
    deny(&ann, &["bob"]).await.expect(200);
    set(&ann, json!({"status": "busy"})).await;
    assert_eq!(status(&bob, "ann").await, "busy", "the rule is off");
    deny(&ann, &[]).await.expect(200);
    setting(&admin, BY_ADMIN, false).await;
    for data in [
        json!({"presenceDisabledByAdmin": true}),
        json!({"statusVisibilityDeniedByAdmin": ["bob"]}),
    ] {
        failed(
            change(&admin, &ann, data).await,
            "error-not-allowed",
            BY_ADMIN,
        );
    }
    let none = json!({"presenceDisabledByAdmin": false, "statusVisibilityDeniedByAdmin": []});
    change(&admin, &ann, none).await.expect(200);
}

#[tokio::test]
async fn administrators_hide_users_and_no_one_hides_themselves_this_way() {
    let (_server, [admin, ann, bob, cid]) = office().await;
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    for data in [
        json!({"presenceDisabledByAdmin": true}),
        json!({"statusVisibilityDeniedByAdmin": ["bob"]}),
    ] {
        for (by, user) in [(&bob, &ann), (&bob, &bob), (&admin, &admin)] {
            let refused = change(by, user, data.clone()).await;
            failed(refused, "error-action-not-allowed", "not allowed");
        }
    }
    let unknown = json!({"statusVisibilityDeniedByAdmin": ["zoe"]});
    let refused = change(&admin, &ann, unknown).await;
    failed(refused, "error-invalid-user", "zoe");
    let named = json!({"name": "Ann B", "statusVisibilityDeniedByAdmin": ["bob"]});
    let changed = change(&admin, &ann, named).await.expect(200).json();
    assert_eq!(
        changed["user"]["statusVisibilityDeniedByAdmin"],
        json!(["bob"])
    );
    assert_eq!(changed["user"]["name"], "Ann B");
    assert_eq!(status(&bob, "ann").await, "offline");
    assert_eq!(status(&cid, "ann").await, "busy");
    let seen = admin.get("users.info?username=ann").await.json();
    assert_eq!(
        seen["user"]["statusVisibilityDeniedByAdmin"],
        json!(["bob"])
    );
    for (client, route) in [
        (&ann, "users.info?username=ann"),
        (&ann, "me"),
        (&bob, "users.info?username=ann"),
        (&admin, "users.list"),
    ] {
        let seen = client.get(route).await.expect(200);
        assert!(
            !seen.text().contains("DeniedByAdmin"),
            "{route}: {}",
            seen.text()
        );
    }
    let off = json!({"presenceDisabledByAdmin": true});
    change(&admin, &ann, off).await.expect(200);
    assert_eq!(status(&cid, "ann").await, "offline");
    assert_eq!(status(&ann, "ann").await, "busy");
    let me = ann.get("me").await.json();
    assert_eq!(me["presenceDisabledByAdmin"], true);
    let again = json!({"presenceDisabledByAdmin": false, "statusVisibilityDeniedByAdmin": []});
    change(&admin, &ann, again).await.expect(200);
    assert_eq!(status(&bob, "ann").await, "busy");
}

#[tokio::test]
async fn a_user_whose_presence_is_disabled_cannot_get_a_status() {
    let (_server, [admin, ann, bob, _]) = office().await;
    let busy = json!({"status": "busy"});
    let refused = async |user: &Client| {
        let own = user.post("users.setStatus", busy.clone()).await;
        let other = with(busy.clone(), &json!({"userId": user.id()}));
        let by_admin = admin.post("users.setStatus", other).await;
        let text = change(&admin, user, json!({"statusText": "Lunch"})).await;
        let profile = json!({"data": {"statusType": "busy"}});
        let profile = user.post("users.updateOwnBasicInfo", profile).await;
        for reply in [own, by_admin, text, profile] {
            let failure = reply.expect(400).json();
            let text = "Presence is disabled for this user [error-presence-disabled]";
            assert_eq!(failure["error"], text);
            assert_eq!(failure["errorType"], "error-presence-disabled");
        }
        let message =
            json!({"msg": "method", "id": "1", "method": "setUserStatus", "params": ["busy", ""]});
        let body = json!({"message": message.to_string()});
        let called = user.post("method.call/setUserStatus", body).await;
        assert!(
            called.text().contains("error-presence-disabled"),
            "{}",
            called.text()
        );
    };
    let disabled = json!({"presenceDisabledByAdmin": true});
    change(&admin, &ann, disabled).await.expect(200);
    refused(&ann).await;
    bob.post("users.setStatus", busy.clone()).await.expect(200);
    setting(&admin, BY_ADMIN, false).await;
    ann.post("users.setStatus", busy.clone()).await.expect(200);
    setting(&admin, SHOWN, false).await;
    refused(&bob).await;
    let offline = [status(&bob, "ann").await, status(&admin, "bob").await];
    assert_eq!(offline, ["offline", "offline"], "everyone is hidden");
    assert_eq!(status(&bob, "bob").await, "busy");
    let list = admin.get("users.presence").await.json();
    assert_eq!(list["users"], json!([]));
}

#[tokio::test]
async fn users_under_rules_of_administrators_are_listed_as_the_caller_may_see_them() {
    let (_server, [admin, ann, bob, cid]) = office().await;
    let list = async |query: &str| {
        let reply = admin
            .get(&format!("users.listStatusVisibility{query}"))
            .await;
        reply.expect(200).json()
    };
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    deny(&cid, &["ann"]).await.expect(200);
    assert_eq!(list("").await["total"], 0, "own rules are private");
    let denied = json!({"statusVisibilityDeniedByAdmin": ["cid", "bob"]});
    change(&admin, &ann, denied).await.expect(200);
    let disabled = json!({"presenceDisabledByAdmin": true});
    change(&admin, &bob, disabled).await.expect(200);
    let page = list("").await;
    let row = json!({
        "_id": ann.id(), "username": "ann", "name": "ann", "status": "busy", "statusText": "Lunch",
        "presenceDisabledByAdmin": false, "statusVisibilityDeniedByAdmin": ["bob", "cid"],
    });
    assert_eq!(
        (&page["users"][0], &page["count"], &page["total"]),
        (&row, &json!(2), &json!(2))
    );
    let second = list("?count=1&offset=1").await;
    assert_eq!(second["users"][0]["username"], "bob");
    assert_eq!(second["users"][0]["presenceDisabledByAdmin"], true);
    assert_eq!(list("?searchTerm=nn").await["total"], 1);
    deny(&ann, &["admin"]).await.expect(200);
    let hidden = &list("?searchTerm=ann").await["users"][0];
    assert_eq!(
        (&hidden["status"], hidden.get("statusText")),
        (&json!("offline"), None)
    );
    bob.get("users.listStatusVisibility").await.expect(403);
    admin
        .get("users.listStatusVisibility?status=busy")
        .await
        .expect(400);
}

#[tokio::test]
async fn a_user_can_be_created_with_a_disabled_presence() {
    let (server, [admin, ann, ..]) = office().await;
    let new = with(account("dan"), &json!({"presenceDisabledByAdmin": true}));
    let created = admin
        .post("users.create", new.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(created["user"]["presenceDisabledByAdmin"], true);
    let dan = server.anon().logged_in("dan", "a password").await;
    let refused = dan.post("users.setStatus", json!({"status": "busy"})).await;
    failed(refused, "error-presence-disabled", "disabled");
    assert_eq!(status(&ann, "dan").await, "offline");
    setting(&admin, BY_ADMIN, false).await;
    let another = with(account("eve"), &json!({"presenceDisabledByAdmin": true}));
    failed(
        admin.post("users.create", another).await,
        "error-not-allowed",
        BY_ADMIN,
    );
    let open = with(account("eve"), &json!({"presenceDisabledByAdmin": false}));
    admin.post("users.create", open).await.expect(200);
}
