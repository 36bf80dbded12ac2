//! User preferences: stored, merged and validated.

use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};

async fn set(client: &Client, data: Value) -> Reply {
    client
        .post("users.setPreferences", json!({"data": data}))
        .await
}

async fn shown(client: &Client) -> Value {
    client.get("me").await.expect(200).json()["settings"]["preferences"].clone()
}

#[tokio::test]
async fn preferences_are_merged_and_override_the_defaults() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let defaults = shown(&ann).await;
    set(
        &ann,
        json!({"language": "de", "enableAutoAway": false, "highlights": ["ann"]}),
    )
    .await
    .golden("preferences_set");
    let further = json!({"clockMode": "2", "idleTimeLimit": 60, "alsoSendThreadToChannel": "never",
        "dontAskAgainList": [{"action": "a", "label": "l"}], "sidebarSortby": "alphabetical"});
    let set_so_far = set(&ann, further).await.expect(200).json();
    assert_eq!(
        set_so_far["user"]["settings"]["preferences"]["language"],
        "de"
    );
    let me = ann.get("me").await.json();
    assert_eq!(me["language"], "de");
    let shown_now = shown(&ann).await;
    for (key, value) in [
        ("language", json!("de")),
        ("enableAutoAway", json!(false)),
        ("highlights", json!(["ann"])),
        ("clockMode", json!(2)),
        ("idleTimeLimit", json!(60)),
        ("sidebarSortby", json!("alphabetical")),
        ("useEmojis", json!(true)),
    ] {
        assert_eq!(shown_now[key], value, "{key}");
    }
    set(&ann, json!({"enableAutoAway": null, "sidebarSortby": null}))
        .await
        .expect(200);
    let reset = shown(&ann).await;
    assert_eq!(
        (&reset["enableAutoAway"], &reset["sidebarSortby"]),
        (&json!(true), &json!("activity"))
    );
    let bob = server.user("bob").await;
    assert_eq!(shown(&bob).await, defaults, "other users keep theirs");
}

#[tokio::test]
async fn concurrent_changes_are_all_stored() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let flags = [
        "useEmojis",
        "hideRoles",
        "hideUsernames",
        "unreadAlert",
        "autoImageLoad",
        "displayAvatars",
    ];
    let all = flags.map(|flag| set(&ann, json!({flag: "false"})));
    for reply in futures_util::future::join_all(all).await {
        reply.expect(200);
    }
    let shown = shown(&ann).await;
    assert!(flags.iter().all(|flag| shown[flag] == false), "{shown}");
}

#[tokio::test]
async fn changing_preferences_of_another_user_needs_the_permission() {
    let server = TestServer::start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    let body = |user: &str| json!({"userId": user, "data": {"language": "fr"}});
    bob.post("users.setPreferences", body(&ann.id()))
        .await
        .golden("preferences_not_allowed");
    admin
        .post("users.setPreferences", body(&ann.id()))
        .await
        .expect(200);
    assert_eq!(shown(&ann).await["language"], "fr");
    ann.post("users.setPreferences", body(&ann.id()))
        .await
        .expect(200);
    admin
        .post("users.setPreferences", body("nobody"))
        .await
        .golden("preferences_unknown_user");
}

#[tokio::test]
async fn invalid_preferences_are_refused_with_ajvs_message() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let before = shown(&ann).await;
    let extra = "must NOT have additional properties";
    for (body, text) in [
        (json!({}), "must have required property 'data'"),
        (json!({"data": "x"}), "must be object"),
        (json!({"data": {}, "x": 1}), extra),
        (json!({"data": {"shoeSize": 46}}), extra),
        (json!({"data": {"useEmojis": "x"}}), "must be boolean"),
        (json!({"data": {"clockMode": "x"}}), "must be number"),
        (json!({"data": {"language": {}}}), "must be string"),
        (json!({"data": {"highlights": "ann"}}), "must be array"),
        (json!({"data": {"highlights": [[]]}}), "must be string"),
        (json!({"data": {"dontAskAgainList": [1]}}), "must be object"),
        (
            json!({"data": {"alsoSendThreadToChannel": "x"}}),
            "must be equal to one of the allowed values",
        ),
        (
            json!({"data": {"useEmojis": false, "clockMode": "x"}}),
            "must be number",
        ),
    ] {
        let reply = ann.post("users.setPreferences", body.clone()).await;
        let expected = json!({"success": false, "errorType": "invalid-params", "error": text});
        assert_eq!(
            (reply.status.as_u16(), reply.error_of_rocket_chat()),
            (400, expected),
            "{body}"
        );
    }
    assert_eq!(shown(&ann).await, before);
}

#[tokio::test]
async fn preferences_have_a_total_size_limit() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let half = "a".repeat(9000);
    set(&ann, json!({"language": half})).await.expect(200);
    let refused = set(&ann, json!({"fontSize": half})).await.expect(400);
    assert_eq!(
        refused.json()["error"],
        "Preferences size exceeds 16384 characters [error-field-size-exceeded]"
    );
    assert_eq!(shown(&ann).await.get("fontSize"), None, "all or nothing");
    set(&ann, json!({"fontSize": half, "language": null}))
        .await
        .expect(200);
}

#[tokio::test]
async fn the_time_zone_is_sent_with_the_preferences_and_changes_the_user() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let before = shown(&ann).await;
    for (hours, expected) in [
        (json!(2), json!(2)),
        (json!(-3.5), json!(-3.5)),
        (json!("5.75"), json!(5.75)),
        (json!(null), json!(5.75)),
    ] {
        set(&ann, json!({"utcOffset": hours})).await.expect(200);
        assert_eq!(ann.get("me").await.json()["utcOffset"], expected);
        let list = bob.get(&format!("users.presence?ids={}", ann.id())).await;
        assert_eq!(list.json()["users"][0]["utcOffset"], expected);
    }
    for (hours, text) in [
        (json!(-12.5), "must be >= -12"),
        (json!(1e300), "must be <= 14"),
        (json!("noon"), "must be number"),
    ] {
        let body = json!({"data": {"utcOffset": hours}});
        ann.refused_params("users.setPreferences", body, text).await;
    }
    assert_eq!(shown(&ann).await, before, "it is not a preference");
}

/// Source: the settings `Accounts_Default_User_Preferences_*` of Rocket.Chat 8.8.
#[tokio::test]
async fn the_preferences_of_8_8_have_defaults_and_are_stored_under_both_contracts() {
    for contract in [Contract::Documented, Contract::Server] {
        let server = Setup::new().contract(contract).start().await;
        preferences_of_8_8(&server.user("ann").await).await;
    }
}

async fn preferences_of_8_8(ann: &Client) {
    let defaults = shown(ann).await;
    for (key, value) in [
        ("desktopNotifications", json!("all")),
        ("desktopNotificationVoiceCalls", json!(true)),
        ("emailNotificationMode", json!("mentions")),
        ("enableMobileRinging", json!(true)),
        ("featuresPreview", json!("[]")),
        ("masterVolume", json!(100)),
        ("notifyCalendarEvents", json!(true)),
        ("omnichannelTranscriptEmail", json!(false)),
        ("showThreadsInMainChannel", json!(false)),
        ("sidebarGroupByType", json!(true)),
        ("sidebarSortby", json!("activity")),
        ("themeAppearence", json!("auto")),
        ("voipRingerVolume", json!(100)),
    ] {
        assert_eq!(defaults[key], value, "{key}");
    }
    assert_eq!(
        defaults["sidebarSectionsOrder"].as_array().unwrap().len(),
        12
    );
    let new =
        json!({"masterVolume": 30, "voipRingerVolume": 20, "desktopNotificationVoiceCalls": false});
    set(ann, new.clone()).await.expect(200);
    let changed = shown(ann).await;
    for (key, value) in new.as_object().unwrap() {
        assert_eq!(changed[key], *value, "{key}");
    }
    let loud = json!({"data": {"masterVolume": "loud"}});
    ann.refused_params("users.setPreferences", loud, "must be number")
        .await;
}

#[tokio::test]
async fn hiding_the_status_is_off_by_default() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let hidden = json!({"statusVisibilityDenied": ["ann"]});
    let refused = set(&ann, hidden).await.expect(400).json();
    assert_eq!(refused["errorType"], "error-not-allowed");
    let id = "Accounts_StatusVisibility_Enabled";
    let public = server
        .anon()
        .get(&format!("settings.public?_id={id}"))
        .await;
    assert_eq!(public.json()["settings"][0]["value"], false);
}
