//! The events that requests leave in the outbox: their types, subjects and actors. `store_contract`
//! tests their content.

use crate::support::process::Home;
use crate::support::{Client, TestServer};
use doorsign::domain::{Change, EventId, NewEvent};
use serde_json::{Value, json};

/// The events after the first `skip`, in short: what, and the name of who did it.
async fn summaries(server: &TestServer, skip: usize) -> Vec<(String, String)> {
    let events = server.app.store.events_after(EventId::new(0), usize::MAX);
    let events = events.await.unwrap().into_iter().skip(skip);
    let brief = |event: NewEvent| {
        let what = match event.change {
            Change::PermissionChanged(grant) => format!("{} changed", grant.permission),
            Change::RoleGiven(role) => format!("{} is {}", role.username.as_str(), role.role),
            Change::RoleTaken(role) => format!("{} is not {}", role.username.as_str(), role.role),
            Change::UserCreated { username, .. } => format!("{} created", username.as_str()),
            Change::UserUpdated(user) => format!("{} updated", user.username.as_str()),
            Change::UserDeleted { username, .. } => format!("{} deleted", username.as_str()),
            Change::SettingChanged(setting, value) => {
                format!("{} = {}", setting.id(), value.to_text())
            }
            Change::LoginsEnded { .. } => "logins ended".to_owned(),
            other => format!("{other:?}"),
        };
        (what, event.actor_name.as_str().to_owned())
    };
    events.map(|event| brief(event.unwrap().event)).collect()
}

/// Requests with their sender, and the expected events.
type Case<'a> = (&'a Client, &'a str, Value, &'a [&'a str]);

async fn check(server: &TestServer, actor: &str, cases: &[Case<'_>]) {
    for (client, route, body, expected) in cases {
        let skip = summaries(server, 0).await.len();
        client.post(route, body.clone()).await.expect(200);
        let expected: Vec<_> = expected
            .iter()
            .map(|what| ((*what).to_owned(), actor.to_owned()))
            .collect();
        assert_eq!(summaries(server, skip).await, expected, "{route} {body}");
    }
}

#[tokio::test]
async fn changes_by_an_administrator_name_the_administrator() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let (id, logins) = (ann.id(), "logins ended");
    let grant = |role: &str| json!({"permissionId": "view-statistics", "role": role});
    let setting = |value: bool| json!({"value": value});
    let own = |active: bool| json!({"userId": id, "activeStatus": active});
    let broadcast = "settings/Presence_broadcast_disabled";
    let cases: &[Case<'_>] = &[
        (
            &admin,
            "permissions.update",
            json!({"permissions": [{"_id": "view-statistics", "roles": ["admin"]}]}),
            &["view-statistics changed"],
        ),
        (
            &admin,
            "permissions.addRole",
            grant("bot"),
            &["view-statistics changed"],
        ),
        (&admin, "permissions.addRole", grant("bot"), &[]),
        (
            &admin,
            "permissions.removeRole",
            grant("bot"),
            &["view-statistics changed"],
        ),
        (
            &admin,
            "roles.addUserToRole",
            json!({"username": "ann", "roleId": "bot"}),
            &["ann updated", "ann is bot"],
        ),
        (
            &admin,
            "roles.removeUserFromRole",
            json!({"username": "ann", "roleId": "bot"}),
            &["ann updated", "ann is not bot"],
        ),
        (&admin, "presence.enableBroadcast", json!({}), &[]),
        (
            &admin,
            broadcast,
            setting(true),
            &["Presence_broadcast_disabled = true"],
        ),
        (
            &admin,
            "presence.enableBroadcast",
            json!({}),
            &["Presence_broadcast_disabled = false"],
        ),
        (
            &admin,
            "users.update",
            json!({"userId": id, "data": {"name": "Ann A."}}),
            &["ann updated"],
        ),
        (
            &admin,
            "users.update",
            json!({"userId": id, "data": {"name": "Ann A."}}),
            &[],
        ),
        (&admin, "users.logout", json!({"userId": id}), &[logins]),
        (&admin, "users.logout", json!({"userId": id}), &[]),
        (
            &admin,
            "users.setActiveStatus",
            own(false),
            &["ann updated"],
        ),
        (&admin, "users.setActiveStatus", own(true), &["ann updated"]),
    ];
    check(&server, "admin", cases).await;
    server.anon().logged_in("ann", "ann's password").await;
    let password = json!({"userId": id, "data": {"password": "another password"}});
    check(
        &server,
        "admin",
        &[(&admin, "users.update", password, &[logins])],
    )
    .await;
    server.anon().logged_in("ann", "another password").await;
    let rest: &[Case<'_>] = &[
        (
            &admin,
            "users.setActiveStatus",
            own(false),
            &["ann updated", logins],
        ),
        (
            &admin,
            "users.delete",
            json!({"userId": id}),
            &["ann deleted"],
        ),
    ];
    check(&server, "admin", rest).await;
}

#[tokio::test]
async fn changes_by_users_name_the_users() {
    let server = TestServer::start().await;
    let (ann, logins) = (server.user("ann").await, "logins ended");
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    let other = server.anon().logged_in("ann", "ann's password").await;
    let tokens = server.with_named_token("ann", "laptop", None).await;
    let named = json!({"tokenName": "laptop"});
    let (new, current) = ("another password", "ann's password");
    let password = json!({"data": {"newPassword": new, "currentPassword": current}});
    let cases: &[Case<'_>] = &[
        (
            &ann,
            "users.regeneratePersonalAccessToken",
            named.clone(),
            &[logins],
        ),
        (&ann, "users.removePersonalAccessToken", named, &[logins]),
        (
            &ann,
            "users.setPreferences",
            json!({"data": {"clockMode": 2}}),
            &[],
        ),
        (
            &other,
            "users.updateOwnBasicInfo",
            password.clone(),
            &[logins],
        ),
        (&other, "logout", json!({}), &[logins]),
    ];
    check(&server, "ann", cases).await;
    for ended in [&by_password, &other, &tokens] {
        ended.get("me").await.expect(401);
    }
}

#[tokio::test]
async fn changes_by_the_operator_name_the_affected_user_and_a_start_adds_no_event() {
    let home = Home::with_data().await;
    home.run(&["user", "add", "ann"]).await.succeeded();
    home.token("ann", "t").await;
    for args in [
        ["user", "set-presence", "ann", "always"].as_slice(),
        &["user", "set-roles", "ann", "bot"],
        &["token", "revoke", "ann", "--name", "t"],
        &["user", "delete", "ann"],
    ] {
        home.run(args).await.succeeded();
    }
    let server = crate::support::Setup::at(&home.data()).start().await;
    let expected = [
        "ann created",
        "ann updated",
        "ann updated",
        "ann is not user",
        "ann is bot",
        "logins ended",
        "ann deleted",
    ];
    let expected = expected.map(|what| (what.to_owned(), "ann".to_owned()));
    assert_eq!(summaries(&server, 0).await, expected);
}
