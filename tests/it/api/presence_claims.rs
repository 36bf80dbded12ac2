//! What becomes of a status that was set: its text, its end, and how it is shown without a connection. Setting one is in `presence`.

use crate::support::presence::{GET, SOON, set, told};
use crate::support::{Setup, TestServer};
use doorsign::config::Unconnected;
use serde_json::json;
use std::time::Duration;

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
    let server = Setup::new().unconnected_offline().start().await;
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
    let server = Setup::new().unconnected_offline().start().await;
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
    let server = Setup::new().unconnected_offline().start().await;
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
        |config: &mut doorsign::config::Config| config.unconnected = Some(Unconnected::Declared);
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
        let setup = Setup::new().config(|config| config.unconnected = Some(unconnected));
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
