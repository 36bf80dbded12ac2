//! The commands that change somebody who is there already: switched off and on, counted as connected by something else, deleted.

use crate::support::cli::{ANNS, add_ann};
use crate::support::process::Home;

#[tokio::test]
async fn who_was_deactivated_can_be_let_in_again_and_gets_no_token_before() {
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
async fn by_what_somebody_counts_as_connected_is_one_of_three_words() {
    let home = Home::with_data().await;
    for policy in ["heartbeat", "connection", "always"] {
        let args = ["user", "set-presence", "admin", policy];
        let told = home.run(&args).await.succeeded();
        assert_eq!(
            told,
            format!("admin now has the presence policy {policy}.\n")
        );
    }
    let args = ["user", "set-presence", "admin", "sometimes"];
    let refused = home.run(&args).await.refused(2);
    let words = "[possible values: connection, heartbeat, always]";
    assert!(refused.ends_with(words), "{refused}");
    home.run(&["user", "set-presence", "admin"])
        .await
        .refused(2);
}

#[tokio::test]
async fn who_is_deleted_is_gone_with_every_token_and_can_be_added_anew() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let dead = home.token("ann", "t").await;
    let told = home.run(&["user", "delete", "ann"]).await.succeeded();
    assert_eq!(told, "Deleted ann with every login and token.\n");
    let users = home.run(&["user", "list"]).await.succeeded();
    assert_eq!(users.lines().count(), 1, "{users}");
    add_ann(&home).await;
    let server = home.serve(&[], &[]).await;
    server.with_headers(&dead).get("me").await.expect(401);
    server.anon().login("ann", ANNS).await.expect(200);
}
