//! What the two contracts read differently outside of custom statuses: the bodies of `login` and
//! `users.setStatus`.

use crate::support::Setup;
use doorsign::config::Contract;
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const SET: &str = "users.setStatus";

#[tokio::test]
async fn the_documented_contract_reports_a_login_that_cannot_be_read() {
    const LOGIN: &str = r#"{"user":"ann","password":"ann's password"}"#;
    let media_type = "The body must be JSON, with the header Content-Type: application/json";
    for (content_type, body, text) in [
        (JSON, "{", "The body is not valid JSON"),
        (JSON, "[]", "must be object"),
        (JSON, r#""ann""#, "must be object"),
        ("text/plain", LOGIN, media_type),
        // curl sends this content type by default.
        (FORM, LOGIN, media_type),
    ] {
        for contract in [Contract::Documented, Contract::Server] {
            let server = Setup::new().contract(contract).start().await;
            server.user("ann").await;
            let reply = server.anon().post_raw("login", content_type, body).await;
            if contract == Contract::Server {
                reply.golden("login_refused");
                continue;
            }
            let error = reply.expect(400).json();
            assert_eq!(error["errorType"], "invalid-params");
            let found = error["error"].as_str().unwrap();
            assert!(found.starts_with(text), "{content_type} {body}: {found}");
        }
    }
}

#[tokio::test]
async fn the_contract_decides_whether_a_number_is_a_text() {
    for (contract, text) in [(Contract::Documented, None), (Contract::Server, Some("5"))] {
        let server = Setup::new().contract(contract).start().await;
        let ann = server.user("ann").await;
        let body = json!({"message": 5});
        if let Some(text) = text {
            ann.post(SET, body).await.expect(200);
            assert_eq!(ann.get("me").await.json()["statusText"], text);
        } else {
            ann.refused_params(SET, body, "must be string").await;
        }
        let further = json!({"status": "busy", "x": 1});
        let extra = "must NOT have additional properties";
        ann.refused_params(SET, further, extra).await;
    }
}

#[tokio::test]
async fn the_documented_contract_reports_a_status_that_cannot_be_read() {
    for (contract, text) in [
        (Contract::Documented, "The body is not valid JSON"),
        (Contract::Server, "Match error"),
    ] {
        let server = Setup::new().contract(contract).start().await;
        let ann = server.user("ann").await;
        let error = ann.post_raw(SET, JSON, "{").await.expect(400).json();
        let found = error["error"].as_str().unwrap();
        assert!(found.starts_with(text), "{found}");
    }
}
