//! `doorsign permission`: the table of permissions, and its changes on a running server.

use crate::support::cli::add_ann;
use crate::support::process::Home;
use serde_json::{Value, json};

#[tokio::test]
async fn a_permission_set_by_the_operator_takes_effect_with_the_next_request() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    home.run(&["user", "set-roles", "ann", "guest"])
        .await
        .succeeded();
    let server = home.serve(&[], &[]).await;
    let ann = server.with_headers(&home.token("ann", "t").await);
    ann.create("before").await.expect(400);
    let set = ["permission", "set", "manage-user-status", "guest", "bot"];
    assert_eq!(
        home.run(&set).await.succeeded(),
        "manage-user-status is now granted by: guest, bot.\n"
    );
    ann.create("after").await.expect(200);
    let clear = ["permission", "set", "manage-user-status"];
    assert_eq!(
        home.run(&clear).await.succeeded(),
        "No role grants manage-user-status now.\n"
    );
    ann.create("again").await.expect(400);
}

#[tokio::test]
async fn the_list_of_permissions_has_one_line_each_as_columns_or_json() {
    let home = Home::with_data().await;
    home.run(&["permission", "set", "view-statistics"])
        .await
        .succeeded();
    let listed = home.run(&["permission", "list"]).await.succeeded();
    assert!(
        listed.contains("create-personal-access-tokens\tadmin,user\n"),
        "{listed}"
    );
    assert!(listed.contains("view-statistics\t-\n"), "{listed}");
    let json = home
        .run(&["permission", "list", "--json"])
        .await
        .succeeded();
    assert_eq!(json.lines().count(), listed.lines().count());
    let rows = json
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let row = rows
        .into_iter()
        .find(|row| row["_id"] == "access-permissions");
    assert_eq!(row.unwrap()["roles"], json!(["admin"]));
}

#[tokio::test]
async fn the_operator_cannot_lock_everyone_out_and_can_unlock_a_workspace() {
    let home = Home::with_data().await;
    let access = "access-permissions";
    let refusal = home.run(&["permission", "set", access]).await.refused(1);
    assert_eq!(
        refusal,
        "no active user would keep the permission access-permissions: grant it to another role in use first"
    );
    let (file, flags) = (
        home.data().join("doorsign.db"),
        rusqlite::OpenFlags::default(),
    );
    let database = rusqlite::Connection::open_with_flags(file, flags).unwrap();
    let locked = "DELETE FROM permission_role WHERE permission_id = 'access-permissions'";
    database.execute_batch(locked).unwrap();
    let set = ["permission", "set", access, "admin"];
    home.run(&set).await.succeeded();
    let log = home.run(&["audit", "--count", "1"]).await.succeeded();
    assert!(log.contains("permission.changed\toperator"), "{log}");
    let event: String = database
        .query_row(
            "SELECT payload FROM event ORDER BY id DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let event: Value = serde_json::from_str(&event).unwrap();
    assert_eq!(event["actor_username"], "system", "no user made the change");
}

#[tokio::test]
async fn unknown_permissions_and_roles_are_refused_with_those_that_exist() {
    let home = Home::with_data().await;
    let refused = home
        .run(&["permission", "set", "fly", "user"])
        .await
        .refused(1);
    assert_eq!(
        refused,
        "unknown permission \"fly\": list all with doorsign permission list"
    );
    let args = ["permission", "set", "view-d-room", "user", "boss"];
    let refused = home.run(&args).await.refused(1);
    let expected =
        "unknown role \"boss\": expected one of admin, anonymous, app, bot, federated-external";
    assert!(refused.starts_with(expected), "{refused}");
}
