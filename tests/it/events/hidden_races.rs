//! Hidden statuses when the store fails, and when rules change in the middle of publishing.

use crate::support::event_stream::EventStream;
use crate::support::flaky::{Fault, FlakyServer, wait_for};
use crate::support::frames::LOGGED;
use crate::support::hiding::{allow_hiding, status_in};
use crate::support::presence::set;
use crate::support::raw::Raw;
use crate::support::store::admin_at;
use crate::support::{Client, TestServer, in_time};
use doorsign::domain::{
    UserId, UserPatch, UserStatus, Username, VisibilityPatch, VisibilitySwitches,
};
use doorsign::realtime::hub::{Interrupt, Listener, News, ShownUser, Topic};
use doorsign::store::{self, DatabaseSettings, Store, Users};
use serde_json::{Value, json};

/// The close code of a socket that cannot go on.
const TRY_AGAIN_LATER: u16 = 1013;

/// Hides ann from these users.
fn hidden_from(users: &[&Client]) -> UserPatch {
    let denied = users.iter().map(|user| UserId::new(user.id())).collect();
    UserPatch {
        visibility: Some(VisibilityPatch {
            denied: Some(denied),
            ..VisibilityPatch::default()
        }),
        switches: VisibilitySwitches {
            applies_own: true,
            ..VisibilitySwitches::default()
        },
        ..UserPatch::default()
    }
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

/// A listener for `viewer` to all statuses.
fn listener(server: &FlakyServer, viewer: &Client) -> Listener {
    let listener = server.listener(&[Topic::Statuses]);
    listener.set_viewer(Some(UserId::new(viewer.id())));
    listener
}

#[tokio::test]
async fn a_stream_shows_no_status_while_the_rules_cannot_be_read_and_reloads_afterwards() {
    let server = FlakyServer::start().await;
    let (admin, ann) = (server.admin("t").await, server.user("ann").await);
    let raw = Raw::connect(ann.address()).await;
    let mut stream = EventStream::over(raw, &ann, "").await;
    let live = &server.app.live;
    live.publish(&Topic::Statuses, || shown(&admin));
    stream.expect("presence.shown").await;
    let broken = "list_status_visibility";
    server.store.break_down(broken, Fault::Unavailable);
    server.store.refresh().await.unwrap(); // No copy of the rules counts any more.
    live.publish(&Topic::Statuses, || shown(&admin));
    in_time("a look at the rules", server.store.fails()).await;
    server.store.heal();
    stream.expect("reload").await;
}

#[tokio::test]
async fn a_socket_closes_instead_of_showing_a_status_while_the_rules_cannot_be_read() {
    let server = FlakyServer::start().await;
    let (admin, ann) = (server.admin("t").await, server.user("ann").await);
    let mut socket = ann.live().await;
    let event = json!(["user-status", false]);
    socket.subscribe(LOGGED, event).await;
    let broken = "list_status_visibility";
    server.store.break_down(broken, Fault::Unavailable);
    server.store.refresh().await.unwrap();
    server.app.live.publish(&Topic::Statuses, || shown(&admin));
    assert_eq!(socket.read().await, Err(TRY_AGAIN_LATER));
}

#[tokio::test]
async fn listeners_reload_if_a_change_of_the_rules_cannot_be_published() {
    let server = FlakyServer::start().await;
    allow_hiding(&server.app).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    server.publish();
    let by_bob = listener(&server, &bob);
    let unreadable = Fault::Internal("a row that cannot be read");
    server
        .store
        .break_down("find_presence_snapshot", unreadable);
    let id = UserId::new(ann.id());
    let hidden = server
        .store
        .update_user(id, hidden_from(&[&bob]), admin_at(0));
    hidden.await.unwrap();
    let interrupt = in_time("an interrupt", by_bob.interrupt()).await;
    assert_eq!(interrupt, Interrupt::Overrun);
}

#[tokio::test]
async fn a_status_that_is_published_too_late_is_not_sent() {
    // Nothing is published here: the test is a publisher that does not know the rules yet.
    let server = FlakyServer::start().await;
    allow_hiding(&server.app).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let raw = Raw::connect(bob.address()).await;
    let mut stream = EventStream::over(raw, &bob, "").await;
    let mut socket = bob.live().await;
    let event = json!(["user-status", false]);
    socket.subscribe(LOGGED, event).await;
    let hide = async |viewers: &[&Client]| {
        let id = UserId::new(ann.id());
        let changed = server
            .store
            .update_user(id, hidden_from(viewers), admin_at(0));
        changed.await.unwrap();
    };
    let publish = |news: News| server.app.live.publish(&Topic::Statuses, || news.clone());
    let hidden = || match shown(&ann) {
        News::Shown(shown) => News::Hidden(shown),
        other => other,
    };
    for (viewers, late) in [(vec![&bob], shown(&ann)), (vec![], hidden())] {
        hide(&viewers).await;
        publish(late);
        publish(shown(&bob));
        let event = stream.expect("presence.shown").await;
        assert_eq!(event.data["data"]["user"]["_id"], bob.id());
        let is_status = |frame: &Value| frame["fields"]["eventName"] == "user-status";
        let frame = socket.next_where(is_status).await;
        assert_eq!(frame["fields"]["args"][0][0], bob.id());
    }
}

#[tokio::test]
async fn an_idle_server_follows_the_rules_that_another_process_sets() {
    let server = TestServer::start().await;
    allow_hiding(&server.app).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let mut by_bob = bob.live().await;
    by_bob
        .subscribe(LOGGED, json!(["user-status", false]))
        .await;
    let other = store::open(DatabaseSettings::of(&server.data.join("doorsign.db"))).unwrap();
    for (hidden, expected) in [
        (vec![&bob], (LOGGED, 0, String::new())),
        (vec![], (LOGGED, 3, "Lunch".to_owned())),
    ] {
        let changed = other.update_user(UserId::new(ann.id()), hidden_from(&hidden), admin_at(0));
        changed.await.unwrap();
        let is_it = |frame: &Value| status_in(frame, &ann.id()) == Some(expected.clone());
        by_bob.next_where(is_it).await;
    }
}

/// Waits until `of` is shown to `listener`, and returns what it received about `about`.
async fn until_shown(listener: &Listener, of: &Client, about: &Client) -> Vec<News> {
    let mut received = Vec::new();
    let listening = async {
        loop {
            for message in listener.next().await {
                let Some(subject) = message.subject() else {
                    continue;
                };
                if *subject == UserId::new(of.id()) {
                    return;
                }
                if *subject == UserId::new(about.id()) {
                    received.push(message.news().clone());
                }
            }
        }
    };
    in_time("a status", listening).await;
    received
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_status_that_is_hidden_while_it_is_published_is_not_shown() {
    for interrupted in ["find_presence_snapshot", "list_status_visibility"] {
        let server = FlakyServer::start().await;
        allow_hiding(&server.app).await;
        let (ann, bob) = (server.user("ann").await, server.user("bob").await);
        let dan = server.user("dan").await;
        server.publish();
        let by_bob = listener(&server, &bob);
        let (store, id) = (server.store.clone(), UserId::new(ann.id()));
        let patch = hidden_from(&[&bob]);
        server.store.interrupt(interrupted, move || {
            let hidden = store.sound().update_user(id, patch, admin_at(0));
            wait_for(hidden).unwrap();
        });
        set(&ann, json!({"status": "busy", "message": "one"})).await;
        set(&ann, json!({"status": "away", "message": "two"})).await;
        set(&dan, json!({"status": "busy"})).await;
        let received = until_shown(&by_bob, &dan, &ann).await;
        let [News::Hidden(hidden)] = &received[..] else {
            panic!("{interrupted}: {received:?}");
        };
        assert_eq!((hidden.status, &*hidden.text), (UserStatus::Offline, ""));
    }
}
