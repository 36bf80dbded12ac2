//! Random hours of an office: sockets that open, are cut, log out and go away, statuses chosen by every way there is, claims that end, new
//! names and roles, a server that is killed, and watchers who come at any time. Whenever it is quiet, every watcher sees everybody as
//! there is to be read; and where every step is waited for, nobody is told the same twice in a row.

use crate::support::office::{Office, PEOPLE, template};
use crate::support::presence::set;
use crate::support::watcher::Hears;
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
    /// A socket is cut.
    Leave(usize, Index),
    LogOut(usize, Index),
    /// A socket says whether its user is there.
    Say(usize, Index, &'static str),
    /// By REST: status, text, and after how many seconds that ends.
    Choose(usize, UserStatus, Option<&'static str>, Option<u64>),
    /// By a socket.
    ChooseLive(usize, Index, UserStatus, Option<&'static str>),
    /// The clock jumps so many seconds, and what is over then ends.
    Jump(u64),
    Roles(usize, &'static [&'static str]),
    Name(usize, &'static str),
    Watch(Hears),
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
        Step::Say(person, which, method) => {
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
        Step::Watch(hears) => office.watch(hears).await,
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
    let say = select(vec!["UserPresence:away", "UserPresence:online"]);
    let roles: [&[&str]; 3] = [&["user"], &["bot"], &["user", "livechat-agent"]];
    let name = select(vec!["One", "Another", ""]);
    prop_oneof![
        6 => person().prop_map(Step::Open),
        4 => (person(), which()).prop_map(|(who, which)| Step::Leave(who, which)),
        2 => (person(), which()).prop_map(|(who, which)| Step::LogOut(who, which)),
        5 => (person(), which(), say).prop_map(|(who, which, say)| Step::Say(who, which, say)),
        5 => (person(), status(), text(), end)
            .prop_map(|(who, status, text, end)| Step::Choose(who, status, text, end)),
        3 => (person(), which(), status(), text())
            .prop_map(|(who, which, status, text)| Step::ChooseLive(who, which, status, text)),
        2 => (1..100_u64).prop_map(Step::Jump),
        1 => (person(), select(roles.to_vec())).prop_map(|(who, roles)| Step::Roles(who, roles)),
        1 => (person(), name).prop_map(|(who, name)| Step::Name(who, name)),
        1 => select(vec![Hears::Everybody, Hears::ById]).prop_map(Step::Watch),
        1 => Just(Step::Restart),
        2 => Just(Step::Settle),
    ]
}

#[test]
fn every_watcher_sees_everybody_as_there_is_to_be_read_whatever_happens() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 64,
        ..Config::default()
    };
    let template = runtime.block_on(template());
    let hours = (any::<bool>(), proptest::collection::vec(steps(), 1..STEPS));
    let run = TestRunner::new(config).run(&hours, |(calm, steps)| {
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
