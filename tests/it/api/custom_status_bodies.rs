//! How the bodies of create and update are parsed under each contract: the table of reference
//! section 9, decision 2, and the order of the checks.

use crate::support::{Reply, Setup, TestServer};
use Expected::{BadName, BadType, Created, NameRequired, Params, Taken, TypeRequired};
use doorsign::config::Contract::{self, Documented, Server};
use serde_json::{Value, json};

const CREATE: &str = "custom-user-status.create";
const UPDATE: &str = "custom-user-status.update";

/// The expected content of a response.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expected {
    /// A status of this name and type.
    Created(&'static str, &'static str),
    NameRequired,
    TypeRequired,
    BadName(&'static str),
    BadType(&'static str),
    Taken,
    /// `invalid-params` with a text that begins like this.
    Params(&'static str),
}

const MUST_BE_STRING: Expected = Params("must be string");
const MUST_BE_OBJECT: Expected = Params("must be object");
const NO_NAME: Expected = Params("must have required property 'name'");
const EXTRA: Expected = Params("must NOT have additional properties");
const NOT_JSON: Expected = Params("The body is not valid JSON: ");
const NOT_DECLARED_JSON: Expected =
    Params("The body must be JSON, with the header Content-Type: application/json");

impl Expected {
    #[track_caller]
    fn check(self, case: &str, reply: &Reply) {
        let (status, mut body) = (reply.status.as_u16(), reply.error_of_rocket_chat());
        let case = format!("{case}\n{}", reply.text());
        if let Created(name, status_type) = self {
            assert_eq!(status, 200, "{case}");
            let created = &body["customUserStatus"];
            assert_eq!(
                (&created["name"], &created["statusType"]),
                (&json!(name), &json!(status_type)),
                "{case}"
            );
            return;
        }
        assert_eq!(status, 400, "{case}");
        if let Params(prefix) = self {
            let text = body["error"].as_str().unwrap().to_owned();
            assert!(text.starts_with(prefix), "{case}");
            body["error"] = json!(prefix);
        }
        assert_eq!(body, self.body(), "{case}");
    }

    fn body(self) -> Value {
        let required = |field: &str| {
            thrown(
                "error-the-field-is-required",
                &format!("The field {field} is required"),
                json!({"field": field}),
            )
        };
        let not_valid = |input: &str, kind: &str, field: &str| {
            thrown(
                "error-input-is-not-a-valid-field",
                &format!("{input} is not a valid {kind}"),
                json!({"input": input, "field": field}),
            )
        };
        match self {
            Created(..) => Value::Null,
            NameRequired => required("Name"),
            TypeRequired => required("StatusType"),
            BadName(input) => not_valid(input, "name", "Name"),
            BadType(input) => not_valid(input, "status type", "StatusType"),
            Taken => thrown(
                "Custom_User_Status_Error_Name_Already_In_Use",
                "The custom user status name is already in use",
                json!({}),
            ),
            Params(text) => {
                json!({"success": false, "errorType": "invalid-params", "error": text})
            }
        }
    }
}

/// Picks the expectation for this contract.
fn expected_under(contract: Contract, documented: Expected, as_server: Expected) -> Expected {
    match contract {
        Documented => documented,
        Server => as_server,
    }
}

fn thrown(code: &str, reason: &str, mut details: Value) -> Value {
    details["method"] = json!("insertOrUpdateUserStatus");
    json!({"success": false, "error": format!("{reason} [{code}]"), "errorType": code, "details": details})
}

/// Starts a server with the statuses "taken" and "other". Returns it and the ID of "other".
async fn server(contract: Contract) -> (TestServer, String) {
    let server = Setup::new().contract(contract).start().await;
    let admin = server.admin().await;
    admin.create("taken").await.expect(200);
    let other = admin.create("other").await.expect(200);
    (server, other.created_id())
}

/// Fields of a body, the expectation under the documented contract, and that under the server
/// contract.
#[rustfmt::skip] // A table: rows on one line are easier to compare.
fn fields() -> Vec<(Value, Expected, Expected)> {
    vec![
        // The name.
        (json!({"statusType": "busy"}), NameRequired, NO_NAME),
        (json!({}), NameRequired, NO_NAME),
        (json!({"name": null, "statusType": "busy"}), NameRequired, NameRequired),
        (json!({"name": "", "statusType": "busy"}), NameRequired, NameRequired),
        (json!({"name": " \t\u{feff}", "statusType": "busy"}), NameRequired, NameRequired),
        (json!({"name": " n1 ", "statusType": "busy"}), Created(" n1 ", "busy"), Created(" n1 ", "busy")),
        // The type.
        (json!({"name": "t1"}), TypeRequired, Created("t1", "")),
        (json!({"name": "t2", "statusType": null}), TypeRequired, Created("t2", "")),
        (json!({"name": "t3", "statusType": ""}), TypeRequired, Created("t3", "")),
        (json!({"name": "t4", "statusType": "Busy"}), BadType("Busy"), BadType("Busy")),
        (json!({"name": "t5", "statusType": "disabled"}), BadType("disabled"), BadType("disabled")),
        (json!({"name": "t6", "statusType": "online"}), Created("t6", "online"), Created("t6", "online")),
        (json!({"name": "t7", "statusType": "away"}), Created("t7", "away"), Created("t7", "away")),
        (json!({"name": "t8", "statusType": "offline"}), Created("t8", "offline"), Created("t8", "offline")),
        // Unknown fields.
        (json!({"name": "x1", "statusType": "busy", "x": 1}), Created("x1", "busy"), EXTRA),
        (json!({"name": "x2", "statusType": "busy", "previousName": "x"}), Created("x2", "busy"), EXTRA),
        (json!({"x": 1}), NameRequired, NO_NAME),
        (json!({"name": {}, "x": 1}), MUST_BE_STRING, EXTRA),
        // Other JSON types instead of a string.
        (json!({"name": 123, "statusType": "busy"}), MUST_BE_STRING, Created("123", "busy")),
        (json!({"name": -1.5, "statusType": "busy"}), MUST_BE_STRING, Created("-1.5", "busy")),
        (json!({"name": true, "statusType": "busy"}), MUST_BE_STRING, Created("true", "busy")),
        (json!({"name": false, "statusType": "busy"}), MUST_BE_STRING, Created("false", "busy")),
        (json!({"name": {}, "statusType": "busy"}), MUST_BE_STRING, MUST_BE_STRING),
        (json!({"name": ["a"], "statusType": "busy"}), MUST_BE_STRING, MUST_BE_STRING),
        (json!({"name": "k1", "statusType": 1}), MUST_BE_STRING, BadType("1")),
        (json!({"name": "k2", "statusType": false}), MUST_BE_STRING, BadType("false")),
        (json!({"name": "k3", "statusType": ["busy"]}), MUST_BE_STRING, MUST_BE_STRING),
        // The order of the checks.
        (json!({"name": " ", "statusType": "nothing"}), NameRequired, NameRequired),
        (json!({"name": "a<b", "statusType": "nothing"}), BadName("a<b"), BadName("a<b")),
        (json!({"name": "a<b"}), BadName("a<b"), BadName("a<b")),
        (json!({"name": "taken", "statusType": "nothing"}), BadType("nothing"), Taken),
        (json!({"name": "taken"}), TypeRequired, Taken),
        (json!({"name": "taken", "statusType": "busy"}), Taken, Taken),
        (json!({"name": "taken", "statusType": "busy", "x": 1}), Taken, EXTRA),
    ]
}

#[tokio::test]
async fn create_parses_fields_by_contract() {
    for contract in [Documented, Server] {
        let (server, _) = server(contract).await;
        let admin = server.admin().await;
        for (body, documented, as_server) in fields() {
            let expected = expected_under(contract, documented, as_server);
            let reply = admin.post(CREATE, body.clone()).await;
            expected.check(&format!("{contract:?}: {body}"), &reply);
        }
    }
}

#[tokio::test]
async fn update_parses_fields_by_contract() {
    for contract in [Documented, Server] {
        let (server, id) = server(contract).await;
        let admin = server.admin().await;
        for (mut body, documented, as_server) in fields() {
            let expected = expected_under(contract, documented, as_server);
            body["_id"] = json!(id);
            let reply = admin.post(UPDATE, body.clone()).await;
            expected.check(&format!("{contract:?}: {body}"), &reply);
        }
        for body in [json!({}), json!({"name": "a", "statusType": "busy"})] {
            let reply = admin.post(UPDATE, body).await;
            Params("must have required property '_id'").check("no id", &reply);
        }
        for id in [json!({}), json!(["a"])] {
            let body = json!({"_id": id, "name": "a", "statusType": "busy"});
            MUST_BE_STRING.check("id", &admin.post(UPDATE, body).await);
        }
    }
}

#[tokio::test]
async fn bodies_that_are_not_json_objects_are_parsed_by_contract() {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    let valid = r#"{"name":"good","statusType":"busy"}"#;
    let (created, with_charset) = (Created("good", "busy"), "application/json; charset=utf-8");
    let table = [
        (JSON, "", NameRequired, NO_NAME),
        (
            JSON,
            r#"{"name":"good","statusType":"busy""#,
            NOT_JSON,
            NO_NAME,
        ),
        (JSON, "{'name':'good'}", NOT_JSON, NO_NAME),
        (JSON, "name=good&statusType=busy", NOT_JSON, NO_NAME),
        (JSON, "[]", MUST_BE_OBJECT, MUST_BE_OBJECT),
        (JSON, r#"[{"name":"good"}]"#, MUST_BE_OBJECT, MUST_BE_OBJECT),
        (JSON, "null", MUST_BE_OBJECT, MUST_BE_OBJECT),
        ("text/plain", valid, NOT_DECLARED_JSON, NO_NAME),
        ("", valid, NOT_DECLARED_JSON, NO_NAME),
        ("text/plain", "", NameRequired, NO_NAME),
        (
            "multipart/form-data; boundary=x",
            valid,
            NOT_DECLARED_JSON,
            NO_NAME,
        ),
        (
            FORM,
            "name=a+form&statusType=busy",
            NOT_DECLARED_JSON,
            Created("a form", "busy"),
        ),
        (with_charset, valid, created, created),
        ("Application/JSON", valid, Taken, Taken),
    ];
    for contract in [Documented, Server] {
        let (server, _) = server(contract).await;
        let admin = server.admin().await;
        for (content_type, body, documented, as_server) in table {
            let expected = expected_under(contract, documented, as_server);
            let reply = admin.post_raw(CREATE, content_type, body).await;
            expected.check(&format!("{contract:?}: {content_type}: {body}"), &reply);
        }
    }
}

#[tokio::test]
async fn parse_errors_come_before_the_permission_check_and_rules_after_it() {
    let not_allowed =
        json!({"success": false, "error": "[not_authorized]", "errorType": "not_authorized"});
    for contract in [Documented, Server] {
        let (server, id) = server(contract).await;
        let ann = server.user("ann").await;
        for route in [CREATE, UPDATE] {
            let unreadable = json!({"_id": id, "name": {}});
            let unreadable = if route == CREATE {
                json!({"name": {}})
            } else {
                unreadable
            };
            MUST_BE_STRING.check(route, &ann.post(route, unreadable).await);
            let blank = if route == CREATE {
                json!({"name": ""})
            } else {
                json!({"_id": id, "name": ""})
            };
            assert_eq!(ann.post(route, blank).await.expect(400).json(), not_allowed);
        }
        let reply = ann.post(CREATE, json!({})).await.expect(400);
        match contract {
            Documented => assert_eq!(reply.json(), not_allowed),
            Server => NO_NAME.check("absent", &reply),
        }
    }
}
