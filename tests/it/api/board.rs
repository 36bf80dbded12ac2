//! The board as JSON: who reads it, and what it shows. `live/board` tests its stream.

use crate::support::admin::setting;
use crate::support::board::row;
use crate::support::hiding::{STATUS, allow_hiding, disable, hide};
use crate::support::presence::set;
use crate::support::{Client, Setup, TestServer};
use doorsign::config::{BoardAudience, Unconnected};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

async fn board(client: &Client) -> Value {
    client.get("board").await.expect(200).json()
}

fn public() -> Setup {
    Setup::new().config(|config| config.board = BoardAudience::Public)
}

async fn opt_in(client: &Client, data: Value) {
    let body = json!({"data": data});
    client.post("users.setPreferences", body).await.expect(200);
}

#[tokio::test]
async fn the_board_lists_every_active_user_by_name_with_their_declared_status() {
    for unconnected in [Unconnected::Declared, Unconnected::Offline] {
        let setup = Setup::new().config(|config| config.unconnected = Some(unconnected));
        let server = setup.start().await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        server.user_with_roles("robot", &["bot"]).await;
        let bob = server.user("bob").await;
        let nickname = json!({"userId": ann.id(), "data": {"nickname": "Annie"}});
        admin.post("users.update", nickname).await.expect(200);
        let away = json!({"userId": bob.id(), "activeStatus": false});
        server.clock.advance(Duration::from_secs(5));
        let end = "2026-01-01T01:00:00.000Z";
        let lunch = json!({"status": "busy", "message": "Lunch", "expiresAt": end});
        set(&ann, lunch).await;
        admin.post("users.setActiveStatus", away).await.expect(200);
        let board = board(&ann).await;
        let names: Vec<_> = board["people"].as_array().unwrap().iter().collect();
        let names: Vec<_> = names.iter().map(|row| row["username"].clone()).collect();
        assert_eq!(json!(names), json!(["admin", "ann", "robot"]));
        let head = ["title", "audience", "time", "success"].map(|key| board[key].clone());
        let time = "2026-01-01T00:00:05.000Z";
        assert_eq!(json!(head), json!(["doorsign", "member", time, true]));
        let expected = json!({"_id": ann.id(), "username": "ann", "name": "ann", "nickname": "Annie",
            "status": "busy", "statusText": "Lunch", "statusSource": "manual", "statusExpiresAt": end,
            "statusSince": time, "roles": ["user"], "type": "user"});
        assert_eq!(row(&board, "ann"), expected, "{unconnected}");
        assert_eq!(row(&board, "robot")["type"], "bot");
        assert_eq!(row(&board, "robot")["status"], "offline");
    }
}

#[tokio::test]
async fn a_private_board_needs_a_login_and_no_permission() {
    let server = TestServer::start().await;
    server.anon().get("board").await.expect(401);
    let guest = server.user_with_roles("guest", &["guest"]).await;
    assert_eq!(row(&board(&guest).await, "guest")["name"], "guest");
    guest.get("board?count=1").await.expect(400);
}

#[tokio::test]
async fn since_is_when_the_shown_status_began() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let since = async || {
        let row = row(&board(&ann).await, "ann");
        let since = row["statusSince"]
            .as_str()
            .map(|since| since[17..19].to_owned());
        (row["status"].clone(), since)
    };
    let at = |second: &str| Some(second.to_owned());
    let advance = || server.clock.advance(Duration::from_secs(10));
    assert_eq!(since().await, (json!("offline"), None), "never set");
    advance();
    set(&ann, json!({"status": "busy", "message": "Focus"})).await;
    advance();
    // Repeated, so it began before.
    set(&ann, json!({"status": "busy", "message": "Focus"})).await;
    assert_eq!(since().await, (json!("busy"), at("10")));
    set(&ann, json!({"status": "online", "message": ""})).await;
    assert_eq!(since().await, (json!("online"), at("20")));
    advance();
    let end = "2026-01-01T00:00:40.000Z";
    set(
        &ann,
        json!({"status": "away", "message": "", "expiresAt": end}),
    )
    .await;
    assert_eq!(since().await, (json!("away"), at("30")));
    advance();
    advance();
    // Until the row is deleted, the claim ended at its expiry; then at the deletion.
    let (status, since) = since().await;
    assert!(
        status == "online" && (since == at("40") || since == at("50")),
        "{since:?}"
    );
}

#[tokio::test]
async fn a_hidden_status_looks_like_one_that_was_never_set() {
    let server = TestServer::start().await;
    allow_hiding(&server.app).await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    let never = row(&board(&bob).await, "ann");
    set(&ann, json!({"status": "busy", "message": "Secret"})).await;
    hide(&ann, &["bob"]).await;
    assert_eq!(row(&board(&bob).await, "ann"), never);
    assert_eq!(row(&board(&ann).await, "ann")["statusText"], "Secret");
    assert_eq!(row(&board(&admin).await, "ann")["statusText"], "Secret");
    disable(&admin, &ann, true).await;
    assert_eq!(row(&board(&admin).await, "ann"), never);
    disable(&admin, &ann, false).await;
    hide(&ann, &[]).await;
    assert_eq!(row(&board(&bob).await, "ann")["statusText"], "Secret");
    setting(&admin, STATUS, false).await;
    assert_eq!(row(&board(&bob).await, "ann"), never);
}

#[tokio::test]
async fn strangers_see_five_fields_of_those_who_chose_it() {
    let server = public().start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let anon = server.anon();
    assert_eq!(board(&anon).await["people"], json!([]));
    opt_in(&ann, json!({"doorsignPublicBoard": true})).await;
    let end = "2026-01-01T01:00:00.000Z";
    let lunch = json!({"status": "busy", "message": "Lunch", "expiresAt": end});
    set(&ann, lunch).await;
    set(&bob, json!({"status": "busy", "message": "Private"})).await;
    let shown = board(&anon).await;
    assert_eq!(shown["audience"], "public");
    let [person] = &shown["people"].as_array().unwrap()[..] else {
        panic!("{shown}")
    };
    let keys: BTreeSet<_> = person.as_object().unwrap().keys().cloned().collect();
    let five = ["_id", "name", "status", "statusExpiresAt", "statusText"];
    assert_eq!(keys, five.map(str::to_owned).into());
    assert_eq!(
        [&person["status"], &person["statusText"]],
        ["busy", "Lunch"]
    );
    assert!(person["_id"] != ann.id() && !shown.to_string().contains(&ann.id()));
    // Members see everyone.
    assert_eq!(row(&board(&bob).await, "bob")["statusText"], "Private");
    // An ended login is refused, although strangers are not.
    let ended = Client::new(server.address, Some((ann.id(), "ended".to_owned())));
    ended.get("board").await.expect(401);
    // A status that is hidden from anyone is hidden from strangers.
    allow_hiding(&server.app).await;
    hide(&ann, &["bob"]).await;
    let hidden = &board(&anon).await["people"][0];
    assert_eq!([&hidden["status"], &hidden["statusText"]], ["offline", ""]);
    opt_in(&ann, json!({"doorsignPublicBoard": null})).await;
    assert_eq!(board(&anon).await["people"], json!([]));
}

#[tokio::test]
async fn a_public_board_reads_the_store_only_after_a_change() {
    let server = public().start().await;
    let (ann, anon) = (server.user("ann").await, server.anon());
    opt_in(&ann, json!({"doorsignPublicBoard": true})).await;
    let name = |shown: &Value| shown["people"][0]["name"].clone();
    for name_now in ["ann", "Ann A.", "Ann B."] {
        if name_now != "ann" {
            let body = json!({"data": {"name": name_now}});
            ann.post("users.updateOwnBasicInfo", body).await.expect(200);
        }
        for _ in 0..3 {
            assert_eq!(name(&board(&anon).await), name_now);
        }
    }
}

#[tokio::test]
async fn only_users_themselves_choose_to_appear_in_public() {
    let server = public().start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let by_admin = async |shown: bool| {
        let body = json!({"userId": ann.id(), "data": {"doorsignPublicBoard": shown}});
        admin.post("users.setPreferences", body).await
    };
    let refused = by_admin(true).await.expect(400).text().to_owned();
    assert!(
        refused.contains("can only be turned on by the user"),
        "{refused}"
    );
    opt_in(&ann, json!({"doorsignPublicBoard": true})).await;
    let own = ann.get("users.getPreferences").await.json();
    assert_eq!(own["preferences"]["doorsignPublicBoard"], true);
    by_admin(false).await.expect(200);
    assert_eq!(board(&server.anon()).await["people"], json!([]));
}

#[tokio::test]
async fn preferences_of_the_pages_are_checked_at_their_field() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let recent = json!([{"status": "busy", "text": "Lunch", "rule": "1h"}]);
    let good =
        json!({"doorsignDayEnd": "17:30", "doorsignMorning": "08:00", "doorsignRecent": recent});
    opt_in(&ann, good.clone()).await;
    let own = ann.get("users.getPreferences").await.json()["preferences"].clone();
    for (key, value) in good.as_object().unwrap() {
        assert_eq!(own[key], *value);
    }
    let time = "must be a time from 00:00 to 23:59, such as 18:00";
    let long = "x".repeat(121);
    let item = |status: &str, text: &str, rule: &str| json!([{"status": status, "text": text, "rule": rule}]);
    for (key, value, text) in [
        ("doorsignDayEnd", json!("24:00"), time),
        ("doorsignDayEnd", json!("9:00"), time),
        ("doorsignMorning", json!("09:60"), time),
        ("doorsignMorning", json!("+9:00"), time),
        ("doorsignMorning", json!(900), time),
        ("doorsignRecent", json!({}), "must be array"),
        (
            "doorsignRecent",
            json!([1, 2, 3, 4, 5, 6]),
            "must NOT have more than 5 items",
        ),
        ("doorsignRecent", json!([1]), "must be object"),
        (
            "doorsignRecent",
            item("asleep", "", "none"),
            "must have a status: online, away, busy or offline",
        ),
        (
            "doorsignRecent",
            item("busy", &long, "none"),
            "must have a text of at most 120 characters",
        ),
        (
            "doorsignRecent",
            item("busy", "", &long),
            "must have a rule of at most 32 characters",
        ),
        ("doorsignPublicBoard", json!("perhaps"), "must be boolean"),
    ] {
        let body = json!({"data": {key: value}});
        let refused = ann.post("users.setPreferences", body).await.expect(400);
        assert!(refused.text().contains(text), "{key}: {}", refused.text());
        assert!(refused.text().contains(key), "{key}: {}", refused.text());
    }
}
