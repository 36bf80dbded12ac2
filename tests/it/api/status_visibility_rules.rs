//! Who sets the rules of status visibility, who reads them, and what is refused.

use crate::support::Client;
use crate::support::accounts::{account, with};
use crate::support::admin::setting;
use crate::support::presence::set;
use crate::support::visibility::{BY_ADMIN, OWN, SHOWN, change, deny, failed, office, status};
use serde_json::json;

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
        let profile = json!({"data": {"statusType": "away"}});
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
    // The form of an administrator shows no text, and that of the user the current one.
    let form = json!({"name": "Ann B", "statusText": ""});
    change(&admin, &ann, form).await.expect(200);
    let form = json!({"data": {"name": "Ann", "statusText": "", "statusType": "online"}});
    let saved = ann.post("users.updateOwnBasicInfo", form).await;
    saved.expect(200);
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
    // Administrators do not see the list by which another one hides them.
    let denied = json!({"statusVisibilityDeniedByAdmin": ["bob"], "roles": ["admin"]});
    change(&admin, &cid, denied).await.expect(200);
    let path = "users.listStatusVisibility?searchTerm=cid";
    let own = cid.get(path).await.expect(200).json();
    assert_eq!(own["users"][0]["username"], "cid");
    assert!(!own.to_string().contains("bob"), "{own}");
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

#[tokio::test]
async fn a_refusal_does_not_reveal_a_hidden_status() {
    let (_server, [admin, ann, ..]) = office().await;
    set(&ann, json!({"status": "offline", "message": "Lunch"})).await;
    setting(&admin, "Accounts_AllowInvisibleStatusOption", false).await;
    let message = json!({"userId": ann.id(), "message": "Call me"});
    let invisible = admin.post("users.setStatus", message.clone()).await;
    failed(invisible, "error-status-not-allowed", "Invisible");
    deny(&ann, &["admin"]).await.expect(200);
    admin.post("users.setStatus", message).await.expect(200);
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    deny(&ann, &[]).await.expect(200);
    // The form shows the text that an administrator hides with it, and nothing afterwards.
    let lunch = json!({"presenceDisabledByAdmin": true, "statusText": "Lunch"});
    change(&admin, &ann, lunch).await.expect(200);
    for guess in ["Lunch", "Dinner"] {
        let guessed = change(&admin, &ann, json!({"statusText": guess})).await;
        failed(guessed, "error-presence-disabled", "disabled");
    }
    let own = json!({"data": {"statusText": "Lunch", "statusType": "busy"}});
    ann.post("users.updateOwnBasicInfo", own).await.expect(200);
}

#[tokio::test]
async fn unknown_names_in_a_list_are_shortened_and_null_empties_it() {
    let (_server, [_, ann, bob, _]) = office().await;
    set(&ann, json!({"status": "busy"})).await;
    let unknown = deny(&ann, &[&"Zoe".repeat(1000)]).await.expect(400).json();
    let error = unknown["error"].as_str().unwrap();
    assert!(error.len() < 200 && error.contains("\"ZoeZoe"), "{error}");
    deny(&ann, &["bob"]).await.expect(200);
    assert_eq!(status(&bob, "ann").await, "offline");
    let empty = json!({"data": {"statusVisibilityDenied": null}});
    ann.post("users.setPreferences", empty).await.expect(200);
    assert_eq!(status(&bob, "ann").await, "busy");
}
