//! What is published in one batch, once or again.

use super::*;
use crate::domain::{By, Change, Choice, Origin};
use crate::store::{ClaimEffect, PresenceChange};

/// A listener for ann's record, and a publisher that has many events and then the end of ann's
/// logins to publish.
async fn behind_a_flood(stop: CancellationToken) -> (Publisher, Listener, EventId) {
    let Office { app, ann, _stop } = Office::new().await;
    drop(_stop);
    let publisher = Publisher::new(app.clone(), stop);
    let mut listener = app.live.listen();
    listener.subscribe(Topic::OwnUser(ann));
    for n in 0..=BATCH {
        let roles = vec![["user", "bot"][n % 2].to_owned()];
        users::set_roles(&app, "ann", roles).await.unwrap();
    }
    users::set_active(&app, "ann", false).await.unwrap();
    let mark = *app.store.committed().borrow();
    (publisher, listener, mark)
}

#[tokio::test]
async fn more_events_than_a_batch_are_published_at_once() {
    let (mut publisher, _listener, mark) = behind_a_flood(CancellationToken::new()).await;
    publisher.publish_events().await.unwrap();
    assert_eq!(publisher.cursor, mark);
}

#[tokio::test]
async fn logins_end_with_the_first_batch_of_a_flood() {
    let stop = CancellationToken::new();
    stop.cancel(); // Ends the publishing after one batch.
    let (mut publisher, listener, mark) = behind_a_flood(stop).await;
    publisher.publish_events().await.unwrap();
    assert!(publisher.cursor < mark);
    let interrupt = tokio::time::timeout(Duration::ZERO, listener.interrupt()).await;
    assert_eq!(interrupt, Ok(Interrupt::LoginsEnded));
}

#[tokio::test]
async fn a_change_of_connections_that_changes_no_status_is_not_published() {
    let Office { app, ann, _stop } = Office::new().await;
    drop(_stop);
    let always = crate::domain::PresencePolicy::Always;
    users::set_presence_policy(&app, "ann", always)
        .await
        .unwrap();
    let mut all = app.live.listen();
    all.subscribe(Topic::Statuses);
    let mut people = People::new(app.clone());
    let lease = app.connections.open(ann.clone());
    let changed = app.connections.changed(1).await;
    people.connection_changed(&changed[0]).await.unwrap();
    assert_eq!(received(&all).await, UserStatus::Online);
    lease.set(UserStatus::Away);
    let changed = app.connections.changed(1).await;
    people.connection_changed(&changed[0]).await.unwrap();
    let more = tokio::time::timeout(Duration::ZERO, all.next()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn a_status_that_returned_before_it_was_published_is_published_again() {
    let Office { app, ann, _stop } = Office::new().await;
    drop(_stop);
    let mut all = app.live.listen();
    all.subscribe(Topic::Statuses);
    let mut people = People::new(app.clone());
    let _lease = app.connections.open(ann.clone());
    let changed = app.connections.changed(1).await;
    people.connection_changed(&changed[0]).await.unwrap();
    assert_eq!(received(&all).await, UserStatus::Online);
    let cursor = *app.store.committed().borrow();
    users::set_email(&app, "ann", "ann@example.org")
        .await
        .unwrap();
    for status in [UserStatus::Busy, UserStatus::Online] {
        choose(&app, &ann, status).await;
    }
    // A new listener may have read busy between the two.
    for event in app.store.events_after(cursor, 10).await.unwrap() {
        let event = event.unwrap();
        let prepared = prepare(&app, &mut people, &event).await.unwrap();
        let is_status = matches!(event.event.change, Change::PresenceChanged(_));
        send(&app.live, &mut people, event, prepared);
        let message = tokio::time::timeout(Duration::ZERO, all.next()).await;
        assert_eq!(message.is_ok(), is_status, "{message:?}");
    }
}

/// Sets a status without a text by hand.
async fn choose(app: &App, user: &UserId, status: UserStatus) {
    let choice = Choice {
        status: Some(status),
        text: None,
        expires_at: None,
    };
    let at = app.clock.now();
    let change = PresenceChange {
        user: user.clone(),
        by: By {
            user: user.clone(),
            username: Username::stored("ann".to_owned()),
            at,
            origin: Origin::Server,
        },
        effect: ClaimEffect::Sets,
        rule: Box::new(move |presence| {
            presence.choose(&choice, at);
            Ok(())
        }),
    };
    app.store.change_presence(change).await.unwrap();
}

#[tokio::test]
async fn a_connection_change_after_a_reload_is_published_with_what_is_read_again() {
    let Office { app, ann, _stop } = Office::new().await;
    drop(_stop);
    let mut all = app.live.listen();
    let mut people = People::new(app.clone());
    let lease = app.connections.open(ann.clone());
    let changed = app.connections.changed(1).await;
    people.connection_changed(&changed[0]).await.unwrap();
    users::set_roles(&app, "ann", vec!["bot".to_owned()])
        .await
        .unwrap();
    app.live.ask_all_to_reload();
    all.subscribe(Topic::Statuses);
    lease.set(UserStatus::Away);
    let changed = app.connections.changed(1).await;
    people.connection_changed(&changed[0]).await.unwrap();
    assert_eq!(shown(&all).await.roles, ["bot"]);
}
