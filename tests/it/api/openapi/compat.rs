//! What differs under compat 9: the requests that provoke it, and the response to expect for any
//! other one.

use crate::support::Reply;
use crate::support::openapi::document::masked;
use crate::support::openapi::requests::Who::{Admin, Anonymous, Bob, Stranger};
use crate::support::openapi::requests::{Case, DISPLAY_KEY};
use crate::support::pictures::PNG;
use serde_json::{Value, json};

/// The codes with which Rocket.Chat 8 refuses something in a 400.
const REFUSED: [&str; 4] = [
    "not_authorized",
    "not-authorized",
    "error-not-authorized",
    "error-not-allowed",
];

/// The status and the body of a failure, or the names of the fields of a success.
pub fn seen(reply: &Reply) -> (u16, Value) {
    let status = reply.status.as_u16();
    let body = match serde_json::from_str(reply.text()) {
        Ok(Value::Object(fields)) if status < 400 => {
            // Only some logins have an address, and their order is random.
            let names = fields.keys().filter(|name| *name != "ip");
            names.cloned().collect()
        }
        Ok(_) => masked(reply.error_of_rocket_chat()),
        Err(_) => Value::Null,
    };
    (status, body)
}

/// The response of Rocket.Chat 9 to a request that 8 answers with this.
pub fn under_9(case: &Case, (status, mut body): (u16, Value)) -> (u16, Value) {
    let (path, query) = case.line.split_once('?').unwrap_or((&case.line, ""));
    let removed =
        |parameter: &str| parameter.starts_with("query=") || parameter.starts_with("fields=");
    let forbidden =
        |error: Value| json!({"success": false, "error": error, "errorType": "error-forbidden"});
    match (status, body["errorType"].as_str()) {
        (401 | 403 | 429, None) if body["error"] == "unauthorized" => {
            (403, forbidden(json!("forbidden")))
        }
        (401, None) if path.ends_with("/login") || path.ends_with("/session.start") => {
            body["error"] = json!("unauthorized");
            (401, body)
        }
        (200 | 400, _) if !path.ends_with("/spotlight") && query.split('&').any(removed) => {
            let (kind, text) = (
                "error-invalid-params",
                "must NOT have additional properties",
            );
            (
                400,
                json!({"success": false, "errorType": kind, "error": text}),
            )
        }
        (400, Some(code)) if REFUSED.contains(&code) => (403, forbidden(body["error"].take())),
        _ => (status, body),
    }
}

/// Requests that get a response which only compat 9 has.
#[rustfmt::skip] // A table.
pub fn cases() -> Vec<Case> {
    const CREATE: &str = "POST /api/v1/custom-user-status.create";
    const SETTING: &str = "POST /api/v1/settings/Accounts_Allow";
    const STATUS: &str = "POST /api/v1/users.setStatus";
    let off = |setting: &str| Case::new(200, Admin, &format!("{SETTING}{setting}"), r#"{"value":false}"#);
    let token = |verb: &str| {
        let line = format!("POST /api/v1/users.{verb}PersonalAccessToken");
        Case::new(403, Stranger, &line, r#"{"tokenName":"ci"}"#)
    };
    let other = format!(r#"{{"avatarUrl":"data:;base64,{PNG}","userId":"{{admin}}"}}"#);
    vec![
        Case::new(200, Admin, CREATE, r#"{"name":"caught up","statusType":"busy"}"#),
        Case::new(403, Bob, CREATE, r#"{"name":"other","statusType":"busy"}"#),
        Case::new(403, Bob, "POST /api/v1/custom-user-status.update", r#"{"_id":"{id}","name":"other","statusType":"busy"}"#),
        Case::new(403, Bob, "POST /api/v1/custom-user-status.delete", r#"{"customUserStatusId":"{id}"}"#),
        token("generate"),
        token("regenerate"),
        token("remove"),
        Case::new(403, Bob, "POST /api/v1/users.createToken", r#"{"userId":"{admin}","secret":"known to both"}"#),
        Case::new(403, Bob, "POST /api/v1/users.resetAvatar", r#"{"userId":"{admin}"}"#),
        Case::new(403, Bob, "POST /api/v1/users.logout", r#"{"userId":"{admin}"}"#),
        Case::new(403, Bob, STATUS, r#"{"userId":"{admin}","status":"busy"}"#),
        Case::new(403, Bob, "POST /api/v1/users.deleteOwnAccount", r#"{"password":"bob's password"}"#),
        Case::new(403, Admin, "GET /api/v1/roles.getUsersInRole?role=user&roomId=x", ""),
        Case::new(403, Bob, "POST /api/v1/users.setAvatar", &other),
        Case::new(200, Bob, "POST /api/v1/users.setDisplayPin", r#"{"pin":"2580"}"#),
        off("UserStatusMessageChange"),
        Case::new(403, Anonymous, "POST /api/v1/displays.setStatus", r#"{"username":"bob","pin":"2580","status":"busy","text":"x"}"#)
            .with("x-display-key", DISPLAY_KEY),
        Case::new(403, Bob, STATUS, r#"{"message":"x"}"#),
        off("UsernameChange"),
        Case::new(403, Bob, "GET /api/v1/users.checkUsernameAvailability?username=dan", ""),
        off("UserProfileChange"),
        Case::new(403, Bob, "POST /api/v1/users.updateOwnBasicInfo", r#"{"data":{"bio":"x"}}"#),
        Case::new(200, Admin, "POST /api/v1/permissions.update", r#"{"permissions":[{"_id":"edit-other-user-info","roles":["admin","user"]}]}"#),
        Case::new(403, Bob, "POST /api/v1/users.update", r#"{"userId":"{admin}","data":{"active":false}}"#),
        Case::new(400, Bob, "GET /api/v1/users.list?query=x", ""),
        Case::new(200, Bob, "GET /api/v1/roles.list", ""),
        Case::new(401, Anonymous, "POST /api/v1/login", r#"{"user":"admin","password":"wrong"}"#),
    ]
}
