//! Non-interference: two servers on which different things happen that are hidden from one viewer
//! answer and notify this viewer with the same bytes. The rules themselves change meanwhile. What
//! differs by nature is listed in `support/worlds/read.rs`.
//!
//! The sequences are the same in every run. `SEQUENCES=1000` runs more of them, and
//! `SEQUENCE_SEED=7` others.

use crate::support::worlds::action::{Action, actions};
use crate::support::worlds::read::{self, Read};
use crate::support::worlds::rules::{Denied, Rule, Rules, Setting, Switch};
use crate::support::worlds::{CONTROL, Heard, PEOPLE, Template, VIEWER, World};
use doorsign::config::Unconnected;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use std::cell::Cell;
use std::fmt::{self, Debug};

const SEQUENCES: u32 = 8;
const STEPS: usize = 16;
/// Requests of the viewer after each step. At the end, the viewer makes all of them.
const READS: usize = 4;

/// Something that happens in both worlds.
#[derive(Debug, Clone)]
enum Open {
    Act(usize, Action),
    Rule(Rule),
    Name(usize, &'static str),
    /// Advances the clock by this many seconds.
    Jump(u64),
}

#[derive(Debug, Clone)]
struct Step {
    /// What happens before, in each world. Only the actions of people who are hidden at that time.
    secrets: [Vec<(usize, Action)>; 2],
    open: Open,
    reads: Vec<Index>,
}

#[derive(Clone)]
struct Sequence {
    roles: &'static [&'static str],
    unconnected: Unconnected,
    /// The rules at the start.
    rules: Vec<Rule>,
    steps: Vec<Step>,
}

/// One line for each step.
impl Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = (&self.roles, &self.unconnected, &self.rules);
        f.write_str(&format!("{start:?}"))?;
        let mut steps = self.steps.iter();
        steps.try_for_each(|step| f.write_str(&format!("\n{step:?}")))
    }
}

fn denied() -> impl Strategy<Value = Denied> {
    select(vec![Denied::Viewer, Denied::Viewer, Denied::NoOne])
}

/// A rule about a person, never about the last of [`PEOPLE`].
fn rules_of_people() -> impl Strategy<Value = Rule> {
    let person = || 0..PEOPLE.len() - 1;
    let switch = select(vec![Switch::On, Switch::Off]);
    prop_oneof![
        3 => (person(), denied()).prop_map(|(person, denied)| Rule::Own(person, denied)),
        2 => (person(), denied()).prop_map(|(person, denied)| Rule::ByAdmin(person, denied)),
        1 => (person(), switch).prop_map(|(person, switch)| Rule::Presence(person, switch)),
    ]
}

fn opens() -> impl Strategy<Value = Open> {
    let person = || 0..PEOPLE.len();
    let setting = select(vec![Setting::Own, Setting::Admin, Setting::Status]);
    let switch = select(vec![Switch::On, Switch::On, Switch::Off]);
    let settings = (setting, switch).prop_map(|(of, switch)| Rule::Setting(of, switch));
    prop_oneof![
        6 => (person(), actions()).prop_map(|(person, action)| Open::Act(person, action)),
        4 => rules_of_people().prop_map(Open::Rule),
        1 => settings.prop_map(Open::Rule),
        1 => (person(), select(vec!["One", "Another", ""])).prop_map(|(person, name)| Open::Name(person, name)),
        2 => prop_oneof![Just(0_u64), 1..100_u64, Just(700)].prop_map(Open::Jump),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let secrets = || proptest::collection::vec((0..PEOPLE.len(), actions()), 0..4);
    let reads = proptest::collection::vec(any::<Index>(), READS);
    ([secrets(), secrets()], opens(), reads).prop_map(|(secrets, open, reads)| Step {
        secrets,
        open,
        reads,
    })
}

fn sequences() -> impl Strategy<Value = Sequence> {
    let roles: [&[&str]; 2] = [&["user"], &["user", "admin"]];
    let on = [Setting::Own, Setting::Admin].map(|of| Rule::Setting(of, Switch::On));
    (
        select(roles.to_vec()),
        select(vec![Unconnected::Declared, Unconnected::Offline]),
        proptest::collection::vec(rules_of_people(), 1..6),
        proptest::collection::vec(steps(), STEPS / 2..STEPS),
    )
        .prop_map(move |(roles, unconnected, rules, steps)| Sequence {
            roles,
            unconnected,
            rules: on.iter().cloned().chain(rules).collect(),
            steps,
        })
}

/// How often the control saw a difference between the worlds, and people who are hidden from the
/// viewer. Without them, the test would pass on a server that shows nothing to anyone.
#[derive(Default)]
struct Controls {
    frames: Cell<u32>,
    rows: Cell<u32>,
    open_rows: Cell<u32>,
}

fn count(cell: &Cell<u32>, is: bool) {
    cell.set(cell.get() + u32::from(is));
}

/// Both worlds, with the rules in force.
struct Pair {
    worlds: [World; 2],
    rules: Rules,
}

impl Pair {
    async fn begin(template: &Template, sequence: &Sequence, controls: &Controls) -> Self {
        let begin = || World::begin(template, sequence.roles, sequence.unconnected);
        let mut pair = Self {
            worlds: [begin().await, begin().await],
            rules: Rules::new(),
        };
        pair.settle_observers(controls, &"the start").await;
        for rule in &sequence.rules {
            pair.set(rule, controls).await;
        }
        pair
    }

    /// Sets a rule in both worlds. People who become visible are made the same in both before.
    async fn set(&mut self, rule: &Rule, controls: &Controls) {
        let after = self.rules.after(rule);
        let appears = |person: &usize| self.rules.hides(*person) && !after.hides(*person);
        for person in (0..PEOPLE.len()).filter(appears) {
            for world in &mut self.worlds {
                world.reset(person).await;
            }
        }
        if matches!(rule, Rule::Setting(Setting::Own, Switch::Off)) {
            for world in &self.worlds {
                for person in 0..PEOPLE.len() {
                    world
                        .set_own_list(person, self.rules.own_list(person))
                        .await;
                }
            }
        }
        let is_setting = matches!(rule, Rule::Setting(..));
        if is_setting {
            self.disconnect(controls).await;
        }
        let is_new = after != self.rules;
        let mut texts = Vec::new();
        for world in &mut self.worlds {
            let reply = world.set(rule).await;
            // A success repeats the user, as the administrator sees the user.
            let text = Some(reply.text()).filter(|_| reply.status != 200);
            texts.push((reply.status, text.map(str::to_owned)));
        }
        assert_eq!(texts[0], texts[1], "{rule:?}");
        if texts[0].0 == 200 {
            self.rules = after;
        }
        if is_setting {
            for world in &mut self.worlds {
                if is_new {
                    // Everyone has to read again: the server closes the connections.
                    world.closed().await;
                }
                world.reconnect().await;
            }
            self.settle_observers(controls, rule).await;
        }
    }

    /// Closes all connections of people, one person after the other, so that the order is the same.
    async fn disconnect(&mut self, controls: &Controls) {
        for person in 0..PEOPLE.len() {
            let [one, other] = &mut self.worlds;
            if [one, other].map(|world| world.disconnect(person)) != [false; 2] {
                self.settle(controls, &"a setting will change").await;
            }
        }
    }

    async fn open(&mut self, open: &Open, controls: &Controls) {
        if let Open::Rule(rule) = open {
            return self.set(rule, controls).await;
        }
        for world in &mut self.worlds {
            match open {
                Open::Act(person, action) => {
                    world.act(*person, action, self.rules.own(*person)).await;
                }
                Open::Name(person, name) => world.rename(*person, name).await,
                Open::Jump(seconds) => world.jump(*seconds).await,
                Open::Rule(_) => {}
            }
        }
    }

    async fn keep_secret(&mut self, secrets: &[Vec<(usize, Action)>; 2]) {
        for (world, secrets) in self.worlds.iter_mut().zip(secrets) {
            for (person, action) in secrets {
                // No list hides the events of the operator's claims from the future, when
                // statuses are shown again.
                let is_kept = !self.rules.shows_status() && action.is_of_operator();
                if self.rules.hides(*person) && !is_kept {
                    world.act(*person, action, self.rules.own(*person)).await;
                }
            }
        }
    }

    /// Passes when the viewer received the same in both worlds.
    async fn settle(&mut self, controls: &Controls, after: &dyn Debug) {
        let is_seen = self.rules.shows_status();
        let [one, other] = &mut self.worlds;
        let (one, other) = tokio::join!(one.settle(is_seen), other.settle(is_seen));
        self.compare(controls, &one, &other, after);
    }

    /// As [`settle`](Self::settle), after the observers have connected.
    async fn settle_observers(&mut self, controls: &Controls, after: &dyn Debug) {
        let is_seen = self.rules.shows_status();
        let [one, other] = &mut self.worlds;
        let (one, other) = tokio::join!(
            one.settle_observers(is_seen),
            other.settle_observers(is_seen)
        );
        self.compare(controls, &one, &other, after);
    }

    fn compare(&self, controls: &Controls, one: &Heard, other: &Heard, after: &dyn Debug) {
        for (left, right) in one.viewer.iter().zip(&other.viewer) {
            assert_eq!(left, right, "after {after:?}");
        }
        assert_eq!(one.viewer.len(), other.viewer.len(), "after {after:?}");
        count(&controls.frames, one.control != other.control);
    }

    /// Passes when the viewer reads the same in both worlds.
    async fn read(&mut self, read: &Read) {
        let [one, other] = &mut self.worlds;
        let (one, other) = tokio::join!(one.read(read), other.read(read));
        assert_eq!(one, other, "{read:?}");
    }

    /// Compares what the viewer and the control see of each person with what the person sees.
    async fn check_people(&self, controls: &Controls) {
        for world in &self.worlds {
            let rows = async |by: &str| {
                let route = format!("users.presence?ids={}", world.ids().join(","));
                let list = world.client(by).get(&route).await.expect(200).json();
                list["users"].as_array().unwrap().clone()
            };
            let (viewer, control) = (rows(VIEWER).await, rows(CONTROL).await);
            for (person, name) in PEOPLE.iter().enumerate() {
                let of = |row: &&Value| row["username"] == *name;
                let row = |rows: &[Value]| rows.iter().find(of).unwrap().clone();
                let own = row(&rows(name).await);
                let (viewer, control) = (row(&viewer), row(&control));
                let (hides, hides_from_all) =
                    (self.rules.hides(person), self.rules.hides_from_all(person));
                assert_eq!(viewer, if hides { offline(&own) } else { own.clone() });
                assert_eq!(control, if hides_from_all { offline(&own) } else { own });
                count(&controls.rows, viewer != control);
                count(&controls.open_rows, viewer["status"] != "offline");
            }
        }
    }
}

/// The row of a person who is offline without a text.
fn offline(row: &Value) -> Value {
    let mut row = row.clone();
    let fields = row.as_object_mut().unwrap();
    fields.retain(|key, _| !["statusText", "statusSource", "statusExpiresAt"].contains(&&**key));
    fields.insert("status".to_owned(), "offline".into());
    row
}

async fn run(template: &Template, sequence: Sequence, controls: &Controls) {
    let mut pair = Pair::begin(template, &sequence, controls).await;
    pair.settle(controls, &sequence.rules).await;
    for step in &sequence.steps {
        pair.keep_secret(&step.secrets).await;
        pair.settle(controls, &step.secrets).await;
        pair.open(&step.open, controls).await;
        pair.settle(controls, &step.open).await;
        let reads = read::all(&pair.worlds[0]);
        for at in &step.reads {
            pair.read(&reads[at.index(reads.len())]).await;
        }
    }
    for read in read::all(&pair.worlds[0]) {
        pair.read(&read).await;
    }
    pair.check_people(controls).await;
    for world in pair.worlds {
        world.end().await;
    }
}

/// The number in a variable of the environment.
fn number(variable: &str, default: u32) -> u32 {
    let text = std::env::var(variable).ok();
    text.map_or(default, |text| text.parse().unwrap())
}

#[test]
fn a_viewer_receives_the_same_bytes_whatever_is_hidden_from_them() {
    let runtime = crate::support::runtime();
    let config = Config {
        cases: number("SEQUENCES", SEQUENCES),
        failure_persistence: None,
        max_shrink_iters: 32,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("SEQUENCE_SEED", 0).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let cases = config.cases;
    let template = runtime.block_on(Template::new());
    let controls = Controls::default();
    let ran = TestRunner::new_with_rng(config, rng).run(&sequences(), |sequence| {
        runtime.block_on(run(&template, sequence, &controls));
        Ok(())
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
    for (what, cell) in [
        (
            "frames of the control that differ between the worlds",
            &controls.frames,
        ),
        ("people that only the control sees", &controls.rows),
        ("people that the viewer sees", &controls.open_rows),
    ] {
        assert!(cell.get() >= cases / 2, "{what}: {}", cell.get());
    }
}
