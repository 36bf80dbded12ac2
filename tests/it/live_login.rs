//! Who a live connection is: the ways to log in and what is told of it, logging out, and being somebody else. Source: reference 6.2. How a
//! login that ends elsewhere cuts its connections stands in `live_cut`.

use crate::presence::set;
use crate::support::{ADMIN_PASSWORD, Client, Live, Setup, TestServer, golden_lines};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The digest of a password, as realtime clients send it.
fn digest(password: &str) -> Value {
    let digest = Sha256::digest(password);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"digest": hex, "algorithm": "sha-256"})
}

/// How others see `of`.
pub async fn seen(by: &Client, of: &Client) -> String {
    let route = format!("users.getStatus?userId={}", of.id());
    let seen = by.get(&route).await.expect(200).json();
    seen["status"].as_str().unwrap().to_owned()
}

fn added(id: &str, name: &str) -> Value {
    let address = format!("{name}@example.org");
    let emails = json!([{"address": address, "verified": false}]);
    json!({
        "msg": "added", "collection": "users", "id": id,
        "fields": {"username": name, "name": name, "emails": emails},
    })
}

#[tokio::test]
async fn every_way_to_log_in_tells_who_it_is_before_its_result() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    let (password, hashed) = ("ann's password", digest("ann's password"));
    let [by_token, by_login] = [&ann, &by_password].map(|c| c.credentials.clone().unwrap().1);
    for (with, kind, token) in [
        (json!({"resume": by_token}), "resume", Some(&by_token)),
        (json!({"resume": by_login}), "resume", Some(&by_login)),
        (
            json!({"user": {"username": "ann"}, "password": password}),
            "password",
            None,
        ),
        (
            json!({"user": {"username": "ANN"}, "password": hashed}),
            "password",
            None,
        ),
        (
            json!({"user": {"email": "ann@example.org"}, "password": hashed}),
            "password",
            None,
        ),
        (
            json!({"user": "ann", "password": password}),
            "password",
            None,
        ),
        (
            json!({"user": "ann@example.org", "password": hashed}),
            "password",
            None,
        ),
    ] {
        let mut live = server.live().await;
        live.say(json!({"msg": "method", "id": "x", "method": "login", "params": [with]}))
            .await;
        live.expect(added(&ann.id(), "ann")).await;
        let result = live.hear().await;
        let told = &result["result"];
        assert_eq!(told["id"], ann.id(), "{with}: {result}");
        assert_eq!(told["type"], kind, "{with}: {result}");
        assert_eq!(told.as_object().unwrap().len(), 4, "{result}");
        // The day after the login at the earliest: a client without an end would throw.
        let ends = told["tokenExpires"]["$date"].as_i64().unwrap();
        assert!(ends > 1_767_225_600_000 + 24 * 3600 * 1000, "{result}");
        if let Some(token) = token {
            assert_eq!(told["token"], **token);
        }
        live.expect(json!({"msg": "updated", "methods": ["x"]}))
            .await;
        let whose = Some((ann.id(), told["token"].as_str().unwrap().to_owned()));
        let client = Client::new(server.address, whose);
        client.get("me").await.expect(200);
    }
}

#[tokio::test]
async fn what_a_login_tells_of_its_end_is_when_it_ends() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let mut live = server.live().await;
    let with = json!({"user": {"username": "ann"}, "password": "ann's password"});
    let told = live.log_in(with).await;
    let days = 90 * 24 * 3600 * 1000;
    assert_eq!(
        told["tokenExpires"],
        json!({"$date": 1_767_225_600_000_i64 + days})
    );
}

#[tokio::test]
async fn every_login_that_fails_is_told_why_and_leaves_the_connection_open() {
    let server = TestServer::start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    let dead = server.anon().logged_in("ann", "ann's password").await;
    dead.post("logout", json!({})).await.expect(200);
    let off = json!({"userId": bob.id(), "activeStatus": false});
    admin.post("users.setActiveStatus", off).await.expect(200);
    let dead = dead.credentials.unwrap().1;
    let (mut live, mut lines) = (server.live().await, Vec::new());
    let ann_with = |password: Value| json!([{"user": {"username": "ann"}, "password": password}]);
    for (name, params) in [
        ("a wrong password", ann_with(json!("wrong"))),
        ("a wrong digest", ann_with(digest("wrong"))),
        (
            "nobody",
            json!([{"user": {"username": "nobody"}, "password": "x"}]),
        ),
        (
            "nobody's address",
            json!([{"user": {"email": "x@y"}, "password": "x"}]),
        ),
        ("a dead token", json!([{"resume": dead}])),
        ("no token", json!([{"resume": "worthless"}])),
        (
            "somebody who is deactivated",
            json!([{"user": {"username": "bob"}, "password": "bob's password"}]),
        ),
        (
            "a token of somebody who is deactivated",
            json!([{"resume": bob.credentials.as_ref().unwrap().1}]),
        ),
        ("a number for a token", json!([{"resume": 7}])),
        (
            "another algorithm",
            ann_with(json!({"digest": "00", "algorithm": "md5"})),
        ),
        (
            "a digest that is none",
            ann_with(json!({"digest": "00", "algorithm": "sha-256"})),
        ),
        (
            "LDAP",
            json!([{"ldap": true, "username": "ann", "ldapPass": "x"}]),
        ),
        (
            "a second factor",
            json!([{"totp": {"code": "1", "login": {}}}]),
        ),
        ("OAuth", json!([{"oauth": {"credentialToken": "x"}}])),
        (
            "a user without a name",
            json!([{"user": {}, "password": "x"}]),
        ),
        ("nothing", json!([{}])),
        ("no object", json!(["ann"])),
        ("no parameter", json!([])),
    ] {
        let error = live.failure("login", params).await;
        lines.push(format!("{name}: {error}"));
    }
    golden_lines("live_login_refused", &lines);
    live.is_open().await;
    assert_eq!(seen(&admin, &ann).await, "offline");
    live.log_in(json!({"user": {"username": "ann"}, "password": "ann's password"}))
        .await;
}

#[tokio::test]
async fn who_fails_too_often_is_blocked_whichever_way_they_come() {
    let setup = Setup::new().config(|config| config.login_failures_per_user = 2);
    let server = setup.start().await;
    server.user("ann").await;
    let mut live = server.live().await;
    let with = |password: &str| json!([{"user": {"username": "ann"}, "password": password}]);
    for _ in 0..2 {
        live.failure("login", with("wrong")).await;
    }
    let error = live.failure("login", with("ann's password")).await;
    golden_lines("live_login_blocked", &[error.to_string()]);
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(401);
    live.log_in(json!({"user": "admin", "password": ADMIN_PASSWORD}))
        .await;
}

/// A connection of `ann` that hears everything there is, and the ids of what ends with a login and of what stays.
async fn listening(ann: &Client) -> (Live, Vec<String>, String) {
    let mut live = ann.live().await;
    let own = format!("{}/userData", ann.id());
    let mut ending = Vec::new();
    for (name, params) in [
        ("stream-notify-logged", json!(["user-status"])),
        ("stream-notify-logged", json!(["updateCustomUserStatus"])),
        ("stream-notify-user", json!([own])),
        (
            "stream-notify-user",
            json!([format!("{}/message", ann.id())]),
        ),
        ("stream-notify-logged", json!(["updateAvatar"])),
        ("stream-roles", json!(["roles"])),
        ("stream-user-presence", json!(["", {"added": [ann.id()]}])),
    ] {
        ending.push(live.subscribe(name, params).await);
    }
    let all = json!(["public-settings-changed"]);
    let staying = live.subscribe("stream-notify-all", all).await;
    (live, ending, staying)
}

/// Lets a connection of `ann` hear all that is on its way, by something that is told `times` and comes last.
async fn settle(live: &mut Live, ann: &Client, times: usize) {
    set(ann, json!({"message": "settled"})).await;
    for _ in 0..times {
        live.next_where(|frame| frame.to_string().contains("settled"))
            .await;
    }
    live.forget();
}

/// What ends with a login, and what it is told with, in an order of ids.
fn not_allowed(mut ids: Vec<String>) -> Vec<Value> {
    ids.sort();
    let error = json!({
        "isClientSafe": true, "error": "not-allowed", "message": "[not-allowed]", "errorType": "Meteor.Error",
    });
    let told = |id| json!({"msg": "nosub", "id": id, "error": error});
    ids.into_iter().map(told).collect()
}

/// The next `count` frames, in an order of ids.
async fn next(live: &mut Live, count: usize) -> Vec<Value> {
    let mut frames = Vec::new();
    for _ in 0..count {
        frames.push(live.hear().await);
    }
    frames.sort_by_key(|frame| frame["id"].as_str().unwrap().to_owned());
    frames
}

#[tokio::test]
async fn logging_out_ends_what_is_for_people_who_are_logged_in_and_the_presence_at_once() {
    // A grace that no test outlives: logging out has none.
    let setup = Setup::new().config(|config| config.offline_grace_seconds = 3600);
    let server = setup.start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let (mut live, ending, staying) = listening(&ann).await;
    settle(&mut live, &ann, 3).await;
    assert_eq!(seen(&admin, &ann).await, "online");
    live.say(json!({"msg": "method", "id": "out", "method": "logout", "params": []}))
        .await;
    live.expect(json!({"msg": "removed", "collection": "users", "id": ann.id()}))
        .await;
    let expected = not_allowed(ending);
    assert_eq!(next(&mut live, expected.len()).await, expected);
    live.expect(json!({"msg": "result", "id": "out"})).await;
    live.expect(json!({"msg": "updated", "methods": ["out"]}))
        .await;
    assert_eq!(seen(&admin, &ann).await, "offline");
    ann.get("me").await.expect(401);
    let refused = live
        .refusal("stream-notify-logged", json!(["user-status"]))
        .await;
    assert_eq!(refused["error"], "not-allowed");
    let named = admin.post("settings/Site_Name", json!({"value": "Office"}));
    named.await.expect(200);
    live.expect(json!({
        "msg": "changed", "collection": "stream-notify-all", "id": "id",
        "fields": {"eventName": "public-settings-changed", "args": ["updated", {"_id": "Site_Name", "value": "Office"}]},
    }))
    .await;
    live.unsubscribe(&staying).await;
    // Logging out twice changes nothing more.
    assert_eq!(live.call("logout", json!([])).await, json!({}));
    live.is_open().await;
}

#[tokio::test]
async fn somebody_else_who_logs_in_takes_the_place_of_who_had_before() {
    let server = Setup::new()
        .config(|c| c.offline_grace_seconds = 0)
        .start()
        .await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let mut live = ann.live().await;
    let own = format!("{}/userData", ann.id());
    let own = live.subscribe("stream-notify-user", json!([own])).await;
    let logged = live
        .subscribe("stream-notify-logged", json!(["updateCustomUserStatus"]))
        .await;
    settle(&mut live, &ann, 1).await;
    let token = &bob.credentials.as_ref().unwrap().1;
    live.say(
        json!({"msg": "method", "id": "in", "method": "login", "params": [{"resume": token}]}),
    )
    .await;
    live.expect(json!({"msg": "removed", "collection": "users", "id": ann.id()}))
        .await;
    assert_eq!(next(&mut live, 1).await, not_allowed(vec![own]));
    live.expect(added(&bob.id(), "bob")).await;
    assert_eq!(live.hear().await["result"]["id"], bob.id());
    live.expect(json!({"msg": "updated", "methods": ["in"]}))
        .await;
    assert_eq!(seen(&ann, &bob).await, "online");
    assert_eq!(seen(&bob, &ann).await, "offline");
    // What is for everybody who is logged in goes on.
    server.admin().await.create("lunch").await.expect(200);
    assert_eq!(
        live.hear().await["fields"]["eventName"],
        "updateCustomUserStatus"
    );
    live.unsubscribe(&logged).await;
    let foreign = format!("{}/userData", ann.id());
    let refused = live.refusal("stream-notify-user", json!([foreign])).await;
    assert_eq!(refused["error"], "not-allowed");
}

#[tokio::test]
async fn the_same_one_who_logs_in_again_keeps_what_was_subscribed() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let mut live = ann.live().await;
    live.subscribe("stream-notify-logged", json!(["updateCustomUserStatus"]))
        .await;
    live.log_in(json!({"user": "ann", "password": "ann's password"}))
        .await;
    server.admin().await.create("lunch").await.expect(200);
    assert_eq!(
        live.hear().await["fields"]["eventName"],
        "updateCustomUserStatus"
    );
    live.failure("login", json!([{"resume": "worthless"}]))
        .await;
    assert_eq!(
        live.result("listCustomUserStatus", json!([])).await[0]["name"],
        "lunch"
    );
}
