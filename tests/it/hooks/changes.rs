//! Hooks that implement every method: what each receives, in one order. `delivery` tests creations
//! alone.

use crate::support::presence::set;
use crate::support::scripted::{FAST, parked};
use crate::support::{Client, Setup, TestServer, in_time};
use doorsign::app::Clock;
use doorsign_hook::{
    Actor, HookError, PostCreateHook, Status, StatusCreated, StatusDeleted, StatusUpdated,
    UserStatusChanged, async_trait,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, oneshot};

const MINUTE: Duration = Duration::from_secs(60);

/// What a hook was given, and by which method.
#[derive(Debug, PartialEq)]
enum Given {
    Created(StatusCreated),
    Updated(StatusUpdated),
    Deleted(StatusDeleted),
    Changed(UserStatusChanged),
}

/// A hook that implements every method and forwards what it receives.
struct Curious {
    given: UnboundedSender<Given>,
    /// Delays the first update, which is answered with `Retry`. `None`: all events succeed at once.
    until: Mutex<Option<oneshot::Receiver<()>>>,
}

#[async_trait]
impl PostCreateHook for Curious {
    fn name(&self) -> &'static str {
        "curious"
    }

    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        self.send(Given::Created(created.clone()))
    }

    async fn post_update(&self, updated: &StatusUpdated) -> Result<(), HookError> {
        self.send(Given::Updated(updated.clone()))?;
        if let Some(until) = self.until.lock().await.take() {
            until.await.unwrap();
            return Err(HookError::Retry("not now".to_owned()));
        }
        Ok(())
    }

    async fn post_delete(&self, deleted: &StatusDeleted) -> Result<(), HookError> {
        self.send(Given::Deleted(deleted.clone()))
    }

    async fn status_changed(&self, changed: &UserStatusChanged) -> Result<(), HookError> {
        self.send(Given::Changed(changed.clone()))
    }
}

impl Curious {
    fn send(&self, event: Given) -> Result<(), HookError> {
        let _ = self.given.send(event);
        Ok(())
    }
}

/// A server with such a hook, and what the hook is given.
async fn start(until: Option<oneshot::Receiver<()>>) -> (TestServer, UnboundedReceiver<Given>) {
    let (sender, given) = unbounded_channel();
    let until = Mutex::new(until);
    let hook = Arc::new(Curious {
        given: sender,
        until,
    });
    (Setup::new().pace(FAST).hook(hook).start().await, given)
}

async fn next(given: &mut UnboundedReceiver<Given>) -> Given {
    in_time("a delivery", given.recv()).await.unwrap()
}

/// A second later than before, in milliseconds.
fn later(server: &TestServer) -> i64 {
    server.clock.advance(Duration::from_secs(1));
    server.clock.now().as_millis()
}

fn named(client: &Client, username: &str) -> Actor {
    Actor::new(client.id(), username)
}

async fn update(client: &Client, id: &str) {
    let change = json!({"_id": id, "name": "changed 😀", "statusType": "away"});
    let updated = client.post("custom-user-status.update", change).await;
    updated.expect(200);
}

async fn delete(client: &Client, id: &str) {
    let gone = json!({"customUserStatusId": id});
    let deleted = client.post("custom-user-status.delete", gone).await;
    deleted.expect(200);
}

#[tokio::test]
async fn every_method_receives_its_events_once_and_in_one_order() {
    let (server, mut given) = start(None).await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let (by_admin, by_ann) = (named(&admin, "admin"), named(&ann, "ann"));

    let created_ms = later(&server);
    let id = admin.create("caught up").await.expect(200).created_id();
    let updated_ms = later(&server);
    update(&admin, &id).await;
    let deleted_ms = later(&server);
    delete(&admin, &id).await;
    // Not for hooks; it takes a number of its own.
    let grant = json!({"permissionId": "view-statistics", "role": "bot"});
    let granted = admin.post("permissions.addRole", grant).await;
    granted.expect(200);
    let set_ms = later(&server);
    let end = server.clock.now().after(MINUTE);
    let instant = jiff::Timestamp::from_millisecond(end.as_millis()).unwrap();
    let busy = json!({"status": "busy", "message": "Lunch", "expiresAt": instant.to_string()});
    set(&ann, busy).await;

    let first = Status::new(&*id, "caught up", "busy", created_ms);
    let last = Status::new(&*id, "changed 😀", "away", updated_ms);
    let held = UserStatusChanged::new(5, set_ms, by_ann.clone(), by_ann.clone(), "busy", "Lunch");
    for expected in [
        Given::Created(StatusCreated::new(1, created_ms, by_admin.clone(), first)),
        Given::Updated(StatusUpdated::new(
            2,
            updated_ms,
            by_admin.clone(),
            last.clone(),
        )),
        Given::Deleted(StatusDeleted::new(3, deleted_ms, by_admin, last)),
        Given::Changed(held.held_by("manual", Some(end.as_millis()))),
    ] {
        assert_eq!(next(&mut given).await, expected);
    }

    server.clock.set(end);
    let ended = UserStatusChanged::new(6, end.as_millis(), by_ann.clone(), by_ann, "online", "");
    assert_eq!(next(&mut given).await, Given::Changed(ended));
    assert_eq!(parked(&server), []);
    server.stop().await;
    assert!(given.try_recv().is_err(), "each once");
}

#[tokio::test]
async fn a_retried_update_precedes_later_events() {
    let (release, until) = oneshot::channel();
    let (server, mut given) = start(Some(until)).await;
    let admin = server.admin().await;
    let id = admin.create("caught up").await.expect(200).created_id();
    update(&admin, &id).await;
    delete(&admin, &id).await;
    set(&admin, json!({"status": "away", "message": ""})).await;
    assert!(matches!(next(&mut given).await, Given::Created(_)));
    let refused = next(&mut given).await;
    assert!(matches!(refused, Given::Updated(_)), "{refused:?}");
    release.send(()).unwrap();
    assert_eq!(next(&mut given).await, refused, "the same again");
    assert!(matches!(next(&mut given).await, Given::Deleted(_)));
    assert!(matches!(next(&mut given).await, Given::Changed(_)));
    assert_eq!(parked(&server), []);
    server.stop().await;
    assert!(given.try_recv().is_err(), "each once but for the retry");
}
