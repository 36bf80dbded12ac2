//! Setting a status and looking at one: whose, what is refused and in which order, what is kept, and how long. The list of everybody is in
//! `presence_list`, what a running server does when time passes in `expiry`.

use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::config::Unconnected;
use serde_json::{Value, json};
use std::time::Duration;

const SET: &str = "users.setStatus";
const GET: &str = "users.getStatus";
/// What the clock of a test says at first, and a minute later.
const NOW: &str = "2026-01-01T00:00:00.000Z";
const SOON: &str = "2026-01-01T00:01:00.000Z";

/// Sets one's own status.
pub async fn set(client: &Client, body: Value) {
    let set = client.post(SET, body).await.expect(200);
    assert_eq!(set.text(), r#"{"success":true}"#);
}

/// How `client` sees itself in the list: status, text, source and end, null where there is none.
async fn told(client: &Client) -> Value {
    let route = format!("users.presence?ids={}", client.id());
    let list = client.get(&route).await.expect(200).json();
    let row = &list["users"][0];
    json!([
        row["status"],
        row["statusText"],
        row["statusSource"],
        row["statusExpiresAt"]
    ])
}

/// Lets the administrator change a setting.
pub async fn setting(admin: &Client, id: &str, value: bool) {
    let changed = admin
        .post(&format!("settings/{id}"), json!({"value": value}))
        .await;
    changed.expect(200);
}

#[tokio::test]
async fn a_status_is_set_and_seen_and_only_oneself_sees_the_connection() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let anns = format!("{GET}?userId={}", ann.id());
    ann.get(GET).await.golden("status_untouched");
    bob.get(&anns).await.golden("status_untouched_of_another");
    let body = json!({"status": "busy", "message": "Lunch", "expiresAt": SOON});
    ann.post(SET, body).await.golden("status_set");
    ann.get(GET).await.golden("status");
    bob.get(&anns).await.golden("status_of_another");
    let status = bob.get(&anns).await.json();
    assert_eq!(status["_id"], json!(ann.id()));
    assert_eq!(status["statusExpiresAt"], json!(SOON));
    ann.get("users.getPresence").await.golden("presence");
    let presence = format!("users.getPresence?userId={}", ann.id());
    bob.get(&presence).await.golden("presence_of_another");
    for route in [GET, "users.getPresence", "users.presence"] {
        let refused = server.anon().get(route).await;
        refused.golden("create_unauthenticated");
    }
    let refused = server.anon().post(SET, json!({"status": "busy"})).await;
    refused.golden("create_unauthenticated");
}

#[tokio::test]
async fn everybody_may_set_their_own_status_and_some_that_of_others() {
    let server = TestServer::start().await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    let of = |key: &str, value: &str| json!({"status": "busy", key: value});
    for body in [
        of("userId", &ann.id()),
        of("username", "ann"),
        of("user", "ann"),
        of("userId", ""),
    ] {
        ann.post(SET, body).await.golden("status_set");
    }
    for body in [
        of("userId", &bob.id()),
        of("username", "bob"),
        of("user", "bob"),
        of("username", "ANN"),
        of("userId", "nobody"),
    ] {
        ann.post(SET, body).await.golden("status_not_allowed");
    }
    assert_eq!(told(&bob).await, json!(["offline", null, null, null]));
    for (body, text) in [
        (json!({"userId": bob.id(), "message": "by id"}), "by id"),
        (json!({"username": "bob", "message": "by name"}), "by name"),
        (json!({"user": "BOB", "message": "by user"}), "by user"),
        (
            json!({"userId": bob.id(), "username": "ann", "message": "the id counts"}),
            "the id counts",
        ),
    ] {
        admin.post(SET, body).await.golden("status_set");
        assert_eq!(told(&bob).await[1], json!(text));
    }
    for body in [
        of("userId", "bob"),
        of("username", "nobody"),
        of("user", "bob@example.org"),
    ] {
        admin.post(SET, body).await.golden("status_unknown_user");
    }
}

#[tokio::test]
async fn looking_at_somebody_names_them_as_setting_does() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    for route in [GET, "users.getPresence"] {
        for (query, is_own) in [
            (String::new(), true),
            (format!("?userId={}", ann.id()), true),
            ("?username=ann".to_owned(), true),
            ("?user=ann".to_owned(), true),
            (format!("?userId={}", bob.id()), false),
            ("?username=bob".to_owned(), false),
            ("?user=bob".to_owned(), false),
        ] {
            let seen = ann.get(&format!("{route}{query}")).await.expect(200).json();
            assert_eq!(seen["connectionStatus"].is_string(), is_own, "{query}");
            if route == GET {
                let expected = if is_own { ann.id() } else { bob.id() };
                assert_eq!(seen["_id"], json!(expected), "{query}");
            }
        }
        for query in ["userId=nobody", "username=nobody", "user=nobody"] {
            let refused = ann.get(&format!("{route}?{query}")).await;
            refused.golden("status_unknown_user");
        }
        let refused = ann.get(&format!("{route}?name=ann")).await;
        refused.golden("presence_unknown_parameter");
    }
}

#[tokio::test]
async fn what_is_no_status_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    set(&ann, json!({"status": "away", "message": "Lunch"})).await;
    let busy_until = |end: &str| json!({"status": "busy", "expiresAt": end});
    for (golden, body) in [
        ("status_no_match", json!({})),
        ("status_no_match", json!({"message": null})),
        (
            "status_no_match",
            json!({"status": "busy", "message": null}),
        ),
        (
            "status_no_match",
            json!({"expiresAt": SOON, "username": "ann"}),
        ),
        ("status_unknown_word", json!({"status": "Busy"})),
        ("status_unknown_word", json!({"status": "", "message": "x"})),
        (
            "status_unknown_word",
            json!({"status": null, "message": "x"}),
        ),
        ("status_unknown_word", json!({"status": "disabled"})),
        (
            "status_unknown_field",
            json!({"status": "busy", "statusText": "x"}),
        ),
        (
            "status_no_text",
            json!({"status": "busy", "message": ["x"]}),
        ),
        ("status_unreadable_end", busy_until("tomorrow")),
        ("status_unreadable_end", busy_until("2026-02-30T00:00:00Z")),
        ("status_past_end", busy_until(NOW)),
        ("status_past_end", busy_until("2025-12-31T23:59:59.999Z")),
        ("status_past_end", busy_until("1970-01-01")),
        (
            "status_past_end",
            json!({"status": "online", "expiresAt": NOW}),
        ),
    ] {
        println!("{body}");
        ann.post(SET, body).await.golden(golden);
    }
    let garbage = ann.post_raw(SET, "application/json", "{").await;
    garbage.golden("status_no_match");
    assert_eq!(
        told(&ann).await,
        json!(["offline", "Lunch", "manual", null])
    );
}

#[tokio::test]
async fn a_text_is_trimmed_cut_kept_when_only_the_status_changes_and_gone_with_online() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let long = "é".repeat(121);
    for (body, text) in [
        (
            json!({"status": "busy", "message": "  Lunch\n"}),
            json!("Lunch"),
        ),
        (json!({"status": "away"}), json!("Lunch")),
        (json!({"message": long}), json!(long[..240])),
        (json!({"status": "offline", "message": ""}), json!(null)),
        (json!({"message": 5}), json!("5")),
        (json!({"status": "online"}), json!(null)),
        (json!({"status": "away"}), json!(null)),
        (
            json!({"status": "online", "message": "Here"}),
            json!("Here"),
        ),
        (json!({"status": "busy"}), json!("Here")),
        (json!({"status": "online", "message": ""}), json!(null)),
    ] {
        set(&ann, body.clone()).await;
        assert_eq!(told(&ann).await[1], text, "{body}");
    }
}

#[tokio::test]
async fn online_without_a_text_is_shown_at_once_and_lasts_whatever_end_it_was_given() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    for body in [
        json!({"status": "online"}),
        json!({"status": "online", "message": "", "expiresAt": SOON}),
    ] {
        set(&ann, json!({"status": "busy", "expiresAt": SOON})).await;
        assert_eq!(told(&ann).await, json!(["offline", null, "manual", SOON]));
        set(&ann, body).await;
        assert_eq!(told(&ann).await, json!(["online", null, null, null]));
    }
    server.clock.advance(Duration::from_secs(3600));
    assert_eq!(told(&ann).await, json!(["online", null, null, null]));
    ann.get(GET).await.golden("status_online");
}

#[tokio::test]
async fn a_new_choice_forgets_the_end_of_the_one_before_and_an_end_brings_nothing_of_it_back() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    set(
        &ann,
        json!({"status": "busy", "message": "Lunch", "expiresAt": SOON}),
    )
    .await;
    set(&ann, json!({"status": "away"})).await;
    server.clock.advance(Duration::from_secs(61));
    assert_eq!(
        told(&ann).await,
        json!(["offline", "Lunch", "manual", null])
    );
    let later = "2026-01-01T01:00:00.000Z";
    set(&ann, json!({"message": "Brb", "expiresAt": later})).await;
    assert_eq!(told(&ann).await, json!(["offline", "Brb", "manual", later]));
    server.clock.advance(Duration::from_secs(3600));
    assert_eq!(told(&ann).await, json!(["offline", null, null, null]));
}

#[tokio::test]
async fn ends_may_be_written_in_several_ways_and_lie_as_far_ahead_as_dates_go() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    for (written, read) in [
        ("2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.001Z"),
        ("2026-01-01T02:00:00+01:00", "2026-01-01T01:00:00.000Z"),
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("2099-12-31T23:59:59.999Z", "2099-12-31T23:59:59.999Z"),
        ("9999-12-30T00:00:00Z", "9999-12-30T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ] {
        set(&ann, json!({"status": "busy", "expiresAt": written})).await;
        let status = ann.get(GET).await.json();
        assert_eq!(status["statusExpiresAt"], json!(read), "{written}");
    }
    server
        .clock
        .advance(Duration::from_secs(70 * 365 * 24 * 3600));
    assert_eq!(told(&ann).await[2], json!("manual"));
}

#[tokio::test]
async fn people_are_seen_when_they_are_there_and_bots_as_they_say() {
    let server = TestServer::start().await;
    let ann = server.anon();
    server.user("ann").await;
    let ann = ann.logged_in("ann", "ann's password").await;
    assert_eq!(
        told(&ann).await[0],
        json!("offline"),
        "a login over REST is no presence"
    );
    for (n, role) in ["bot", "app"].into_iter().enumerate() {
        let bot = server.user_with_roles(&format!("bot{n}"), &[role]).await;
        assert_eq!(
            told(&bot).await[0],
            json!("offline"),
            "{role} never said a word"
        );
        for status in ["busy", "away", "offline", "online"] {
            set(&bot, json!({"status": status, "message": "x"})).await;
            assert_eq!(told(&bot).await[0], json!(status), "{role}");
        }
    }
    for status in ["busy", "away", "offline", "online"] {
        set(&ann, json!({"status": status, "message": "x"})).await;
        assert_eq!(told(&ann).await[0], json!("offline"), "{status}");
    }
}

#[tokio::test]
async fn where_the_settings_say_so_people_are_seen_as_they_say_without_being_there() {
    let declared =
        |config: &mut doorsign::config::Config| config.unconnected = Unconnected::Declared;
    let server = Setup::new().config(declared).start().await;
    let ann = server.user("ann").await;
    assert_eq!(
        told(&ann).await[0],
        json!("offline"),
        "nothing was declared"
    );
    for status in ["busy", "away", "offline", "online"] {
        set(&ann, json!({"status": status, "message": "x"})).await;
        assert_eq!(told(&ann).await[0], json!(status));
        let presence = ann.get("users.getPresence").await.json();
        assert_eq!(presence["presence"], json!(status));
        assert_eq!(presence["connectionStatus"], json!("offline"));
    }
}

#[tokio::test]
async fn who_was_online_before_a_claim_comes_back_to_it_where_people_are_seen_as_they_say() {
    for (unconnected, after) in [
        (Unconnected::Declared, "online"),
        (Unconnected::Offline, "offline"),
    ] {
        let setup = Setup::new().config(|config| config.unconnected = unconnected);
        let server = setup.start().await;
        let ann = server.user("ann").await;
        set(&ann, json!({"status": "online", "message": ""})).await;
        assert_eq!(told(&ann).await[0], json!("online"));
        let end = "2026-01-01T01:00:00Z";
        set(&ann, json!({"status": "busy", "expiresAt": end})).await;
        server.clock.advance(Duration::from_secs(60 * 60));
        assert_eq!(told(&ann).await[0], json!(after), "{unconnected}");
    }
}

#[tokio::test]
async fn a_workspace_may_forbid_texts_and_being_invisible() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    set(&ann, json!({"status": "offline"})).await;
    setting(&admin, "Accounts_AllowUserStatusMessageChange", false).await;
    setting(&admin, "Accounts_AllowInvisibleStatusOption", false).await;
    let both = json!({"status": "offline", "message": "x", "expiresAt": NOW});
    for (golden, body) in [
        ("status_text_not_allowed", json!({"message": "x"})),
        ("status_text_not_allowed", both),
        (
            "status_past_end",
            json!({"status": "offline", "expiresAt": NOW}),
        ),
        ("status_invisible_not_allowed", json!({"status": "offline"})),
        ("status_invisible_not_allowed", json!({"message": ""})),
    ] {
        println!("{body}");
        ann.post(SET, body.clone()).await.golden(golden);
        let mut of_ann = body;
        of_ann["username"] = json!("ann");
        admin.post(SET, of_ann).await.golden(golden);
    }
    ann.post(SET, json!({"username": "nobody", "message": "x"}))
        .await
        .golden("status_not_allowed");
    set(&ann, json!({"status": "busy", "message": ""})).await;
    setting(&admin, "Accounts_AllowInvisibleStatusOption", true).await;
    set(&ann, json!({"status": "offline"})).await;
    setting(&admin, "Accounts_AllowUserStatusMessageChange", true).await;
    set(&ann, json!({"message": "x"})).await;
    assert_eq!(told(&ann).await[1], json!("x"));
}

#[tokio::test]
async fn answers_about_presence_are_json_that_nobody_may_keep() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let set = ann.post(SET, json!({"status": "busy"})).await;
    let replies: [Reply; 4] = [
        set,
        ann.get(GET).await,
        ann.get("users.getPresence").await,
        ann.get("users.presence").await,
    ];
    for reply in replies {
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("pragma"), Some("no-cache"));
    }
}
