//! Races in the event path. Each is forced by a store that can be interrupted or fails at a certain
//! point.

use crate::support::event_stream::EventStream;
use crate::support::flaky::{Fault, FlakyServer, wait_for};
use crate::support::raw::{Raw, request};
use crate::support::store::admin_at;
use crate::support::{Client, Live, TestServer, in_time, look_again};
use doorsign::domain::{
    Change, CustomStatus, EndedLogins, Event, EventId, Setting, StatusId, StatusName, StatusType,
    Timestamp, UserId, UserStatus, Username,
};
use doorsign::realtime::hub::{News, ShownUser, Topic};
use doorsign::service::events::BATCH;
use doorsign::store::Store;
use serde_json::json;
use std::time::Duration;

/// The close code of a socket when its login cannot be checked.
const TRY_AGAIN_LATER: u16 = 1013;
const LOGGED_OUT: u16 = 1008;

async fn stream(client: &Client, since: Option<u64>) -> EventStream {
    let last = since.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
    EventStream::over(Raw::connect(client.address()).await, client, &last).await
}

/// Ends every login of `client`, past every fault and interruption.
async fn revoke(server: &FlakyServer, client: &Client) {
    let sound = server.store.sound();
    let ended = sound.end_logins(UserId::new(client.id()), EndedLogins::All, admin_at(0));
    ended.await.unwrap();
}

/// Publishes that logins of `client` have ended, as the publisher does.
fn publish_end(server: &FlakyServer, client: &Client) {
    let own_user = Topic::OwnUser(UserId::new(client.id()));
    server.app.live.publish(&own_user, || News::LoginsEnded);
}

fn shown(client: &Client) -> News {
    News::Shown(ShownUser {
        user: UserId::new(client.id()),
        username: Username::stored("ann".to_owned()),
        name: "Ann".to_owned(),
        roles: Vec::new(),
        status: UserStatus::Busy,
        text: "secret".to_owned(),
        source: None,
        expires_at: None,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_listener_that_subscribes_during_a_commit_receives_the_event() {
    let server = FlakyServer::start().await;
    let admin = server.admin("t").await;
    server.publish();
    let first = server.listener(&[Topic::Events]);
    admin.create("first").await.expect(200);
    in_time("a publisher at work", first.next()).await;
    drop(first);
    let (sender, receiver) = std::sync::mpsc::channel();
    let live = server.app.live.clone();
    let (client, runtime) = (admin.clone(), tokio::runtime::Handle::current());
    // The publisher reads its position and checks for listeners. Between the two, one subscribes
    // and an event commits.
    server.store.interrupt("committed", move || {
        let mut listener = live.listen();
        listener.subscribe(Topic::Events);
        std::thread::spawn(move || runtime.block_on(client.create("meanwhile")))
            .join()
            .unwrap();
        sender.send(listener).unwrap();
    });
    while !server.store.is_interrupted() {
        look_again().await;
    }
    let listener = wait_for(async { receiver.recv().unwrap() });
    let messages = in_time("the event", listener.next()).await;
    let [message] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert!(matches!(message.news(), News::Event(_)), "{message:?}");
}

#[tokio::test]
async fn a_gap_in_positions_makes_a_stream_catch_up() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let newest = crate::support::events::position(&ann).await;
    let mut stream = EventStream::open(&server, &ann).await;
    let early = Event {
        id: EventId::new(newest + 2),
        event: admin_at(0).event(Change::SettingChanged(Setting::SiteName, "early".into())),
    };
    let live = &server.app.live;
    live.publish(&Topic::Events, || News::Event(Box::new(early)));
    for n in 1..=2 {
        admin.create(&format!("status {n}")).await.expect(200);
        let event = stream.expect("custom_user_status.created").await;
        assert_eq!(event.id, Some(newest + n));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_login_that_ends_before_its_stream_subscribes_gets_no_stream() {
    let server = FlakyServer::start().await;
    for kind in ["stream", "poll"] {
        let ann = server.user(&format!("ann-{kind}")).await;
        ann.get("me").await.expect(200);
        let (store, id) = (server.store.clone(), UserId::new(ann.id()));
        // The request is authenticated, and nothing was read yet.
        server.store.interrupt("committed", move || {
            let ended = store.sound().end_logins(id, EndedLogins::All, admin_at(0));
            wait_for(ended).unwrap();
        });
        let accept = match kind {
            "stream" => "Accept: text/event-stream\r\n",
            _ => "",
        };
        let path = "GET /api/v1/events?since=0&timeout=60";
        let mut raw = Raw::connect(server.address).await;
        raw.send(request(&ann, path, accept)).await;
        let reply = in_time("an answer", raw.reply()).await.unwrap();
        if kind == "poll" {
            reply.refused(401);
        } else {
            reply.expect(200);
            assert_eq!(first_events(&mut raw).await, [""; 0]);
        }
    }
}

/// The names in all events up to the end of a stream whose head was read.
async fn first_events(raw: &mut Raw) -> Vec<String> {
    let mut text = String::new();
    let reading = async {
        while let Some(chunk) = raw.chunk().await {
            text += &chunk;
        }
    };
    in_time("the end of the stream", reading).await;
    let kinds = text.lines().filter_map(|line| line.strip_prefix("event:"));
    kinds.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lagging_stream_receives_nothing_after_its_login_ended() {
    let server = FlakyServer::start().await;
    let (admin, ann) = (server.admin("t").await, server.user("ann").await);
    for n in 0..70 {
        admin.create(&format!("before {n}")).await.expect(200);
    }
    // Nothing is published here: the stream has to find out by itself.
    let mut stream = stream(&ann, Some(0)).await;
    let (store, id) = (server.store.clone(), UserId::new(ann.id()));
    let (first, runtime) = (admin.clone(), tokio::runtime::Handle::current());
    server.store.interrupt("events_after", move || {
        wait_for(store.sound().end_logins(id, EndedLogins::All, admin_at(0))).unwrap();
        std::thread::spawn(move || runtime.block_on(first.create("after the end")))
            .join()
            .unwrap();
    });
    let mut names = Vec::new();
    let reading = async {
        while let Some(event) = stream.next().await {
            names.push(event.data["data"]["name"].clone());
        }
    };
    in_time("the end of the stream", reading).await;
    assert!(!names.contains(&json!("after the end")), "{names:?}");
}

#[tokio::test]
async fn a_slow_stream_gets_only_what_is_on_its_way_when_its_login_ends() {
    /// A batch of events of 200 KB each is several times what lies between two sockets.
    const BYTES: usize = 200_000;
    let server = FlakyServer::start().await;
    let ann = server.user("ann").await;
    let create = |n: usize| {
        let status = CustomStatus {
            id: StatusId::new(n.to_string()),
            name: StatusName::stored(format!("{n} {}", "x".repeat(BYTES))),
            status_type: StatusType::Busy,
            updated_at: Timestamp::from_millis(0),
        };
        let created = admin_at(0).event(Change::StatusCreated(status.clone()));
        server.store.sound().create_status(status, created)
    };
    for created in futures_util::future::join_all((0..BATCH).map(create)).await {
        created.unwrap();
    }
    let raw = Raw::slow(server.address).await;
    let mut stream = EventStream::over(raw, &ann, "Last-Event-ID: 0\r\n").await;
    stream.expect("custom_user_status.created").await;
    revoke(&server, &ann).await;
    let mut rest = 0;
    while stream.next().await.is_some() {
        rest += 1;
    }
    assert!(rest < BATCH * 3 / 4, "{rest} events came after the end");
}

#[tokio::test]
async fn a_stream_whose_login_cannot_be_checked_receives_nothing_and_ends_once_it_can() {
    let server = FlakyServer::start().await;
    let (admin, ann) = (server.admin("t").await, server.user("ann").await);
    let mut stream = stream(&ann, None).await;
    server.publish();
    let unreadable = Fault::Internal("a page that cannot be read");
    server.store.break_down("find_session", unreadable);
    revoke(&server, &ann).await;
    publish_end(&server, &ann);
    let live = &server.app.live;
    live.publish(&Topic::Statuses, || shown(&admin));
    in_time("a check", server.store.fails()).await;
    server.store.heal();
    assert_eq!(in_time("the end", stream.next()).await, None);
}

#[tokio::test]
async fn a_socket_whose_login_cannot_be_checked_is_asked_to_try_again_later() {
    let server = FlakyServer::start().await;
    let ann = server.user("ann").await;
    let mut socket: Live = ann.live().await;
    let unreadable = Fault::Internal("a page that cannot be read");
    server.store.break_down("find_session", unreadable);
    revoke(&server, &ann).await;
    publish_end(&server, &ann);
    assert_eq!(socket.closed().await, TRY_AGAIN_LATER);
}

#[tokio::test]
async fn a_socket_is_sent_nothing_once_the_time_of_its_login_is_up() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    server.user("ann").await;
    let minute = Duration::from_secs(60);
    let ann = server.with_named_token("ann", "short", Some(minute)).await;
    let mut socket = ann.live().await;
    let event = json!(["updateCustomUserStatus"]);
    socket.subscribe("stream-notify-logged", event).await;
    admin.create("before").await.expect(200);
    socket.next_where(|frame| frame["msg"] == "changed").await;
    server.clock.advance(minute);
    admin.create("after").await.expect(200);
    assert_eq!(socket.read().await, Err(LOGGED_OUT));
}

#[tokio::test]
async fn a_stream_is_sent_nothing_once_the_time_of_its_login_is_up() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    server.user("ann").await;
    let minute = Duration::from_secs(60);
    let ann = server.with_named_token("ann", "short", Some(minute)).await;
    let mut stream = EventStream::open(&server, &ann).await;
    admin.create("before").await.expect(200);
    stream.expect("custom_user_status.created").await;
    server.clock.advance(minute);
    admin.create("after").await.expect(200);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_socket_accepts_no_login_that_cannot_be_checked_and_names_the_cause() {
    let server = FlakyServer::start().await;
    let ann = server.user("ann").await;
    ann.get("me").await.expect(200); // The session is cached now.
    let mut socket = Live::open(server.address).await;
    socket.connect().await;
    server.store.break_down("find_session", Fault::DiskFailing);
    let token = &ann.credentials.as_ref().unwrap().1;
    let login = json!([{"resume": token}]);
    let error = socket.failure("login", login).await;
    let cause = "The database file cannot be read or written.";
    let reason = error["reason"].as_str().unwrap();
    assert!(reason.starts_with(cause), "{error}");
    let events = ann.get("events").await.expect(503).json();
    assert!(
        events["error"].as_str().unwrap().starts_with(cause),
        "{events}"
    );
    server.store.heal();
    socket.forget();
    socket.log_in(json!({"resume": token})).await;
    socket.is_open().await;
}

#[tokio::test]
async fn a_stream_whose_mailbox_overflowed_is_asked_to_reload_before_it_catches_up() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut stream = EventStream::open(&server, &ann).await;
    // Everything up to here is published, and the stream has caught up.
    admin.create("before").await.expect(200);
    stream.expect("custom_user_status.created").await;
    let newest = crate::support::events::position(&ann).await;
    server.app.live.ask_all_to_reload();
    let event = stream.expect("reload").await;
    assert_eq!((event.id, event.data), (Some(newest), json!({})));
    admin.create("after").await.expect(200);
    let event = stream.expect("custom_user_status.created").await;
    assert_eq!(event.id, Some(newest + 1));
}

#[tokio::test]
async fn presence_is_withheld_while_settings_cannot_be_read_and_reloaded_afterwards() {
    let server = FlakyServer::start().await;
    let (admin, ann) = (server.admin("t").await, server.user("ann").await);
    let mut stream = stream(&ann, None).await;
    let live = &server.app.live;
    // The stream has caught up once it shows presence.
    live.publish(&Topic::Statuses, || shown(&admin));
    stream.expect("presence.shown").await;
    server.store.break_down("list_settings", Fault::Unavailable);
    server.store.refresh().await.unwrap(); // No copy of the settings counts any more.
    live.publish(&Topic::Statuses, || shown(&admin));
    in_time("a look at the settings", server.store.fails()).await;
    server.store.heal();
    stream.expect("reload").await;
}
