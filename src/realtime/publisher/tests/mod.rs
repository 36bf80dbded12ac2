//! What listeners receive when several changes happen before the first is published.

mod batches;
mod visibility;

use super::*;
use crate::app::SystemClock;
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::domain::{UserChange, UserId, UserStatus, Username};
use crate::hooks::registry::Webhooks;
use crate::realtime::hub::{Interrupt, Listener, News, ShownUser, Topic};
use crate::realtime::presence::Lease;
use crate::service::users::{self, NewUser};
use crate::store;
use std::path::PathBuf;

/// A running publisher, and the user ann.
struct Office {
    app: Arc<App>,
    ann: UserId,
    _stop: tokio_util::sync::DropGuard,
}

impl Office {
    async fn new() -> Self {
        let mut config = Config::defaults_in(PathBuf::from("none"));
        config.offline_grace_seconds = 0;
        let (store, tokens) = (store::open_in_memory().unwrap(), Tokens::new(&[7; 32]));
        let clock = Arc::new(SystemClock);
        let webhooks = Arc::new(Webhooks::new(&config, clock.clone()).unwrap());
        let app = App::new(&config, store, clock, tokens.unwrap(), webhooks).unwrap();
        let (app, stop) = (Arc::new(app), CancellationToken::new());
        let new = NewUser {
            username: "ann".to_owned(),
            name: None,
            email: None,
            roles: vec!["user".to_owned()],
            password: "ann's password".to_owned(),
        };
        users::create(&app, new).await.unwrap();
        let (ann, _) = users::create_token(&app, "ann", "t", None).await.unwrap();
        tokio::spawn(Publisher::new(app.clone(), stop.clone()).run());
        Self {
            app,
            ann,
            _stop: stop.drop_guard(),
        }
    }

    fn listener(&self, topic: Topic) -> Listener {
        let mut listener = self.app.live.listen();
        listener.subscribe(topic);
        listener
    }

    fn connect(&self) -> Lease {
        self.app.connections.open(self.ann.clone())
    }

    /// Waits until the publisher has checked connections, even while idle and without listeners.
    async fn settle(&self) {
        tokio::time::pause();
        tokio::time::advance(backpressure::LONGEST_PAUSE).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        tokio::time::resume();
    }
}

/// The status in the next message.
async fn received(listener: &Listener) -> UserStatus {
    shown(listener).await.status
}

/// The visible status in the next message.
async fn shown(listener: &Listener) -> ShownUser {
    let next = tokio::time::timeout(Duration::from_secs(60), listener.next()).await;
    let next = next.unwrap();
    let [message] = &next[..] else {
        panic!("{next:?}");
    };
    let News::Shown(shown) = message.news() else {
        panic!("{message:?}");
    };
    shown.clone()
}

#[tokio::test]
async fn a_quick_return_is_published_because_the_absence_may_have_been_seen() {
    let office = Office::new().await;
    let early = office.listener(Topic::Statuses);
    let lease = office.connect();
    assert_eq!(received(&early).await, UserStatus::Online);
    drop(lease);
    let late = office.listener(Topic::Statuses);
    let policy = crate::domain::PresencePolicy::Connection;
    let status = office.app.connections.status(&office.ann, policy);
    assert_eq!(status, UserStatus::Offline, "a new listener reads this");
    let _back = office.connect();
    assert_eq!(received(&late).await, UserStatus::Online);
}

#[tokio::test]
async fn nothing_published_before_the_last_listener_left_is_remembered() {
    let office = Office::new().await;
    let early = office.listener(Topic::Statuses);
    let lease = office.connect();
    assert_eq!(received(&early).await, UserStatus::Online);
    drop(early);
    drop(lease);
    office.settle().await;
    let late = office.listener(Topic::Statuses);
    let _back = office.connect();
    assert_eq!(received(&late).await, UserStatus::Online);
}

#[tokio::test]
async fn a_new_display_name_is_not_published_to_listeners_of_one_status() {
    let office = Office::new().await;
    let (all, one) = (
        office.listener(Topic::Statuses),
        office.listener(Topic::StatusOf(office.ann.clone())),
    );
    let lease = office.connect();
    assert_eq!(received(&all).await, UserStatus::Online);
    assert_eq!(received(&one).await, UserStatus::Online);
    let roles = vec!["user".to_owned(), "bot".to_owned()];
    users::set_roles(&office.app, "ann", roles).await.unwrap();
    assert_eq!(received(&all).await, UserStatus::Online);
    lease.set(UserStatus::Away);
    assert_eq!(received(&all).await, UserStatus::Away);
    assert_eq!(received(&one).await, UserStatus::Away);
}

#[tokio::test]
async fn a_login_that_ends_behind_a_flood_is_ended_before_the_flood() {
    let Office { app, ann, _stop } = Office::new().await;
    drop(_stop); // From here on, this test is the publisher.
    let mut publisher = Publisher::new(app.clone(), CancellationToken::new());
    let mut listener = app.live.listen();
    listener.subscribe(Topic::OwnUser(ann.clone()));
    for n in 0..=BATCH {
        let roles = vec![["user", "bot"][n % 2].to_owned()];
        users::set_roles(&app, "ann", roles).await.unwrap();
    }
    users::set_active(&app, "ann", false).await.unwrap();
    let (began, mark) = (publisher.cursor, *app.store.committed().borrow());
    publisher.end_logins_ahead(mark).await.unwrap();
    let interrupt = tokio::time::timeout(Duration::ZERO, listener.interrupt()).await;
    assert_eq!(interrupt, Ok(Interrupt::LoginsEnded));
    assert_eq!((publisher.cursor, publisher.searched), (began, mark));
}

#[tokio::test]
async fn a_record_change_after_a_reload_is_read_again() {
    let Office { app, ann, _stop } = Office::new().await;
    drop(_stop);
    let set_roles = async |role: &str| {
        let set = users::set_roles(&app, "ann", vec![role.to_owned()]).await;
        set.unwrap();
    };
    set_roles("guest").await;
    let mut people = People::new(app.clone());
    let all = app.live.listen();
    let _lease = app.connections.open(ann.clone());
    let changed = app.connections.changed(1).await;
    people.connection_changed(&changed[0]).await.unwrap();
    drop(all);
    app.live.ask_all_to_reload();
    set_roles("bot").await;
    let mut all = app.live.listen();
    all.subscribe(Topic::Statuses);
    // After a reload, event ids may begin again.
    let change = UserChange {
        user: ann,
        username: Username::stored("ann".to_owned()),
        name: String::new(),
        renamed: false,
        new_username: false,
        was_public: false,
    };
    let news = people.record_changed(EventId::new(1), &change).await;
    let news = news.unwrap();
    people.publish(news.unwrap());
    assert_eq!(shown(&all).await.roles, ["bot"]);
}
