//! Hooks that want to know more than creations: what each method is given, and that there is one order for all. Creations alone are in
//! `delivery`.

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
enum Told {
    Created(StatusCreated),
    Updated(StatusUpdated),
    Deleted(StatusDeleted),
    Changed(UserStatusChanged),
}

/// A hook that has every method and tells what it is given.
struct Curious {
    given: UnboundedSender<Told>,
    /// When the first update may be answered, which is with a `Retry`; none: everything is taken at once.
    trouble: Mutex<Option<oneshot::Receiver<()>>>,
}

#[async_trait]
impl PostCreateHook for Curious {
    fn name(&self) -> &'static str {
        "curious"
    }

    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        self.tell(Told::Created(created.clone()))
    }

    async fn post_update(&self, updated: &StatusUpdated) -> Result<(), HookError> {
        self.tell(Told::Updated(updated.clone()))?;
        if let Some(until) = self.trouble.lock().await.take() {
            until.await.unwrap();
            return Err(HookError::Retry("not now".to_owned()));
        }
        Ok(())
    }

    async fn post_delete(&self, deleted: &StatusDeleted) -> Result<(), HookError> {
        self.tell(Told::Deleted(deleted.clone()))
    }

    async fn status_changed(&self, changed: &UserStatusChanged) -> Result<(), HookError> {
        self.tell(Told::Changed(changed.clone()))
    }
}

impl Curious {
    fn tell(&self, told: Told) -> Result<(), HookError> {
        let _ = self.given.send(told);
        Ok(())
    }
}

/// A server with such a hook, and what the hook is given.
async fn start(trouble: Option<oneshot::Receiver<()>>) -> (TestServer, UnboundedReceiver<Told>) {
    let (given, told) = unbounded_channel();
    let trouble = Mutex::new(trouble);
    let hook = Arc::new(Curious { given, trouble });
    (Setup::new().pace(FAST).hook(hook).start().await, told)
}

async fn next(told: &mut UnboundedReceiver<Told>) -> Told {
    in_time("a delivery", told.recv()).await.unwrap()
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
async fn every_method_is_given_its_events_once_and_all_in_one_order() {
    let (server, mut told) = start(None).await;
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
        Told::Created(StatusCreated::new(1, created_ms, by_admin.clone(), first)),
        Told::Updated(StatusUpdated::new(
            2,
            updated_ms,
            by_admin.clone(),
            last.clone(),
        )),
        Told::Deleted(StatusDeleted::new(3, deleted_ms, by_admin, last)),
        Told::Changed(held.held_by("manual", Some(end.as_millis()))),
    ] {
        assert_eq!(next(&mut told).await, expected);
    }

    server.clock.set(end);
    let ended = UserStatusChanged::new(6, end.as_millis(), by_ann.clone(), by_ann, "online", "");
    assert_eq!(next(&mut told).await, Told::Changed(ended));
    assert_eq!(parked(&server), []);
    server.stop().await;
    assert!(told.try_recv().is_err(), "each once");
}

#[tokio::test]
async fn an_update_that_is_to_come_again_does_so_before_what_came_after_it() {
    let (release, until) = oneshot::channel();
    let (server, mut told) = start(Some(until)).await;
    let admin = server.admin().await;
    let id = admin.create("caught up").await.expect(200).created_id();
    update(&admin, &id).await;
    delete(&admin, &id).await;
    set(&admin, json!({"status": "away", "message": ""})).await;
    assert!(matches!(next(&mut told).await, Told::Created(_)));
    let refused = next(&mut told).await;
    assert!(matches!(refused, Told::Updated(_)), "{refused:?}");
    release.send(()).unwrap();
    assert_eq!(next(&mut told).await, refused, "the same again");
    assert!(matches!(next(&mut told).await, Told::Deleted(_)));
    assert!(matches!(next(&mut told).await, Told::Changed(_)));
    assert_eq!(parked(&server), []);
    server.stop().await;
    assert!(told.try_recv().is_err(), "each once but for the retry");
}
