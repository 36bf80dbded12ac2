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
