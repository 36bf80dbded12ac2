//! Random sequences of steps: sockets open, close, log out and go away, users set statuses in every
//! way, claims expire, names and roles change, the server is killed, and watchers connect at any
//! time. After the events have settled, every watcher sees the statuses that REST returns. If the
//! test settles after each step, no watcher receives the same status twice in a row.

use crate::support::office::{Office, PEOPLE, template};
use crate::support::presence::set;
use crate::support::watcher::Scope;
use doorsign::domain::UserStatus;
use doorsign::jobs::claim_expiry;
use doorsign::service::users;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use std::time::Duration;

const CASES: u32 = 48;
const STEPS: usize = 40;

#[derive(Debug, Clone)]
enum Step {
    Open(usize),
    /// Drops a socket without a close.
    Leave(usize, Index),
    LogOut(usize, Index),
    /// Reports the user of a socket as online or away.
    Report(usize, Index, &'static str),
    /// Sets a status over REST: status, text, and seconds until it expires.
    Choose(usize, UserStatus, Option<&'static str>, Option<u64>),
    /// Sets a status over a socket.
    ChooseLive(usize, Index, UserStatus, Option<&'static str>),
    /// Advances the clock by this many seconds and sweeps expired claims.
    Jump(u64),
    Roles(usize, &'static [&'static str]),
    Name(usize, &'static str),
    Watch(Scope),
    Restart,
    Settle,
}

async fn step(mut office: Office, step: Step, calm: bool) -> Office {
    match step {
        Step::Open(person) => office.open(person).await,
        Step::Leave(person, which) => {
            let sockets = &mut office.sockets[person];
            if !sockets.is_empty() {
                drop(sockets.remove(which.index(sockets.len())));
            }
        }
        Step::LogOut(person, which) => {
            let sockets = &mut office.sockets[person];
            if !sockets.is_empty() {
                let mut live = sockets.remove(which.index(sockets.len()));
                live.call("logout", json!([])).await;
            }
        }
        Step::Report(person, which, method) => {
            let sockets = &mut office.sockets[person];
            if !sockets.is_empty() {
                let at = which.index(sockets.len());
                sockets[at].call(method, json!([])).await;
            }
        }
        Step::Choose(person, status, text, after) => {
            let mut body = Map::from_iter([("status".to_owned(), json!(status.as_str()))]);
            body.extend(text.map(|text| ("message".to_owned(), json!(text))));
            let clock = &office.life.server.clock;
            let end = after.map(|after| {
                let now = doorsign::app::Clock::now(&**clock).as_millis();
                let end = now + i64::try_from(after).unwrap() * 1000;
                jiff::Timestamp::from_millisecond(end).unwrap().to_string()
            });
            body.extend(end.map(|end| ("expiresAt".to_owned(), json!(end))));
            set(&office.life.people[person], Value::Object(body)).await;
        }
        Step::ChooseLive(person, which, status, text) => {
            let sockets = &mut office.sockets[person];
            if !sockets.is_empty() {
                let at = which.index(sockets.len());
                let params = json!([status.as_str(), text]);
                sockets[at].call("setUserStatus", params).await;
            }
        }
        Step::Jump(seconds) => {
            let server = &office.life.server;
            server.clock.advance(Duration::from_secs(seconds));
            let now = doorsign::app::Clock::now(&*server.clock);
            claim_expiry::sweep(&*server.app.store, now).await.unwrap();
        }
        Step::Roles(person, roles) => {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let app = &office.life.server.app;
            users::set_roles(app, PEOPLE[person], roles).await.unwrap();
        }
        Step::Name(person, name) => office.change_name(person, name).await,
        Step::Watch(scope) => office.watch(scope).await,
        Step::Restart => office = office.restart().await,
        Step::Settle => office.settle(calm).await,
    }
    office
}

fn steps() -> impl Strategy<Value = Step> {
    let person = || 0..PEOPLE.len();
    let which = any::<Index>;
    let status = || select(UserStatus::ALL.to_vec());
    let text = || proptest::option::of(select(vec!["", "Lunch", "A call"]));
    let end = proptest::option::of(1..100_u64);
    let report = select(vec!["UserPresence:away", "UserPresence:online"]);
    let roles: [&[&str]; 3] = [&["user"], &["bot"], &["user", "livechat-agent"]];
    let name = select(vec!["One", "Another", ""]);
    prop_oneof![
        6 => person().prop_map(Step::Open),
        4 => (person(), which()).prop_map(|(person, which)| Step::Leave(person, which)),
        2 => (person(), which()).prop_map(|(person, which)| Step::LogOut(person, which)),
        5 => (person(), which(), report).prop_map(|(person, which, report)| Step::Report(person, which, report)),
        5 => (person(), status(), text(), end)
            .prop_map(|(person, status, text, end)| Step::Choose(person, status, text, end)),
        3 => (person(), which(), status(), text())
            .prop_map(|(person, which, status, text)| Step::ChooseLive(person, which, status, text)),
        2 => (1..100_u64).prop_map(Step::Jump),
        1 => (person(), select(roles.to_vec())).prop_map(|(person, roles)| Step::Roles(person, roles)),
        1 => (person(), name).prop_map(|(person, name)| Step::Name(person, name)),
        1 => select(vec![Scope::All, Scope::ById]).prop_map(Step::Watch),
        1 => Just(Step::Restart),
        2 => Just(Step::Settle),
    ]
}

#[test]
fn every_watcher_sees_all_current_statuses_after_random_steps() {
    let runtime = crate::support::runtime();
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 64,
        ..Config::default()
    };
    let template = runtime.block_on(template());
    let sequences = (any::<bool>(), proptest::collection::vec(steps(), 1..STEPS));
    let run = TestRunner::new(config).run(&sequences, |(calm, steps)| {
        runtime.block_on(async {
            let mut office = Office::new(template.path()).await;
            for next in steps {
                office = step(office, next, calm).await;
                if calm {
                    office.settle(calm).await;
                }
            }
            office.settle(calm).await;
        });
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}
