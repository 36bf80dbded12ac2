//! Errors about invalid fields: Rocket.Chat's text in `error`, and beside it the field and a hint.

use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};
use warp::http::Method;

/// Passes when the error is `text`, with `details` for `field` whose hint contains `hint`.
#[track_caller]
fn assert_details(reply: &Reply, text: &str, field: Value, hint: &str) {
    assert_eq!(reply.status, 400, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["error"], text, "{body}");
    assert_eq!(body["details"]["field"], field, "{body}");
    let found = body["details"]["hint"].as_str().unwrap_or_default();
    assert!(found.contains(hint), "{hint}: {body}");
}

async fn with_contract(contract: Contract) -> (TestServer, Client) {
    let server = Setup::new().contract(contract).start().await;
    let admin = server.admin().await;
    (server, admin)
}

#[tokio::test]
async fn an_invalid_parameter_is_named_with_what_is_accepted() {
    let (_server, admin) = with_contract(Contract::Documented).await;
    for (route, text, field, hint) in [
        (
            "custom-user-status.list?count=x",
            "must be number",
            "count",
            "Send a number",
        ),
        (
            "custom-user-status.list?offset=x",
            "must be number",
            "offset",
            "Send a number",
        ),
        (
            "users.list?count=1&count=2",
            "must be number",
            "count",
            "Send a number",
        ),
        (
            "users.presence?from=1&from=2",
            "must be string",
            "from",
            "Send one text",
        ),
        (
            "users.list?sorted=1",
            "must NOT have additional properties",
            "sorted",
            "count, offset, sort",
        ),
        (
            "hooks.list?x=1",
            "must NOT have additional properties",
            "x",
            "no parameters",
        ),
        (
            "roles.getUsersInRole",
            "must have required property 'role'",
            "role",
            "Send this parameter",
        ),
        (
            "sessions/info",
            "must have required property 'sessionId'",
            "sessionId",
            "Send this",
        ),
        (
            "hooks.deliveries?hook=x&state=y",
            "must be a state of deliveries",
            "state",
            "retrying",
        ),
        (
            "audit.list?action=x",
            "must be an action",
            "action",
            "login.failed",
        ),
        (
            "audit.list?since=x",
            "since must be a time such as 2026-11-25T10:00:00Z",
            "since",
            "",
        ),
        ("events?since=x", "must be number", "since", "Send a number"),
    ] {
        let reply = admin.get(route).await;
        assert_details(&reply, text, field.into(), hint);
    }
}

#[tokio::test]
async fn an_invalid_field_is_named_with_what_is_accepted() {
    let (_server, admin) = with_contract(Contract::Server).await;
    let one_of = "must be equal to one of the allowed values";
    let unknown = "must NOT have additional properties";
    let missing = |field| format!("must have required property '{field}'");
    for (route, body, text, field, hint) in [
        (
            "custom-user-status.create",
            json!({"name": []}),
            "must be string",
            "name",
            "Send one text",
        ),
        (
            "custom-user-status.create",
            json!({"statusType": "busy"}),
            &*missing("name"),
            "name",
            "Send this field",
        ),
        (
            "custom-user-status.create",
            json!({"name": "a", "color": 1}),
            unknown,
            "color",
            "Use one of: name, statusType",
        ),
        (
            "users.setStatus",
            json!({"status": "sleeping"}),
            one_of,
            "status",
            "online, away, offline, busy",
        ),
        (
            "users.setActiveStatus",
            json!({"userId": "x", "activeStatus": "maybe"}),
            "must be boolean",
            "activeStatus",
            "true or false",
        ),
        (
            "users.setPreferences",
            json!({"data": {"clockMode": "x"}}),
            "must be number",
            "data.clockMode",
            "Send a number",
        ),
        (
            "users.setPreferences",
            json!({"data": {"nonsense": 1}}),
            unknown,
            "data.nonsense",
            "clockMode",
        ),
        (
            "users.setPreferences",
            json!({"data": 5}),
            "must be object",
            "data",
            "JSON object",
        ),
        (
            "users.update",
            json!({"userId": "x", "data": {"name": []}}),
            "must be string",
            "data.name",
            "Send one text",
        ),
        (
            "users.update",
            json!({"userId": "x", "data": 5}),
            "must be object",
            "data",
            "JSON object",
        ),
        (
            "permissions.update",
            json!({"permissions": 5}),
            "must be array",
            "permissions",
            "list",
        ),
        (
            "permissions.update",
            json!({"permissions": [{"_id": 5, "roles": []}]}),
            "must be string",
            "permissions._id",
            "text",
        ),
        (
            "hooks.drop",
            json!({"hook": "x", "event": "y"}),
            "must be integer",
            "event",
            "whole number",
        ),
        (
            "users.deactivateIdle",
            json!({"daysIdle": "x"}),
            "must be number",
            "daysIdle",
            "Send a number",
        ),
        (
            "permissions.addRole",
            json!({"permissionId": "", "role": "user"}),
            "must NOT have fewer than 1 characters",
            "permissionId",
            "at least one",
        ),
    ] {
        let reply = admin.post(route, body).await;
        assert_details(&reply, text, field.into(), hint);
    }
    let neither = admin.post("users.setStatus", json!({})).await;
    let text = "Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation";
    assert_details(&neither, text, Value::Null, "a status, a message or both");
}

#[tokio::test]
async fn an_unknown_status_type_comes_with_the_known_ones() {
    for contract in [Contract::Documented, Contract::Server] {
        let (_server, admin) = with_contract(contract).await;
        let body = json!({"name": "Lunch", "statusType": "eating"});
        let reply = admin.post("custom-user-status.create", body).await;
        let text = "eating is not a valid status type [error-input-is-not-a-valid-field]";
        assert_details(
            &reply,
            text,
            "StatusType".into(),
            "online, away, busy or offline",
        );
    }
}

/// Headers, a body and the reason.
type Unreadable = (
    &'static [(&'static str, &'static str)],
    &'static [u8],
    &'static str,
);

/// Bodies without fields, each with its headers and the reason. Under `server`, they count as empty.
const UNREADABLE: [Unreadable; 8] = [
    (&[JSON], b"", "has no body"),
    (
        &[JSON],
        b"{\"name\": ",
        "not valid JSON: EOF while parsing a value at line 1",
    ),
    (&[JSON], b"\xef\xbb\xbf{\"name\":\"a\"}", "byte order mark"),
    (&[JSON], b"\xff\xfe{\0}\0", "UTF-16"),
    (&[JSON], b"\x1f\x8b\x08\0", "compressed with gzip"),
    (
        &[JSON, ("content-encoding", "br")],
        b"\x0b\x02",
        "Content-Encoding: br",
    ),
    (
        &[("content-type", "application/json; charset=latin1")],
        b"{\"name\":\"\xe4\"}",
        "charset latin1",
    ),
    (
        &[("content-type", "text/plain")],
        b"{\"name\":\"a\"}",
        "Content-Type: application/json",
    ),
];
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn an_unreadable_body_is_explained_under_both_contracts() {
    for contract in [Contract::Documented, Contract::Server] {
        let (_server, admin) = with_contract(contract).await;
        for (headers, body, reason) in UNREADABLE {
            let path = "/api/v1/custom-user-status.update";
            let reply = admin.send(Method::POST, path, headers, body).await;
            reply.refused(400);
            let found = reply.json();
            let is_error = contract == Contract::Documented && !body.is_empty();
            let explained = if is_error {
                &found["error"]
            } else {
                assert_eq!(found["error"], "must have required property '_id'");
                &found["details"]["hint"]
            };
            assert!(
                explained.as_str().unwrap().contains(reason),
                "{reason}: {found}"
            );
        }
    }
}

#[tokio::test]
async fn a_delete_with_an_unreadable_body_says_why_it_has_no_id() {
    let (_server, admin) = with_contract(Contract::Documented).await;
    let route = "custom-user-status.delete";
    let reply = admin.post_raw(route, "application/json", "{").await;
    let text = "The \"customUserStatusId\" params is required!";
    assert_details(&reply, text, "customUserStatusId".into(), "not valid JSON");
    let reply = admin.post(route, json!({})).await;
    assert_details(&reply, text, "customUserStatusId".into(), "Send this field");
}
