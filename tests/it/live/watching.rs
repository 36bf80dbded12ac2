//! Who is watched by whom: the list of `stream-user-presence`. Source: compatibility 9.5.

use crate::support::frames::{PRESENCE, watched};
use crate::support::listener::{is_all, listener, setup};
use crate::support::presence::set;
use crate::support::{Client, TestServer};
use serde_json::json;

#[tokio::test]
async fn a_watcher_hears_of_those_on_the_list_and_of_nobody_else() {
    let server = setup().start().await;
    let admin = server.admin().await;
    let (ann, bob, carl) = (
        server.user("ann").await,
        server.user("bob").await,
        server.user("carl").await,
    );
    let mut live = listener(&server, &["updateCustomUserStatus"]).await;
    let say = async |who: &Client, text: &str| set(who, json!({"message": text})).await;
    let told = |of: &Client, name: &str, text: &str| {
        watched(of, name, &[json!(0), json!(text), json!("manual")])
    };
    let first = live
        .subscribe(PRESENCE, json!(["", {"added": [bob.id()]}]))
        .await;
    // Each further one changes the list, and ends.
    let (id, answer) = live
        .ask(PRESENCE, json!(["", {"added": [carl.id(), bob.id()]}]))
        .await;
    assert_eq!(answer, json!({"msg": "nosub", "id": id}));
    say(&ann, "unseen").await;
    say(&bob, "one").await;
    say(&carl, "two").await;
    live.expect(told(&bob, "bob", "one")).await;
    live.expect(told(&carl, "carl", "two")).await;
    let change = json!(["", {"added": [ann.id()], "removed": [bob.id(), "nobody"]}]);
    let (id, answer) = live.ask(PRESENCE, change).await;
    assert_eq!(answer, json!({"msg": "nosub", "id": id}));
    say(&bob, "unseen").await;
    say(&ann, "three").await;
    live.expect(told(&ann, "ann", "three")).await;
    live.unsubscribe(&first).await;
    say(&ann, "unseen").await;
    say(&carl, "unseen").await;
    is_all(&mut live, &admin, "end").await;
    // What was on the list is forgotten with it.
    live.subscribe(PRESENCE, json!(["", {"added": []}])).await;
    say(&carl, "unseen still").await;
    is_all(&mut live, &admin, "the very end").await;
}

#[tokio::test]
async fn a_watch_list_that_cannot_be_read_watches_nobody() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut live = listener(&server, &["updateCustomUserStatus"]).await;
    for params in [
        json!([]),
        json!([""]),
        json!(["", null]),
        json!(["", true]),
        json!(["", {"added": "x"}]),
        json!(["", {"added": [7, null, {}, "x".repeat(1000)], "removed": {}}]),
    ] {
        let id = live.subscribe(PRESENCE, params).await;
        live.unsubscribe(&id).await;
    }
    set(&admin, json!({"message": "unseen"})).await;
    is_all(&mut live, &admin, "end").await;
}
