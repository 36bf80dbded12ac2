//! Commands with a running server: each takes effect with the next request, whatever the server has
//! cached.

use crate::support::Client;
use crate::support::cli::{ANNS, add_ann};
use crate::support::process::{Home, Process};
use serde_json::json;

async fn token(home: &Home, server: &Process, name: &str) -> Client {
    server.with_headers(&home.token("ann", name).await)
}

/// A home with a running server, and the user ann, added afterwards.
async fn served() -> (Home, Process) {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    add_ann(&home).await;
    (home, server)
}

/// Clients of ann: one with a login, one with a token.
async fn both(home: &Home, server: &Process) -> [Client; 2] {
    let login = server.anon().logged_in("ann", ANNS).await;
    [login, token(home, server, "t").await]
}

#[tokio::test]
async fn an_added_user_can_log_in_at_once_and_has_the_given_fields() {
    let (_home, server) = served().await;
    let ann = server.anon().logged_in("ann", ANNS).await;
    let me = ann.get("me").await.expect(200).json();
    assert_eq!(
        (&me["username"], &me["name"], &me["roles"]),
        (&json!("ann"), &json!("Ann A."), &json!(["user"]))
    );
}

#[tokio::test]
async fn new_roles_take_effect_with_the_next_request() {
    let (home, server) = served().await;
    let ann = token(&home, &server, "t").await;
    ann.create("one").await.expect(400);
    for (roles, expected, status) in [
        (
            ["admin", "user"].as_slice(),
            "ann now has the roles: admin, user.\n",
            200,
        ),
        (&["user"], "ann now has the roles: user.\n", 400),
        (&[], "ann now has the roles: none.\n", 400),
    ] {
        let args = [["user", "set-roles", "ann"].as_slice(), roles].concat();
        assert_eq!(home.run(&args).await.succeeded(), expected);
        ann.create("one").await.expect(status);
    }
}

#[tokio::test]
async fn a_new_password_takes_effect_with_the_next_request() {
    let (home, server) = served().await;
    let [login, token] = both(&home, &server).await;
    login.get("me").await.expect(200);
    let args = ["user", "set-password", "ann", "--password-from", "file"];
    std::fs::write(home.path().join("file"), "another one\nand a note").unwrap();
    home.run(&args).await.succeeded();
    login.get("me").await.expect(401);
    token.get("me").await.expect(200);
    server.anon().logged_in("ann", "another one").await;
    server.anon().login("ann", ANNS).await.expect(401);
}

#[tokio::test]
async fn an_unblock_and_a_new_password_take_effect_with_the_next_login() {
    let (home, server) = served().await;
    let _ = both(&home, &server).await;
    let block = async || {
        for _ in 0..10 {
            server.anon().login("ann", "wrong").await.expect(401);
        }
        let blocked = server.anon().login("ann", ANNS).await.expect(401);
        assert_eq!(blocked.json()["error"], "error-login-blocked-for-user");
    };
    block().await;
    let printed = home.run(&["user", "unblock", "ann"]).await.succeeded();
    assert_eq!(printed, "Lifted the block of ann.\n");
    server.anon().login("ann", ANNS).await.expect(200);
    block().await;
    let args = ["user", "set-password", "ann", "--password-from", "-"];
    home.run_with_input(&args, "another one").await.succeeded();
    server.anon().login("ann", "another one").await.expect(200);
}

#[tokio::test]
async fn a_deactivation_takes_effect_with_the_next_request() {
    let (home, server) = served().await;
    let [login, token] = both(&home, &server).await;
    for client in [&login, &token] {
        client.get("me").await.expect(200);
    }
    home.run(&["user", "deactivate", "ann"]).await.succeeded();
    for client in [&login, &token] {
        client.get("me").await.expect(401);
    }
    let refused = server.anon().login("ann", ANNS).await.expect(401);
    assert_eq!(refused.json()["error"], "error-user-is-not-activated");
}

#[tokio::test]
async fn a_token_and_its_revocation_take_effect_with_the_next_request() {
    let (home, server) = served().await;
    let (one, other) = (
        token(&home, &server, "one").await,
        token(&home, &server, "other").await,
    );
    for client in [&one, &other] {
        client.get("me").await.expect(200);
    }
    let revoked = home.run(&["token", "revoke", "ann", "--name", "one"]).await;
    assert_eq!(revoked.succeeded(), "Revoked the token one of ann.\n");
    one.get("me").await.expect(401);
    other.get("me").await.expect(200);
}

#[tokio::test]
async fn a_command_takes_effect_even_if_its_output_cannot_be_written() {
    let home = Home::with_data().await;
    let headers = home.token("admin", "lost").await;
    let server = home.serve(&[], &[]).await;
    let client = server.with_headers(&headers);
    client.get("me").await.expect(200);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let mut revoke = home.command(&["token", "revoke", "admin", "--name", "lost"], &[]);
    let status = revoke.stdout(full.unwrap()).status().await.unwrap();
    assert_eq!(status.code(), Some(1));
    client.get("me").await.expect(401);
}

/// Ann's status as the server returns it to her: the chosen status, its text and its source.
async fn own_status(ann: &Client) -> [serde_json::Value; 3] {
    let me = ann.get("me").await.expect(200).json();
    ["statusDefault", "statusText", "statusSource"].map(|key| me[key].clone())
}

#[tokio::test]
async fn setting_and_ending_a_claim_takes_effect_with_the_next_request() {
    let (home, server) = served().await;
    let ann = token(&home, &server, "t").await;
    let lunch = json!({"status": "away", "message": "Lunch"});
    ann.post("users.setStatus", lunch).await.expect(200);
    let lunch = [json!("away"), json!("Lunch"), json!("manual")];
    let claim = |words: &[&'static str]| [["claim"].as_slice(), words].concat();

    let meeting = claim(&["set", "ann", "busy", "--text", "Meeting"]);
    assert_eq!(
        home.run(&meeting).await.succeeded(),
        "Set the external claim of ann, which waits until the manual one ends. \
         ann now appears away, with the text \"Lunch\".\n"
    );
    assert_eq!(
        own_status(&ann).await,
        lunch,
        "a manual status is stronger than a calendar"
    );
    let call = claim(&[
        "set",
        "ann",
        "busy",
        "--source",
        "internal",
        "--minutes",
        "5",
    ]);
    let printed = home.run(&call).await.succeeded();
    assert!(printed.starts_with("ann is now busy until 20"), "{printed}");
    assert_eq!(
        own_status(&ann).await,
        [json!("busy"), json!(""), json!("internal")]
    );

    let listed = home.run(&claim(&["list", "ann"])).await.succeeded();
    let lines: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(lines[0][2].starts_with("20"), "{listed}");
    assert_eq!((lines[0][0], lines[0][1]), ("internal", "busy"));
    assert_eq!(lines[1], ["manual", "away", "never", "Lunch"]);
    assert_eq!(lines[2], ["external", "busy", "never", "Meeting"]);

    let hung_up = claim(&["end", "ann", "--source", "internal"]);
    let at_lunch = "ann now appears away, with the text \"Lunch\".\n";
    for done in [
        "Ended the internal claim of ann.",
        "ann has no internal claim.",
    ] {
        let printed = home.run(&hung_up).await.succeeded();
        assert_eq!(printed, format!("{done} {at_lunch}"));
    }
    assert_eq!(own_status(&ann).await, lunch);
}

#[tokio::test]
async fn no_claim_of_the_operator_reveals_a_user_who_chose_to_be_invisible() {
    let (home, server) = served().await;
    let ann = token(&home, &server, "t").await;
    let invisible = [json!("offline"), json!(""), json!("manual")];
    let set = json!({"status": "offline", "message": ""});
    ann.post("users.setStatus", set).await.expect(200);
    for source in ["internal", "external"] {
        let claim = [
            "claim", "set", "ann", "online", "--source", source, "--text", "Here",
        ];
        assert_eq!(
            home.run(&claim).await.succeeded(),
            format!(
                "Set the {source} claim of ann, which waits until the manual one ends. ann now appears offline.\n"
            )
        );
        assert_eq!(own_status(&ann).await, invisible, "{source}");
    }
    let listed = home.run(&["claim", "list", "ann"]).await.succeeded();
    assert!(listed.starts_with("manual\toffline"), "{listed}");
    let visible = json!({"status": "online"});
    ann.post("users.setStatus", visible).await.expect(200);
    let none = [json!("online"), json!(""), serde_json::Value::Null];
    assert_eq!(own_status(&ann).await, none, "every claim ended");
    let end = ["claim", "end", "ann", "--source", "internal"];
    assert_eq!(
        home.run(&end).await.succeeded(),
        "ann has no internal claim. ann now appears online.\n"
    );
}

#[tokio::test]
async fn the_always_policy_of_a_bot_takes_effect_with_the_next_request() {
    let (home, server) = served().await;
    let args = ["user", "add", "robot", "--role", "bot"];
    home.run(&args).await.succeeded();
    let ann = token(&home, &server, "t").await;
    let listed = async || {
        let list = ann.get("users.presence").await.expect(200).json();
        let users = list["users"].as_array().unwrap().clone();
        let robot = users.into_iter().find(|user| user["username"] == "robot");
        robot.map_or(json!("not there"), |robot| robot["status"].clone())
    };
    for (policy, shown) in [
        ("connection", "not there"),
        ("always", "online"),
        ("heartbeat", "not there"),
    ] {
        home.run(&["user", "set-presence", "robot", policy])
            .await
            .succeeded();
        assert_eq!(listed().await, shown, "{policy}");
    }
}
