//! Method calls on a live connection: same results as over REST, presence of the connection, order
//! and rate limits. Source: compatibility 9.3, 4.5 and 8.4. `api/methods` covers each method.

use crate::support::methods::{LIST, answer, message, named, with_callers};
use crate::support::presence::seen;
use crate::support::{Client, Live, Setup, TestServer, golden_lines};
use serde_json::{Value, json};
use std::time::Duration;

const SET: &str = "insertOrUpdateUserStatus";
const DELETE: &str = "deleteCustomUserStatus";

/// The response to a call over REST, without its `msg` and `id`.
async fn over_rest(client: &Client, method: &str, params: &Value) -> Value {
    let route = match client.credentials {
        Some(_) => "method.call",
        None => "method.callAnon",
    };
    let mut message = message(&answer(client, route, method, params.clone()).await);
    let fields = message.as_object_mut().unwrap();
    fields.retain(|key, _| !["msg", "id"].contains(&key.as_str()));
    message
}

#[tokio::test]
async fn every_method_answers_as_over_rest() {
    let (_server, [admin, ann, anon]) = with_callers().await;
    let offline = json!(["offline", ""]);
    crate::support::admin::setting(&admin, "Accounts_AllowInvisibleStatusOption", false).await;
    crate::support::admin::setting(&admin, "Accounts_AllowUserStatusMessageChange", false).await;
    let (mut by_admin, mut by_ann, mut by_anon) =
        (admin.live().await, ann.live().await, anon.live().await);
    #[rustfmt::skip] // A table.
    let table = [
        (&admin, LIST, json!([])),
        (&ann, LIST, json!([])),
        (&anon, LIST, json!([])),
        (&admin, SET, named(" ", "busy")),
        (&admin, SET, named("a<b", "busy")),
        (&admin, SET, named("a", "Busy")),
        (&admin, SET, named("taken", "busy")),
        (&admin, SET, json!([{"_id": "x", "name": "a", "statusType": "busy"}])),
        (&admin, SET, json!([])),
        (&admin, SET, json!([{"name": {}}])),
        (&ann, SET, named("a", "busy")),
        (&anon, SET, named("a", "busy")),
        (&admin, DELETE, json!(["x"])),
        (&admin, DELETE, json!([])),
        (&ann, DELETE, json!(["x"])),
        (&anon, DELETE, json!(["x"])),
        (&ann, "setUserStatus", json!(["busy"])),
        (&ann, "setUserStatus", json!(["busy", ""])),
        (&ann, "setUserStatus", offline.clone()),
        (&ann, "setUserStatus", json!(["offline"])),
        (&ann, "setUserStatus", json!(["bored"])),
        (&ann, "setUserStatus", json!([7])),
        (&anon, "setUserStatus", json!(["busy"])),
        (&ann, "getUserStatusText", json!([ann.id()])),
        (&ann, "getUserStatusText", json!(["nobody"])),
        (&ann, "getUserStatusText", json!([7])),
        (&anon, "getUserStatusText", json!([ann.id()])),
        (&ann, "UserPresence:setDefaultStatus", json!(["away"])),
        (&ann, "UserPresence:setDefaultStatus", json!(["online"])),
        (&ann, "UserPresence:setDefaultStatus", json!(["offline"])),
        (&anon, "UserPresence:setDefaultStatus", json!(["away"])),
        (&anon, "UserPresence:away", json!([])),
        (&anon, "UserPresence:online", json!([])),
        (&ann, "UserPresence:ping", json!([])),
        (&anon, "UserPresence:ping", json!([])),
        (&ann, "fly", json!([])),
        (&anon, "fly", json!([])),
    ];
    for (client, method, params) in table {
        let live = match &client.credentials {
            None => &mut by_anon,
            Some((id, _)) if *id == ann.id() => &mut by_ann,
            Some(_) => &mut by_admin,
        };
        let got = live.call(method, params.clone()).await;
        let expected = over_rest(client, method, &params).await;
        assert_eq!(got, expected, "{method} {params}");
    }
    assert_eq!(admin.names().await, ["taken"]);
}

#[tokio::test]
async fn statuses_are_created_listed_changed_and_deleted() {
    let server = TestServer::start().await;
    let (mut admin, ann) = (server.admin().await.live().await, server.user("ann").await);
    let mut ann = ann.live().await;
    let lunch = json!([{"name": "lunch", "statusType": "away"}]);
    let id = admin.result(SET, lunch).await;
    assert_eq!(id.as_str().unwrap().len(), 24);
    let record = |name: &str, status_type: &str| {
        let at = json!({"$date": 1_767_225_600_000_i64});
        json!([{"_id": id, "name": name, "statusType": status_type, "_updatedAt": at}])
    };
    assert_eq!(ann.result(LIST, json!([])).await, record("lunch", "away"));
    let dinner = json!([{"_id": id, "name": "dinner", "statusType": "busy"}]);
    assert_eq!(admin.result(SET, dinner).await, true);
    assert_eq!(ann.result(LIST, json!([])).await, record("dinner", "busy"));
    assert_eq!(admin.result(DELETE, json!([id])).await, true);
    assert_eq!(ann.result(LIST, json!([])).await, json!([]));
}

#[tokio::test]
async fn a_permission_change_applies_from_the_next_call() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let mut live = ann.live().await;
    let new = |name: &str| json!([{"name": name, "statusType": "busy"}]);
    assert_eq!(live.failure(SET, new("a")).await["error"], "not_authorized");
    let role = json!({"username": "ann", "roleId": "admin"});
    let added = admin.post("roles.addUserToRole", role.clone());
    added.await.expect(200);
    live.result(SET, new("a")).await;
    let removed = admin.post("roles.removeUserFromRole", role);
    removed.await.expect(200);
    assert_eq!(live.failure(SET, new("b")).await["error"], "not_authorized");
}

/// Reports the user of a connection as `online` or `away`. Returns whether that was a change.
async fn report(live: &mut Live, status: &str) -> bool {
    let method = format!("UserPresence:{status}");
    live.result(&method, json!([""])).await == true
}

#[tokio::test]
async fn a_user_is_online_while_any_of_their_connections_is() {
    let setup = Setup::new().config(|config| config.offline_grace_seconds = 0);
    let server = setup.start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    assert_eq!(seen(&bob, &ann).await, "offline");
    let mut one = ann.live().await;
    assert_eq!(seen(&bob, &ann).await, "online");
    assert!(!report(&mut one, "online").await);
    assert!(report(&mut one, "away").await);
    assert!(!report(&mut one, "away").await);
    assert_eq!(seen(&bob, &ann).await, "away");
    let mut two = ann.live().await;
    assert_eq!(seen(&bob, &ann).await, "online");
    assert!(report(&mut two, "away").await);
    assert_eq!(seen(&bob, &ann).await, "away");
    assert!(report(&mut one, "online").await);
    assert_eq!(seen(&bob, &ann).await, "online");
    // REST calls belong to no connection.
    for method in ["UserPresence:away", "UserPresence:online"] {
        let response = over_rest(&ann, method, &json!([])).await;
        assert_eq!(response, json!({"result": false}));
    }
    one.call("setUserStatus", json!(["busy", "at lunch"])).await;
    assert_eq!(seen(&bob, &ann).await, "busy");
    let text = two.result("getUserStatusText", json!([ann.id()])).await;
    assert_eq!(text, "at lunch");
    one.result("UserPresence:setDefaultStatus", json!(["online"]))
        .await;
    assert_eq!(seen(&bob, &ann).await, "online");
    one.call("logout", json!([])).await;
}

#[tokio::test]
async fn the_calls_of_a_connection_run_one_after_another() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut live = admin.live().await;
    let call = |id: usize, method: &str, params: Value| json!({"msg": "method", "id": id.to_string(), "method": method, "params": params});
    // The first call takes by far the longest.
    let with = json!([{"user": "admin", "password": crate::support::ADMIN_PASSWORD}]);
    live.send_frame(call(0, "login", with)).await;
    for n in 1..20 {
        let new = json!([{"name": format!("status {n}"), "statusType": "busy"}]);
        live.send_frame(call(n, SET, new)).await;
    }
    live.send_frame(json!({"msg": "sub", "id": "s", "name": "nothing"}))
        .await;
    let mut order = Vec::new();
    while order.len() < 20 {
        let frame = live.receive().await;
        if frame["msg"] == "result" {
            assert!(frame.get("error").is_none(), "{frame}");
            order.push(frame["id"].as_str().unwrap().parse::<usize>().unwrap());
        }
        assert_ne!(frame["msg"], "nosub");
    }
    assert_eq!(order, (0..20).collect::<Vec<_>>());
    let mut names = admin.names().await;
    names.sort();
    assert_eq!(names.len(), 19);
}

async fn is_rate_limited(live: &mut Live, method: &str) -> bool {
    let answer = live.call(method, json!([])).await;
    answer["error"]["error"] == "too-many-requests"
}

#[tokio::test]
async fn a_method_is_limited_to_10_calls_per_connection_and_20_per_user_in_10_seconds() {
    let server = Setup::new().rate_limited().start().await;
    let ann = server.user("ann").await;
    for mut live in [server.live().await, ann.live().await] {
        for _ in 0..10 {
            assert!(!is_rate_limited(&mut live, LIST).await);
        }
        let refused = live.failure(LIST, json!([])).await;
        golden_lines("live_too_often", &[refused.to_string()]);
        // Other methods are counted separately.
        assert!(!is_rate_limited(&mut live, "UserPresence:ping").await);
    }
    let mut second = ann.live().await;
    for n in 0..10 {
        assert!(!is_rate_limited(&mut second, LIST).await, "{n}");
    }
    let mut third = ann.live().await;
    assert!(is_rate_limited(&mut third, LIST).await);
    let over_rest = over_rest(&ann, LIST, &json!([])).await;
    assert_eq!(over_rest["error"]["error"], "too-many-requests");
    server.clock.advance(Duration::from_secs(10));
    assert!(!is_rate_limited(&mut third, LIST).await);
    assert!(!is_rate_limited(&mut second, LIST).await);
}

#[tokio::test]
async fn logins_and_logouts_count_as_calls() {
    let server = Setup::new().rate_limited().start().await;
    let mut live = server.live().await;
    for _ in 0..10 {
        let refused = live.failure("login", json!([{"resume": "x"}])).await;
        assert_eq!(refused["error"], 403);
    }
    assert!(is_rate_limited(&mut live, "login").await);
    for _ in 0..10 {
        assert!(!is_rate_limited(&mut live, "logout").await);
    }
    assert!(is_rate_limited(&mut live, "logout").await);
}

#[tokio::test]
async fn a_status_can_be_set_once_per_second() {
    let server = Setup::new().rate_limited().start().await;
    let ann = server.user("ann").await;
    let (mut one, mut two) = (ann.live().await, ann.live().await);
    one.result("setUserStatus", json!(["busy"])).await;
    let refused = two.failure("setUserStatus", json!(["away"])).await;
    assert_eq!(refused["error"], "too-many-requests");
    assert_eq!(refused["details"], json!({"timeToReset": 1000}));
    server.clock.advance(Duration::from_secs(1));
    two.result("setUserStatus", json!(["away"])).await;
}

#[tokio::test]
async fn calls_are_limited_to_600_per_connection_and_1200_per_user_per_minute() {
    let server = Setup::new().rate_limited().start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    // The login is one of the 600, but does not count for the user.
    for _ in 0..2 {
        let mut live = ann.live().await;
        for n in 0..599 {
            assert!(!is_rate_limited(&mut live, "fly").await, "{n}");
        }
        assert!(is_rate_limited(&mut live, "fly").await);
    }
    let mut third = ann.live().await;
    for _ in 0..2 {
        assert!(!is_rate_limited(&mut third, "fly").await);
    }
    assert!(is_rate_limited(&mut third, "fly").await);
    assert!(!is_rate_limited(&mut bob.live().await, "fly").await);
    server.clock.advance(Duration::from_secs(60));
    assert!(!is_rate_limited(&mut third, "fly").await);
}

#[tokio::test]
async fn administrators_have_no_call_limits() {
    let server = Setup::new().rate_limited().start().await;
    let mut admin = server.admin().await.live().await;
    for _ in 0..30 {
        assert!(!is_rate_limited(&mut admin, LIST).await);
        assert!(!is_rate_limited(&mut admin, "setUserStatus").await);
    }
    for _ in 0..700 {
        assert!(!is_rate_limited(&mut admin, "fly").await);
    }
}
