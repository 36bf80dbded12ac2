//! Publishing on a store that fails: one failure neither stops nor repeats other messages.

use crate::support::flaky::{Fault, FlakyServer};
use crate::support::store::{admin_at, at};
use crate::support::{in_time, look_again};
use doorsign::domain::{RoleChange, Setting, UserId, UserPatch};
use doorsign::realtime::hub::{Listener, Live, News, Topic};
use doorsign::store::Store;
use serde_json::json;
use std::sync::Arc;

/// Waits for the creation of this status and returns the messages before it.
async fn until_created(listener: &Listener, name: &str) -> Vec<News> {
    let mut received = Vec::new();
    let listening = async {
        loop {
            for message in listener.next().await {
                if let News::CustomStatus(status) = message.news()
                    && status.name.as_str() == name
                {
                    return;
                }
                received.push(message.news().clone());
            }
        }
    };
    in_time("a status", listening).await;
    received
}

#[tokio::test]
async fn an_event_that_cannot_be_published_does_not_stop_those_after_it() {
    let server = FlakyServer::start().await;
    let (admin, ann) = (server.admin("t").await, server.user("ann").await);
    server.publish();
    let listener = server.listener(&[Topic::CustomStatuses, Topic::Events]);
    let unreadable = Fault::Internal("a row that cannot be read");
    server
        .store
        .break_down("find_presence_snapshot", unreadable);
    let busy = json!({"status": "busy"});
    ann.post("users.setStatus", busy).await.expect(200);
    admin.create("after").await.expect(200);
    let received = until_created(&listener, "after").await;
    let kinds: Vec<_> = received.iter().map(std::mem::discriminant).collect();
    assert_eq!(kinds.len(), 1, "the event itself can be read: {received:?}");
}

#[tokio::test]
async fn a_user_who_cannot_be_published_does_not_stop_the_others() {
    let server = FlakyServer::start().await;
    let ann = server.user("ann").await;
    let mut others = Vec::new();
    for n in 0..10 {
        others.push(UserId::new(server.user(&format!("user-{n}")).await.id()));
    }
    server.publish();
    let listener = server.listener(&[Topic::Statuses]);
    server.store.hide_snapshot(UserId::new(ann.id()));
    let mut people = others.clone();
    people.insert(5, UserId::new(ann.id()));
    let _leases: Vec<_> = people
        .into_iter()
        .map(|user| server.app.connections.open(user))
        .collect();
    let listening = async {
        while !others.is_empty() {
            for message in listener.next().await {
                if let News::Shown(shown) = message.news() {
                    others.retain(|user| *user != shown.user);
                }
            }
        }
    };
    in_time("the others", listening).await;
}

#[tokio::test]
async fn a_retry_publishes_nothing_twice() {
    let server = FlakyServer::start().await;
    let (admin, ann) = (server.admin("t").await, server.user("ann").await);
    let display = true.into();
    let sound = server.store.sound();
    let set = sound.set_setting(Setting::DisplayRoles, display, at(0), None);
    set.await.unwrap();
    server.store.refresh().await.unwrap();
    server.publish();
    let topics = [Topic::CustomStatuses, Topic::Roles, Topic::Names];
    let listener = server.listener(&topics);
    for (change, received) in [
        (patch_role("bot"), 1),
        (patch_name("Ann A."), 1),
        (patch_role("guest"), 1),
    ] {
        server
            .store
            .fail_once("find_presence_snapshot", Fault::Unavailable);
        let id = UserId::new(ann.id());
        sound.update_user(id, change, admin_at(0)).await.unwrap();
        while !server.store.has_failed() {
            look_again().await;
        }
        let name = format!("after {:?}", std::time::Instant::now());
        admin.create(&name).await.expect(200);
        assert_eq!(until_created(&listener, &name).await.len(), received);
    }
}

fn patch_role(role: &str) -> UserPatch {
    UserPatch {
        roles: Some(RoleChange::Add(role.to_owned())),
        ..UserPatch::default()
    }
}

fn patch_name(name: &str) -> UserPatch {
    UserPatch {
        name: Some(name.to_owned()),
        ..UserPatch::default()
    }
}

#[tokio::test]
async fn messages_after_the_end_of_a_login_wait_until_it_was_checked() {
    let live = Arc::<Live>::default();
    let (ann, mut listener) = (UserId::new("ann"), live.listen());
    listener.subscribe(Topic::OwnUser(ann.clone()));
    listener.subscribe(Topic::DeletedUsers);
    live.publish(&Topic::OwnUser(ann.clone()), || News::LoginsEnded);
    live.publish(&Topic::DeletedUsers, || {
        News::UserDeleted(UserId::new("bob"))
    });
    let mut next = std::pin::pin!(listener.next());
    assert!(futures_util::poll!(next.as_mut()).is_pending());
    listener.interrupt().await;
    assert_eq!(in_time("the message", next).await.len(), 1);
}
