//! Stored changes of a hidden status: its viewers read neither what happened while it was hidden
//! nor, while it is hidden now, what happened before. Positions stay dense.

use crate::support::event_stream::EventStream;
use crate::support::events::{position, read};
use crate::support::hiding::{allow_hiding, disable, hide};
use crate::support::presence::set;
use crate::support::{Client, TestServer, in_time};
use serde_json::{Value, json};

/// Ann, and two viewers who may read stored changes of others.
struct People {
    server: TestServer,
    admin: Client,
    ann: Client,
    bob: Client,
    cid: Client,
}

async fn people() -> People {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    allow_hiding(&server.app).await;
    let (ann, roles) = (server.user("ann").await, ["admin"]);
    let bob = server.user_with_roles("bob", &roles).await;
    let cid = server.user_with_roles("cid", &roles).await;
    People {
        server,
        admin,
        ann,
        bob,
        cid,
    }
}

/// Status and text in an event.
fn shown(data: &Value) -> (String, String) {
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("statusText"))
}

/// The texts of ann's stored changes after `since`, and the position reached.
async fn texts(client: &Client, since: u64) -> (Vec<String>, u64) {
    let page = read(client, &format!("?since={since}&timeout=0")).await;
    let events = page["events"].as_array().unwrap().iter();
    let changes = events.filter(|event| event["type"] == "presence.changed");
    let texts = changes.map(|event| shown(&event["data"]).1).collect();
    (texts, page["position"].as_u64().unwrap())
}

/// What a stream shows of this kind up to the next new status.
async fn until_created(stream: &mut EventStream) -> Vec<(String, String, String)> {
    let mut received = Vec::new();
    let reading = async {
        loop {
            let event = stream.next().await.unwrap();
            if event.kind == "custom_user_status.created" {
                return;
            }
            let (status, text) = shown(&event.data["data"]);
            received.push((event.kind, status, text));
        }
    };
    in_time("a status", reading).await;
    received
}

fn of_kind(received: &[(String, String, String)], kind: &str) -> Vec<(String, String)> {
    let of_kind = received.iter().filter(|(other, ..)| other == kind);
    of_kind
        .map(|(_, status, text)| (status.clone(), text.clone()))
        .collect()
}

async fn busy(client: &Client, text: &str) {
    set(client, json!({"status": "busy", "message": text})).await;
}

#[tokio::test]
async fn a_change_of_a_hidden_status_is_never_read_by_its_viewer() {
    let all = people().await;
    let since = position(&all.bob).await;
    busy(&all.ann, "before").await;
    hide(&all.ann, &["bob"]).await;
    busy(&all.ann, "hidden").await;
    let newest = *all.server.app.store.committed().borrow();
    assert_eq!(texts(&all.bob, since).await, (vec![], newest.as_u64()));
    hide(&all.ann, &[]).await;
    busy(&all.ann, "after").await;
    let expected = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        texts(&all.bob, since).await.0,
        expected(&["before", "after"])
    );
    for other in [&all.cid, &all.ann] {
        let read = texts(other, since).await.0;
        assert_eq!(read, expected(&["before", "hidden", "after"]));
    }
    let mut replay = EventStream::after(&all.server, &all.bob, Some(since)).await;
    all.admin.create("end").await.expect(200);
    let received = until_created(&mut replay).await;
    let changes = of_kind(&received, "presence.changed");
    assert_eq!(
        changes
            .into_iter()
            .map(|(_, text)| text)
            .collect::<Vec<_>>(),
        ["before", "after"]
    );
}

#[tokio::test]
async fn a_stream_shows_that_a_hidden_user_is_offline_and_then_nothing() {
    let all = people().await;
    let mut by_bob = EventStream::open(&all.server, &all.bob).await;
    let mut by_cid = EventStream::open(&all.server, &all.cid).await;
    let mut steps = 0;
    for (text, hidden, expected) in [
        ("one", None, vec![("busy", "one")]),
        ("two", Some(&["bob"][..]), vec![("offline", "")]),
        ("three", None, vec![]),
        (
            "four",
            Some(&[][..]),
            vec![("busy", "three"), ("busy", "four")],
        ),
    ] {
        if let Some(from) = hidden {
            hide(&all.ann, from).await;
            steps += 1;
            all.admin.create(&format!("step {steps}")).await.expect(200);
            let shown = until_created(&mut by_bob).await;
            let first = expected
                .first()
                .map(|(s, t)| ((*s).to_owned(), (*t).to_owned()));
            assert_eq!(
                of_kind(&shown, "presence.shown"),
                Vec::from_iter(first),
                "{text}"
            );
            assert_eq!(until_created(&mut by_cid).await, []);
        }
        busy(&all.ann, text).await;
        steps += 1;
        all.admin.create(&format!("step {steps}")).await.expect(200);
        let rest = &expected[usize::from(hidden.is_some()).min(expected.len())..];
        let rest: Vec<_> = rest
            .iter()
            .map(|(s, t)| ((*s).to_owned(), (*t).to_owned()))
            .collect();
        let shown = until_created(&mut by_bob).await;
        assert_eq!(of_kind(&shown, "presence.shown"), rest, "{text}");
        assert_eq!(of_kind(&shown, "presence.changed"), rest, "{text}");
        let now = vec![("busy".to_owned(), text.to_owned())];
        let shown = until_created(&mut by_cid).await;
        assert_eq!(of_kind(&shown, "presence.shown"), now);
        assert_eq!(of_kind(&shown, "presence.changed"), now);
    }
}

#[tokio::test]
async fn a_hidden_change_does_not_end_a_poll() {
    let all = people().await;
    hide(&all.ann, &["bob"]).await;
    let since = position(&all.bob).await;
    let waiting = {
        let bob = all.bob.clone();
        tokio::spawn(async move { read(&bob, &format!("?since={since}&timeout=60")).await })
    };
    busy(&all.ann, "hidden").await;
    all.admin.create("end").await.expect(200);
    let page = in_time("a page", waiting).await.unwrap();
    let kinds: Vec<_> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["type"])
        .collect();
    assert_eq!(kinds, ["custom_user_status.created"]);
    assert_eq!(page["position"], since + 2);
}

#[tokio::test]
async fn users_read_their_own_changes_while_an_administrator_hides_them() {
    let all = people().await;
    let since = position(&all.ann).await;
    busy(&all.ann, "before").await;
    disable(&all.admin, &all.ann, true).await;
    assert_eq!(texts(&all.ann, since).await.0, ["before"]);
    for viewer in [&all.admin, &all.bob] {
        assert_eq!(texts(viewer, since).await.0, [""; 0]);
    }
    disable(&all.admin, &all.ann, false).await;
    assert_eq!(texts(&all.bob, since).await.0, ["before"]);
}
