//! The board's stream: the whole board, then one event per change, and how it ends.

use crate::support::admin::setting;
use crate::support::board::{BoardStream, row};
use crate::support::hiding::{OWN, STATUS, allow_hiding, hide};
use crate::support::presence::set;
use crate::support::raw::Raw;
use crate::support::{Client, Setup, TestServer, in_time};
use doorsign::config::BoardAudience;
use doorsign::service::users::{self, NewUser};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn office() -> (TestServer, Client, Client, Client) {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let bob = server.user("bob").await;
    (server, admin, ann, bob)
}

fn text(person: &Value) -> (Value, Value) {
    (person["username"].clone(), person["statusText"].clone())
}

#[tokio::test]
async fn a_stream_begins_with_the_whole_board_and_sends_each_change_once() {
    let (server, admin, ann, bob) = office().await;
    let mut stream = BoardStream::open(&server, &bob).await;
    let board = stream.expect("board").await;
    let names: Vec<_> = board["people"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 3);
    assert_eq!(row(&board, "ann")["status"], "offline");
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let person = stream.expect("person").await;
    assert_eq!(text(&person), (json!("ann"), json!("Lunch")));
    // The same again is not a change.
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let renamed = json!({"userId": ann.id(), "data": {"name": "Ann A.", "nickname": "A"}});
    admin.post("users.update", renamed).await.expect(200);
    let person = stream.expect("person").await;
    let fields = ["name", "nickname", "statusText"].map(|key| person[key].clone());
    assert_eq!(json!(fields), json!(["Ann A.", "A", "Lunch"]));
    let role = json!({"roleId": "guest", "username": "ann"});
    admin.post("roles.addUserToRole", role).await.expect(200);
    let person = stream.expect("person").await;
    assert_eq!(person["roles"], json!(["guest", "user"]));
    assert_eq!(person, {
        let new = BoardStream::open(&server, &bob).await.expect("board").await;
        row(&new, "ann")
    });
}

#[tokio::test]
async fn people_appear_and_disappear_as_they_are_created_and_removed() {
    let (server, admin, ann, bob) = office().await;
    let mut stream = BoardStream::open(&server, &bob).await;
    stream.expect("board").await;
    let new = NewUser {
        username: "cid".to_owned(),
        name: None,
        email: None,
        roles: vec!["user".to_owned()],
        password: "a password".to_owned(),
    };
    let cid = users::create(&server.app, new).await.unwrap();
    assert_eq!(stream.expect("person").await["username"], "cid");
    let active = |is: bool| json!({"userId": ann.id(), "activeStatus": is});
    admin
        .post("users.setActiveStatus", active(false))
        .await
        .expect(200);
    assert_eq!(stream.expect("gone").await, json!({"_id": ann.id()}));
    admin
        .post("users.setActiveStatus", active(true))
        .await
        .expect(200);
    assert_eq!(stream.expect("person").await["username"], "ann");
    let gone = json!({"userId": cid.id.as_str()});
    admin.post("users.delete", gone).await.expect(200);
    assert_eq!(stream.expect("gone").await, json!({"_id": cid.id.as_str()}));
}

#[tokio::test]
async fn an_open_stream_does_not_make_a_user_online_but_a_live_connection_does() {
    let (server, _, ann, bob) = office().await;
    let mut stream = BoardStream::open(&server, &bob).await;
    assert_eq!(
        row(&stream.expect("board").await, "bob")["status"],
        "offline"
    );
    let live = ann.live().await;
    let person = stream.expect("person").await;
    assert_eq!(
        (&person["username"], &person["status"]),
        (&json!("ann"), &json!("online"))
    );
    assert!(person["statusSince"].is_string());
    drop(live);
}

#[tokio::test]
async fn a_hidden_status_sends_nothing_and_the_rules_send_what_they_change() {
    let (server, admin, ann, bob) = office().await;
    allow_hiding(&server.app).await;
    let mut stream = BoardStream::open(&server, &bob).await;
    stream.expect("board").await;
    set(&ann, json!({"status": "busy", "message": "Open"})).await;
    assert_eq!(text(&stream.expect("person").await).1, "Open");
    hide(&ann, &["bob"]).await;
    let hidden = stream.expect("person").await;
    assert_eq!(text(&hidden), (json!("ann"), Value::Null));
    assert!(hidden.get("statusSince").is_none() && hidden["status"] == "offline");
    set(&ann, json!({"status": "away", "message": "Secret"})).await;
    // Names are not hidden.
    let renamed = json!({"userId": ann.id(), "data": {"name": "Ann A."}});
    admin.post("users.update", renamed).await.expect(200);
    let person = stream.expect("person").await;
    assert_eq!(
        (&person["name"], &person["status"]),
        (&json!("Ann A."), &json!("offline"))
    );
    hide(&ann, &[]).await;
    assert_eq!(
        text(&stream.expect("person").await),
        (json!("ann"), json!("Secret"))
    );
    // A setting may change every row.
    setting(&admin, STATUS, false).await;
    let board = stream.expect("board").await;
    assert_eq!(row(&board, "ann")["status"], "offline");
    setting(&admin, STATUS, true).await;
    assert_eq!(
        row(&stream.expect("board").await, "ann")["statusText"],
        "Secret"
    );
    setting(&admin, OWN, false).await;
    stream.expect("board").await;
}

#[tokio::test]
async fn disabled_broadcasts_do_not_stop_the_board() {
    let (server, admin, ann, bob) = office().await;
    setting(&admin, "Presence_broadcast_disabled", true).await;
    let mut stream = BoardStream::open(&server, &bob).await;
    stream.expect("board").await;
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    assert_eq!(text(&stream.expect("person").await).1, "Lunch");
}

#[tokio::test]
async fn a_stream_ends_within_a_second_of_its_login() {
    let (server, admin, _, bob) = office().await;
    for how in ["logout", "users.setActiveStatus"] {
        let mut stream = BoardStream::open(&server, &server.with_token("bob").await).await;
        stream.expect("board").await;
        let began = Instant::now();
        match how {
            "logout" => {
                let other = server.with_token("bob").await;
                let mut own = BoardStream::open(&server, &other).await;
                own.expect("board").await;
                other.post("logout", json!({})).await.expect(200);
                assert_eq!(own.expect("end").await, json!({"reason": "session"}));
                assert!(own.next().await.is_none());
            }
            _ => {
                let body = json!({"userId": bob.id(), "activeStatus": false});
                admin.post(how, body).await.expect(200);
                loop {
                    let (kind, data) = stream.next().await.unwrap();
                    if kind == "end" {
                        assert_eq!(data, json!({"reason": "session"}));
                        break;
                    }
                }
                assert!(stream.next().await.is_none());
            }
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{how}");
    }
}

#[tokio::test]
async fn a_stop_says_when_to_reconnect() {
    let (server, _, ann, bob) = office().await;
    let mut streams = [
        BoardStream::open(&server, &ann).await,
        BoardStream::open(&server, &bob).await,
    ];
    for stream in &mut streams {
        stream.expect("board").await;
    }
    server.stop().await;
    for stream in &mut streams {
        let end = stream.expect("end").await;
        assert_eq!(end["reason"], "stopping");
        assert!(
            (1000..3000).contains(&end["retryMs"].as_u64().unwrap()),
            "{end}"
        );
    }
}

#[tokio::test]
async fn a_stream_is_alive_every_ten_seconds() {
    let (server, .., bob) = office().await;
    let mut stream = BoardStream::open(&server, &bob).await;
    stream.expect("board").await;
    let alive = tokio::time::timeout(Duration::from_secs(13), stream.any());
    let (kind, data) = alive.await.expect("an event").unwrap();
    assert_eq!(
        (kind.as_str(), &data["time"]),
        ("alive", &json!("2026-01-01T00:00:00.000Z"))
    );
}

#[tokio::test]
async fn a_slow_reader_receives_the_whole_board_again_and_ends_with_the_current_state() {
    let (server, _, ann, bob) = office().await;
    let raw = Raw::slow(server.address).await;
    let mut stream = BoardStream::over(raw, &bob).await;
    stream.expect("board").await;
    for n in 0..300 {
        let long = format!("{n} {}", "x".repeat(100));
        set(&ann, json!({"status": "busy", "message": long})).await;
    }
    set(&ann, json!({"status": "away", "message": "the last"})).await;
    let until_last = async {
        loop {
            let (kind, data) = stream.next().await.unwrap();
            let ann = if kind == "board" {
                row(&data, "ann")
            } else {
                data
            };
            if ann["statusText"] == "the last" {
                return;
            }
        }
    };
    in_time("the last status", until_last).await;
}

#[tokio::test]
async fn strangers_follow_those_who_chose_it_and_no_others() {
    let setup = Setup::new().config(|config| config.board = BoardAudience::Public);
    let server = setup.start().await;
    allow_hiding(&server.app).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let opt = async |client: &Client, value: Value| {
        let body = json!({"data": {"doorsignPublicBoard": value}});
        client.post("users.setPreferences", body).await.expect(200);
    };
    let mut stream = BoardStream::stranger(&server).await;
    assert_eq!(stream.expect("board").await["people"], json!([]));
    set(&bob, json!({"status": "busy", "message": "Private"})).await;
    opt(&ann, json!(true)).await;
    let person = stream.expect("person").await;
    assert_eq!(
        (&person["name"], &person["status"]),
        (&json!("ann"), &json!("offline"))
    );
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let busy = stream.expect("person").await;
    assert_eq!(
        (&busy["_id"], &busy["statusText"]),
        (&person["_id"], &json!("Lunch"))
    );
    assert!(busy.as_object().unwrap().len() <= 5 && busy.get("username").is_none());
    // Hidden from one user is hidden from strangers, and so is what happens meanwhile.
    hide(&ann, &["bob"]).await;
    assert_eq!(stream.expect("person").await["status"], "offline");
    set(&ann, json!({"status": "away", "message": "Secret"})).await;
    hide(&ann, &[]).await;
    assert_eq!(stream.expect("person").await["statusText"], "Secret");
    opt(&ann, Value::Null).await;
    assert_eq!(stream.expect("gone").await, json!({"_id": person["_id"]}));
    set(&ann, json!({"status": "busy", "message": "Unseen"})).await;
    opt(&bob, json!(true)).await;
    assert_eq!(stream.expect("person").await["name"], "bob");
}

#[tokio::test]
async fn strangers_have_twenty_streams_from_one_network() {
    let setup = Setup::new().config(|config| config.board = BoardAudience::Public);
    let server = setup.start().await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(BoardStream::stranger(&server).await);
    }
    let accept = [("accept", "text/event-stream")];
    let anon = server.anon();
    let open = async || {
        anon.send(warp::http::Method::GET, "/api/v1/board", &accept, "")
            .await
    };
    let refused = open().await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("30"));
    // Members are not counted among them.
    let admin = server.admin().await;
    BoardStream::open(&server, &admin)
        .await
        .expect("board")
        .await;
}
