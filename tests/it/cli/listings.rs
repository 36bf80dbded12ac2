//! Listings: their columns, and the JSON that each prints on request.

use crate::support::cli::add_ann;
use crate::support::process::Home;
use serde_json::Value;

/// The lines of `doorsign ARGS --json`.
async fn objects(home: &Home, args: &[&str]) -> Vec<Value> {
    let printed = home.run(&[args, &["--json"]].concat()).await.succeeded();
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn every_listing_prints_json_with_the_names_of_the_api() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    for args in [
        &["user", "set-email", "ann", "ann@example.org"][..],
        &["token", "create", "ann", "--name", "t"],
        &[
            "claim",
            "set",
            "ann",
            "busy",
            "--text",
            "a\"b",
            "--minutes",
            "5",
        ],
        &["webhook", "add", "chat", "https://chat.example.org/"],
    ] {
        home.run(args).await.succeeded();
    }
    let users = objects(&home, &["user", "list"]).await;
    let (admin, ann) = (&users[0], &users[1]);
    assert_eq!(admin["roles"], serde_json::json!(["admin"]));
    assert_eq!(ann["name"], "Ann A.");
    assert_eq!(ann["emails"][0]["address"], "ann@example.org");
    assert_eq!(ann["emails"][0]["verified"], false);
    assert_eq!(
        (&ann["active"], &ann["presencePolicy"]),
        (&true.into(), &"connection".into())
    );
    assert!(
        ann["createdAt"].is_string() && ann.get("blockedUntil").is_none(),
        "{ann}"
    );

    let tokens = objects(&home, &["token", "list", "ann"]).await;
    assert_eq!(
        (&tokens[0]["name"], &tokens[0]["kind"]),
        (&"t".into(), &"token".into())
    );
    assert_eq!(tokens[0]["lastTokenPart"].as_str().unwrap().len(), 6);
    let claims = objects(&home, &["claim", "list", "ann"]).await;
    assert_eq!(
        (&claims[0]["source"], &claims[0]["text"]),
        (&"external".into(), &"a\"b".into())
    );
    assert!(claims[0]["expiresAt"].is_string());
    let webhooks = objects(&home, &["webhook", "list"]).await;
    assert_eq!(
        (&webhooks[0]["name"], &webhooks[0]["hook"]),
        (&"chat".into(), &"webhook-chat".into())
    );
    let hooks = objects(&home, &["hooks", "list"]).await;
    assert_eq!(
        (&hooks[0]["name"], &hooks[0]["lag"]),
        (&"webhook-chat".into(), &0.into())
    );
    assert!(
        objects(&home, &["hooks", "deliveries", "chat"])
            .await
            .is_empty()
    );
    let records = objects(&home, &["audit"]).await;
    assert_eq!(records[0]["action"], "webhook.created");
}

#[tokio::test]
async fn the_list_of_users_shows_who_is_blocked_until_the_block_is_lifted() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let server = home.serve(&["--login-failures-per-user", "2"], &[]).await;
    let blocked = async || {
        let users = objects(&home, &["user", "list"]).await;
        users[1].get("blockedUntil").is_some()
    };
    assert!(!blocked().await);
    for _ in 0..3 {
        server.anon().login("ann", "wrong").await.expect(401);
    }
    assert!(blocked().await);
    let listed = home.run(&["user", "list"]).await.succeeded();
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows[0][7], "-", "{listed}");
    assert!(rows[1][7].starts_with("until 20"), "{listed}");
    home.run(&["user", "unblock", "ann"]).await.succeeded();
    assert!(!blocked().await);
}

#[tokio::test]
async fn a_terminal_gets_headings_and_aligned_columns() {
    let home = Home::with_data().await;
    let program = env!("CARGO_BIN_EXE_doorsign");
    let on_terminal = async |args: &str| {
        let mut command = home.command_of("script");
        command.args(["-qec", &format!("{program} {args}"), "/dev/null"]);
        command.env("PATH", std::env::var_os("PATH").unwrap());
        let printed = crate::support::process::ended(command, "").await;
        printed.succeeded().replace('\r', "")
    };
    let users = on_terminal("user list").await;
    let lines: Vec<&str> = users.lines().collect();
    assert!(
        lines[0].starts_with("ID                 USERNAME  NAME   EMAIL  STATE"),
        "{users}"
    );
    assert!(
        lines[1].contains("  admin     admin  -      active"),
        "{users}"
    );
    assert_eq!(
        on_terminal("webhook list").await,
        "There are no webhooks.\n"
    );
}
