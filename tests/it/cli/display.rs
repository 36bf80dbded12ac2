//! `doorsign display`.

use crate::support::process::Home;
use serde_json::Value;

#[tokio::test]
async fn a_display_is_added_listed_rotated_and_revoked() {
    let home = Home::with_data().await;
    let added = home.run(&[
        "display",
        "add",
        "Lobby",
        "--interactive",
        "--dim",
        "22:00-06:00",
    ]);
    let added = added.await.succeeded();
    let (start, key) = added.trim_end().split_once("/display#").unwrap();
    assert!(start.starts_with("http://127.0.0.1:"), "{added}");
    assert_eq!(key.len(), 43);
    let rotated = home.run(&["display", "rotate", "Lobby"]).await.succeeded();
    assert_ne!(rotated, added);
    let listed = home.run(&["display", "list"]).await.succeeded();
    assert_eq!(listed, "Lobby\tname\tyes\tnever\n");
    let listed = home.run(&["display", "list", "--json"]).await.succeeded();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (&listed["name"], &listed["dim"][1]),
        (&"Lobby".into(), &"06:00".into())
    );
    let revoked = home.run(&["display", "revoke", "Lobby"]).await.succeeded();
    assert_eq!(revoked, "Removed Lobby.\n");
    let listed = home.run(&["display", "list"]).await.succeeded();
    assert_eq!(listed, "");
}

#[tokio::test]
async fn wrong_options_of_a_display_are_refused_with_what_is_accepted() {
    let home = Home::with_data().await;
    for (option, value, reason) in [
        ("--zone", "Berlin", "use an IANA name such as Europe/Berlin"),
        (
            "--dim",
            "22:00",
            "use two different times of day such as 22:00 and 06:00",
        ),
        ("--order", "age", "possible values: name, status"),
        ("--theme", "pink", "possible values: auto, light, dark"),
    ] {
        let refused = home.run(&["display", "add", "Lobby", option, value]).await;
        let code = if reason.starts_with("possible") { 2 } else { 1 };
        let reason_given = refused.refused(code);
        assert!(reason_given.contains(reason), "{option}: {reason_given}");
    }
    let unknown = home.run(&["display", "revoke", "Lobby"]).await.refused(1);
    assert!(unknown.contains("unknown display \"Lobby\""), "{unknown}");
    home.run(&["display", "add", "Lobby"]).await.succeeded();
    let taken = home.run(&["display", "add", "Lobby"]).await.refused(1);
    assert!(taken.contains("is already in use"), "{taken}");
}
