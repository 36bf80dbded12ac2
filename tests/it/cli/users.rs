//! The commands that change an existing user: deactivation, activation, presence policy and
//! deletion.

use crate::support::cli::{ANNS, add_ann};
use crate::support::process::Home;

#[tokio::test]
async fn a_deactivated_user_gets_no_token_until_activated_again() {
    let home = Home::with_data().await;
    home.run(&["user", "add", "bob"]).await.succeeded();
    let dead = home.token("bob", "old").await;
    home.run(&["user", "deactivate", "bob"]).await.succeeded();
    let refused = home
        .run(&["token", "create", "bob", "--name", "new"])
        .await
        .refused(1);
    assert_eq!(refused, "the user is deactivated");
    home.run(&["user", "activate", "bob"]).await.succeeded();
    let live = home.token("bob", "new").await;
    let server = home.serve(&[], &[]).await;
    server.with_headers(&dead).get("me").await.expect(401);
    server.with_headers(&live).get("me").await.expect(200);
}

#[tokio::test]
async fn the_presence_policy_is_one_of_three_values() {
    let home = Home::with_data().await;
    for policy in ["heartbeat", "connection", "always"] {
        let args = ["user", "set-presence", "admin", policy];
        let printed = home.run(&args).await.succeeded();
        assert_eq!(
            printed,
            format!("admin now has the presence policy {policy}.\n")
        );
    }
    let args = ["user", "set-presence", "admin", "sometimes"];
    let refused = home.run(&args).await.refused(2);
    let values = "[possible values: connection, heartbeat, always]";
    assert!(refused.ends_with(values), "{refused}");
    home.run(&["user", "set-presence", "admin"])
        .await
        .refused(2);
}

#[tokio::test]
async fn deleting_a_user_revokes_every_token_and_the_name_can_be_reused() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let dead = home.token("ann", "t").await;
    let printed = home.run(&["user", "delete", "ann"]).await.succeeded();
    assert_eq!(printed, "Deleted ann with every login and token.\n");
    let users = home.run(&["user", "list"]).await.succeeded();
    assert_eq!(users.lines().count(), 1, "{users}");
    add_ann(&home).await;
    let server = home.serve(&[], &[]).await;
    server.with_headers(&dead).get("me").await.expect(401);
    server.anon().login("ann", ANNS).await.expect(200);
}

#[tokio::test]
async fn names_addresses_and_usernames_can_be_changed() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let headers = home.token("ann", "t").await;
    let server = home.serve(&[], &[]).await;
    let ann = server.with_headers(&headers);
    for (args, printed) in [
        (
            ["set-name", "ann", "Ann Baker"],
            "ann is now shown as Ann Baker.\n",
        ),
        (
            ["set-email", "ann", "ann@example.org"],
            "ann now has the email address ann@example.org, which is not verified.\n",
        ),
        (["set-username", "ann", "anna"], "ann is now called anna.\n"),
    ] {
        let args = [&["user"], &args[..]].concat();
        assert_eq!(home.run(&args).await.succeeded(), printed);
    }
    let me = ann.get("me").await.expect(200).json();
    assert_eq!(
        (&me["username"], &me["name"]),
        (&"anna".into(), &"Ann Baker".into())
    );
    assert_eq!(me["emails"][0]["address"], "ann@example.org");
    server.anon().login("anna", ANNS).await.expect(200);
}

#[tokio::test]
async fn a_name_or_address_that_is_refused_changes_nothing() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let before = home.run(&["user", "list"]).await.succeeded();
    let name = "use 1–120 characters, without control and formatting characters";
    for (args, reason) in [
        (
            ["set-name", "ann", " "],
            format!("the display name is missing: {name}"),
        ),
        (
            ["set-name", "ann", "a\u{202e}b"],
            format!("invalid display name \"a\u{fffd}b\": {name}"),
        ),
        (
            ["set-email", "ann", "ann"],
            "invalid email address \"ann\": expected a format like ann@example.org".to_owned(),
        ),
        (
            ["set-username", "ann", "ADMIN"],
            "the username \"ADMIN\" is already in use".to_owned(),
        ),
        (
            ["set-username", "ann", "all"],
            "the username \"all\" is reserved: choose another one".to_owned(),
        ),
    ] {
        let args = [&["user"], &args[..]].concat();
        assert_eq!(home.run(&args).await.refused(1), reason, "{args:?}");
    }
    assert_eq!(home.run(&["user", "list"]).await.succeeded(), before);
}
