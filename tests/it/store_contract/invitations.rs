//! Links to choose a password: all or nothing, once, and with everything that follows from a use.

use crate::support::operator;
use crate::support::store::{at, every_store, user};
use doorsign::domain::{
    Acceptance, By, Error, Field, Invitation, InvitationId, InvitationKind, InvitedUser, LinkEnd,
    Login, LoginId, LoginKind, NewInvitation, Problem, Result, User, What,
};
use doorsign::store::Store;

/// A link of `owner`, created at `n`, with a digest of its own.
fn invitation(owner: &str, n: i64) -> NewInvitation {
    NewInvitation {
        invitation: Invitation {
            id: InvitationId::new(format!("{owner} {n}")),
            user: user(owner).id,
            kind: InvitationKind::Invitation,
            created_by: None,
            created_at: at(n),
            expires_at: at(n + 1000),
            used_at: None,
        },
        token_hash: format!("digest of {owner} {n}"),
    }
}

fn invited(owner: &str) -> InvitedUser {
    InvitedUser {
        user: user(owner),
        invitation: invitation(owner, 1),
    }
}

/// The use of the link of `owner` from `created`, at `n`.
async fn accept(store: &dyn Store, owner: &str, created: i64, n: i64) -> Result<User> {
    let login = Login {
        id: LoginId::new(format!("login {n}")),
        user: user(owner).id,
        kind: LoginKind::Password,
        created_at: at(n),
        expires_at: None,
    };
    let acceptance = Acceptance {
        token_hash: invitation(owner, created).token_hash,
        password_hash: format!("password {n}"),
        login: login.into(),
    };
    let by: By = user(owner).by(at(n));
    store.accept_invitation(acceptance, by).await
}

async fn unused(store: &dyn Store) -> Vec<String> {
    let records = store.list_invitations().await.unwrap();
    let ids = records
        .iter()
        .map(|it| it.invitation.id.as_str().to_owned());
    ids.collect()
}

fn end<T>(result: Result<T>) -> Option<LinkEnd> {
    match result {
        Err(Error::LinkEnded(end)) => Some(end),
        _ => None,
    }
}

#[tokio::test]
async fn users_are_invited_together_or_not_at_all() {
    every_store(async |database| {
        let store = database.open();
        let both = vec![invited("ann"), invited("bob")];
        let hash = || "unknown".to_owned();
        store.invite_users(both, hash(), operator()).await.unwrap();
        assert_eq!(unused(&*store).await, ["ann 1", "bob 1"]);
        let (users, events) = (
            store.list_users(Default::default()).await.unwrap().total,
            *store.committed().borrow(),
        );
        let again = vec![invited("carol"), invited("ann")];
        let refused = store.invite_users(again, hash(), operator()).await;
        assert!(
            matches!(
                refused,
                Err(Error::Invalid {
                    field: Field::Username,
                    problem: Problem::Taken(_)
                })
            ),
            "{refused:?}"
        );
        let left = store.list_users(Default::default()).await.unwrap();
        assert_eq!((left.total, *store.committed().borrow()), (users, events));
        assert_eq!(unused(&*store).await, ["ann 1", "bob 1"]);
    })
    .await;
}

#[tokio::test]
async fn a_use_sets_the_password_ends_the_logins_and_opens_one() {
    every_store(async |database| {
        let store = database.open();
        let hash = "unknown".to_owned();
        let users = vec![invited("ann")];
        store.invite_users(users, hash, operator()).await.unwrap();
        let logins = async || {
            let logins = store.list_logins(user("ann").id).await.unwrap();
            let ids = logins.iter().map(|login| login.id.as_str().to_owned());
            ids.collect::<Vec<_>>()
        };
        let ann = accept(&*store, "ann", 1, 5).await.unwrap();
        assert_eq!(logins().await, ["login 5"]);
        assert_eq!(ann.profile.unblocked_at, Some(at(5)));
        let second = invitation("ann", 6);
        store.create_invitation(second, operator()).await.unwrap();
        accept(&*store, "ann", 6, 7).await.unwrap();
        assert_eq!(logins().await, ["login 7"]);
        let key = doorsign::domain::UserKey::Id(user("ann").id);
        let (_, hash) = store.find_user(key).await.unwrap().unwrap();
        assert_eq!(hash, "password 7");
        assert_eq!(end(accept(&*store, "ann", 6, 8).await), Some(LinkEnd::Used));
        let unknown = accept(&*store, "ann", 9, 9).await;
        assert_eq!(end(unknown), Some(LinkEnd::Unknown));
        assert_eq!(logins().await, ["login 7"]);
        assert_eq!(unused(&*store).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn an_expired_link_changes_nothing_and_a_new_one_replaces_it() {
    every_store(async |database| {
        let store = database.open();
        let (hash, users) = ("unknown".to_owned(), vec![invited("ann")]);
        store.invite_users(users, hash, operator()).await.unwrap();
        let expired = accept(&*store, "ann", 1, 1001).await;
        assert_eq!(end(expired), Some(LinkEnd::Expired));
        assert_eq!(unused(&*store).await, ["ann 1"]);
        let new = invitation("ann", 2000);
        store.create_invitation(new, operator()).await.unwrap();
        assert_eq!(unused(&*store).await, ["ann 2000"]);
        let gone = store.find_invitation(invitation("ann", 1).token_hash).await;
        assert_eq!(gone.unwrap(), None);
        let id = InvitationId::new("ann 2000");
        store
            .delete_invitation(id.clone(), operator())
            .await
            .unwrap();
        let again = store.delete_invitation(id, operator()).await;
        assert!(matches!(again, Err(Error::NotFound(What::Invitation(_)))));
        let unknown = store
            .create_invitation(invitation("bob", 1), operator())
            .await;
        assert!(matches!(unknown, Err(Error::NotFound(What::User(_)))));
    })
    .await;
}
