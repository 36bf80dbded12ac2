//! The effect of a status: its text, its expiry, and its visibility without a connection. Setting
//! one is in `presence`.

use crate::support::presence::{GET, SOON, own_status, set};
use crate::support::{Setup, TestServer};
use doorsign::app::Clock;
use doorsign::config::Unconnected;
use doorsign::domain::{ClaimSource, UserStatus};
use doorsign::service::claims::{self, NewClaim};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_text_is_trimmed_truncated_kept_on_a_status_change_and_cleared_by_online() {
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
        assert_eq!(own_status(&ann).await[1], text, "{body}");
    }
}

#[tokio::test]
async fn online_without_a_text_is_shown_at_once_and_never_expires() {
    let server = Setup::new().unconnected_offline().start().await;
    let ann = server.user("ann").await;
    for body in [
        json!({"status": "online"}),
        json!({"status": "online", "message": "", "expiresAt": SOON}),
    ] {
        set(&ann, json!({"status": "busy", "expiresAt": SOON})).await;
        assert_eq!(
            own_status(&ann).await,
            json!(["offline", null, "manual", SOON])
        );
        set(&ann, body).await;
        assert_eq!(own_status(&ann).await, json!(["online", null, null, null]));
    }
    server.clock.advance(Duration::from_secs(3600));
    assert_eq!(own_status(&ann).await, json!(["online", null, null, null]));
    ann.get(GET).await.golden("status_online");
}

#[tokio::test]
async fn a_new_status_discards_the_old_expiry_and_its_own_expiry_restores_nothing() {
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
        own_status(&ann).await,
        json!(["offline", "Lunch", "manual", null])
    );
    let later = "2026-01-01T01:00:00.000Z";
    set(&ann, json!({"message": "Brb", "expiresAt": later})).await;
    assert_eq!(
        own_status(&ann).await,
        json!(["offline", "Brb", "manual", later])
    );
    server.clock.advance(Duration::from_secs(3600));
    assert_eq!(own_status(&ann).await, json!(["offline", null, null, null]));
}

#[tokio::test]
async fn a_claim_is_listed_until_it_ends() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let claim = NewClaim {
        source: ClaimSource::External,
        status: UserStatus::Busy,
        text: "in a call".to_owned(),
        expires_at: Some(server.clock.now().after(Duration::from_secs(60))),
    };
    claims::set(&server.app, "ann", claim).await.unwrap();
    let listed = async || claims::list(&server.app, "ann").await.unwrap().len();
    assert_eq!(listed().await, 1);
    server.clock.advance(Duration::from_secs(60));
    assert_eq!(listed().await, 0);
}

#[tokio::test]
async fn expiry_times_accept_several_formats_up_to_the_year_9999() {
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
    assert_eq!(own_status(&ann).await[2], json!("manual"));
}

#[tokio::test]
async fn users_without_a_connection_are_offline_and_bots_show_their_status() {
    let server = Setup::new().unconnected_offline().start().await;
    let ann = server.anon();
    server.user("ann").await;
    let ann = ann.logged_in("ann", "ann's password").await;
    assert_eq!(
        own_status(&ann).await[0],
        json!("offline"),
        "a login over REST is not a connection"
    );
    for (n, role) in ["bot", "app"].into_iter().enumerate() {
        let bot = server.user_with_roles(&format!("bot{n}"), &[role]).await;
        assert_eq!(
            own_status(&bot).await[0],
            json!("offline"),
            "{role} has set no status"
        );
        for status in ["busy", "away", "offline", "online"] {
            set(&bot, json!({"status": status, "message": "x"})).await;
            assert_eq!(own_status(&bot).await[0], json!(status), "{role}");
        }
    }
    for status in ["busy", "away", "offline", "online"] {
        set(&ann, json!({"status": status, "message": "x"})).await;
        assert_eq!(own_status(&ann).await[0], json!("offline"), "{status}");
    }
}

#[tokio::test]
async fn users_show_their_status_without_a_connection_if_configured() {
    let declared =
        |config: &mut doorsign::config::Config| config.unconnected = Some(Unconnected::Declared);
    let server = Setup::new().config(declared).start().await;
    let ann = server.user("ann").await;
    assert_eq!(
        own_status(&ann).await[0],
        json!("offline"),
        "nothing was declared"
    );
    for status in ["busy", "away", "offline", "online"] {
        set(&ann, json!({"status": status, "message": "x"})).await;
        assert_eq!(own_status(&ann).await[0], json!(status));
        let presence = ann.get("users.getPresence").await.json();
        assert_eq!(presence["presence"], json!(status));
        assert_eq!(presence["connectionStatus"], json!("offline"));
    }
}

#[tokio::test]
async fn an_expired_claim_restores_online_only_if_users_show_their_status_unconnected() {
    for (unconnected, after) in [
        (Unconnected::Declared, "online"),
        (Unconnected::Offline, "offline"),
    ] {
        let setup = Setup::new().config(|config| config.unconnected = Some(unconnected));
        let server = setup.start().await;
        let ann = server.user("ann").await;
        set(&ann, json!({"status": "online", "message": ""})).await;
        assert_eq!(own_status(&ann).await[0], json!("online"));
        let end = "2026-01-01T01:00:00Z";
        set(&ann, json!({"status": "busy", "expiresAt": end})).await;
        server.clock.advance(Duration::from_secs(60 * 60));
        assert_eq!(own_status(&ann).await[0], json!(after), "{unconnected}");
    }
}
