//! Clients that do not read: which messages wait for them, which are merged or dropped, and when
//! they are disconnected. Other clients receive everything. Source: `src/realtime/hub`,
//! `src/api/ddp/socket/drive`.

use crate::support::frames::{LOGGED, updated};
use crate::support::listener::assert_serving;
use crate::support::presence::{seen, set};
use crate::support::process::Home;
use crate::support::{Client, Live, Setup, in_time};
use doorsign::domain::UserId;
use doorsign::realtime::hub::{News, Topic};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// This many statuses make a list of hundreds of kilobytes.
const MANY: usize = 400;
/// More lists than a socket buffers.
const LISTS: usize = 100;

/// Creates statuses, 32 at a time for speed, and returns their IDs by name.
async fn create(admin: &Client, names: Vec<String>) -> HashMap<String, String> {
    let mut creating = tokio::task::JoinSet::new();
    let mut ids = HashMap::new();
    for name in names {
        let admin = admin.clone();
        creating.spawn(async move {
            let id = admin.create(&name).await.expect(200).created_id();
            (name, id)
        });
        if creating.len() == 32 {
            ids.extend(creating.join_next().await.unwrap());
        }
    }
    ids.extend(creating.join_all().await);
    ids
}

/// Names of statuses, about as long as the limit allows.
fn names(kind: &str, count: usize) -> Vec<String> {
    let long = |n| format!("{kind}{n}{}", "🍜".repeat(110 - kind.len()));
    (0..count).map(long).collect()
}

/// Requests more than the socket buffers and reads nothing, so that the server cannot send any
/// more.
async fn ask_for_too_much(live: &mut Live) {
    for n in 0..LISTS {
        let id = format!("list {n}");
        live.send_frame(
            json!({"msg": "method", "id": id, "method": "listCustomUserStatus", "params": []}),
        )
        .await;
    }
}

/// Reads the requested lists. Keeps the events between them.
async fn read_lists(live: &mut Live) {
    for n in 0..LISTS {
        let updated = json!({"msg": "updated", "methods": [format!("list {n}")]});
        live.next_where(|frame| frame["msg"] == "result").await;
        live.next_where(|frame| *frame == updated).await;
    }
}

fn setup() -> Setup {
    Setup::new().config(|config| config.offline_grace_seconds = 0)
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_closed_and_others_receive_everything() {
    let server = setup().start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    create(&admin, names("many", MANY)).await;
    let (mut slow, mut fast) = (ann.live().await, bob.live().await);
    for live in [&mut slow, &mut fast] {
        live.subscribe(LOGGED, json!(["updateCustomUserStatus"]))
            .await;
    }
    ask_for_too_much(&mut slow).await;
    let reading = tokio::spawn(async move {
        let mut received = HashMap::new();
        loop {
            let frame = fast.receive().await;
            let data = &frame["fields"]["args"][0]["userStatusData"];
            let text = |key: &str| data[key].as_str().unwrap().to_owned();
            let (name, id) = (text("name"), text("_id"));
            if name == "the end" {
                assert_eq!(frame, updated(&id, "the end", "busy"));
                return received;
            }
            assert_eq!(received.insert(name, id), None, "received twice");
        }
    });
    let mut created = HashMap::new();
    let closing = async {
        for round in 0.. {
            created.extend(create(&admin, names(&format!("round {round} "), 250)).await);
            if seen(&bob, &ann).await == "offline" {
                break;
            }
        }
    };
    in_time("the end of the slow client's lease", closing).await;
    // A mailbox holds 1024.
    assert!(created.len() > 1000, "{}", created.len());
    admin.create("the end").await.expect(200);
    assert_eq!(in_time("everything", reading).await.unwrap(), created);
    assert_eq!(slow.closed().await, 1013);
    assert_serving(&server).await;
}

#[tokio::test]
async fn a_slow_reader_receives_the_newest_status_of_every_user() {
    let server = setup().start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    create(&admin, names("many", MANY)).await;
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(server.user(&format!("user{n}")).await);
    }
    let mut slow = ann.live().await;
    slow.subscribe(LOGGED, json!(["user-status"])).await;
    let watch: Vec<String> = people.iter().map(Client::id).collect();
    let watch = json!(["", {"added": watch}]);
    slow.subscribe("stream-user-presence", watch).await;
    ask_for_too_much(&mut slow).await;
    let rounds = 120;
    let mut changing = tokio::task::JoinSet::new();
    for person in &people {
        let person = person.clone();
        changing.spawn(async move {
            for n in 0..=rounds {
                set(&person, json!({"message": format!("text {n}")})).await;
            }
        });
    }
    changing.join_all().await;
    read_lists(&mut slow).await;
    let last = format!("text {rounds}");
    let (mut statuses, mut watched) = (HashMap::new(), HashMap::new());
    let mut received = 0;
    let is_whole = |view: &HashMap<String, Value>| {
        people
            .iter()
            .all(|person| view.get(&person.id()).is_some_and(|text| *text == last))
    };
    while !is_whole(&statuses) || !is_whole(&watched) {
        let frame = slow.receive().await;
        let args = &frame["fields"]["args"][0];
        received += 1;
        let before = if frame["collection"] == LOGGED {
            let id = args[0].as_str().unwrap().to_owned();
            statuses.insert(id, args[3].clone())
        } else {
            let id = frame["id"].as_str().unwrap().to_owned();
            watched.insert(id, args[2].clone())
        };
        // Nothing older may follow the last text.
        assert_ne!(before, Some(json!(last)), "{frame}");
    }
    assert!(received < 2 * 20 * rounds, "{received}");
    slow.is_open().await;
    assert_serving(&server).await;
}

#[tokio::test]
async fn unsubscribing_drops_queued_messages() {
    let server = setup().start().await;
    let mut listener = server.app.live.listen();
    let (one, other) = (Topic::Names, Topic::Settings);
    for topic in [&one, &other] {
        listener.subscribe(topic.clone());
    }
    let news = || News::UserDeleted(UserId::new("x"));
    for topic in [&one, &other, &one] {
        server.app.live.publish(topic, news);
    }
    listener.unsubscribe(&one);
    let queued = in_time("a queued message", listener.next()).await;
    let topics: Vec<_> = queued.iter().map(|message| message.topic()).collect();
    assert_eq!(topics, [&other]);
    // The same if the queue held only that topic.
    server.app.live.publish(&other, news);
    listener.unsubscribe(&other);
    listener.subscribe(one.clone());
    server.app.live.publish(&one, news);
    let queued = in_time("a queued message", listener.next()).await;
    assert_eq!(queued.len(), 1);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_client_that_reads_nothing() {
    let server = setup().start().await;
    let admin = server.admin().await;
    create(&admin, names("many", MANY)).await;
    let mut slow = admin.live().await;
    ask_for_too_much(&mut slow).await;
    let began = std::time::Instant::now();
    in_time("the stop", server.stop()).await;
    assert!(began.elapsed() < Duration::from_secs(8));
}

/// The resident memory of a process in MiB.
fn resident_mib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() / 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_stays_bounded_with_many_clients_that_read_nothing() {
    let home = Home::with_data().await;
    let server = home.serve(&["--rate-limit-calls", "0"], &[]).await;
    let admin = server.with_headers(&home.token("admin", "test").await);
    create(&admin, names("many", MANY)).await;
    let mut all = Vec::new();
    for _ in 0..40 {
        let mut slow = admin.live().await;
        slow.subscribe(LOGGED, json!(["updateCustomUserStatus"]))
            .await;
        ask_for_too_much(&mut slow).await;
        all.push(slow);
    }
    create(&admin, names("before", 100)).await;
    let before = resident_mib(server.id());
    for round in 0..8 {
        create(&admin, names(&format!("round {round} "), 250)).await;
        let now = resident_mib(server.id());
        // Forty mailboxes with their own copies would exceed this, and unbounded ones far more.
        assert!(now < before + 64, "grew from {before} MiB to {now} MiB");
    }
    admin.live().await.is_open().await;
    drop(all);
    server.end().await;
}
