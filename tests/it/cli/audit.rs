//! `doorsign audit`, and the audit trail in the log of a real server.

use crate::support::process::{Home, PASSWORD};
use serde_json::{Value, json};

/// The lines of the audit trail in a log.
fn audit_lines(log: &str) -> Vec<&str> {
    log.lines()
        .filter(|line| line.contains(" doorsign::audit "))
        .collect()
}

#[tokio::test]
async fn commands_are_recorded_with_the_operator_as_author_and_listed_by_a_command() {
    let home = Home::with_data().await;
    home.token("admin", "ci").await;
    home.run(&["user", "set-roles", "admin", "admin", "user"])
        .await
        .succeeded();
    home.run(&["claim", "set", "admin", "busy"])
        .await
        .succeeded();
    home.run(&["webhook", "add", "bell", "https://bell.example.org/"])
        .await
        .succeeded();
    home.run(&["hooks", "pause", "webhook-bell"])
        .await
        .succeeded();
    let listed = home.run(&["audit"]).await.succeeded();
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let rows: Vec<_> = rows.iter().map(|row| row[1..].to_vec()).collect();
    let expected: [[&str; 5]; 6] = [
        [
            "hook.disabled",
            "operator",
            "hook webhook-bell",
            "-",
            "paused",
        ],
        [
            "webhook.created",
            "operator",
            "webhook bell",
            "-",
            "to https://bell.example.org",
        ],
        ["status.claimed", "operator", "user admin", "-", "-"],
        ["role.given", "operator", "user admin", "-", "user"],
        [
            "token.created",
            "operator",
            "user admin",
            "-",
            r#"name "ci""#,
        ],
        ["user.created", "server", "user admin", "-", "roles admin"],
    ];
    assert_eq!(rows, expected);
    let one = home
        .run(&[
            "audit",
            "--action",
            "role.given",
            "--user",
            "admin",
            "--json",
        ])
        .await
        .succeeded();
    let one: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(one["author"], json!({"type": "operator"}));
    assert_eq!(
        (&one["action"], &one["target"]["name"]),
        (&json!("role.given"), &json!("admin"))
    );
    let none = home
        .run(&["audit", "--until", "2020-01-01"])
        .await
        .succeeded();
    assert_eq!(none, "");
    let all = home.run(&["audit", "--until", "9999-12-31T23:59:59.999Z"]);
    assert_ne!(all.await.succeeded(), "", "the API accepts this time too");
    home.run(&["audit", "--action", "everything"])
        .await
        .refused(2);
    home.run(&["audit", "--since", "yesterday"])
        .await
        .refused(1);
}

#[tokio::test]
async fn every_record_has_one_log_line_even_records_of_commands_on_a_running_server() {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    server.anon().login("admin", "wrong").await.expect(401);
    server.anon().login("admin", PASSWORD).await.expect(200);
    home.token("admin", "ci").await;
    server.logged(|log| audit_lines(log).len() >= 3).await;
    let log = server.end().await.stderr;
    let lines = audit_lines(&log);
    let starts = [
        " WARN doorsign::audit action=login.failed address=127.0.0.1 author=anonymous target_kind=user ",
        " INFO doorsign::audit action=login address=127.0.0.1 author=user author_id=",
        " INFO doorsign::audit action=token.created author=operator target_kind=user ",
    ];
    assert_eq!(lines.len(), starts.len(), "{log}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.contains(start), "{line}");
        assert!(line.contains(" target_name=admin "), "{line}");
        assert!(line.contains(" record="), "{line}");
    }
}
