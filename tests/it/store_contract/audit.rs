//! The audit records that a change adds in its own transaction.

use crate::support::operator;
use crate::support::store::hooks::{advance, consumer_state, happen, parked};
use crate::support::store::{Database, at, every_shared_store, every_store, user};
use doorsign::domain::{
    Action, Attribution, EventId, HookKind, Login, LoginId, LoginKind, NewLogin, RecordClass,
};
use doorsign::store::{Cursor, Store};

/// The actions recorded since the record `after`, each with its target and detail, oldest first.
async fn recorded(store: &dyn Store, after: u64) -> Vec<(Action, String, String)> {
    let records = store.audit_after(after, 100).await.unwrap();
    let brief = records.into_iter().map(|record| {
        let entry = record.entry;
        let target = entry.target.map(|target| target.name);
        (entry.action, target.unwrap_or_default(), entry.detail)
    });
    brief.collect()
}

fn login(n: i64) -> NewLogin {
    let login = Login {
        id: LoginId::new(format!("login {n}")),
        user: user("ann").id,
        kind: LoginKind::Password,
        created_at: at(n),
        expires_at: None,
    };
    NewLogin {
        most: Some(2),
        ..login.into()
    }
}

#[tokio::test]
async fn a_login_beyond_the_limit_records_which_it_ended() {
    every_store(async |database| {
        let store = database.open();
        let created = store.create_user(user("ann"), String::new(), operator());
        created.await.unwrap();
        for n in 1..=2 {
            store.create_login(login(n), operator()).await.unwrap();
        }
        let before = store.newest_audit().await.unwrap();
        store.create_login(login(3), operator()).await.unwrap();
        let of_ann = |action, detail: &str| (action, "ann".to_owned(), detail.to_owned());
        let expected = [
            of_ann(Action::TokenCreated, "an ordinary login"),
            of_ann(Action::LogoutEvicted, "1 logins ended"),
        ];
        assert_eq!(recorded(&*store, before).await, expected);
        let ids = store.list_logins(user("ann").id).await.unwrap();
        let ids: Vec<_> = ids.iter().map(|login| login.id.as_str()).collect();
        assert_eq!(ids, ["login 2", "login 3"], "the oldest one ended");
    })
    .await;
}

#[tokio::test]
async fn each_change_of_a_hook_is_recorded_once() {
    every_store(async |database| {
        let store = database.open();
        store.register("hook", HookKind::BuiltIn).await.unwrap();
        happen(&*store, &[1, 2, 3]).await;
        advance(&*store, "hook", 2, vec![parked(1), parked(2)]).await;
        let before = store.newest_audit().await.unwrap();
        let one = Some(EventId::new(1));
        store
            .retry_deliveries("hook", one, operator())
            .await
            .unwrap();
        store
            .drop_delivery("hook", EventId::new(2), operator())
            .await
            .unwrap();
        let gone = "410 Gone".to_owned();
        let cursor = consumer_state(&*store, "hook").await.cursor;
        let late = Cursor {
            generation: cursor.generation + 1,
            ..cursor
        };
        let refused = store.disable("hook", late, Vec::new(), gone.clone(), operator());
        assert!(!refused.await.unwrap(), "the hook was moved meanwhile");
        let disabled = store.disable("hook", cursor, Vec::new(), gone, operator());
        assert!(disabled.await.unwrap());
        store.switch_hook("hook", None, operator()).await.unwrap();
        store
            .replay("hook", at(0), at(9), operator())
            .await
            .unwrap();
        let of_hook = |action, detail: &str| (action, "hook".to_owned(), detail.to_owned());
        let expected = [
            of_hook(Action::DeliveriesRetried, "event 1"),
            of_hook(Action::DeliveryDropped, "event 2"),
            of_hook(Action::HookDisabled, "410 Gone"),
            of_hook(Action::HookEnabled, ""),
            of_hook(Action::HookReplayed, "2 events"),
        ];
        assert_eq!(recorded(&*store, before).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_sweep_deletes_old_records_up_to_its_limit_and_reports_whether_more_may_be_left() {
    every_store(async |database| {
        let store = database.open();
        let before = store.newest_audit().await.unwrap();
        let records = (1..=5)
            .map(|n| Attribution::server(at(n)).delivery(Action::DeliveriesRetried, "hook", None));
        store.append_audit(records.collect()).await.unwrap();
        let stored = store.audit_after(before, 10).await.unwrap();
        assert_eq!(stored[0].entry.attribution, Attribution::server(at(1)));
        for (is_more, left) in [(true, 2), (false, 0), (false, 0)] {
            assert_eq!(store.sweep_audit(at(6), 3).await.unwrap(), is_more);
            assert_eq!(recorded(&*store, before).await.len(), left);
        }
    })
    .await;
}

#[tokio::test]
async fn a_sweep_of_too_many_records_reports_whether_more_are_left() {
    every_shared_store(async |database| {
        let Database::Folder(folder) = &database else {
            return;
        };
        let store = database.open();
        let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
            INSERT INTO audit (at, action, class, author, detail)
            SELECT 9, 'login.failed', 0, 'anonymous', '' FROM n";
        let path = folder.path().join("doorsign.db");
        let file = rusqlite::Connection::open_with_flags(path, Default::default()).unwrap();
        file.execute(many, [RecordClass::CAP.cast_signed() + 5])
            .unwrap();
        for is_more in [true, false, false] {
            assert_eq!(store.sweep_audit(at(1), 3).await.unwrap(), is_more);
        }
        let count = "SELECT count(*) FROM audit WHERE class = 0";
        let left: i64 = file.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(left.cast_unsigned(), RecordClass::CAP);
    })
    .await;
}

#[tokio::test]
async fn each_record_is_signalled() {
    every_store(async |database| {
        let store = database.open();
        let mut audited = store.audited();
        audited.mark_unchanged();
        let created = store.create_user(user("ann"), String::new(), operator());
        created.await.unwrap();
        assert!(audited.has_changed().unwrap());
    })
    .await;
}
