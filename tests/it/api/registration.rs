//! Accounts that people register themselves.

use crate::support::{Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};

const REGISTER: &str = "users.register";
const SECRET: &str = "known at the door";

fn setup(contract: Contract) -> Setup {
    let setup = Setup::new().contract(contract);
    setup.config(|config| config.registration_secret = Some(SECRET.into()))
}

fn newcomer(username: &str, secret: &str) -> Value {
    let email = format!("{username}@example.org");
    json!({"username": username, "email": email, "pass": "a password", "name": "A. Name", "secret": secret})
}

#[tokio::test]
async fn registration_is_off_unless_a_secret_is_configured() {
    let server = TestServer::start().await;
    let anon = server.anon();
    anon.post(REGISTER, newcomer("ann", SECRET))
        .await
        .golden("users_register_disabled");
    let form = "settings.public?_id=Accounts_RegistrationForm";
    let shown = async |server: &TestServer| {
        server.anon().get(form).await.json()["settings"][0]["value"].clone()
    };
    assert_eq!(shown(&server).await, "Disabled");
    let open = setup(Contract::Documented).start().await;
    assert_eq!(shown(&open).await, "Secret URL");
}

#[tokio::test]
async fn people_who_know_the_secret_register_and_log_in() {
    for contract in [Contract::Documented, Contract::Server] {
        let server = setup(contract).start().await;
        let (anon, admin) = (server.anon(), server.admin().await);
        anon.post(REGISTER, newcomer("ann", SECRET))
            .await
            .golden("users_register");
        let ann = anon.logged_in("ann", "a password").await;
        assert_eq!(ann.get("me").await.json()["roles"], json!(["user"]));
        let unnamed = json!({"username": "bob", "email": "bob@example.org", "pass": "a password", "secret": SECRET, "reason": "why not"});
        let bob = anon.post(REGISTER, unnamed).await.expect(200).json();
        assert_eq!(bob["user"]["name"], "bob");
        ann.post(REGISTER, newcomer("cid", SECRET))
            .await
            .golden("users_register_logged_in");
        let audit = admin
            .get("audit.list?action=user.created")
            .await
            .expect(200)
            .json();
        let record = &audit["records"][0];
        let expected = (&json!("anonymous"), &json!("127.0.0.1"), &json!("bob"));
        assert_eq!(
            (
                &record["author"]["type"],
                &record["address"],
                &record["target"]["name"]
            ),
            expected
        );
    }
}

#[tokio::test]
async fn invalid_registrations_are_refused_with_specific_errors() {
    let server = setup(Contract::Documented).start().await;
    server.user("ann").await;
    let anon = server.anon();
    let with = |key: &str, value: Value| {
        let mut body = newcomer("bob", SECRET);
        body[key] = value;
        body
    };
    for (body, golden) in [
        (newcomer("ann", "guessed"), "users_register_secret"),
        (newcomer("a b", ""), "users_register_secret"),
        (with("username", json!("ANN")), "users_register_taken"),
        (with("username", json!("a b")), "users_register_not_valid"),
        (with("username", json!("system")), "users_register_reserved"),
        (
            with("email", json!("Ann@example.org")),
            "users_register_email_taken",
        ),
        (
            with("email", json!("nowhere")),
            "users_register_email_not_valid",
        ),
        (with("pass", json!("short")), "users_register_weak"),
    ] {
        anon.post(REGISTER, body).await.golden(golden);
    }
    for (body, text) in [
        (
            json!({"username": "bob"}),
            "must have required property 'email'",
        ),
        (
            with("roles", json!(["admin"])),
            "must NOT have additional properties",
        ),
        (with("pass", json!({})), "must be string"),
    ] {
        anon.refused_params(REGISTER, body, text).await;
    }
}

#[tokio::test]
async fn wrong_secrets_count_as_failed_logins_from_the_address() {
    let setup = setup(Contract::Documented);
    let server = setup
        .config(|config| config.login_failures_per_address = 3)
        .start()
        .await;
    let anon = server.anon();
    for _ in 0..3 {
        anon.post(REGISTER, newcomer("ann", "guessed"))
            .await
            .golden("users_register_secret");
    }
    anon.post(REGISTER, newcomer("ann", SECRET))
        .await
        .golden("users_register_blocked");
    server.user("ann").await;
    anon.login("ann", "ann's password").await.expect(401);
}

#[tokio::test]
async fn registration_is_limited_to_once_a_minute_under_the_contract_server() {
    let server = setup(Contract::Server).rate_limited().start().await;
    let anon = server.anon();
    anon.post(REGISTER, newcomer("ann", SECRET))
        .await
        .expect(200);
    anon.post(REGISTER, newcomer("bob", SECRET))
        .await
        .expect(429);
}
