//! Publishing on a store that fails: one failure neither stops nor repeats other messages.

use crate::support::flaky::{Fault, FlakyServer};
use crate::support::store::{admin_at, at};
use crate::support::{in_time, look_again};
use doorsign::domain::{
    Change, ClaimSource, RoleChange, Setting, SettingValue, UserId, UserPatch, UserStatus,
};
use doorsign::realtime::hub::{Listener, Live, News, Topic};
use doorsign::service::claims::{self, NewClaim};
use doorsign::store::Store;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

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

/// Waits until this user is shown with this status.
async fn until_shown(listener: &Listener, user: &UserId, status: UserStatus) {
    let is_it = |news: &News| matches!(news, News::Shown(shown) if shown.user == *user && shown.status == status);
    let listening = async { while !listener.next().await.iter().any(|m| is_it(m.news())) {} };
    in_time("a visible status", listening).await;
}

/// Gives ann a status in a way that needs no setting.
async fn claim(server: &FlakyServer, status: UserStatus) {
    let claim = NewClaim {
        source: ClaimSource::External,
        status,
        text: String::new(),
        expires_at: None,
    };
    claims::set(&server.app, "ann", claim).await.unwrap();
}

#[tokio::test]
async fn each_failed_read_of_a_user_is_retried() {
    let server = FlakyServer::start().await;
    server.publish();
    let listener = server.listener(&[Topic::Statuses]);
    let fail = || {
        server
            .store
            .fail_once("find_presence_snapshot", Fault::Unavailable);
    };
    for n in 0..3 {
        let ann = server.user(&format!("ann-{n}")).await;
        fail();
        let busy = json!({"status": "busy"});
        ann.post("users.setStatus", busy).await.expect(200);
        until_shown(&listener, &UserId::new(ann.id()), UserStatus::Busy).await;
        assert!(server.store.has_failed());
        let bob = UserId::new(server.user(&format!("bob-{n}")).await.id());
        fail();
        let lease = server.app.connections.open(bob.clone());
        lease.set(UserStatus::Away);
        until_shown(&listener, &bob, UserStatus::Away).await;
        assert!(server.store.has_failed());
    }
}

#[tokio::test]
async fn a_change_that_was_skipped_does_not_count_as_published() {
    let server = FlakyServer::start().await;
    let ann = UserId::new(server.user("ann").await.id());
    server.publish();
    let listener = server.listener(&[Topic::Statuses]);
    claim(&server, UserStatus::Busy).await;
    until_shown(&listener, &ann, UserStatus::Busy).await;
    let failures = server.store.failures();
    server.store.break_down("list_settings", Fault::Unavailable);
    server.store.refresh().await.unwrap(); // No copy of the settings counts any more.
    claim(&server, UserStatus::Away).await;
    server.store.fails_times(failures + 3).await;
    server.store.heal();
    // A listener that read the status in between has to hear of this.
    claim(&server, UserStatus::Busy).await;
    until_shown(&listener, &ann, UserStatus::Busy).await;
}

#[tokio::test]
async fn a_connection_that_was_skipped_does_not_count_as_published() {
    let server = FlakyServer::start().await;
    let ann = UserId::new(server.user("ann").await.id());
    server.publish();
    let listener = server.listener(&[Topic::Statuses]);
    let lease = server.app.connections.open(ann.clone());
    until_shown(&listener, &ann, UserStatus::Online).await;
    let failures = server.store.failures();
    server.store.break_down("list_settings", Fault::Unavailable);
    server.store.refresh().await.unwrap();
    lease.set(UserStatus::Away);
    server.store.fails_times(failures + 3).await;
    server.store.heal();
    lease.set(UserStatus::Online);
    until_shown(&listener, &ann, UserStatus::Online).await;
}

#[tokio::test]
async fn a_status_is_published_again_after_the_broadcast_was_disabled() {
    let server = FlakyServer::start().await;
    let ann = UserId::new(server.user("ann").await.id());
    let disable_broadcast = async |value: SettingValue| {
        let (setting, by) = (Setting::PresenceBroadcastDisabled, Some(admin_at(0)));
        let store = &server.app.store;
        store.set_setting(setting, value, at(0), by).await.unwrap();
    };
    server.publish();
    let listener = server.listener(&[Topic::Statuses]);
    claim(&server, UserStatus::Busy).await;
    until_shown(&listener, &ann, UserStatus::Busy).await;
    disable_broadcast(true.into()).await;
    let events = server.listener(&[Topic::Events]);
    claim(&server, UserStatus::Away).await;
    let is_change = |news: &News| matches!(news, News::Event(event) if matches!(event.event.change, Change::PresenceChanged(_)));
    let listening = async { while !events.next().await.iter().any(|m| is_change(m.news())) {} };
    in_time("the change of the status", listening).await;
    disable_broadcast(false.into()).await;
    claim(&server, UserStatus::Busy).await;
    until_shown(&listener, &ann, UserStatus::Busy).await;
}

#[tokio::test]
async fn a_failing_store_is_not_retried_without_a_pause() {
    let server = FlakyServer::start().await;
    server.publish();
    let _listener = server.listener(&[Topic::Events]);
    server.store.break_down("events_after", Fault::Unavailable);
    server.user("ann").await;
    server.store.fails().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(server.store.failures() < 10, "{}", server.store.failures());
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
