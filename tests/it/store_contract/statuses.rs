//! Creating, changing and deleting statuses: names are unique, and the event is stored with the
//! change or not at all.

use crate::support::store::{at, create, delete, event, every_store, status, update, user};
use doorsign::domain::{Change, CustomStatus, Error, EventId, Page, StatusId, StatusQuery, What};
use doorsign::store::{ClaimEffect, PresenceChange, Store};
use futures_util::FutureExt;
use futures_util::future::join_all;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

async fn everything(store: &dyn Store) -> Page<CustomStatus> {
    store.list_statuses(StatusQuery::default()).await.unwrap()
}

async fn changes(store: &dyn Store) -> Vec<Change> {
    let events = store.events_after(EventId::default(), 1000).await.unwrap();
    events
        .into_iter()
        .map(|event| event.unwrap().event.change)
        .collect()
}

fn is_unknown(result: doorsign::domain::Result<()>, id: &StatusId) -> bool {
    matches!(result, Err(Error::NotFound(What::Status(text))) if text == id.as_str())
}

#[tokio::test]
async fn one_of_64_racing_creations_of_a_name_succeeds_and_63_are_refused() {
    every_store(async |database| {
        let store = database.open();
        let racing = (0..64).map(|n| {
            let store: Arc<dyn Store> = store.clone();
            tokio::spawn(async move { create(&*store, &status(n, "caught up")).await })
        });
        let results: Vec<_> = join_all(racing)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let refused = |result: &&_| matches!(result, Err(Error::NameTaken));
        assert_eq!(results.iter().filter(refused).count(), 63, "{results:?}");
        assert_eq!(everything(&*store).await.total, 1);
        assert_eq!(changes(&*store).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn names_are_compared_byte_by_byte() {
    every_store(async |database| {
        let store = database.open();
        for (n, name) in (1..).zip([
            "Lunch",
            "lunch",
            " lunch",
            "lunch ",
            "lu\u{301}nch",
            "l\u{fa}nch",
        ]) {
            create(&*store, &status(n, name)).await.unwrap();
            let found = store.find_status_named(status(n, name).name).await.unwrap();
            assert_eq!(found, Some(status(n, name)));
        }
        assert_eq!(everything(&*store).await.total, 6);
    })
    .await;
}

#[tokio::test]
async fn an_update_replaces_all_but_the_id_and_refuses_unknown_ids_and_taken_names() {
    every_store(async |database| {
        let store = database.open();
        create(&*store, &status(1, "one")).await.unwrap();
        create(&*store, &status(2, "two")).await.unwrap();
        let renamed = CustomStatus {
            id: status(1, "one").id,
            ..status(9, "nine")
        };
        update(&*store, &renamed).await.unwrap();
        update(&*store, &renamed).await.unwrap(); // Its own name is not taken.
        let found = store.find_status(renamed.id.clone()).await.unwrap();
        assert_eq!(found, Some(renamed.clone()));

        let taken = update(&*store, &status(2, "nine")).await;
        assert!(matches!(taken, Err(Error::NameTaken)), "{taken:?}");
        assert!(is_unknown(
            update(&*store, &status(3, "three")).await,
            &status(3, "three").id
        ));
        assert_eq!(everything(&*store).await.items, [renamed, status(2, "two")]);
        assert_eq!(changes(&*store).await.len(), 4, "a refusal leaves no event");
    })
    .await;
}

#[tokio::test]
async fn the_event_of_a_deletion_carries_the_last_state_and_the_name_becomes_free() {
    every_store(async |database| {
        let store = database.open();
        create(&*store, &status(1, "one")).await.unwrap();
        update(&*store, &status(1, "uno")).await.unwrap();
        delete(&*store, 1).await.unwrap();
        assert!(is_unknown(delete(&*store, 1).await, &status(1, "uno").id));
        create(&*store, &status(2, "uno")).await.unwrap();
        let expected = [
            Change::StatusCreated(status(1, "one")),
            Change::StatusUpdated(status(1, "uno")),
            Change::StatusDeleted(status(1, "uno")),
            Change::StatusCreated(status(2, "uno")),
        ];
        assert_eq!(changes(&*store).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_panic_inside_a_write_reaches_its_caller_and_leaves_no_trace() {
    every_store(async |database| {
        let store = database.open();
        create(&*store, &status(1, "one")).await.unwrap();
        let two = status(2, "two");
        let ann = user("ann");
        let created = store.create_user(ann.clone(), String::new(), crate::support::beforehand());
        created.await.unwrap();
        let panicking = store.change_presence(PresenceChange {
            user: ann.id.clone(),
            by: ann.by(at(1)),
            effect: ClaimEffect::Sets,
            rule: Box::new(|_| panic!("no event")),
        });
        let (panicked, meanwhile) = tokio::join!(
            AssertUnwindSafe(panicking).catch_unwind(),
            create(&*store, &two)
        );
        assert!(panicked.is_err());
        meanwhile.unwrap();
        assert_eq!(
            everything(&*store).await.items,
            [status(1, "one"), status(2, "two")]
        );
        assert_eq!(changes(&*store).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_write_is_committed_even_if_its_caller_stops_waiting() {
    every_store(async |database| {
        let store = database.open();
        let mut committed = store.committed();
        let one = status(1, "one");
        let mut creating = Box::pin(create(&*store, &one));
        let _ = futures_util::poll!(&mut creating);
        drop(creating);
        committed
            .wait_for(|newest| newest.as_u64() == 1)
            .await
            .unwrap();
        assert_eq!(everything(&*store).await.items, [status(1, "one")]);
    })
    .await;
}

#[tokio::test]
async fn completed_writes_survive_reopening_the_database() {
    every_store(async |database| {
        let store = database.open();
        create(&*store, &status(1, "one")).await.unwrap();
        drop(store);
        let store = database.open();
        assert_eq!(everything(&*store).await.items, [status(1, "one")]);
        assert_eq!(store.committed().borrow().as_u64(), 1);
        create(&*store, &status(2, "two")).await.unwrap();
        assert_eq!(
            store.committed().borrow().as_u64(),
            2,
            "no position is reused"
        );
    })
    .await;
}

#[derive(Debug, Clone)]
enum Step {
    Create(u8),
    Update(u8, u8),
    Delete(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..8_u8).prop_map(Step::Create),
        2 => (0..20_u8, 0..8_u8).prop_map(|(id, name)| Step::Update(id, name)),
        2 => (0..20_u8).prop_map(Step::Delete),
    ];
    prop::collection::vec(step, 0..40)
}

/// A reference store: the names by id, and the number of changes.
#[derive(Default)]
struct Model {
    names: BTreeMap<i64, String>,
    created: i64,
    changes: u64,
}

impl Model {
    async fn apply(&mut self, store: &dyn Store, step: &Step) {
        let name = |name: u8| format!("name {name}");
        let taken = |names: &BTreeMap<i64, String>, id: i64, name: &str| {
            names
                .iter()
                .any(|(other, known)| *other != id && known == name)
        };
        let (result, id, new) = match *step {
            Step::Create(n) => {
                self.created += 1;
                let status = status(self.created, &name(n));
                (create(store, &status).await, self.created, Some(name(n)))
            }
            Step::Update(id, n) => {
                let status = status(i64::from(id), &name(n));
                (update(store, &status).await, i64::from(id), Some(name(n)))
            }
            Step::Delete(id) => (delete(store, i64::from(id)).await, i64::from(id), None),
        };
        let known = matches!(step, Step::Create(_)) || self.names.contains_key(&id);
        let is_taken = new
            .as_deref()
            .is_some_and(|new| taken(&self.names, id, new));
        match result {
            Ok(()) => assert!(known && !is_taken, "{step:?}"),
            Err(Error::NotFound(_)) => assert!(!known, "{step:?}"),
            Err(Error::NameTaken) => assert!(known && is_taken, "{step:?}"),
            Err(other) => panic!("{step:?}: {other}"),
        }
        if known && !is_taken {
            self.changes += 1;
            match new {
                Some(new) => self.names.insert(id, new),
                None => self.names.remove(&id),
            };
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_give_the_same_results_and_counts_as_a_plain_map(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(every_store(async |database| {
            let (store, mut model) = (database.open(), Model::default());
            for step in &steps {
                model.apply(&*store, step).await;
            }
            let page = everything(&*store).await;
            let mut names: Vec<_> = model.names.values().cloned().collect();
            names.sort();
            let stored: Vec<_> = page.items.iter().map(|status| status.name.as_str()).collect();
            assert_eq!(stored, names);
            assert_eq!(page.total, names.len() as u64);
            assert_eq!(store.committed().borrow().as_u64(), model.changes);
            assert_eq!(changes(&*store).await.len() as u64, model.changes);
        }));
    }
}

#[tokio::test]
async fn an_event_carries_its_actor_and_time() {
    every_store(async |database| {
        let store = database.open();
        create(&*store, &status(1, "one")).await.unwrap();
        let events = store.events_after(EventId::default(), 10).await.unwrap();
        assert_eq!(
            events[0].as_ref().unwrap().event,
            event(Change::StatusCreated(status(1, "one")))
        );
    })
    .await;
}
