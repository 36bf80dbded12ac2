//! Passwords and names that are refused by every entry point, and the restrictions on users who
//! must change their password.

use crate::support::event_stream::EventStream;
use crate::support::flaky::FlakyServer;
use crate::support::process::{Home, ended};
use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::auth::passwords::{PasswordDigest, hash_blocking};
use doorsign::config::Config;
use doorsign::domain::{UserId, UserPatch};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn hex_digest(password: &str) -> String {
    let digest = Sha256::digest(password);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn account(username: &str, password: &str) -> Value {
    let email = format!("{username}@example.org");
    json!({"username": username, "name": "A. Name", "email": email, "password": password})
}

async fn update(client: &Client, target: &Client, data: Value) -> Reply {
    let body = json!({"userId": target.id(), "data": data});
    client.post("users.update", body).await
}

async fn update_own(client: &Client, data: Value) -> Reply {
    client
        .post("users.updateOwnBasicInfo", json!({"data": data}))
        .await
}

/// The error code of a reply, and that of its first detail.
fn reason(reply: &Reply) -> (String, String) {
    let error = reply.clone().expect(400).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (
        text(&error["errorType"]),
        text(&error["details"][0]["error"]),
    )
}

fn weak(by: &str) -> (String, String) {
    let code = "error-password-policy-not-met";
    (code.to_owned(), format!("{code}-{by}"))
}

#[tokio::test]
async fn weak_passwords_are_refused_by_every_route_with_rocket_chats_code() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let digest = hex_digest("password1");
    for (password, by) in [
        ("1234567", "minLength"),
        ("Password1", "common"),
        (digest.as_str(), "common"),
    ] {
        let created = admin.post("users.create", account("bob", password)).await;
        assert_eq!(reason(&created), weak(by), "{password}");
        let updated = update(&admin, &ann, json!({"password": password})).await;
        assert_eq!(reason(&updated), weak(by), "{password}");
        let data = json!({"newPassword": password, "currentPassword": "ann's password"});
        assert_eq!(
            reason(&update_own(&ann, data).await),
            weak(by),
            "{password}"
        );
    }
    let named = account("carla.coy", "Carla.Coy");
    assert_eq!(
        reason(&admin.post("users.create", named).await),
        weak("name")
    );
    let renamed = json!({"username": "annabella", "password": "annabella"});
    assert_eq!(reason(&update(&admin, &ann, renamed).await), weak("name"));
    let address = json!({"email": "ann.office@example.org", "password": "ann.office"});
    assert_eq!(reason(&update(&admin, &ann, address).await), weak("name"));
    let error = admin.post("users.create", account("bob", "short")).await;
    assert_eq!(
        error.json(),
        json!({
            "success": false,
            "error": "The password provided does not meet the server's password policy. [error-password-policy-not-met]",
            "errorType": "error-password-policy-not-met",
            "details": [{
                "error": "error-password-policy-not-met-minLength",
                "message": "The password does not meet the minimum length password policy.",
            }],
        })
    );
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(200);
}

#[tokio::test]
async fn the_minimum_length_is_a_setting_and_dev_mode_has_none() {
    let long = Setup::new().config(|config| config.password_min_length = 20);
    let server = long.start().await;
    let admin = server.admin().await;
    let body = account("bob", "nineteen characters");
    assert_eq!(
        reason(&admin.post("users.create", body).await),
        weak("minLength")
    );
    let body = account("bob", "exactly 20 character");
    admin.post("users.create", body).await.expect(200);

    let dev = Setup::dev().start().await;
    let admin = dev.anon().logged_in("admin", "admin").await;
    let body = account("carl", "carl");
    admin.post("users.create", body).await.expect(200);
}

#[tokio::test]
async fn weak_passwords_are_refused_at_the_command_line_and_at_the_first_start() {
    let home = Home::new();
    for (password, expected) in [
        (
            "1234567",
            "the password is too short: use at least 8 characters",
        ),
        (
            "password",
            "the password is one of the most common ones: choose another one",
        ),
    ] {
        let weak = [("DOORSIGN_ADMIN_PASSWORD", password)];
        let refused = ended(home.command(&[], &weak), "").await.refused(1);
        let first = format!("cannot create the administrator: {expected}");
        assert_eq!(refused, first);
    }
    let home = Home::with_data().await;
    let add = ["user", "add", "ann.example", "--password-from", "-"];
    let set = ["user", "set-password", "admin", "--password-from", "-"];
    for (args, password, expected) in [
        (
            &add,
            "1234567",
            "the password is too short: use at least 8 characters",
        ),
        (
            &add,
            "Ann.Example",
            "the password is the username or the email address: choose another one",
        ),
        (
            &set,
            "Password1",
            "the password is one of the most common ones: choose another one",
        ),
    ] {
        let refused = home.run_with_input(args, password).await.refused(1);
        assert_eq!(refused, expected, "{password}");
    }
}

#[tokio::test]
async fn a_password_file_from_another_system_holds_the_same_password() {
    let (home, text) = (Home::new(), "\u{feff}correct horse battery\r\n");
    std::fs::write(home.path().join("password"), text).unwrap();
    let first = [("DOORSIGN_ADMIN_PASSWORD_FILE", "password")];
    let server = home.serve(&[], &first).await;
    let password = "correct horse battery";
    server.anon().login("admin", password).await.expect(200);
    let args = ["user", "add", "ann", "--password-from", "password"];
    home.run(&args).await.succeeded();
    server.anon().login("ann", password).await.expect(200);
    let args = ["user", "add", "bob", "--password-from", "-"];
    home.run_with_input(&args, text).await.succeeded();
    server.anon().login("bob", password).await.expect(200);
}

#[tokio::test]
async fn a_user_who_must_change_the_password_can_do_nothing_else() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut body = account("ann", "ann's password");
    body["requirePasswordChange"] = json!(true);
    admin.post("users.create", body).await.expect(200);
    let ann = server.anon().logged_in("ann", "ann's password").await;
    let me = ann.get("me").await.expect(200).json();
    assert_eq!(me["requirePasswordChange"], true, "{me}");
    for route in [
        "custom-user-status.list",
        "users.list",
        "events?timeout=0",
        "users.info?username=ann",
    ] {
        let error = ann.get(route).await.expect(403).json();
        assert_eq!(
            error["errorType"], "error-password-change-required",
            "{route}"
        );
    }
    for (route, body) in [
        (
            "users.generatePersonalAccessToken",
            json!({"tokenName": "t"}),
        ),
        ("users.setStatus", json!({"status": "busy"})),
        (
            "users.update",
            json!({"userId": ann.id(), "data": {"name": "A"}}),
        ),
        ("users.updateOwnBasicInfo", json!({"data": {"name": "A"}})),
        ("users.logout", json!({})),
    ] {
        let error = ann.post(route, body).await.expect(403).json();
        assert_eq!(
            error["errorType"], "error-password-change-required",
            "{route}"
        );
    }
    ann.get("info").await.expect(200);
    ann.get("settings.public").await.expect(200);
    let same =
        json!({"newPassword": "ann's password", "currentPassword": hex_digest("ann's password")});
    let error = update_own(&ann, same).await.expect(400).json();
    assert_eq!(error["errorType"], "error-password-same-as-current");
    let data = json!({"newPassword": "one of her own", "currentPassword": "ann's password"});
    update_own(&ann, data).await.expect(200);
    ann.get("custom-user-status.list").await.expect(200);
    ann.post("logout", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_live_connection_is_restricted_until_the_required_password_change() {
    let server = TestServer::start().await;
    let (admin, _) = (server.admin().await, server.user("ann").await);
    let ann = server.anon().logged_in("ann", "ann's password").await;
    let mut live = ann.live().await;
    let (logged, topic) = (
        "stream-notify-logged",
        json!(["updateCustomUserStatus", false]),
    );
    live.subscribe(logged, topic).await;
    let own_record = |frame: &Value| frame["collection"] == "users" && frame["msg"] == "changed";
    update(&admin, &ann, json!({"requirePasswordChange": true}))
        .await
        .expect(200);
    live.next_where(own_record).await;
    admin.create("not for her").await.expect(200);
    let refused = live.failure("listCustomUserStatus", json!([])).await;
    assert_eq!(refused["error"], "error-password-change-required");
    let refused = live.refusal(logged, json!(["user-status", false])).await;
    assert_eq!(refused["error"], "not-allowed");
    let weak = live.failure("setUserPassword", json!(["password"])).await;
    assert_eq!(weak["error"], "error-password-policy-not-met");
    let same = live
        .failure("setUserPassword", json!(["ann's password"]))
        .await;
    assert_eq!(same["error"], "error-password-same-as-current");
    live.result("setUserPassword", json!(["one of her own"]))
        .await;
    let again = live
        .failure("setUserPassword", json!(["and another one"]))
        .await;
    assert_eq!(again["error"], "error-not-allowed");
    live.next_where(own_record).await;
    admin.create("for her").await.expect(200);
    let frame = live.next_where(|frame| frame["collection"] == logged).await;
    assert!(frame.to_string().contains("\"for her\""), "{frame}");
    server
        .anon()
        .login("ann", "one of her own")
        .await
        .expect(200);
}

#[tokio::test]
async fn an_event_stream_ends_once_the_password_must_be_changed() {
    let server = TestServer::start().await;
    let (admin, _) = (server.admin().await, server.user("ann").await);
    let ann = server.anon().logged_in("ann", "ann's password").await;
    let mut stream = EventStream::open(&server, &ann).await;
    admin.create("for her").await.expect(200);
    stream.next().await.unwrap();
    update(&admin, &ann, json!({"requirePasswordChange": true}))
        .await
        .expect(200);
    admin.create("kept from her").await.expect(200);
    while let Some(event) = stream.next().await {
        assert!(
            !event.data.to_string().contains("kept from her"),
            "{event:?}"
        );
    }
    ann.get("events?timeout=0").await.expect(403);
}

#[tokio::test]
async fn a_token_still_works_when_the_password_must_be_changed() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    update(&admin, &ann, json!({"requirePasswordChange": true}))
        .await
        .expect(200);
    ann.get("custom-user-status.list").await.expect(200);
}

#[tokio::test]
async fn users_update_of_the_own_account_needs_the_current_password_even_with_a_token() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    for data in [
        json!({"password": "another password"}),
        json!({"setRandomPassword": true}),
        json!({"email": "other@example.org"}),
        json!({"username": "root"}),
    ] {
        for current in [None, Some("wrong")] {
            let data =
                crate::support::accounts::with(data.clone(), &json!({"currentPassword": current}));
            let refused = update(&admin, &admin, data).await;
            refused.golden("users_update_own_wrong_password");
        }
    }
    let unchanged = json!({"username": "admin", "name": "The Admin", "bio": "b"});
    update(&admin, &admin, unchanged).await.expect(200);
    let current = json!({"currentPassword": crate::support::ADMIN_PASSWORD});
    let data = json!({"email": "other@example.org", "username": "root"});
    let data = crate::support::accounts::with(data, &current);
    update(&admin, &admin, data).await.expect(200);
    let others =
        json!({"email": "x@example.org", "username": "anna", "password": "another password"});
    update(&admin, &ann, others).await.expect(200);
    let own = json!({"username": "annie"});
    update(&ann, &ann, own)
        .await
        .golden("users_update_own_wrong_password");
}

#[tokio::test]
async fn a_current_password_of_64_hexadecimal_digits_is_accepted() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let digits = hex_digest("something else");
    update(&admin, &ann, json!({"password": digits}))
        .await
        .expect(200);
    for (current, status) in [
        (hex_digest("wrong"), 400),
        (digits.clone(), 200),
        (hex_digest(&digits), 200),
    ] {
        let email = format!("{}@example.org", &current[..8]);
        let data = json!({"email": email, "currentPassword": current});
        update_own(&ann, data).await.expect(status);
    }
}

#[tokio::test]
async fn the_owner_of_an_address_is_hidden_from_users_who_may_not_see_addresses() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    server.user("bob").await;
    let refused = async |email: &str| {
        let data = json!({"email": email, "currentPassword": "ann's password"});
        let error = update_own(&ann, data).await.expect(400).json();
        (error["errorType"].clone(), error["details"].clone())
    };
    assert_eq!(refused("bob@example.org").await, refused("nowhere").await);
    let grant = json!({"permissionId": "create-user", "role": "user"});
    admin.post("permissions.addRole", grant).await.expect(200);
    let mut body = account("carl", "carl's password");
    body["email"] = json!("bob@example.org");
    let error = ann.post("users.create", body.clone()).await.expect(400);
    assert_eq!(error.json()["errorType"], "error-invalid-email");
    let error = admin.post("users.create", body).await.expect(400);
    assert_eq!(error.json()["errorType"], "error-field-unavailable");
}

#[tokio::test]
async fn names_with_invisible_characters_are_refused() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    for hidden in [
        '\0', '\n', '\u{1b}', '\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}',
    ] {
        let name = format!("a{hidden}b");
        let mut body = account("bob", "bob's password");
        body["name"] = json!(name);
        let refused = [
            admin.post("users.create", body).await,
            update(&admin, &ann, json!({"name": name})).await,
            update(&admin, &ann, json!({"nickname": name})).await,
            update_own(&ann, json!({"name": name})).await,
            update_own(&ann, json!({"nickname": name})).await,
            ann.post(
                "users.generatePersonalAccessToken",
                json!({"tokenName": name}),
            )
            .await,
        ];
        for refused in refused {
            let error = refused.expect(400).json();
            assert_eq!(
                error["errorType"], "error-input-is-not-a-valid-field",
                "{error}"
            );
            assert!(!error.to_string().contains(hidden), "{error}");
        }
    }
    update_own(&ann, json!({"name": "Ann 👩‍💻 Lee", "bio": "two\nlines"}))
        .await
        .expect(200);
}

/// Source: Rocket.Chat's end-to-end tests of these three routes, which try three names on each.
#[tokio::test]
async fn reserved_usernames_are_refused_with_rocket_chats_codes() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    for name in ["administrator", "system", "user", "all", "here", "ADMIN"] {
        let created = admin
            .post("users.create", account(name, "a long password"))
            .await;
        let expected = format!("{name} is blocked and can't be used! [error-blocked-username]");
        assert_eq!(created.expect(400).json()["error"], expected);
        let data = json!({"username": name});
        if name != "ADMIN" {
            let own = update_own(&admin, data.clone()).await.expect(400).json();
            let expected = "Could not save user identity [error-could-not-save-identity]";
            assert_eq!(own["error"], expected, "{name}");
        }
        let other = update(&admin, &ann, data).await.expect(400).json();
        assert_eq!(
            other["errorType"], "error-could-not-save-identity",
            "{name}"
        );
        assert_eq!(other["details"], json!({"method": "saveUser"}));
    }
    let home = Home::with_data().await;
    let refused = home.run(&["user", "add", "system"]).await.refused(1);
    assert_eq!(
        refused,
        "the username \"system\" is reserved: choose another one"
    );
}

#[tokio::test]
async fn a_password_change_does_not_undo_a_concurrent_reset_by_an_administrator() {
    let server = FlakyServer::start().await;
    let admin = server.admin("token").await;
    let body = account("ann", "ann's password");
    admin.post("users.create", body).await.expect(200);
    for data in [
        json!({"newPassword": "the intruder's own"}),
        json!({"email": "intruder@example.org"}),
    ] {
        let ann = admin.logged_in("ann", "ann's password").await;
        let reset = hash_blocking(&PasswordDigest::of("the reset one")).unwrap();
        let kept = ann.clone();
        let patch = UserPatch {
            password_hash: Some(reset),
            ..UserPatch::default()
        };
        server.store.overtake(UserId::new(ann.id()), patch);
        let data =
            crate::support::accounts::with(data, &json!({"currentPassword": "ann's password"}));
        update_own(&ann, data).await.expect(401);
        kept.get("me").await.expect(401);
        admin.login("ann", "the reset one").await.expect(200);
        update(&admin, &kept, json!({"password": "ann's password"}))
            .await
            .expect(200);
    }
    let token = admin.logged_in("ann", "ann's password").await;
    let token = token
        .post(
            "users.generatePersonalAccessToken",
            json!({"tokenName": "t"}),
        )
        .await
        .json();
    let ann = admin.logged_in("ann", "ann's password").await;
    let by_token = Client::new(
        ann.address(),
        Some((ann.id(), token["token"].as_str().unwrap().to_owned())),
    );
    let reset = hash_blocking(&PasswordDigest::of("the reset one")).unwrap();
    let patch = UserPatch {
        password_hash: Some(reset),
        ..UserPatch::default()
    };
    server.store.overtake(UserId::new(ann.id()), patch);
    let data = json!({"newPassword": "the intruder's own", "currentPassword": "ann's password"});
    let error = update_own(&by_token, data).await.expect(400).json();
    assert_eq!(error["errorType"], "error-invalid-password");
    admin.login("ann", "the reset one").await.expect(200);
}

#[test]
fn the_default_minimum_length_is_eight() {
    let config = Config::defaults_in("data".into());
    assert_eq!(
        (config.password_min_length, config.logins_per_user),
        (8, 100)
    );
}

#[tokio::test]
async fn the_password_policy_is_public_in_rocket_chats_format() {
    let rule = |length: usize| json!([["get-password-policy-minLength", {"minLength": length}]]);
    for (setup, enabled, policy) in [
        (Setup::new(), true, rule(8)),
        (
            Setup::new().config(|config| config.password_min_length = 12),
            true,
            rule(12),
        ),
        (Setup::dev(), false, json!([])),
    ] {
        let server = setup.start().await;
        let reply = server.anon().get("pw.getPolicy").await.expect(200);
        let expected = json!({"enabled": enabled, "policy": policy, "success": true});
        assert_eq!(reply.json(), expected);
    }
}

#[tokio::test]
async fn a_login_alone_neither_demands_nor_waives_a_new_password() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let demand = |is_demanded: bool| json!({"requirePasswordChange": is_demanded});
    update(&ann, &ann, demand(false)).await.expect(200);
    // Who must set a new password may do so without the current one.
    update(&ann, &ann, demand(true)).await.expect(400);
    // Those who may not demand it of others may not with their password either.
    let confirmed = json!({"requirePasswordChange": true, "currentPassword": "ann's password"});
    update(&ann, &ann, confirmed).await.expect(400);
    let me = ann.get("me").await.json();
    assert!(me.get("requirePasswordChange").is_none(), "{me}");
    update(&admin, &admin, demand(true)).await.expect(400);
    update(&admin, &ann, demand(true)).await.expect(200);
    update(&ann, &ann, demand(false)).await.expect(400);
    let me = admin.get(&format!("users.info?userId={}", ann.id())).await;
    assert_eq!(me.json()["user"]["requirePasswordChange"], true);
}
