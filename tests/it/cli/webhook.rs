//! `doorsign webhook`: its output and errors, without a server and with a running one.

use crate::support::Client;
use crate::support::process::{Ended, Home, Process, ended};
use crate::support::receiver::Receiver;
use crate::support::webhooks::received_webhooks;

const LOCAL: (&str, &str) = ("DOORSIGN_WEBHOOK_ALLOW", "127.0.0.0/8");

/// Runs `doorsign webhook ARGS`, with receivers on this machine allowed.
async fn webhook(home: &Home, args: &[&str]) -> Ended {
    let args = [&["webhook"], args].concat();
    ended(home.command(&args, &[LOCAL]), "").await
}

/// A home with a running server, and its administrator.
async fn served() -> (Home, Process, Client) {
    let home = Home::with_data().await;
    let headers = home.token("admin", "t").await;
    let server = home.serve(&[], &[LOCAL]).await;
    let admin = server.with_headers(&headers);
    (home, server, admin)
}

#[tokio::test]
async fn an_exact_name_is_preferred_to_the_name_of_a_hook() {
    let home = Home::with_data().await;
    let url = "https://ci.example.org/hook";
    for name in ["a", "webhook-a"] {
        webhook(&home, &["add", name, url]).await.succeeded();
    }
    let removed = webhook(&home, &["remove", "webhook-a"]).await.succeeded();
    assert_eq!(removed, "Removed webhook-a.\n");
    // The name of the hook is enough for the webhook that is left.
    let removed = webhook(&home, &["remove", "webhook-a"]).await.succeeded();
    assert_eq!(removed, "Removed a.\n");
}

#[tokio::test]
async fn commands_work_without_a_server_and_confirm_in_one_line() {
    let home = Home::with_data().await;
    assert_eq!(webhook(&home, &["list"]).await.succeeded(), "");
    let url = "https://ci.example.org/hook";
    let add = [
        "add",
        "ci",
        url,
        "--events",
        "presence.*,custom_user_status.created",
    ];
    let secret = webhook(&home, &add).await.succeeded();
    let key = secret.strip_prefix("whsec_").unwrap();
    assert_eq!(
        (key.len(), key.trim_end().len()),
        (45, 44),
        "the secret is the whole line: {secret}"
    );
    webhook(&home, &["add", "all", url]).await.succeeded();

    let list = webhook(&home, &["list"]).await.succeeded();
    assert!(!list.contains("whsec_"), "{list}");
    let rows: Vec<Vec<&str>> = list
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows[0][..3], ["all", url, "all"]);
    assert_eq!(
        rows[1][..3],
        ["ci", url, "presence.*,custom_user_status.created"]
    );
    assert!(rows.iter().all(|row| row[3].starts_with("20")), "{list}");

    let new = webhook(&home, &["rotate", "ci"]).await.succeeded();
    assert!(new.starts_with("whsec_") && new != secret, "{new}");
    for (verb, confirmation) in [
        ("disable", "Disabled ci.\n"),
        ("enable", "Enabled ci.\n"),
        ("remove", "Removed ci.\n"),
    ] {
        // The name of the hook is understood as well.
        let name = if verb == "remove" { "ci" } else { "webhook-ci" };
        assert_eq!(
            webhook(&home, &[verb, name]).await.succeeded(),
            confirmation
        );
    }
    let list = webhook(&home, &["list"]).await.succeeded();
    assert_eq!(list.lines().count(), 1, "{list}");
}

const UNKNOWN: &str = "unknown webhook \"nobody\": `doorsign webhook list` shows what exists";

#[tokio::test]
async fn an_invalid_webhook_is_refused_in_one_line() {
    let home = Home::with_data().await;
    let url = "https://ci.example.org/hook";
    webhook(&home, &["add", "ci", url]).await.succeeded();
    for (args, reason) in [
        (
            &["add", "ci", url][..],
            "the webhook name \"ci\" is already in use",
        ),
        (
            &["add", "C I", url],
            "invalid webhook name \"C I\": use 1–40 characters from a–z 0–9 -",
        ),
        (
            &["add", "", url],
            "the webhook name is missing: use 1–40 characters from a–z 0–9 -",
        ),
        (
            &["add", "new", "http://10.0.0.1/"],
            "refused: 10.0.0.1 is not a public address; allow its network with `webhook_allow`",
        ),
        (
            &["add", "new", "ci.example.org"],
            "the URL must start with http:// or https://",
        ),
        (
            &["add", "new", url, "--events", "presence.shown"],
            "invalid event type \"presence.shown\": use presence.changed, custom_user_status.created, custom_user_status.updated, custom_user_status.deleted or custom_user_status.*",
        ),
        (&["test", "nobody"], UNKNOWN),
        (&["rotate", "nobody"], UNKNOWN),
        (&["disable", "nobody"], UNKNOWN),
        (&["enable", "nobody"], UNKNOWN),
        (
            &["remove", "No Body\u{1b}[31m"],
            "unknown webhook \"No Body\\u{1b}[31m\": `doorsign webhook list` shows what exists",
        ),
    ] {
        assert_eq!(webhook(&home, args).await.refused(1), reason, "{args:?}");
    }
    let list = webhook(&home, &["list"]).await.succeeded();
    assert_eq!(list.lines().count(), 1, "{list}");
    webhook(&home, &["add", "ci"]).await.refused(2);
}

#[tokio::test]
async fn a_running_server_applies_webhook_commands_at_once() {
    let (home, _server, admin) = served().await;
    let mut receiver = Receiver::start();
    let secret = webhook(&home, &["add", "ci", &receiver.url("hook")]).await;
    let secret = secret.succeeded();
    admin.create("one").await.expect(200);
    let one = receiver.next().await;
    assert!(one.is_signed_with(secret.trim_end()), "{one:?}");
    assert_eq!(one.event["data"]["name"], "one");

    webhook(&home, &["disable", "ci"]).await.succeeded();
    admin.create("two").await.expect(200);
    let hooks = admin.get("hooks.list").await.expect(200).json();
    assert_eq!(hooks["hooks"][0]["reason"], "disabled");
    receiver.is_empty();
    webhook(&home, &["enable", "ci"]).await.succeeded();
    assert_eq!(receiver.names(1).await, ["two"]);

    let new = webhook(&home, &["rotate", "ci"]).await.succeeded();
    let both = received_webhooks(&admin, &mut receiver, |it| {
        it.is_signed_with(new.trim_end())
    })
    .await;
    assert!(both.is_signed_with(secret.trim_end()), "{both:?}");
    webhook(&home, &["remove", "ci"]).await.succeeded();
    let hooks = admin.get("hooks.list").await.expect(200);
    assert_eq!(hooks.text(), r#"{"hooks":[],"success":true}"#);
}

#[tokio::test]
async fn a_test_prints_the_response_or_fails_with_the_reason() {
    let home = Home::with_data().await;
    let mut receiver = Receiver::start();
    webhook(&home, &["add", "ci", &receiver.url("hook")])
        .await
        .succeeded();
    let printed = webhook(&home, &["test", "ci"]).await.succeeded();
    assert_eq!(printed, "ci responded with 204.\n");
    assert_eq!(receiver.next().await.event["type"], "webhook.test");
    receiver.answers(503);
    let reason = webhook(&home, &["test", "ci"]).await.refused(1);
    assert_eq!(reason, "answered 503 Service Unavailable");
    // The settings of the command apply: without `webhook_allow` the address is refused.
    let reason = home.run(&["webhook", "test", "ci"]).await.refused(1);
    assert!(
        reason.contains("127.0.0.1 is not a public address"),
        "{reason}"
    );
}
