//! `users.import`: all rows or none, with the line and the column of what is refused.

use crate::support::admin::grant_to;
use crate::support::invitations::{accept, refusal};
use crate::support::{Client, Reply, TestServer};
use serde_json::{Value, json};

async fn import(client: &Client, csv: &str) -> Reply {
    client.post("users.import", json!({"csv": csv})).await
}

/// Line, action, column and code of each row.
fn rows(body: &Value) -> Vec<Value> {
    let rows = body["rows"].as_array().unwrap().iter();
    rows.map(|row| json!([row["line"], row["action"], row["field"], row["errorType"]]))
        .collect()
}

async fn usernames(admin: &Client) -> Vec<String> {
    let list = admin.get("users.list").await.expect(200).json();
    let rows = list["users"].as_array().unwrap().iter();
    rows.map(|row| row["username"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn each_imported_user_has_a_link_that_works() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let csv = "\u{feff}Username;Name;Email;Roles\r\nann;\"Kowalski; Ann\";ann@example.org;user bot\r\nbjorn;Björn Çelik;;\r\n";
    let done = import(&admin, csv).await.expect(200).json();
    assert_eq!(done["created"], 2);
    let events = admin
        .get("events?since=0&timeout=0")
        .await
        .expect(200)
        .json();
    let kinds = events["events"].as_array().unwrap().iter();
    let created = kinds.filter(|event| event["type"] == "user.created");
    assert_eq!(created.count(), 2, "{events}");
    let list = admin.get("users.list").await.expect(200).json();
    let ann = &list["users"][1];
    assert_eq!(
        (&ann["name"], &ann["roles"]),
        (&json!("Kowalski; Ann"), &json!(["bot", "user"]))
    );
    assert_eq!(ann["emails"][0]["address"], "ann@example.org");
    for (n, name) in ["ann", "bjorn"].iter().enumerate() {
        let row = &done["rows"][n];
        assert_eq!(
            (&row["line"], &row["action"]),
            (&json!(n + 2), &json!("create"))
        );
        assert_eq!(row["invitation"]["username"], *name);
        let (_, token) = row["url"].as_str().unwrap().split_once("/join#").unwrap();
        accept(&server.anon(), token, "walrus-lantern-orbit")
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn one_bad_line_refuses_the_whole_table_and_is_named() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    server.user("taken").await;
    let csv = "username,name,email,roles\n\
        good,Good,good@example.org,user\n\
        b ad,,,\n\
        taken,,,\n\
        a1,,nowhere,\n\
        a2,,taken@example.org,\n\
        a3,,GOOD@example.org,\n\
        GOOD,,,\n\
        a4,\"x\u{202e}y\",,\n\
        a5,,,pilot\n\
        system,,,\n\
        ,Nameless,,\n";
    let expected = [
        json!([2, "create", null, null]),
        json!([3, "error", "username", "error-input-is-not-a-valid-field"]),
        json!([4, "skip", null, null]),
        json!([5, "error", "email", "error-input-is-not-a-valid-field"]),
        json!([6, "error", "email", "error-field-unavailable"]),
        json!([7, "error", "email", "error-field-unavailable"]),
        json!([8, "error", "username", "error-field-unavailable"]),
        json!([9, "error", "name", "error-input-is-not-a-valid-field"]),
        json!([10, "error", "roles", "error-invalid-role"]),
        json!([11, "error", "username", "error-blocked-username"]),
    ];
    let refused = import(&admin, csv).await.expect(400).json();
    assert_eq!(refused["errorType"], "error-import-refused");
    assert_eq!(refused["created"], 0);
    assert_eq!(rows(&refused)[..10], expected);
    let last = &rows(&refused)[10];
    assert_eq!((&last[1], &last[2]), (&json!("error"), &json!("username")));
    let text = refused["rows"][1]["error"].as_str().unwrap();
    assert!(text.contains("b ad") && text.contains("use 1–64"), "{text}");
    assert_eq!(usernames(&admin).await, ["admin", "taken"]);
    let body = json!({"csv": csv, "dryRun": true});
    let checked = admin.post("users.import", body).await.expect(200).json();
    assert_eq!(rows(&checked), rows(&refused));
    assert_eq!(usernames(&admin).await, ["admin", "taken"]);
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_an_import_can_be_repeated() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let csv = "username\nann\nbob\n";
    let body = json!({"csv": csv, "dryRun": true});
    let dry = admin.post("users.import", body).await.expect(200).json();
    assert_eq!(
        (&dry["created"], &dry["rows"][0]["action"]),
        (&json!(0), &json!("create"))
    );
    assert_eq!(dry["rows"][0].get("url"), None);
    assert_eq!(usernames(&admin).await, ["admin"]);
    import(&admin, csv).await.expect(200);
    let again = import(&admin, "username\nann\nbob\ncarol\n")
        .await
        .expect(200);
    let again = again.json();
    let actions: Vec<_> = rows(&again).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(actions, ["skip", "skip", "create"]);
    assert_eq!(again["created"], 1);
}

#[tokio::test]
async fn an_importer_gives_no_roles_that_administer() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    grant_to(&admin, "create-user", &["admin", "bot"]).await;
    let importer = server.user_with_roles("importer", &["user", "bot"]).await;
    server.user("ann").await;
    let csv = "username,email,roles\nboss,,admin\nbob,,user\neve,ann@example.org,\n";
    let refused = import(&importer, csv).await.expect(400).json();
    assert_eq!(rows(&refused)[0][1], "error");
    assert_eq!(rows(&refused)[1][1], "create");
    let hidden = json!([4, "error", "email", "error-input-is-not-a-valid-field"]);
    assert_eq!(
        rows(&refused)[2],
        hidden,
        "which addresses are in use is not shown"
    );
    importer
        .post("users.import", json!({"csv": "username\nbob\n"}))
        .await
        .expect(200);
    let ann = server.with_token("ann").await;
    import(&ann, "username\nx\n").await.expect(403);
}

#[tokio::test]
async fn tables_that_cannot_be_read_are_refused_with_the_line() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let many = format!("username\n{}", "x\n".repeat(1001));
    for (csv, reason) in [
        (
            "username,phone\nann,1\n",
            "unknown or repeated column \"phone\"",
        ),
        (
            "username,username\nann,1\n",
            "unknown or repeated column \"username\"",
        ),
        ("name\nAnn\n", "must have the column username"),
        (
            "username\n",
            "must have a row below the names of the columns",
        ),
        ("\n\n", "must begin with a row that names the columns"),
        ("username\nann\n\"bob\n", "line 3: a quote is not closed"),
        (
            "username\n\"ann\"x\n",
            "line 2: a closing quote must be followed",
        ),
        ("username\nann,Ann\n", "line 2: more fields than columns"),
        (&many, "must NOT have more than 1000 rows"),
    ] {
        let refused = import(&admin, csv).await;
        assert!(
            refused.text().contains(&reason.replace('"', "\\\"")),
            "{}",
            refused.text()
        );
        assert_eq!(refusal(refused), "invalid-params", "{reason}");
    }
    assert_eq!(usernames(&admin).await, ["admin"]);
}

#[tokio::test]
async fn a_thousand_people_are_imported_at_once() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let lines: String = (0..1000)
        .map(|n| format!("person{n},Person {n}\n"))
        .collect();
    let done = import(&admin, &format!("username,name\n{lines}")).await;
    assert_eq!(done.expect(200).json()["created"], 1000);
    let list = admin.get("users.list?count=1").await.expect(200).json();
    assert_eq!(list["total"], 1001);
}
