//! Requests about custom statuses, sessions, permissions and the server itself that together
//! provoke every status documented for them.

use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Anonymous, Bob, Leaving};

#[rustfmt::skip]
pub fn documented() -> Vec<Case> {
    const LIST: &str = "GET /api/v1/custom-user-status.list";
    const CREATE: &str = "POST /api/v1/custom-user-status.create";
    const UPDATE: &str = "POST /api/v1/custom-user-status.update";
    const DELETE: &str = "POST /api/v1/custom-user-status.delete";
    const GRANT: &str = "POST /api/v1/permissions.update";
    const LOGIN: &str = "POST /api/v1/login";
    const START: &str = "POST /api/v1/session.start";
    const END: &str = "POST /api/v1/session.end";
    let endless = format!("{LIST}?{}", "name=a&".repeat(1001));
    vec![
        Case::new(400, Bob, CREATE, r#"{"name":"caught up","statusType":"busy"}"#),
        Case::new(200, Admin, CREATE, r#"{"name":"caught up","statusType":"busy"}"#),
        Case::new(400, Admin, CREATE, r#"{"name":"caught up","statusType":"busy"}"#),
        Case::new(400, Admin, CREATE, ""),
        Case::new(400, Admin, CREATE, r#"{"name":null,"statusType":"busy"}"#),
        Case::new(400, Admin, CREATE, r#"{"name":" ","statusType":"busy"}"#),
        Case::new(400, Admin, CREATE, r#"{"name":"R&D","statusType":"busy"}"#),
        Case::new(400, Admin, CREATE, &format!(r#"{{"name":"{}","statusType":"busy"}}"#, "é".repeat(121))),
        Case::new(400, Admin, CREATE, r#"{"name":"free"}"#),
        Case::new(400, Admin, CREATE, r#"{"name":"free","statusType":""}"#),
        Case::new(400, Admin, CREATE, r#"{"name":"caught up","statusType":"Offline"}"#),
        Case::new(400, Admin, CREATE, r#"{"name":7,"statusType":"busy"}"#),
        Case::new(400, Admin, CREATE, r#"["caught up"]"#),
        Case::new(400, Admin, CREATE, r#"{"name":"#),
        Case::new(400, Admin, CREATE, r#"{"name":"free","statusType":"busy"}"#).with("content-type", "text/plain"),

        Case::new(200, Bob, LIST, ""),
        Case::new(200, Admin, &format!("{LIST}?count=0&offset=9&sort=%7B%22statusType%22%3A-1%7D&name=UP&_id=&query=x"), ""),
        Case::new(200, Bob, &format!("{LIST}?count=&offset="), ""),
        Case::new(304, Bob, LIST, "").with("if-none-match", "*"),
        Case::new(400, Bob, &format!("{LIST}?fields=%7B%7D"), ""),
        Case::new(400, Bob, &format!("{LIST}?count=all"), ""),
        Case::new(400, Bob, &format!("{LIST}?sort=name"), ""),
        Case::new(400, Bob, &endless, ""),

        Case::new(200, Admin, UPDATE, r#"{"_id":"{id}","name":"caught up","statusType":"online"}"#),
        Case::new(400, Bob, UPDATE, r#"{"_id":"{id}","name":"caught up","statusType":"busy"}"#),
        Case::new(400, Bob, UPDATE, r#"{"_id":"unknown","name":"caught up","statusType":"busy"}"#),
        Case::new(400, Admin, UPDATE, r#"{"name":"caught up","statusType":"busy"}"#),
        Case::new(400, Admin, UPDATE, r#"{"_id":7,"name":"caught up","statusType":"busy"}"#),
        Case::new(400, Admin, UPDATE, r#"{"_id":"{id}","statusType":"busy"}"#),
        Case::new(400, Admin, UPDATE, r#"{"_id":"{id}","name":"caught up","statusType":"Offline"}"#),
        Case::new(200, Admin, CREATE, r#"{"name":"Lunch 午餐 🍜","statusType":"away","ignored":1}"#),
        Case::new(400, Admin, UPDATE, r#"{"_id":"{id}","name":"Lunch 午餐 🍜","statusType":"busy"}"#),

        Case::new(400, Admin, DELETE, "{}"),
        Case::new(400, Admin, DELETE, r#"{"customUserStatusId":""}"#),
        Case::new(400, Admin, DELETE, r#"{"customUserStatusId":[]}"#),
        Case::new(400, Bob, DELETE, r#"{"customUserStatusId":"{id}"}"#),
        Case::new(400, Admin, DELETE, r#"{"customUserStatusId":"unknown"}"#),
        Case::new(200, Admin, DELETE, r#"{"customUserStatusId":"{id}"}"#),

        Case::new(403, Bob, GRANT, ""),
        Case::new(200, Admin, GRANT, r#"{"permissions":[{"_id":"manage-user-status","roles":["admin","moderator"]}]}"#),
        Case::new(200, Admin, GRANT, r#"{"permissions":[]}"#),
        Case::new(400, Admin, GRANT, r#"{"permissions":[{"_id":"fly","roles":[]}]}"#),
        Case::new(400, Admin, GRANT, r#"{"permissions":[{"_id":"manage-user-status","roles":["pilot"]}]}"#),
        Case::new(400, Admin, GRANT, r#"{"permissions":[{"_id":"manage-user-status","roles":["bot","bot"]}]}"#),
        Case::new(400, Admin, GRANT, r#"{"permissions":[{"_id":"manage-user-status"}]}"#),
        Case::new(400, Admin, GRANT, r#"{"permissions":"all"}"#),
        Case::new(400, Admin, GRANT, r#"{"permissions":[],"more":1}"#),
        Case::new(400, Admin, GRANT, ""),
        Case::new(200, Bob, "GET /api/v1/permissions.listAll", ""),
        Case::new(200, Bob, "GET /api/v1/permissions.listAll?updatedSince=2020-01-01", ""),
        Case::new(400, Bob, "GET /api/v1/permissions.listAll?updatedSince=yesterday", ""),
        Case::new(400, Bob, "GET /api/v1/permissions.listAll?since=2020-01-01", ""),
        Case::new(200, Bob, "GET /api/v1/roles.list", ""),

        Case::new(200, Bob, "GET /api/v1/me", ""),
        Case::new(200, Anonymous, "GET /api/info", ""),
        Case::new(200, Admin, "GET /api/info", ""),
        Case::new(200, Anonymous, "GET /api/v1/info", ""),
        Case::new(200, Anonymous, "GET /api/v1/openapi.json", ""),
        Case::new(200, Anonymous, "GET /avatar/ann", "").at("?size=50"),
        Case::new(304, Anonymous, "GET /avatar/ann", "").with("if-none-match", "*"),
        Case::new(200, Anonymous, "GET /avatar/uid/{bob}", ""),
        Case::new(304, Anonymous, "GET /avatar/uid/{bob}", "").with("if-none-match", "*"),
        Case::new(404, Anonymous, "GET /avatar/uid/unknown", ""),
        Case::new(200, Anonymous, "GET /livez", ""),
        Case::new(200, Anonymous, "GET /readyz", ""),
        Case::new(200, Leaving, "POST /api/v1/logout", ""),
        Case::new(200, Leaving, "GET /api/v1/logout", ""),

        Case::new(200, Anonymous, "GET /api/v1/session", ""),
        Case::new(200, Bob, "GET /api/v1/session", ""),
        Case::new(200, Anonymous, START, r#"{"user":"admin","password":"a password for tests"}"#).with("sec-fetch-site", "same-origin"),
        Case::new(401, Anonymous, START, r#"{"user":"zoe","password":"zoe's password"}"#).with("sec-fetch-site", "same-origin"),
        Case::new(400, Anonymous, START, r#"{"user":"admin"}"#).with("sec-fetch-site", "same-origin"),
        Case::new(403, Anonymous, START, r#"{"user":"admin","password":"a password for tests"}"#),
        Case::new(200, Leaving, END, "").with("sec-fetch-site", "same-origin"),
        Case::new(403, Leaving, END, ""),

        Case::new(403, Anonymous, LOGIN, r#"{"user":"admin","password":"wrong"}"#).with("origin", "https://example.org"),
        Case::new(200, Anonymous, LOGIN, r#"{"user":"admin","password":"a password for tests"}"#),
        Case::new(200, Anonymous, LOGIN, r#"{"email":"bob@example.org","password":"bob's password","code":123456}"#),
        Case::new(200, Anonymous, LOGIN, r#"{"user":{"username":"admin"},"password":{"digest":"734A8AD820FBF07E347738716C8804356A84683E08095FB3663A7993968F29B9","algorithm":"sha-256"}}"#),
        Case::new(200, Anonymous, LOGIN, "user=admin&password=a+password+for+tests").with("content-type", "application/x-www-form-urlencoded"),
        Case::new(400, Anonymous, LOGIN, r#"{"user":"bob","password":"x"}"#).with("content-type", "text/plain"),
        Case::new(401, Anonymous, LOGIN, r#"{"user":"zoe","password":"zoe's password"}"#),
        Case::new(401, Anonymous, LOGIN, r#"{"user":"eve","password":"wrong"}"#),
        Case::new(401, Anonymous, LOGIN, r#"{"user":"eve","password":"wrong"}"#),
        Case::new(401, Anonymous, LOGIN, r#"{"user":"mallory","password":"wrong"}"#),
        Case::new(401, Anonymous, LOGIN, r#"{"user":"oscar","password":"wrong"}"#),
        Case::new(401, Anonymous, LOGIN, r#"{"ldap":true}"#),
    ]
}

/// Requests whose results depend on the `server` contract.
#[rustfmt::skip]
pub fn server() -> Vec<Case> {
    const CREATE: &str = "POST /api/v1/custom-user-status.create";
    const UPDATE: &str = "POST /api/v1/custom-user-status.update";
    const DELETE: &str = "POST /api/v1/custom-user-status.delete";
    vec![
        Case::new(200, Admin, CREATE, r#"{"name":"no type"}"#),
        Case::new(200, Admin, CREATE, r#"{"name":123,"statusType":null}"#),
        Case::new(200, Admin, CREATE, "name=form&statusType=away").with("content-type", "application/x-www-form-urlencoded"),
        Case::new(400, Admin, CREATE, r#"{"name":"#),
        Case::new(400, Admin, CREATE, r#"{"name":"more","x":1}"#),
        Case::new(400, Admin, CREATE, r#"{"name":"no type","statusType":"Offline"}"#),
        Case::new(400, Bob, CREATE, r#"{"name":"free"}"#),
        Case::new(200, Admin, UPDATE, r#"{"_id":"{id}","name":"cleared"}"#),
        Case::new(400, Admin, UPDATE, r#"{"_id":"{id}"}"#),
        Case::new(400, Admin, UPDATE, "plain").with("content-type", "text/plain"),
        Case::new(200, Bob, "GET /api/v1/custom-user-status.list", ""),
        Case::new(400, Admin, DELETE, r#"{"x":1}"#),
        Case::new(200, Admin, DELETE, r#"{"customUserStatusId":"{id}"}"#),
    ]
}
