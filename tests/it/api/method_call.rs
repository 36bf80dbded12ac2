//! Realtime methods over REST: parsing, responses, authentication and rate limits. `methods` covers
//! each method.

use crate::support::flaky::{Fault, FlakyServer};
use crate::support::methods::{LIST, answer, call, message, result};
use crate::support::{Setup, TestServer};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn method_call_requires_a_login_and_method_call_anon_does_not() {
    let server = TestServer::start().await;
    let (ann, anon) = (server.user("ann").await, server.anon());
    let refused = answer(&anon, "method.call", LIST, json!([])).await;
    refused.golden("create_unauthenticated");
    let refused = anon.post("method.call/x", json!({"x": 1})).await;
    refused.golden("create_unauthenticated");
    let listed = answer(&ann, "method.callAnon", LIST, json!([])).await;
    assert_eq!(message(&listed)["result"], json!([]));
    let mut stale = ann.clone();
    stale.credentials.as_mut().unwrap().1 = "worthless".to_owned();
    let refused = answer(&stale, "method.callAnon", LIST, json!([])).await;
    refused.golden("method_invalid_user");
}

#[tokio::test]
async fn the_message_names_the_method_and_its_id_is_returned_unchanged() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    for (id, expected) in [
        (
            r#""id":"a b","#,
            r#"{"msg":"result","id":"a b","result":[]}"#,
        ),
        (r#""id":7,"#, r#"{"msg":"result","id":7,"result":[]}"#),
        ("", r#"{"msg":"result","result":[]}"#),
    ] {
        let message = format!(r#"{{{id}"msg":"any","method":"{LIST}","params":[1,{{}}]}}"#);
        let reply = ann.post("method.call/nothing", json!({"message": message}));
        let expected = json!({"message": expected, "success": true});
        assert_eq!(reply.await.expect(200).json(), expected);
    }
}

#[tokio::test]
async fn an_invalid_call_gets_an_error() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let with_message = |message: &str| json!({"message": message});
    for (body, text, has_code) in [
        (json!({}), "must have required property 'message'", true),
        (
            json!({"message": "{}", "x": 1}),
            "must NOT have additional properties",
            true,
        ),
        (json!({"message": {}}), "must be string", true),
        (json!([]), "must be object", true),
        (with_message("{}"), "Invalid method call", false),
        (with_message("[]"), "Invalid method call", false),
        (with_message("null"), "Invalid method call", false),
        (
            with_message(r#"{"method":"x"}"#),
            "Invalid method call",
            false,
        ),
        (
            with_message(r#"{"method":"x","params":{}}"#),
            "Invalid method call",
            false,
        ),
        (
            with_message(r#"{"method":1,"params":[]}"#),
            "Invalid method call",
            false,
        ),
        (
            with_message(""),
            "The message is not valid JSON: EOF while parsing a value at line 1 column 0",
            false,
        ),
        (
            with_message("{"),
            "The message is not valid JSON: EOF while parsing an object at line 1 column 1",
            false,
        ),
        (
            with_message(&"[".repeat(200)),
            "The message is not valid JSON: recursion limit exceeded at line 1 column 128",
            false,
        ),
    ] {
        let mut expected = json!({"success": false, "error": text});
        if has_code {
            expected["errorType"] = json!("invalid-params");
        }
        let reply = ann.post("method.call/x", body.clone()).await;
        let error = reply.expect(400).error_of_rocket_chat();
        assert_eq!(error, expected, "{body}");
    }
}

#[tokio::test]
async fn a_user_is_limited_to_20_calls_of_a_method_in_10_seconds() {
    let server = Setup::new().config(|c| c.rate_limit_calls = None);
    let server = server.start().await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    server.clock.advance(Duration::from_millis(1));
    for _ in 0..20 {
        result(&ann, LIST, json!([])).await;
    }
    server.clock.advance(Duration::from_millis(2500));
    answer(&ann, "method.call", LIST, json!([]))
        .await
        .golden("method_too_often");
    let refused = answer(&ann, "method.callAnon", LIST, json!([])).await;
    refused.golden("method_too_often");
    result(&bob, LIST, json!([])).await;
    call(&ann, "UserPresence:ping", json!([])).await;
    for _ in 0..30 {
        result(&admin, LIST, json!([])).await;
    }
    server.clock.advance(Duration::from_millis(7500));
    result(&ann, LIST, json!([])).await;
}

#[tokio::test]
async fn method_calls_do_not_count_as_requests() {
    let server = Setup::new().config(|c| c.rate_limit_calls = Some(1));
    let server = server.start().await;
    let ann = server.user("ann").await;
    for _ in 0..5 {
        let reply = answer(&ann, "method.call", LIST, json!([]))
            .await
            .expect(200);
        assert_eq!(reply.header("x-ratelimit-limit"), None);
    }
    ann.get("me").await.expect(200);
    ann.get("me").await.expect(429);
}

#[tokio::test]
async fn server_errors_are_returned_as_meteor_errors_without_details() {
    let server = FlakyServer::start().await;
    let admin = server.admin("token").await;
    for (fault, golden) in [
        (Fault::Internal("disk on fire"), "method_internal_error"),
        (Fault::Unavailable, "method_unavailable"),
    ] {
        server.store.fail_once("list_statuses", fault);
        answer(&admin, "method.call", LIST, json!([]))
            .await
            .golden(golden);
        assert!(server.store.has_failed());
    }
    result(&admin, LIST, json!([])).await;
}
