//! A status that waits for a slow client is checked when it is sent, not when it is queued.

use super::*;
use crate::domain::{
    By, Origin, Setting, Timestamp, UserId, UserPatch, UserStatus, Username, VisibilityPatch,
    VisibilitySwitches,
};
use crate::realtime::hub::{News, ShownUser, Topic};
use crate::service::users::{self, NewUser};
use serde_json::{Value, json};

/// More than is passed to the library at once, and more than the pipe holds.
const FILLER: usize = 16 * 1024;

/// Bob, who watches all statuses and the settings by a slow connection.
struct Slow {
    client: Client,
    ann: UserId,
    bob: UserId,
}

impl Slow {
    async fn new() -> Self {
        let mut client = Client::with_room(1024).await;
        let app = client.app.clone();
        let mut ids = Vec::new();
        for name in ["ann", "bob"] {
            let new = NewUser {
                username: name.to_owned(),
                name: None,
                email: None,
                roles: vec!["user".to_owned()],
                password: format!("{name}'s password"),
            };
            users::create(&app, new).await.unwrap();
            ids.push(users::create_token(&app, name, "t", None).await.unwrap());
        }
        let set = app
            .store
            .set_setting(Setting::StatusVisibilityEnabled, true.into(), at(), None);
        set.await.unwrap();
        client.send(CONNECT).await;
        client.text().await;
        let login = json!({"msg": "method", "id": "1", "method": "login", "params": [{"resume": ids[1].1}]});
        client.send(&login.to_string()).await;
        for (id, name, event) in [
            ("2", "stream-notify-logged", "user-status"),
            ("3", "stream-notify-all", "public-settings-changed"),
        ] {
            let sub = json!({"msg": "sub", "id": id, "name": name, "params": [event, false]});
            client.send(&sub.to_string()).await;
        }
        while client.text().await != r#"{"msg":"ready","subs":["3"]}"# {}
        let [ann, bob] = [0, 1].map(|n| ids[n].0.clone());
        Self { client, ann, bob }
    }

    /// Publishes what fills the pipe, and then a status of ann's, which waits behind it.
    async fn publish(&self) {
        let live = &self.client.app.live;
        live.publish(&Topic::Settings, || {
            News::Setting(Setting::SiteName, "x".repeat(FILLER).as_str().into())
        });
        live.publish(&Topic::Statuses, || News::Shown(self.shown()));
        self.taken().await;
    }

    /// Waits until the connection has taken what is published. Then it waits for the client.
    async fn taken(&self) {
        let live = &self.client.app.live;
        let taking = async {
            while live.backlog() > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(60), taking).await.unwrap();
    }

    fn shown(&self) -> ShownUser {
        ShownUser {
            user: self.ann.clone(),
            username: Username::stored("ann".to_owned()),
            name: "Ann".to_owned(),
            roles: Vec::new(),
            status: UserStatus::Busy,
            text: "secret".to_owned(),
            source: None,
            expires_at: None,
        }
    }

    async fn hide(&self, from: &[&UserId]) {
        let visibility = VisibilityPatch {
            denied: Some(from.iter().copied().cloned().collect()),
            ..VisibilityPatch::default()
        };
        let patch = UserPatch {
            visibility: Some(visibility),
            switches: VisibilitySwitches {
                applies_own: true,
                ..VisibilitySwitches::default()
            },
            ..UserPatch::default()
        };
        let by = By {
            user: self.ann.clone(),
            username: Username::stored("ann".to_owned()),
            at: at(),
            origin: Origin::Server,
        };
        let updated = self
            .client
            .app
            .store
            .update_user(self.ann.clone(), patch, by);
        updated.await.unwrap();
    }

    /// The arguments of the events up to the response to a ping, except those of the filler.
    async fn rest(&mut self) -> Vec<Value> {
        let (mut rest, mut is_asked) = (Vec::new(), false);
        loop {
            let text = self.client.text().await;
            if text == r#"{"msg":"pong","id":"end"}"# {
                return rest;
            }
            if !std::mem::replace(&mut is_asked, true) {
                self.client.send(r#"{"msg":"ping","id":"end"}"#).await;
            }
            if text.len() < FILLER {
                rest.push(
                    serde_json::from_str::<Value>(&text).unwrap()["fields"]["args"][0].clone(),
                );
            }
        }
    }
}

fn at() -> Timestamp {
    Timestamp::from_millis(0)
}

#[tokio::test]
async fn a_queued_status_is_dropped_if_it_is_hidden_meanwhile() {
    let mut slow = Slow::new().await;
    slow.publish().await;
    slow.hide(&[&slow.bob]).await;
    assert_eq!(slow.rest().await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_queued_status_is_sent_if_it_may_be_seen() {
    let mut slow = Slow::new().await;
    slow.publish().await;
    slow.hide(&[&slow.ann]).await;
    let rest = slow.rest().await;
    assert_eq!((rest.len(), &rest[0][3]), (1, &json!("secret")));
}

#[tokio::test]
async fn a_queued_form_of_a_hidden_status_is_dropped_if_it_may_be_seen_meanwhile() {
    let mut slow = Slow::new().await;
    slow.hide(&[&slow.bob]).await;
    let live = slow.client.app.live.clone();
    live.publish(&Topic::Statuses, || News::Shown(slow.shown()));
    live.publish(&Topic::Settings, || {
        News::Setting(Setting::SiteName, "x".repeat(FILLER).as_str().into())
    });
    live.publish(&Topic::Statuses, || News::Hidden(slow.shown()));
    slow.taken().await;
    slow.hide(&[]).await;
    assert_eq!(slow.rest().await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_hidden_status_is_not_sent_before_the_connection_closes_either() {
    let mut slow = Slow::new().await;
    slow.publish().await;
    slow.hide(&[&slow.bob]).await;
    slow.client.stop.cancel();
    while slow.client.text().await.len() < FILLER {}
    assert!(matches!(slow.client.next().await, Got::Close(1001, _)));
}
