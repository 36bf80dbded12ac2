//! The stream of events: it sends everything once and in order, across interruptions and restarts,
//! and ends with its login. `pages` tests the content.

use crate::support::admin::setting;
use crate::support::event_stream::{EventStream, StreamEvent};
use crate::support::events::{expect_status, name, position};
use crate::support::presence::set;
use crate::support::raw::{Raw, request};
use crate::support::{Client, Reply, Setup, TestServer, in_time};
use doorsign::transport::limits::Limits;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn every_event_is_sent_once_and_in_order_with_its_position() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    admin.create("before").await.expect(200);
    let since = position(&ann).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(EventStream::open(&server, &ann).await);
    }
    for n in 0..100 {
        admin.create(&format!("status {n}")).await.expect(200);
    }
    for stream in &mut streams {
        for n in 0..100 {
            let id = expect_status(stream, &format!("status {n}")).await;
            assert_eq!(id, since + 1 + n);
        }
    }
}

#[tokio::test]
async fn the_stream_and_the_page_have_the_same_events() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut stream = EventStream::open(&server, &ann).await;
    let since = position(&ann).await;
    admin.create("Lunch").await.expect(200);
    let event = stream.next().await.unwrap();
    let page = ann.get(&format!("events?since={since}&timeout=0")).await;
    assert_eq!(event.data, page.json()["events"][0]);
    assert_eq!(
        (event.id, &json!(event.kind)),
        (event.data["id"].as_u64(), &event.data["type"])
    );
}

#[tokio::test]
async fn an_interrupted_stream_resumes_after_its_last_event() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut stream = EventStream::open(&server, &ann).await;
    admin.create("heard").await.expect(200);
    let last = expect_status(&mut stream, "heard").await;
    drop(stream);
    for n in 0..100 {
        admin.create(&format!("missed {n}")).await.expect(200);
    }
    let mut stream = EventStream::after(&server, &ann, Some(last)).await;
    for n in 0..100 {
        expect_status(&mut stream, &format!("missed {n}")).await;
    }
    admin.create("live").await.expect(200);
    expect_status(&mut stream, "live").await;
}

#[tokio::test]
async fn a_stream_resumes_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Setup::at(folder.path()).start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut stream = EventStream::open(&server, &ann).await;
    admin.create("heard").await.expect(200);
    let last = expect_status(&mut stream, "heard").await;
    admin.create("perhaps heard").await.expect(200);
    in_time("the end", server.stop()).await;
    let server = Setup::at(folder.path()).start().await;
    let ann = Client::new(server.address, ann.credentials);
    let mut stream = EventStream::after(&server, &ann, Some(last)).await;
    expect_status(&mut stream, "perhaps heard").await;
    server.admin().await.create("after").await.expect(200);
    let event = stream.next().await.unwrap();
    assert_eq!(name(&event), "after");
}

#[tokio::test]
async fn a_reader_that_missed_too_much_is_asked_to_reload_and_receives_later_events() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let newest = position(&ann).await;
    let mut stream = EventStream::after(&server, &ann, Some(newest + 7)).await;
    let reload = StreamEvent {
        id: Some(newest),
        kind: "reload".to_owned(),
        data: json!({}),
    };
    assert_eq!(stream.next().await, Some(reload));
    admin.create("after").await.expect(200);
    assert_eq!(expect_status(&mut stream, "after").await, newest + 1);
}

#[tokio::test]
async fn connections_are_sent_without_a_position() {
    let setup = Setup::new().config(|config| config.offline_grace_seconds = 0);
    let server = setup.start().await;
    let (bob, admin) = (server.user("bob").await, server.admin().await);
    let mut stream = EventStream::open(&server, &admin).await;
    let live = bob.live().await;
    let event = stream.expect("presence.shown").await;
    assert_eq!(event.id, None);
    let line = Reply {
        body: event.data.to_string().into(),
        ..admin.get("me").await
    };
    line.golden("events_shown");
    drop(live);
    let event = stream.expect("presence.shown").await;
    assert_eq!(event.data["data"]["status"], "offline");
    // A change of a status has a position, and the visible status has none.
    set(&bob, json!({"status": "away", "message": "Brb"})).await;
    let (shown, changed) = (stream.next().await.unwrap(), stream.next().await.unwrap());
    let both = [
        (&shown.kind, shown.id.is_some()),
        (&changed.kind, changed.id.is_some()),
    ];
    assert!(
        both.contains(&(&"presence.changed".to_owned(), true)),
        "{both:?}"
    );
    admin.create("at last").await.expect(200);
    while stream.next().await.unwrap().kind != "custom_user_status.created" {}
}

#[tokio::test]
async fn restricted_events_are_not_sent_to_everyone() {
    let server = TestServer::start().await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    let mut stream = EventStream::open(&server, &ann).await;
    let id = bob.id();
    let email = json!({"userId": id, "data": {"email": "other@example.org"}});
    admin.post("users.update", email).await.expect(200);
    let logout = json!({"userId": id});
    admin.post("users.logout", logout).await.expect(200);
    admin.create("public").await.expect(200);
    loop {
        let event = stream.next().await.unwrap();
        match event.kind.as_str() {
            "custom_user_status.created" => break,
            // The visible status of a user is sent once to new listeners.
            "presence.shown" => assert_eq!(event.data["data"]["status"], "offline"),
            other => panic!("{other}"),
        }
    }
    let name = json!({"userId": id, "data": {"name": "Bob B."}});
    admin.post("users.update", name).await.expect(200);
    while stream.next().await.unwrap().kind != "user.renamed" {}
}

#[tokio::test]
async fn no_presence_is_sent_while_broadcasts_are_disabled() {
    let server = TestServer::start().await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    setting(&admin, "Presence_broadcast_disabled", true).await;
    let mut stream = EventStream::open(&server, &ann).await;
    let _live = bob.live().await;
    set(&bob, json!({"status": "busy"})).await;
    admin.create("still sent").await.expect(200);
    expect_status(&mut stream, "still sent").await;
    setting(&admin, "Presence_broadcast_disabled", false).await;
    stream.expect("setting.changed").await;
    set(&bob, json!({"status": "away"})).await;
    assert!(stream.next().await.unwrap().kind.starts_with("presence."));
}

#[tokio::test]
async fn the_stream_ends_when_the_login_is_ended() {
    let server = TestServer::start().await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    let other = server.with_token("ann").await;
    let mut streams = [
        EventStream::open(&server, &ann).await,
        EventStream::open(&server, &other).await,
        EventStream::open(&server, &bob).await,
    ];
    ann.post("logout", json!({})).await.expect(200);
    assert_eq!(streams[0].next().await, None);
    admin.create("still there").await.expect(200);
    expect_status(&mut streams[1], "still there").await;
    let gone = json!({"userId": ann.id(), "activeStatus": false});
    admin.post("users.setActiveStatus", gone).await.expect(200);
    while streams[1].next().await.is_some() {}
    let deleted = json!({"userId": bob.id()});
    admin.post("users.delete", deleted).await.expect(200);
    while streams[2].next().await.is_some() {}
}

#[tokio::test]
async fn the_stream_ends_when_the_server_stops_and_does_not_hold_it_up() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let mut stream = EventStream::open(&server, &ann).await;
    let began = std::time::Instant::now();
    in_time("the end", server.stop()).await;
    assert!(
        began.elapsed() < Limits::default().stop,
        "cut at the deadline"
    );
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_silent_reader_stays_connected() {
    let server = Setup::new()
        .limits(Limits {
            header: Duration::from_millis(200),
            ..Limits::default()
        })
        .start()
        .await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut stream = EventStream::open(&server, &ann).await;
    for _ in 0..3 {
        // A client that sends nothing is disconnected after the time limit.
        Raw::connect(server.address).await.ends().await;
    }
    admin.create("still there").await.expect(200);
    expect_status(&mut stream, "still there").await;
}

#[tokio::test]
async fn a_stream_requires_a_login() {
    let server = TestServer::start().await;
    let unknown = Client::new(server.address, Some(("x".to_owned(), "y".to_owned())));
    let headers = "Accept: text/event-stream\r\n";
    let mut raw = Raw::sent(&server, request(&unknown, "GET /api/v1/events", headers)).await;
    raw.reply().await.unwrap().refused(401);
}
