//! What a new login changes besides its own row, and which logins a search finds.

use crate::support::operator;
use crate::support::store::{at, every_store, user};
use doorsign::domain::{Action, Login, LoginId, LoginKind, LoginQuery, NewLogin, UserKey};
use doorsign::store::Store;

/// A login of ann, who may have two by password.
fn login(id: &str, created: i64, expires: Option<i64>, kind: LoginKind) -> NewLogin {
    let login = Login {
        id: LoginId::new(id),
        user: user("ann").id,
        kind,
        created_at: at(created),
        expires_at: expires.map(at),
    };
    NewLogin {
        most: Some(2),
        ..login.into()
    }
}

fn token(name: &str) -> LoginKind {
    LoginKind::Token {
        name: name.to_owned(),
        tail: "abcdef".to_owned(),
        bypass_two_factor: false,
    }
}

async fn create(store: &dyn Store, new: NewLogin) {
    store.create_login(new, operator()).await.unwrap();
}

async fn with_ann(store: &dyn Store) {
    let created = store.create_user(user("ann"), String::new(), crate::support::beforehand());
    created.await.unwrap();
}

#[tokio::test]
async fn an_expired_login_leaves_its_place_to_a_new_one() {
    every_store(async |database| {
        let store = database.open();
        with_ann(&*store).await;
        create(&*store, login("one", 1, Some(5), LoginKind::Password)).await;
        create(&*store, login("two", 2, None, LoginKind::Password)).await;
        create(&*store, login("t1", 3, Some(5), token("laptop"))).await;
        let before = store.newest_audit().await.unwrap();
        create(&*store, login("three", 5, None, LoginKind::Password)).await;
        let logins = store.list_logins(user("ann").id).await.unwrap();
        let ids: Vec<_> = logins.iter().map(|login| login.id.as_str()).collect();
        assert_eq!(ids, ["two", "three"]);
        let records = store.audit_after(before, 10).await.unwrap();
        let actions: Vec<_> = records.iter().map(|it| it.entry.action).collect();
        assert_eq!(actions, [Action::TokenCreated], "no login was ended for it");
        create(&*store, login("t2", 6, None, token("laptop"))).await;
    })
    .await;
}

#[tokio::test]
async fn the_time_of_the_last_login_is_that_of_a_login_by_password() {
    every_store(async |database| {
        let store = database.open();
        with_ann(&*store).await;
        let last = async || {
            let (ann, _) = store
                .find_user(UserKey::Id(user("ann").id))
                .await
                .unwrap()?;
            ann.profile.last_login_at
        };
        create(&*store, login("t1", 3, None, token("laptop"))).await;
        assert_eq!(last().await, None);
        create(&*store, login("one", 4, None, LoginKind::Password)).await;
        create(&*store, login("t2", 5, None, token("phone"))).await;
        assert_eq!(last().await, Some(at(4)));
    })
    .await;
}

#[tokio::test]
async fn a_search_among_all_logins_also_finds_names_and_one_of_a_user_does_not() {
    every_store(async |database| {
        let store = database.open();
        with_ann(&*store).await;
        create(&*store, login("one", 1, None, LoginKind::Password)).await;
        for (of, text, expected) in [
            (None, "ann", 1),
            (None, "one", 1),
            (Some("ann"), "ann", 0),
            (Some("ann"), "one", 1),
        ] {
            let query = LoginQuery {
                user: of.map(|name| user(name).id),
                filter: Some(text.to_owned()),
                ..LoginQuery::all(at(2))
            };
            let found = store.list_login_records(query).await.unwrap();
            assert_eq!(found.total, expected, "{text} of {of:?}");
        }
    })
    .await;
}
