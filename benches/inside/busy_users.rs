//! Users, each with a status.

use crate::setup::{FILLING, Setup};
use doorsign::domain::{
    Attribution, By, Choice, Origin, Profile, StatusText, Timestamp, User, UserId, UserStatus,
    Username,
};
use doorsign::store::{ClaimEffect, PresenceChange};
use futures_util::{StreamExt, stream};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Runtime;

/// A number of users, each with a status.
pub struct BusyUsers {
    /// Their server.
    pub setup: Setup,
    count: u64,
    turn: AtomicU64,
}

impl BusyUsers {
    /// Creates a server with a new file and `count` users with unknown passwords, all of them busy.
    pub fn new(runtime: &Runtime, count: u64) -> Self {
        let setup = Setup::with_statuses(runtime, 0);
        let people = Self {
            setup,
            count,
            turn: AtomicU64::new(0),
        };
        runtime.block_on(async {
            let users = stream::iter(0..count);
            users.for_each_concurrent(FILLING, |n| people.add(n)).await;
            people.set_all(None).await;
        });
        people
    }

    /// Sets every user to busy with a new text until `end`.
    pub async fn set_all(&self, end: Option<Timestamp>) {
        let numbers = stream::iter(0..self.count);
        numbers
            .for_each_concurrent(FILLING, |n| self.set(n, end))
            .await;
    }

    /// Sets the next user, in turn, to busy with a new text.
    pub async fn set_next(&self) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.set(turn % self.count, None).await;
    }

    async fn set(&self, number: u64, end: Option<Timestamp>) {
        let (id, username) = named(number);
        let (app, text) = (&self.setup.app, self.setup.new_name());
        let now = app.clock.now();
        let choice = Choice {
            status: Some(UserStatus::Busy),
            text: Some(StatusText::new(&text)),
            expires_at: end,
        };
        let change = PresenceChange {
            user: id.clone(),
            by: By {
                user: id,
                username,
                at: now,
                origin: Origin::Server,
            },
            effect: ClaimEffect::of(end),
            rule: Box::new(move |presence| {
                presence.choose(&choice, now);
                Ok(())
            }),
        };
        app.store.change_presence(change).await.unwrap();
    }

    async fn add(&self, number: u64) {
        let (id, username) = named(number);
        let app = &self.setup.app;
        let now = app.clock.now();
        let user = User {
            id,
            name: username.as_str().to_owned(),
            username,
            email: None,
            roles: vec!["user".to_owned()],
            active: true,
            profile: Profile::default(),
            created_at: now,
            updated_at: now,
        };
        app.store
            .create_user(user, String::new(), Attribution::server(now))
            .await
            .unwrap();
    }
}

/// Ids are unordered, like the server's.
fn named(number: u64) -> (UserId, Username) {
    let id = format!("{:017x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let username = Username::parse(format!("person-{number}")).unwrap();
    (UserId::new(id), username)
}
