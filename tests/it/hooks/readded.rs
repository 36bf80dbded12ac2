//! Webhooks that are removed, or replaced under the same name, during a delivery.

use crate::support::TestServer;
use crate::support::attempts::{happen, hook, until};
use crate::support::receiver::Receiver;
use crate::support::webhooks::{add_named, webhook_server};
use doorsign::domain::{Caller, Hook};
use doorsign::service::webhooks;

async fn remove(server: &TestServer, name: &str) {
    let removed = webhooks::remove(&server.app, Caller::Operator, name).await;
    removed.unwrap();
}

fn is_done(hook: &Hook) -> bool {
    hook.lag == 0
}

#[tokio::test]
async fn a_late_410_for_a_removed_webhook_does_not_disable_its_successor() {
    let (server, mut old) = (webhook_server().await, Receiver::start());
    add_named(&server, "bell", &old, &[]).await;
    old.hold();
    happen(&server, &["one"]).await;
    assert_eq!(old.names(1).await, ["one"]);
    remove(&server, "bell").await;
    let mut new = Receiver::start();
    add_named(&server, "bell", &new, &[]).await;
    old.answers(410);
    old.release();
    happen(&server, &["two"]).await;
    assert_eq!(new.names(1).await, ["two"]);
    assert_eq!(hook(&server, "webhook-bell", is_done).await.off, None);
    server.stop().await;
    old.is_empty();
}

/// The supervisor waits for the webhook `slow` to end while `bell` is replaced, so the loop of the
/// old `bell` is not stopped yet.
#[tokio::test]
async fn a_replaced_endpoint_receives_nothing_more() {
    let server = webhook_server().await;
    let (mut slow, mut old, mut new) = (Receiver::start(), Receiver::start(), Receiver::start());
    add_named(&server, "slow", &slow, &[]).await;
    add_named(&server, "bell", &old, &[]).await;
    slow.hold();
    old.hold();
    happen(&server, &["one"]).await;
    assert_eq!(slow.names(1).await, ["one"]);
    assert_eq!(old.names(1).await, ["one"]);
    remove(&server, "slow").await;
    remove(&server, "bell").await;
    add_named(&server, "bell", &new, &[]).await;
    old.release();
    happen(&server, &["two"]).await;
    assert_eq!(new.names(1).await, ["two"]);
    hook(&server, "webhook-bell", is_done).await;
    server.stop().await;
    old.is_empty();
}

#[tokio::test]
async fn webhooks_removed_at_once_leave_no_hooks() {
    let (server, endpoint) = (webhook_server().await, Receiver::start());
    for n in 0..100 {
        let name = format!("bell{n}");
        add_named(&server, &name, &endpoint, &[]).await;
        remove(&server, &name).await;
    }
    // The supervisor has caught up with all of that when it has started this one.
    let mut last = Receiver::start();
    add_named(&server, "last", &last, &[]).await;
    happen(&server, &["one"]).await;
    assert_eq!(last.names(1).await, ["one"]);
    let names = async || {
        let hooks = server.app.store.list_hooks().await.unwrap();
        let names: Vec<String> = hooks.into_iter().map(|hook| hook.name).collect();
        (names == ["webhook-last"]).then_some(())
    };
    until("the removed ones to be gone", names).await;
}
