//! Hidden statuses when rules, statuses, names and connections change before the first change is
//! published.

use super::*;
use crate::domain::{
    Bio, By, ClaimSource, Origin, Timestamp, UserKey, UserPatch, VisibilityPatch,
    VisibilitySwitches,
};
use crate::service::claims::{self, NewClaim};
use std::collections::BTreeSet;

/// The settings that enable every rule.
const ON: VisibilitySwitches = VisibilitySwitches::ON;

/// Ann, the viewers bob and cid, and a publisher that runs when the test says so.
struct Hiding {
    app: Arc<App>,
    ann: UserId,
    publisher: Publisher,
    bob: Listener,
    cid: Listener,
}

/// What a viewer received: whether it is the form of a hidden status, the status and the text.
type Form = (bool, UserStatus, String);

impl Hiding {
    async fn new() -> Self {
        let Office { app, ann, _stop } = Office::new().await;
        drop(_stop);
        for setting in VisibilitySwitches::SETTINGS {
            let on = app.store.set_setting(setting, true.into(), at(), None);
            on.await.unwrap();
        }
        for name in ["bob", "cid"] {
            let new = NewUser {
                username: name.to_owned(),
                name: None,
                email: None,
                roles: vec!["user".to_owned()],
                password: format!("{name}'s password"),
            };
            users::create(&app, new).await.unwrap();
        }
        let [bob, cid] = [listener(&app, "bob").await, listener(&app, "cid").await];
        let publisher = Publisher::new(app.clone(), CancellationToken::new());
        Self {
            app,
            ann,
            publisher,
            bob,
            cid,
        }
    }

    /// Hides ann from these users.
    async fn hide(&self, from: &[&str]) {
        let mut denied = BTreeSet::new();
        for name in from {
            denied.insert(id(&self.app, name).await);
        }
        let visibility = VisibilityPatch {
            denied: Some(denied),
            ..VisibilityPatch::default()
        };
        self.update(UserPatch {
            visibility: Some(visibility),
            switches: ON,
            ..UserPatch::default()
        })
        .await;
    }

    async fn update(&self, patch: UserPatch) {
        let updated = self.app.store.update_user(self.ann.clone(), patch, by());
        updated.await.unwrap();
    }

    async fn set(&self, status: UserStatus, text: &str) {
        let claim = NewClaim {
            source: ClaimSource::Manual,
            status,
            text: text.to_owned(),
            expires_at: None,
        };
        claims::set(&self.app, "ann", claim).await.unwrap();
    }

    /// Publishes all events, and returns what bob and cid received.
    async fn publish(&mut self) -> [Vec<Form>; 2] {
        self.publisher.publish_events().await.unwrap();
        [now(&self.bob).await, now(&self.cid).await]
    }
}

fn by() -> By {
    By::operator(at()).through(Origin::Server)
}

fn at() -> Timestamp {
    Timestamp::from_millis(0)
}

async fn id(app: &App, name: &str) -> UserId {
    let key = UserKey::Username(name.to_owned());
    app.store.find_user(key).await.unwrap().unwrap().0.id
}

async fn listener(app: &App, name: &str) -> Listener {
    let mut listener = app.live.clone().listen();
    listener.set_viewer(Some(id(app, name).await));
    listener.subscribe(Topic::Statuses);
    listener
}

/// The statuses that wait for `listener`.
async fn now(listener: &Listener) -> Vec<Form> {
    let next = tokio::time::timeout(Duration::ZERO, listener.next()).await;
    let forms = next.unwrap_or_default().into_iter().map(|message| {
        let (is_hidden, shown) = match message.news() {
            News::Shown(shown) => (false, shown),
            News::Hidden(shown) => (true, shown),
            other => panic!("{other:?}"),
        };
        (is_hidden, shown.status, shown.text.clone())
    });
    forms.collect()
}

fn shown(status: UserStatus, text: &str) -> Vec<Form> {
    vec![(false, status, text.to_owned())]
}

fn hidden() -> Vec<Form> {
    vec![(true, UserStatus::Offline, String::new())]
}

#[tokio::test]
async fn a_status_is_published_under_the_rules_of_now_and_of_its_event() {
    use UserStatus::{Away, Busy};
    let mut hiding = Hiding::new().await;
    hiding.set(Busy, "seen").await;
    assert_eq!(
        hiding.publish().await,
        [shown(Busy, "seen"), shown(Busy, "seen")]
    );
    // The rule is there before the status is published.
    hiding.set(Away, "early").await;
    hiding.hide(&["bob"]).await;
    assert_eq!(hiding.publish().await, [hidden(), shown(Away, "early")]);
    hiding.set(Busy, "hidden").await;
    assert_eq!(hiding.publish().await, [vec![], shown(Busy, "hidden")]);
    hiding.set(Away, "hidden, too").await;
    hiding.hide(&[]).await;
    assert_eq!(
        hiding.publish().await,
        [shown(Away, "hidden, too"), shown(Away, "hidden, too")]
    );
}

#[tokio::test]
async fn each_viewer_receives_only_what_a_change_of_the_rules_changes() {
    let mut hiding = Hiding::new().await;
    hiding.set(UserStatus::Busy, "Lunch").await;
    hiding.publish().await;
    let lunch = || shown(UserStatus::Busy, "Lunch");
    for (from, bob, cid) in [
        (&["bob"][..], hidden(), vec![]),
        (&["bob", "cid"], vec![], hidden()),
        (&["cid"], lunch(), vec![]),
        (&["ann"], vec![], lunch()),
        (&[], vec![], vec![]),
    ] {
        hiding.hide(from).await;
        // What is known makes no difference.
        if from.len() == 1 {
            hiding.publisher.people.forget_all();
        }
        assert_eq!(hiding.publish().await, [bob, cid], "{from:?}");
    }
}

#[tokio::test]
async fn rules_that_are_set_and_removed_before_they_are_published_end_with_the_current_state() {
    use UserStatus::{Away, Busy};
    let mut hiding = Hiding::new().await;
    hiding.set(Busy, "one").await;
    hiding.publish().await;
    hiding.hide(&["bob"]).await;
    hiding.set(Away, "two").await;
    hiding.hide(&[]).await;
    assert_eq!(
        hiding.publish().await,
        [shown(Away, "two"), shown(Away, "two")]
    );
    hiding.hide(&["bob"]).await;
    hiding.hide(&[]).await;
    hiding.hide(&["bob"]).await;
    assert_eq!(hiding.publish().await, [hidden(), vec![]]);
}

#[tokio::test]
async fn the_connections_of_a_hidden_user_are_hidden_at_once() {
    let mut hiding = Hiding::new().await;
    hiding.hide(&["bob"]).await;
    // Before the rule is published.
    let _lease = hiding.app.connections.open(hiding.ann.clone());
    let changed = hiding.app.connections.changed(1).await;
    hiding.publisher.pending.extend(changed);
    hiding.publisher.publish_presence().await.unwrap();
    let online = shown(UserStatus::Online, "");
    assert_eq!(
        [now(&hiding.bob).await, now(&hiding.cid).await],
        [vec![], online]
    );
    assert_eq!(hiding.publish().await, [hidden(), vec![]]);
}

#[tokio::test]
async fn new_names_and_roles_of_a_hidden_user_are_published_as_offline() {
    let mut hiding = Hiding::new().await;
    hiding.set(UserStatus::Busy, "Lunch").await;
    hiding.hide(&["bob"]).await;
    hiding.publish().await;
    let lunch = || shown(UserStatus::Busy, "Lunch");
    let name = UserPatch {
        name: Some("Ann A.".to_owned()),
        ..UserPatch::default()
    };
    hiding.update(name).await;
    assert_eq!(hiding.publish().await, [hidden(), lunch()]);
    let roles = vec!["user".to_owned(), "bot".to_owned()];
    users::set_roles(&hiding.app, "ann", roles).await.unwrap();
    assert_eq!(hiding.publish().await, [hidden(), lunch()]);
    let bio = Bio::parse("Likes doors.").unwrap();
    let bio = UserPatch {
        bio: Some(bio),
        ..UserPatch::default()
    };
    hiding.update(bio).await;
    assert_eq!(hiding.publish().await, [vec![], vec![]]);
}

#[tokio::test]
async fn a_setting_of_status_visibility_makes_every_listener_reload() {
    let mut hiding = Hiding::new().await;
    for setting in VisibilitySwitches::SETTINGS {
        let set = hiding
            .app
            .store
            .set_setting(setting, false.into(), at(), Some(by()));
        set.await.unwrap();
        assert_eq!(hiding.publish().await, [vec![], vec![]]);
        for listener in [&hiding.bob, &hiding.cid] {
            let interrupt = tokio::time::timeout(Duration::ZERO, listener.interrupt()).await;
            assert_eq!(interrupt, Ok(Interrupt::Overrun), "{setting:?}");
        }
    }
}

#[tokio::test]
async fn listeners_of_one_status_follow_the_rules_too() {
    let mut hiding = Hiding::new().await;
    for listener in [&mut hiding.bob, &mut hiding.cid] {
        listener.unsubscribe(&Topic::Statuses);
        listener.subscribe(Topic::StatusOf(hiding.ann.clone()));
    }
    hiding.set(UserStatus::Busy, "Lunch").await;
    hiding.hide(&["bob"]).await;
    let lunch = || shown(UserStatus::Busy, "Lunch");
    assert_eq!(hiding.publish().await, [hidden(), lunch()]);
    hiding.hide(&[]).await;
    assert_eq!(hiding.publish().await, [lunch(), vec![]]);
}
