//! The effects of the realtime methods, called over REST. `method_call` covers parsing and rate
//! limits.

use crate::support::methods::{LIST, answer, call, message, named, result, with_callers};
use crate::support::{Client, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::json;
use std::time::Duration;

const SET: &str = "insertOrUpdateUserStatus";
const DELETE: &str = "deleteCustomUserStatus";

#[tokio::test]
async fn statuses_are_created_listed_changed_and_deleted_by_methods() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let lunch = json!([{"name": "lunch", "statusType": "away"}]);
    let id = result(&admin, SET, lunch).await;
    let record = |name: &str, status_type: &str| {
        let at = json!({"$date": 1_767_225_600_000_i64});
        json!([{"_id": id, "name": name, "statusType": status_type, "_updatedAt": at}])
    };
    assert_eq!(result(&ann, LIST, json!([])).await, record("lunch", "away"));
    let dinner = json!([{"_id": id, "name": "dinner", "statusType": "busy"}]);
    assert_eq!(result(&admin, SET, dinner).await, true);
    assert_eq!(
        result(&ann, LIST, json!([])).await,
        record("dinner", "busy")
    );
    assert_eq!(result(&admin, DELETE, json!([id])).await, true);
    assert_eq!(result(&ann, LIST, json!([])).await, json!([]));
}

#[tokio::test]
async fn fields_that_equal_their_previous_value_keep_the_stored_value() {
    let server = Setup::new().contract(Contract::Server).start().await;
    let admin = server.admin().await;
    let id = admin.create("stored").await.created_id();
    for (change, expected) in [
        (
            json!({"name": "seen", "previousName": "seen", "statusType": "away"}),
            ("stored", "away"),
        ),
        (
            json!({"name": "new", "statusType": "x", "previousStatusType": "x"}),
            ("new", "away"),
        ),
        (json!({"name": "newer"}), ("newer", "away")),
        (
            json!({"name": "newer", "previousStatusType": "away"}),
            ("newer", ""),
        ),
    ] {
        let mut status = change.clone();
        status["_id"] = json!(id);
        assert_eq!(result(&admin, SET, json!([status])).await, true, "{change}");
        let list = result(&admin, LIST, json!([])).await;
        let got = (&list[0]["name"], &list[0]["statusType"]);
        assert_eq!(got, (&json!(expected.0), &json!(expected.1)), "{change}");
    }
}

#[tokio::test]
async fn every_refused_method_gets_a_meteor_error() {
    let (_server, [admin, ann, anon]) = with_callers().await;
    let (user, anonymous) = ("method.call", "method.callAnon");
    #[rustfmt::skip] // A table.
    let table = [
        (&admin, user, SET, named(" ", "busy"), "method_name_required"),
        (&admin, user, SET, named("a<b", "busy"), "method_name_not_valid"),
        (&admin, user, SET, named("a", "Busy"), "method_type_not_valid"),
        (&admin, user, SET, named("taken", "busy"), "method_name_in_use"),
        (&admin, user, SET, json!([{"_id": "x", "name": "a", "statusType": "busy"}]), "method_unknown_status"),
        (&admin, user, SET, json!([]), "method_no_match"),
        (&admin, user, SET, json!([{"name": {}}]), "method_no_match"),
        (&admin, user, DELETE, json!(["x"]), "method_delete_unknown"),
        (&admin, user, DELETE, json!([]), "method_delete_unknown"),
        (&ann, user, SET, named("a", "busy"), "method_not_authorized"),
        (&ann, user, SET, json!([]), "method_not_authorized"),
        (&ann, user, DELETE, json!(["x"]), "method_not_authorized"),
        (&anon, anonymous, SET, named("a", "busy"), "method_not_authorized"),
        (&anon, anonymous, DELETE, json!(["x"]), "method_not_authorized"),
        (&anon, anonymous, LIST, json!([]), "method_invalid_user"),
        (&admin, user, "fly", json!([]), "method_unknown"),
        (&anon, anonymous, "fly", json!([]), "method_unknown"),
    ];
    for (client, route, method, params, golden) in table {
        println!("{route} {method} {params}");
        let refused = answer(client, route, method, params).await;
        refused.golden(golden);
        message(&refused);
    }
    assert_eq!(admin.names().await, ["taken"]);
}

#[tokio::test]
async fn methods_set_a_status_and_read_its_text() {
    let server = Setup::new().contract(Contract::Server).start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let id = ann.id();
    for (method, params, expected, text) in [
        (
            "setUserStatus",
            json!(["busy", "at lunch", ""]),
            None,
            "at lunch",
        ),
        ("setUserStatus", json!(["away"]), None, "at lunch"),
        ("setUserStatus", json!([null, ""]), None, ""),
        ("setUserStatus", json!(["", "back"]), None, "back"),
        (
            "UserPresence:setDefaultStatus",
            json!(["online"]),
            Some(json!(true)),
            "",
        ),
    ] {
        let done = call(&ann, method, params.clone()).await;
        assert_eq!(done.get("result"), expected.as_ref(), "{params} {done}");
        assert!(done.get("error").is_none(), "{params} {done}");
        let read = result(&bob, "getUserStatusText", json!([id])).await;
        assert_eq!(read, text, "{params}");
    }
    let unknown = call(&bob, "getUserStatusText", json!(["nobody"])).await;
    assert_eq!(unknown.get("result"), None);
}

#[tokio::test]
async fn methods_refuse_statuses_that_the_settings_do_not_allow() {
    let server = TestServer::start().await;
    let (admin, ann, anon) = (
        server.admin().await,
        server.user("ann").await,
        server.anon(),
    );
    for id in [
        "Accounts_AllowUserStatusMessageChange",
        "Accounts_AllowInvisibleStatusOption",
    ] {
        let route = format!("settings/{id}");
        admin
            .post(&route, json!({"value": false}))
            .await
            .expect(200);
    }
    for (params, golden) in [
        (json!(["busy", "text"]), "method_text_not_allowed"),
        (json!(["busy", ""]), "method_text_not_allowed"),
        (json!(["offline"]), "method_invisible_not_allowed"),
        (json!(["disabled"]), "method_no_match"),
        (json!([1]), "method_no_match"),
    ] {
        let refused = answer(&ann, "method.call", "setUserStatus", params).await;
        refused.golden(golden);
    }
    assert!(
        call(&ann, "setUserStatus", json!(["busy"]))
            .await
            .get("error")
            .is_none()
    );
    for method in ["setUserStatus", "getUserStatusText"] {
        let refused = message(&answer(&anon, "method.callAnon", method, json!([])).await);
        assert_eq!(refused["error"]["error"], "error-invalid-user");
        assert_eq!(refused["error"]["details"]["method"], method);
    }
    let method = "UserPresence:setDefaultStatus";
    let response = message(&answer(&anon, "method.callAnon", method, json!(["busy"])).await);
    assert!(response.get("error").is_none() && response.get("result").is_none());
}

#[tokio::test]
async fn a_user_can_set_a_status_once_per_second() {
    let server = Setup::new().config(|c| c.rate_limit_calls = None);
    let server = server.start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let set = async |client: &Client| call(client, "setUserStatus", json!(["busy"])).await;
    assert!(set(&ann).await.get("error").is_none());
    assert!(set(&bob).await.get("error").is_none());
    server.clock.advance(Duration::from_millis(999));
    let error = set(&ann).await["error"].clone();
    assert_eq!(error["error"], "too-many-requests");
    assert_eq!(error["details"]["timeToReset"], 1);
    server.clock.advance(Duration::from_millis(1));
    assert!(set(&ann).await.get("error").is_none());
}

#[tokio::test]
async fn calls_over_rest_do_not_change_connections() {
    let server = TestServer::start().await;
    let (ann, anon) = (server.user("ann").await, server.anon());
    for (method, expected) in [
        ("UserPresence:online", Some(json!(false))),
        ("UserPresence:away", Some(json!(false))),
        ("UserPresence:ping", None),
    ] {
        let response = call(&ann, method, json!([""])).await;
        assert_eq!(response.get("result"), expected.as_ref(), "{method}");
        let response = message(&answer(&anon, "method.callAnon", method, json!([])).await);
        assert_eq!(response.get("result"), None, "{method}");
    }
}

#[tokio::test]
async fn methods_that_clients_call_at_their_start_succeed() {
    let (_server, [admin, ann, anon]) = with_callers().await;
    let never = json!([{"$date": 0}]);
    let nothing = json!({"update": [], "remove": []});
    for method in ["rooms/get", "subscriptions/get"] {
        assert_eq!(result(&ann, method, json!([])).await, json!([]), "{method}");
        assert_eq!(
            result(&ann, method, never.clone()).await,
            nothing,
            "{method}"
        );
    }
    assert_eq!(result(&ann, "listEmojiCustom", json!([])).await, json!([]));
    let license = ann.get("licenses.info").await.expect(200).json();
    let modules = result(&ann, "license:getModules", json!([])).await;
    assert_eq!(modules, license["license"]["activeModules"]);
    assert_eq!(result(&ann, "license:isEnterprise", json!([])).await, false);
    let roles = result(&ann, "getUserRoles", json!([])).await;
    assert_eq!(
        roles,
        json!([{"_id": admin.id(), "username": "admin", "roles": ["admin"]}])
    );
    let permissions = result(&ann, "permissions/get", json!([])).await;
    assert!(
        permissions[0]["_updatedAt"]["$date"].is_i64(),
        "{permissions}"
    );
    let later = json!([{"$date": 4_102_444_800_000_i64}]);
    assert_eq!(result(&ann, "permissions/get", later).await, nothing);
    let settings = result(&ann, "public-settings/get", json!([])).await;
    let changes = result(&ann, "public-settings/get", never).await;
    assert_eq!(changes, json!({"update": settings, "remove": []}));
    let unseen = message(&answer(&anon, "method.callAnon", "permissions/get", json!([])).await);
    assert_eq!(unseen["result"], json!([]));
    let refused = message(&answer(&anon, "method.callAnon", "getUserRoles", json!([])).await);
    assert_eq!(refused["error"]["error"], "error-invalid-user");
}

#[tokio::test]
async fn users_save_their_profile_by_a_method() {
    let (server, [_, ann, anon]) = with_callers().await;
    let profile = json!([{"realname": "Ann Lee", "bio": "Hi", "theme": "dark"}, {}]);
    assert_eq!(result(&ann, "saveUserProfile", profile.clone()).await, true);
    let me = ann.get("me").await.json();
    assert_eq!((&me["name"], &me["bio"]), (&json!("Ann Lee"), &json!("Hi")));
    let guess = json!([{"newPassword": "walrus-lantern-orbit", "typedPassword": "wrong"}]);
    let refused = call(&ann, "saveUserProfile", guess).await;
    assert!(refused["error"]["error"].is_string(), "{refused}");
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(200);
    let refused = message(&answer(&anon, "method.callAnon", "saveUserProfile", profile).await);
    assert_eq!(refused["error"]["error"], "error-invalid-user");
}

#[tokio::test]
async fn a_method_changes_the_time_zone_of_a_user() {
    let (server, [_, ann, anon]) = with_callers().await;
    let bob = server.user("bob").await;
    let set = "userSetUtcOffset";
    let done = call(&ann, set, json!([5.75])).await;
    assert_eq!((done.get("result"), done.get("error")), (None, None));
    assert_eq!(ann.get("me").await.json()["utcOffset"], 5.75);
    for hours in [json!("2"), json!(null), json!(15), json!(1e300)] {
        let refused = call(&bob, set, json!([hours])).await;
        assert!(refused["error"].is_object(), "{hours}: {refused}");
    }
    assert_eq!(bob.get("me").await.json()["utcOffset"], 0);
    let of_no_user = answer(&anon, "method.callAnon", set, json!([2])).await;
    assert_eq!(message(&of_no_user).get("error"), None);

    let limited = Setup::new().rate_limited().start().await;
    let carl = limited.user("carl").await;
    assert_eq!(call(&carl, set, json!([2])).await.get("error"), None);
    let again = call(&carl, set, json!([2])).await;
    assert_eq!(again["error"]["error"], "too-many-requests");
}
