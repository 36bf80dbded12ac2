//! `user invite`, `user reset-link` and the link of the first start: the whole way to a user's own
//! password, with and without a running server.

use crate::support::cli::{ANNS, add_ann};
use crate::support::invitations::{accept, look, refusal};
use crate::support::process::{Home, Process};

const PASSWORD: &str = "walrus-lantern-orbit";

/// The address and the token of the link in a command's output.
fn link(printed: &str) -> (&str, &str) {
    let line = printed.lines().find(|line| line.contains("/join#"));
    line.unwrap().split_once("/join#").unwrap()
}

#[tokio::test]
async fn a_person_invited_while_the_server_is_stopped_or_runs_chooses_a_password() {
    let home = Home::with_data().await;
    let args = [
        "user",
        "invite",
        "ann",
        "--name",
        "Ann K.",
        "--email",
        "ann@example.org",
    ];
    let stopped = home.run(&args).await.succeeded();
    assert!(stopped.starts_with("Invited ann with the id "), "{stopped}");
    let server = home.serve(&[], &[]).await;
    let running = home.run(&["user", "invite", "bob"]).await.succeeded();
    for (printed, name) in [(&stopped, "ann"), (&running, "bob")] {
        let (_, token) = link(printed);
        let looked = look(&server.anon(), token).await.expect(200).json();
        assert_eq!(looked["invitation"]["username"], name);
        assert_eq!(looked["invitation"].get("createdBy"), None);
        accept(&server.anon(), token, PASSWORD).await.expect(200);
        server.anon().logged_in(name, PASSWORD).await;
    }
    let log = server.end().await;
    for token in [link(&stopped).1, link(&running).1] {
        assert!(!log.stderr.contains(token), "{}", log.stderr);
    }
}

#[tokio::test]
async fn an_invitation_names_the_field_that_is_wrong() {
    let home = Home::with_data().await;
    for (args, reason) in [
        (&["ü"][..], "invalid username \"ü\""),
        (&["admin"], "the username \"admin\" is already in use"),
        (&["ann", "--role", "pilot"], "unknown role \"pilot\": use "),
        (
            &["ann", "--email", "nowhere"],
            "invalid email address \"nowhere\"",
        ),
    ] {
        let args = [&["user", "invite"], args].concat();
        let refused = home.run(&args).await.refused(1);
        assert!(refused.starts_with(reason), "{refused}");
    }
    let users = home.run(&["user", "list"]).await.succeeded();
    assert_eq!(users.lines().count(), 1, "{users}");
}

#[tokio::test]
async fn a_reset_link_leaves_the_password_until_it_is_used() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let site = [("DOORSIGN_SITE_URL", "https://status.example.org")];
    let mut command = home.command(&["user", "reset-link", "ann"], &site);
    command.stdin(std::process::Stdio::null());
    let printed = crate::support::process::ended(command, "")
        .await
        .succeeded();
    let (site, token) = link(&printed);
    assert_eq!(site, "https://status.example.org");
    assert!(!printed.contains("site_url"), "{printed}");
    let server = home.serve(&[], &[]).await;
    let ann = server.anon().logged_in("ann", ANNS).await;
    accept(&server.anon(), token, PASSWORD).await.expect(200);
    ann.get("me").await.expect(401);
    server.anon().login("ann", ANNS).await.expect(401);
    server.anon().logged_in("ann", PASSWORD).await;
    let unknown = home.run(&["user", "reset-link", "eve"]).await.refused(1);
    assert!(unknown.contains("unknown user \"eve\""), "{unknown}");
}

#[tokio::test]
async fn the_first_start_on_a_terminal_prints_a_link_to_start_with() {
    let home = Home::new();
    let trace = ("DOORSIGN_LOG", "trace");
    let first = home.serve_on_terminal(&[], &[trace]).await;
    let greeting = first.greeting.clone();
    let (site, token) = link(&greeting);
    assert_eq!(site, first.url());
    let looked = look(&first.anon(), token).await.expect(200).json();
    assert_eq!(looked["invitation"]["username"], "admin");
    accept(&first.anon(), token, PASSWORD).await.expect(200);
    let admin = first.anon().logged_in("admin", PASSWORD).await;
    admin.create("caught up").await.expect(200);
    let ended = first.end().await;
    assert!(!ended.stderr.contains(token), "{}", ended.stderr);
    let second = home.serve_on_terminal(&[], &[trace]).await;
    assert!(!second.greeting.contains("/join"), "{}", second.greeting);
}

#[tokio::test]
async fn without_a_terminal_the_first_start_creates_no_link() {
    let home = Home::new();
    let server = home.serve(&[], &[]).await;
    assert!(!server.greeting.contains("/join"), "{}", server.greeting);
    let password = server.shown_password().unwrap();
    let admin = server.anon().logged_in("admin", &password).await;
    let list = admin.get("invitations.list").await.expect(200).json();
    assert_eq!(list["invitations"].as_array().unwrap().len(), 0);
}

/// The link is used up exactly if the password was set.
#[tokio::test]
async fn a_password_chosen_just_before_a_crash_is_the_password_after_it() {
    let home = Home::with_data().await;
    for n in 0..5 {
        let name = format!("ann{n}");
        let printed = home.run(&["user", "invite", &name]).await.succeeded();
        let (_, token) = link(&printed);
        let server = home.serve(&[], &[]).await;
        accept(&server.anon(), token, PASSWORD).await.expect(200);
        server.kill().await;
        let server: Process = home.serve(&[], &[]).await;
        server.anon().logged_in(&name, PASSWORD).await;
        let again = accept(&server.anon(), token, PASSWORD).await;
        assert_eq!(refusal(again), "error-invitation-used");
        server.end().await;
    }
}
