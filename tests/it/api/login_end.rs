//! The end of logins by time or by the operator, and forged tokens.

use crate::support::{Client, TestServer};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorsign::app::Clock;
use doorsign::auth::passwords::PasswordDigest;
use doorsign::auth::tokens::{TokenClaims, Tokens};
use doorsign::config::Config;
use doorsign::domain::{By, Error, LoginId, Origin, Timestamp, UserId, Username};
use doorsign::domain::{UserKey, UserPatch};
use doorsign::service::session::{self, LoginWith};
use doorsign::service::users::{self, NewUser};
use doorsign::store::{self, DatabaseSettings, Store};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// Whether the client is logged in, both by its headers and by a login with its token.
async fn is_logged_in(server: &TestServer, client: &Client) -> bool {
    let me = client.get("me").await;
    let token = &client.credentials.as_ref().unwrap().1;
    let resumed = server.anon().post("login", json!({"resume": token})).await;
    assert_eq!(me.status, resumed.status);
    if me.status != 200 {
        me.golden("create_unauthenticated");
        resumed.golden("login_refused");
        return false;
    }
    true
}

#[tokio::test]
async fn a_password_login_lasts_90_days() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let ann = server.anon().logged_in("ann", "ann's password").await;
    server.clock.advance(90 * DAY - Duration::from_millis(1));
    assert!(is_logged_in(&server, &ann).await);
    server.clock.advance(Duration::from_millis(1));
    assert!(!is_logged_in(&server, &ann).await);
}

#[tokio::test]
async fn a_personal_token_lasts_as_long_as_requested() {
    let server = TestServer::start().await;
    let permanent = server.user("ann").await;
    let for_one_day = server.with_named_token("ann", "short", Some(DAY)).await;
    assert!(is_logged_in(&server, &for_one_day).await);
    server.clock.advance(DAY);
    assert!(!is_logged_in(&server, &for_one_day).await);
    server.clock.advance(3650 * DAY);
    assert!(is_logged_in(&server, &permanent).await);
}

#[tokio::test]
async fn expired_logins_are_deleted_and_free_their_names() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let token = async || users::create_token(&server.app, "ann", "laptop", Some(DAY)).await;
    let (id, _) = token().await.unwrap();
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(200);
    assert!(token().await.is_err(), "a name in use");
    server.clock.advance(90 * DAY);
    token().await.unwrap();
    let kept = server.app.store.list_logins(id).await.unwrap();
    assert_eq!(
        kept.len(),
        2,
        "the first token, which does not expire, and the new one"
    );
}

#[tokio::test]
async fn deactivating_a_user_ends_all_their_logins_at_once() {
    let server = TestServer::start().await;
    let by_token = server.user("ann").await;
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    let bob = server.user("bob").await;
    assert!(is_logged_in(&server, &by_token).await && is_logged_in(&server, &by_password).await);
    users::set_active(&server.app, "ann", false).await.unwrap();
    assert!(!is_logged_in(&server, &by_token).await && !is_logged_in(&server, &by_password).await);
    assert!(is_logged_in(&server, &bob).await);
}

#[tokio::test]
async fn a_new_password_ends_the_logins_with_the_old_one() {
    let server = TestServer::start().await;
    let by_token = server.user("ann").await;
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    assert!(is_logged_in(&server, &by_password).await);
    users::set_password(&server.app, "ann", "a new one")
        .await
        .unwrap();
    assert!(!is_logged_in(&server, &by_password).await);
    assert!(
        is_logged_in(&server, &by_token).await,
        "personal tokens remain valid"
    );
    let old = server.anon().login("ann", "ann's password").await;
    old.golden("login_refused");
    let again = server.anon().logged_in("ann", "a new one").await;
    assert!(is_logged_in(&server, &again).await);
}

#[tokio::test]
async fn revoking_a_token_ends_only_that_token_at_once() {
    let server = TestServer::start().await;
    let kept = server.user("ann").await;
    let revoked = server.with_named_token("ann", "laptop", None).await;
    assert!(is_logged_in(&server, &revoked).await);
    users::revoke_token(&server.app, "ann", "laptop")
        .await
        .unwrap();
    assert!(!is_logged_in(&server, &revoked).await);
    assert!(is_logged_in(&server, &kept).await);
}

#[tokio::test]
async fn roles_are_read_on_each_use_and_not_from_the_token() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    ann.create("a").await.expect(400);
    for (roles, status) in [("admin", 200), ("user", 400)] {
        users::set_roles(&server.app, "ann", vec![roles.to_owned()])
            .await
            .unwrap();
        ann.create(roles).await.expect(status);
    }
}

#[tokio::test]
async fn forged_and_altered_tokens_are_refused() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let (id, token) = ann.credentials.clone().unwrap();
    let claims = server.app.auth.tokens.verify(&token).unwrap();
    let foreign = Tokens::new(&[7; 32]).unwrap().sign(&claims).unwrap();
    let no_such_login = TokenClaims {
        login: LoginId::new("x".repeat(17)),
        ..claims.clone()
    };
    let unknown = server.app.auth.tokens.sign(&no_such_login).unwrap();
    let bobs = server
        .app
        .auth
        .tokens
        .verify(&bob.credentials.clone().unwrap().1)
        .unwrap();
    let bobs_login = TokenClaims {
        login: bobs.login,
        ..claims
    };
    let mixed = server.app.auth.tokens.sign(&bobs_login).unwrap();

    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("{token}")
    };
    let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let none = encode(json!({"alg": "none", "typ": "JWT"}));
    let hs512 = encode(json!({"alg": "HS512", "typ": "JWT"}));
    let mut altered = signature.to_owned().into_bytes();
    altered[0] = if altered[0] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    for (what, forged) in [
        ("another secret", foreign),
        ("an unknown login", unknown),
        ("another's login", mixed),
        ("no algorithm, no signature", format!("{none}.{payload}.")),
        ("no algorithm", format!("{none}.{payload}.{signature}")),
        (
            "another algorithm",
            format!("{hs512}.{payload}.{signature}"),
        ),
        ("no signature", format!("{header}.{payload}.")),
        ("two parts", format!("{header}.{payload}")),
        ("a wrong signature", format!("{header}.{payload}.{altered}")),
        ("a longer signature", format!("{token}A")),
        ("no payload", format!("{header}..{signature}")),
        ("a long token", "e".repeat(15_000)),
    ] {
        let client = Client::new(server.address, Some((id.clone(), forged)));
        assert!(!is_logged_in(&server, &client).await, "{what}");
    }
    assert!(is_logged_in(&server, &ann).await);
}

/// A clock that sets another password on its second reading after `set` is filled.
#[derive(Default)]
struct PasswordChangingClock {
    set: Mutex<Option<(Arc<dyn Store>, UserId)>>,
    readings: AtomicUsize,
}

impl Clock for PasswordChangingClock {
    fn now(&self) -> Timestamp {
        let at = Timestamp::from_millis(0);
        let set = self.set.lock().unwrap().clone();
        if let Some((store, user)) = set
            && self.readings.fetch_add(1, Ordering::SeqCst) == 1
        {
            let patch = UserPatch {
                password_hash: Some("another".to_owned()),
                ..UserPatch::default()
            };
            let by = By {
                user: user.clone(),
                username: Username::stored("ann".to_owned()),
                at,
                origin: Origin::Server,
            };
            let setting = async || store.update_user(user, patch, by).await;
            let runtime = || tokio::runtime::Builder::new_current_thread().build();
            let thread = || runtime().unwrap().block_on(setting());
            std::thread::scope(|scope| scope.spawn(thread).join().unwrap().unwrap());
        }
        at
    }
}

#[tokio::test]
async fn a_login_is_refused_if_the_password_changes_right_after_its_check() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::defaults_in(folder.path().to_owned());
    let store = store::open(DatabaseSettings::of(&folder.path().join("doorsign.db"))).unwrap();
    let clock = Arc::new(PasswordChangingClock::default());
    let tokens = Tokens::new(&[7; 32]).unwrap();
    let app = crate::support::app(&config, store.clone(), clock.clone(), tokens);
    let ann = NewUser {
        username: "ann".to_owned(),
        name: None,
        email: None,
        roles: vec![],
        password: "an old password".to_owned(),
    };
    let ann = users::create(&app, ann).await.unwrap().id;
    *clock.set.lock().unwrap() = Some((store.clone(), ann.clone()));
    let old = LoginWith::Password {
        user: UserKey::Username("ann".to_owned()),
        digest: PasswordDigest::of("an old password"),
    };
    let refused = session::login(&app, old, Ipv4Addr::LOCALHOST.into(), None).await;
    assert!(
        clock.readings.load(Ordering::SeqCst) > 1,
        "the old password was not checked"
    );
    assert!(matches!(refused.err(), Some(Error::LoginRefused)));
    assert_eq!(store.list_logins(ann).await.unwrap(), []);
}
