//! Watch lists of `stream-user-presence`. Source: compatibility 9.5.

use crate::support::frames::{PRESENCE, watched};
use crate::support::listener::{assert_nothing_else, listener, setup};
use crate::support::presence::set;
use crate::support::{Client, TestServer};
use serde_json::json;

#[tokio::test]
async fn a_watcher_receives_only_the_users_on_its_list() {
    let server = setup().start().await;
    let admin = server.admin().await;
    let (ann, bob, carl) = (
        server.user("ann").await,
        server.user("bob").await,
        server.user("carl").await,
    );
    let mut live = listener(&server, &["updateCustomUserStatus"]).await;
    let set_text = async |user: &Client, text: &str| set(user, json!({"message": text})).await;
    let expected = |of: &Client, name: &str, text: &str| {
        watched(of, name, &[json!(0), json!(text), json!("manual")])
    };
    let first = live
        .subscribe(PRESENCE, json!(["", {"added": [bob.id()]}]))
        .await;
    // Each further subscription changes the list and then ends.
    let (id, answer) = live
        .ask(PRESENCE, json!(["", {"added": [carl.id(), bob.id()]}]))
        .await;
    assert_eq!(answer, json!({"msg": "nosub", "id": id}));
    set_text(&ann, "unseen").await;
    set_text(&bob, "one").await;
    set_text(&carl, "two").await;
    live.expect(expected(&bob, "bob", "one")).await;
    live.expect(expected(&carl, "carl", "two")).await;
    let change = json!(["", {"added": [ann.id()], "removed": [bob.id(), "nobody"]}]);
    let (id, answer) = live.ask(PRESENCE, change).await;
    assert_eq!(answer, json!({"msg": "nosub", "id": id}));
    set_text(&bob, "unseen").await;
    set_text(&ann, "three").await;
    live.expect(expected(&ann, "ann", "three")).await;
    live.unsubscribe(&first).await;
    set_text(&ann, "unseen").await;
    set_text(&carl, "unseen").await;
    assert_nothing_else(&mut live, &admin, "end").await;
    // The end of the subscription clears the list.
    live.subscribe(PRESENCE, json!(["", {"added": []}])).await;
    set_text(&carl, "unseen still").await;
    assert_nothing_else(&mut live, &admin, "the very end").await;
}

#[tokio::test]
async fn an_invalid_watch_list_watches_no_users() {
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
    assert_nothing_else(&mut live, &admin, "end").await;
}
