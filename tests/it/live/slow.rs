//! Clients that do not read what they are told: what waits for them, what is left out, and when they are cut. Those beside them hear
//! everything. Source: `src/realtime/hub`, `src/api/ddp/socket/drive`.

use crate::support::frames::{LOGGED, updated};
use crate::support::listener::answers;
use crate::support::presence::{seen, set};
use crate::support::process::Home;
use crate::support::{Client, Live, Setup, in_time};
use doorsign::domain::UserId;
use doorsign::realtime::hub::{News, Topic};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// So many statuses that a list of them is hundreds of kilobytes.
const MANY: usize = 400;
/// Lists that no socket holds.
const LISTS: usize = 100;

/// Creates statuses `from` to `to` as many at once as is good for the speed, and gives their ids by name.
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

/// Names of statuses, as long as names may be.
fn names(kind: &str, count: usize) -> Vec<String> {
    let long = |n| format!("{kind}{n}{}", "🍜".repeat(110 - kind.len()));
    (0..count).map(long).collect()
}

/// Asks for more than the socket holds, and reads none of it: from somewhere on nothing more can be said to it.
async fn ask_for_too_much(live: &mut Live) {
    for n in 0..LISTS {
        let id = format!("list {n}");
        live.say(
            json!({"msg": "method", "id": id, "method": "listCustomUserStatus", "params": []}),
        )
        .await;
    }
}

/// Reads the lists that were asked for. What was told between them is kept.
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
async fn who_reads_nothing_is_cut_and_who_reads_beside_hears_everything() {
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
        let mut heard = HashMap::new();
        loop {
            let frame = fast.hear().await;
            let data = &frame["fields"]["args"][0]["userStatusData"];
            let text = |key: &str| data[key].as_str().unwrap().to_owned();
            let (name, id) = (text("name"), text("_id"));
            if name == "the end" {
                assert_eq!(frame, updated(&id, "the end", "busy"));
                return heard;
            }
            assert_eq!(heard.insert(name, id), None, "told twice");
        }
    });
    let mut told = HashMap::new();
    let cutting = async {
        for round in 0.. {
            told.extend(create(&admin, names(&format!("round {round} "), 250)).await);
            if seen(&bob, &ann).await == "offline" {
                break;
            }
        }
    };
    in_time("the end of the slow one's lease", cutting).await;
    // A mailbox holds 1024.
    assert!(told.len() > 1000, "{}", told.len());
    admin.create("the end").await.expect(200);
    assert_eq!(in_time("everything", reading).await.unwrap(), told);
    assert_eq!(slow.closed().await, 1013);
    answers(&server).await;
}

#[tokio::test]
async fn who_comes_late_is_told_the_newest_of_everybody_and_ends_with_the_right_view() {
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
    let mut heard = 0;
    let is_whole = |view: &HashMap<String, Value>| {
        people
            .iter()
            .all(|person| view.get(&person.id()).is_some_and(|text| *text == last))
    };
    while !is_whole(&statuses) || !is_whole(&watched) {
        let frame = slow.hear().await;
        let args = &frame["fields"]["args"][0];
        heard += 1;
        let before = if frame["collection"] == LOGGED {
            let id = args[0].as_str().unwrap().to_owned();
            statuses.insert(id, args[3].clone())
        } else {
            let id = frame["id"].as_str().unwrap().to_owned();
            watched.insert(id, args[2].clone())
        };
        // Never back to what is older.
        assert_ne!(before, Some(json!(last)), "{frame}");
    }
    assert!(heard < 2 * 20 * rounds, "{heard}");
    slow.is_open().await;
    answers(&server).await;
}

#[tokio::test]
async fn what_waits_is_not_told_once_it_is_not_subscribed_to_any_more() {
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
    let waiting = in_time("what waits", listener.next()).await;
    let topics: Vec<_> = waiting.iter().map(|message| message.topic()).collect();
    assert_eq!(topics, [&other]);
    // When there is nothing else, there is nothing.
    server.app.live.publish(&other, news);
    listener.unsubscribe(&other);
    listener.subscribe(one.clone());
    server.app.live.publish(&one, news);
    let waiting = in_time("what waits", listener.next()).await;
    assert_eq!(waiting.len(), 1);
}

#[tokio::test]
async fn a_server_ends_although_somebody_reads_nothing() {
    let server = setup().start().await;
    let admin = server.admin().await;
    create(&admin, names("many", MANY)).await;
    let mut slow = admin.live().await;
    ask_for_too_much(&mut slow).await;
    let began = std::time::Instant::now();
    in_time("the end", server.stop()).await;
    assert!(began.elapsed() < Duration::from_secs(8));
}

/// What a process holds in memory, in MiB.
fn resident_mib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() / 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_stays_bounded_however_many_read_nothing() {
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
        // Forty mailboxes with copies of their own would be as much again, and all that was told forty times that.
        assert!(now < before + 64, "{before} MiB have become {now} MiB");
    }
    admin.live().await.is_open().await;
    drop(all);
    server.end().await;
}
