//! A store that can be reset to its seed.

use crate::support::store::{admin_at, at, create, status, user};
use doorsign::domain::{
    EventId, HookKind, Login, LoginId, LoginKind, RoleChange, StatusQuery, UserKey, UserPatch,
    UserQuery,
};
use doorsign::store::{self, ChangeKind, Cursor, Store};

fn login(id: &str) -> Login {
    Login {
        id: LoginId::new(id),
        user: user("ann").id,
        kind: LoginKind::Password,
        created_at: at(2),
        expires_at: None,
    }
}

/// Everything that a reset restores, as text.
async fn all(store: &dyn Store) -> String {
    let every = StatusQuery {
        id: None,
        name_contains: None,
        sort: Vec::new(),
        offset: 0,
        limit: None,
    };
    let statuses = store.list_statuses(every).await.unwrap();
    let (users, logins) = (
        store.list_users(UserQuery::default()),
        store.list_logins(user("ann").id),
    );
    let (users, logins) = (users.await.unwrap(), logins.await.unwrap());
    let password = store.find_user(UserKey::Id(user("ann").id)).await.unwrap();
    let grants = store.list_permissions().await.unwrap();
    format!("{statuses:?} {users:?} {password:?} {logins:?} {grants:?}")
}

#[tokio::test]
async fn every_reset_restores_the_seed_and_raises_the_versions_that_invalidate_caches() {
    let store = store::open_in_memory().unwrap();
    store
        .create_user(user("ann"), "hash".into(), crate::support::beforehand())
        .await
        .unwrap();
    store
        .create_login(login("seeded").into(), crate::support::operator())
        .await
        .unwrap();
    create(&*store, &status(1, "seeded")).await.unwrap();
    store.remember_seed().await.unwrap();
    let seed = all(&*store).await;
    for _ in 0..2 {
        create(&*store, &status(2, "new")).await.unwrap();
        crate::support::store::delete(&*store, 1).await.unwrap();
        let change = UserPatch {
            password_hash: Some("other".into()),
            roles: Some(RoleChange::Replace(vec!["admin".into()])),
            active: Some(false),
            ..UserPatch::default()
        };
        store
            .update_user(user("ann").id, change, admin_at(3))
            .await
            .unwrap();
        store
            .create_user(user("bob"), "hash".into(), crate::support::beforehand())
            .await
            .unwrap();
        assert_ne!(all(&*store).await, seed);
        let versions =
            || [ChangeKind::Access, ChangeKind::CustomStatuses].map(|part| store.version(part));
        let before = versions();
        store.reset().await.unwrap();
        assert_eq!(all(&*store).await, seed);
        let raised = before.iter().zip(versions()).all(|(old, new)| *old < new);
        assert!(raised, "{before:?} {:?}", versions());
    }
}

#[tokio::test]
async fn a_reset_keeps_the_events_and_the_cursors() {
    let store = store::open_in_memory().unwrap();
    let consumer_state = store.register("hook", HookKind::BuiltIn).await.unwrap();
    let consumer_state = consumer_state.unwrap();
    store.remember_seed().await.unwrap();
    create(&*store, &status(1, "before")).await.unwrap();
    let events = store.events_after(EventId::default(), 9).await.unwrap();
    let newest = events.last().unwrap().as_ref().unwrap().id;
    let cursor = Cursor {
        event: newest,
        ..consumer_state.cursor
    };
    assert!(store.advance("hook", cursor, vec![]).await.unwrap());
    store.reset().await.unwrap();
    let consumer_state = store.consumer_state("hook").await.unwrap().unwrap();
    assert_eq!(consumer_state.cursor, cursor);
    create(&*store, &status(1, "before")).await.unwrap();
    let next = store.events_after(newest, 9).await.unwrap();
    assert_eq!(next.len(), 1, "no event is returned twice or missed");
}

#[tokio::test]
async fn a_reset_without_a_seed_is_refused_and_loses_nothing() {
    let store = store::open_in_memory().unwrap();
    store
        .create_user(user("ann"), "hash".into(), crate::support::beforehand())
        .await
        .unwrap();
    let before = all(&*store).await;
    assert!(store.reset().await.is_err());
    assert_eq!(all(&*store).await, before);
}
