//! Random histories of the status of three users on a real database, compared with a small model:
//! manual choices, claims of other sources, ended and expired claims, restarts and a clock that
//! jumps. After every step, each user's visible status equals the model's, and each change has
//! exactly one event.

use crate::support::ManualClock;
use doorsign::app::App;
use doorsign::auth::tokens::Tokens;
use doorsign::config;
use doorsign::domain::{
    Actor, Change, Claim, ClaimSource, EventId, Grants, Login, LoginId, LoginKind, Presence,
    Profile, StatusChange, StatusText, Timestamp, User, UserId, UserStatus, Username,
};
use doorsign::jobs::claim_expiry;
use doorsign::service::presence::{self, StatusDraft};
use doorsign::store::{self, ClaimEffect, DatabaseSettings, PresenceChange};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use std::path::Path;
use std::sync::Arc;

const CASES: u32 = 96;
const STEPS: usize = 40;
const START: i64 = 1_767_225_600_000;
const SECOND: i64 = 1000;
const YEAR: i64 = 365 * 24 * 3600 * SECOND;

/// Two persons and a bot.
const USERS: usize = 3;
const BOT: usize = 2;
const MANUAL: usize = 1;

#[derive(Debug, Clone)]
enum Step {
    /// A user sets a status: user, status, text, and milliseconds until it expires.
    Choose(usize, Option<UserStatus>, Option<&'static str>, Option<i64>),
    /// A source puts a claim: user, the index of the source in order of strength, status, text, and
    /// milliseconds until it expires.
    Put(usize, usize, UserStatus, &'static str, Option<i64>),
    /// A source ends its claim: user, index of the source.
    End(usize, usize),
    /// The clock jumps.
    Jump(i64),
    Sweep,
    Restart,
}

/// The chosen status of a user: status, text, source, expiry.
type Chosen = (UserStatus, String, Option<ClaimSource>, Option<i64>);

/// The model of one user: a claim per source, the strongest first, and whether the user is online
/// without claim and connection.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    claims: [Option<(UserStatus, String, Option<i64>)>; 3],
    online: bool,
    bot: bool,
}

impl Model {
    fn expire(&mut self, now: i64) {
        for claim in &mut self.claims {
            *claim = claim
                .take()
                .filter(|(.., end)| end.is_none_or(|end| end > now));
        }
    }

    fn choose(&mut self, status: Option<UserStatus>, text: Option<&str>, end: Option<i64>) {
        let so_far = self.claims[1].clone().or(self.claims[2].clone());
        let (old_status, old_text) =
            so_far.map_or((UserStatus::Online, String::new()), |c| (c.0, c.1));
        let status = status.unwrap_or(old_status);
        if status == UserStatus::Online && text.is_none_or(str::is_empty) {
            (self.claims, self.online) = (Default::default(), true);
        } else {
            self.put(MANUAL, (status, text.map_or(old_text, str::to_owned), end));
        }
    }

    fn put(&mut self, source: usize, claim: (UserStatus, String, Option<i64>)) {
        self.claims[source] = Some(claim);
        self.online &= self.bot;
    }

    fn chosen(&self, now: i64) -> Chosen {
        let mut live = self.clone();
        live.expire(now);
        if matches!(live.claims[MANUAL], Some((UserStatus::Offline, ..))) {
            live.claims[0] = None;
        }
        let strongest =
            live.claims
                .into_iter()
                .zip(ClaimSource::ALL)
                .find_map(|(claim, source)| {
                    let (status, text, end) = claim?;
                    Some((status, text, Some(source), end))
                });
        strongest.unwrap_or((UserStatus::Online, String::new(), None, None))
    }

    /// The visible status of the user when the connections have the status `connection`.
    fn shown(&self, now: i64, connection: UserStatus) -> UserStatus {
        let (status, _, source, _) = self.chosen(now);
        let connected = connection != UserStatus::Offline;
        match source {
            None if connected => connection,
            None if self.online => UserStatus::Online,
            Some(_) if connected && status == UserStatus::Online => connection,
            Some(_) if connected || self.bot => status,
            _ => UserStatus::Offline,
        }
    }
}

/// The real implementation: all parts of the server that decide the visible status.
struct Real {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    app: App,
    /// The newest event that was read.
    seen: EventId,
}

fn open(folder: &Path, clock: &Arc<ManualClock>) -> App {
    let mut config = config::Config::defaults_in(folder.to_owned());
    config.unconnected = Some(config::Unconnected::Offline);
    let store = store::open(DatabaseSettings::of(&folder.join("doorsign.db"))).unwrap();
    let tokens = Tokens::open(&folder.join("token-secret")).unwrap();
    crate::support::app(&config, store, clock.clone(), tokens)
}

fn id(person: usize) -> UserId {
    UserId::new(format!("person {person}"))
}

fn user(person: usize) -> User {
    let role = if person == BOT { "bot" } else { "user" };
    User {
        id: id(person),
        profile: Profile::default(),
        username: Username::stored(format!("person{person}")),
        name: String::new(),
        email: None,
        roles: vec![role.to_owned()],
        active: true,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

fn actor(person: usize) -> Actor {
    let login = Login {
        id: LoginId::new("any"),
        user: id(person),
        kind: LoginKind::Password,
        created_at: Timestamp::from_millis(0),
        expires_at: None,
    };
    Actor {
        user: user(person),
        login,
        grants: Grants::default(),
    }
}

impl Real {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new();
        let app = open(folder.path(), &clock);
        for person in 0..USERS {
            app.store
                .create_user(user(person), String::new(), crate::support::beforehand())
                .await
                .unwrap();
        }
        Self {
            folder,
            clock,
            app,
            seen: EventId::default(),
        }
    }

    /// Sets a status manually; `false` if it was refused.
    async fn choose(&self, person: usize, draft: StatusDraft) -> bool {
        presence::set_status(&self.app, &actor(person), None, draft)
            .await
            .is_ok()
    }

    async fn change(&self, person: usize, rule: impl Fn(&mut Presence) + Send + 'static) {
        let change = PresenceChange {
            user: id(person),
            by: user(person).by(self.app.clock.now()),
            effect: ClaimEffect::SetsExpiring,
            rule: Box::new(move |presence| {
                rule(presence);
                Ok(())
            }),
        };
        self.app.store.change_presence(change).await.unwrap();
    }

    /// The status changes of the events since the last call.
    async fn new_changes(&mut self) -> Vec<StatusChange> {
        let events = self
            .app
            .store
            .events_after(self.seen, usize::MAX)
            .await
            .unwrap();
        let events = events.into_iter().map(|event| {
            let event = event.unwrap();
            self.seen = event.id;
            match event.event.change {
                Change::PresenceChanged(change) => change,
                other => panic!("{other:?}"),
            }
        });
        events.collect()
    }
}

fn chosen(change: &StatusChange) -> Chosen {
    let end = change.expires_at.map(|end| end.as_millis());
    let text = change.text.as_str().to_owned();
    (change.status, text, change.source, end)
}

/// The real implementation and the model of each user.
struct Pair {
    real: Real,
    models: [Model; USERS],
    /// The status in the last event of each user.
    published: [Option<Chosen>; USERS],
    now: i64,
}

impl Pair {
    async fn new() -> Self {
        let mut models: [Model; USERS] = Default::default();
        models[BOT].bot = true;
        Self {
            real: Real::new().await,
            models,
            published: Default::default(),
            now: START,
        }
    }

    async fn step(&mut self, step: Step) {
        let before = self.models.clone();
        let now = self.now;
        match step.clone() {
            Step::Choose(person, status, text, after) => {
                let end = after.map(|after| now + after);
                let draft = StatusDraft {
                    status,
                    text: text.map(str::to_owned),
                    expires_at: end.map(|end| Some(Timestamp::from_millis(end))),
                };
                let allowed = end.is_none_or(|end| end > now);
                assert_eq!(self.real.choose(person, draft).await, allowed);
                if allowed {
                    self.models[person].expire(now);
                    self.models[person].choose(status, text, end);
                }
            }
            Step::Put(person, source, status, text, after) => {
                let end = after.map(|after| now + after);
                let claim = Claim {
                    source: ClaimSource::ALL[source],
                    status,
                    text: StatusText::new(text),
                    expires_at: end.map(Timestamp::from_millis),
                    set_at: None,
                };
                self.real
                    .change(person, move |p| p.put(claim.clone()))
                    .await;
                self.models[person].put(source, (status, text.to_owned(), end));
                self.models[person].expire(now);
            }
            Step::End(person, source) => {
                self.real
                    .change(person, move |p| p.end(ClaimSource::ALL[source]))
                    .await;
                self.models[person].expire(now);
                self.models[person].claims[source] = None;
            }
            Step::Jump(span) => {
                self.now += span;
                self.real.clock.set(Timestamp::from_millis(self.now));
            }
            Step::Sweep => {
                claim_expiry::sweep(&*self.real.app.store, Timestamp::from_millis(now))
                    .await
                    .unwrap();
                self.models.iter_mut().for_each(|model| model.expire(now));
            }
            Step::Restart => {
                self.real.app = open(self.real.folder.path(), &self.real.clock);
            }
        }
        self.check_events(&before, &step).await;
        self.check_shown().await;
    }

    /// Each changed user has one event with the right status; the others have none.
    async fn check_events(&mut self, before: &[Model; USERS], step: &Step) {
        let changes = self.real.new_changes().await;
        for (person, before) in before.iter().enumerate() {
            let events: Vec<Chosen> = changes
                .iter()
                .filter(|change| change.user == id(person))
                .map(chosen)
                .collect();
            let model = &self.models[person];
            if model == before {
                assert_eq!(events, [], "nothing changed");
            } else {
                assert_eq!(events, [model.chosen(self.now)]);
            }
            self.published[person] = events.last().cloned().or(self.published[person].take());
            // A claim may have expired since the last event; a sweep publishes that.
            if let (Step::Sweep, Some(published)) = (step, &self.published[person]) {
                assert_eq!(
                    *published,
                    model.chosen(self.now),
                    "the last event after a sweep"
                );
            }
        }
    }

    async fn check_shown(&self) {
        for (person, model) in self.models.iter().enumerate() {
            let shown = presence::of(&self.real.app, &id(person), &id(person))
                .await
                .unwrap();
            let end = shown.expires_at.map(|end| end.as_millis());
            let chosen = (shown.chosen, shown.text, shown.source, end);
            assert_eq!(chosen, model.chosen(self.now), "person {person}");
            let presence = self.real.app.store.find_presence(id(person)).await.unwrap();
            for connection in UserStatus::ALL {
                let real =
                    presence.shown(Timestamp::from_millis(self.now), connection, presence.kind);
                assert_eq!(
                    real,
                    model.shown(self.now, connection),
                    "person {person}, {connection:?}"
                );
            }
            assert_eq!(shown.status, model.shown(self.now, UserStatus::Offline));
        }
    }
}

/// Spans of similar length, so that claims expire before, at and after each other; some last
/// decades.
fn span() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 1..20_i64,
        1 => Just(YEAR),
        1 => 1..70_i64,
    ]
    .prop_flat_map(|n| select(vec![n, n * SECOND, n.min(70) * YEAR]))
}

fn step() -> impl Strategy<Value = Step> {
    let person = 0..USERS;
    let status = || select(UserStatus::ALL.to_vec());
    let text = || select(vec!["", "Lunch", "A call", "Brb"]);
    let end = || {
        proptest::option::of(prop_oneof![9 => span(), 1 => Just(0), 1 => span().prop_map(|s| -s)])
    };
    let choice = (
        proptest::option::of(status()),
        proptest::option::of(text()),
        end(),
    );
    let choice = choice.prop_filter("something", |(status, text, _)| {
        status.is_some() || text.is_some()
    });
    prop_oneof![
        6 => (person.clone(), choice).prop_map(|(user, (status, text, end))| Step::Choose(user, status, text, end)),
        4 => (person.clone(), 0..3_usize, status(), text(), end()).prop_map(|(user, source, status, text, end)| Step::Put(user, source, status, text, end)),
        2 => (person, 0..3_usize).prop_map(|(user, source)| Step::End(user, source)),
        4 => prop_oneof![3 => span(), 1 => span().prop_map(|s| -s)].prop_map(Step::Jump),
        2 => Just(Step::Sweep),
        1 => Just(Step::Restart),
    ]
}

#[test]
fn random_histories_show_every_user_as_the_model_does() {
    let runtime = crate::support::runtime();
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let histories = proptest::collection::vec(step(), 1..STEPS);
    let run = TestRunner::new(config).run(&histories, |steps| {
        runtime.block_on(async {
            let mut pair = Pair::new().await;
            for step in steps {
                pair.step(step).await;
            }
        });
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}
