//! Requests about displays that together provoke every status documented for them.

use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Anonymous, Bob};
use crate::support::openapi::requests::{DISPLAY_KEY, POSTER_KEY};

pub fn cases() -> Vec<Case> {
    [pins(), taps(), administration()].concat()
}

#[rustfmt::skip] // A table: rows on one line are easier to compare.
fn pins() -> Vec<Case> {
    const SET: &str = "POST /api/v1/users.setDisplayPin";
    const GET: &str = "GET /api/v1/users.getDisplayPin";
    vec![
        Case::new(400, Bob, SET, ""),
        Case::new(400, Bob, SET, r#"{"pin":"1234"}"#),
        Case::new(400, Bob, SET, r#"{"pin":[]}"#),
        Case::new(200, Bob, SET, r#"{"pin":null}"#),
        Case::new(200, Bob, SET, r#"{"pin":"2580"}"#),
        Case::new(200, Bob, GET, ""),
        Case::new(400, Bob, GET, "").at("?x=1"),
    ]
}

#[rustfmt::skip]
fn taps() -> Vec<Case> {
    const TAP: &str = "POST /api/v1/displays.setStatus";
    let tap = |status, body| Case::new(status, Anonymous, TAP, body).with("x-display-key", DISPLAY_KEY);
    let wrong = tap(400, r#"{"username":"bob","pin":"1111","status":"busy"}"#);
    let mut cases = vec![
        Case::new(401, Anonymous, TAP, "{}"),
        Case::new(401, Anonymous, TAP, r#"{"username":"bob","pin":"2580","status":"busy"}"#).with("x-display-key", "another"),
        tap(200, r#"{"username":"bob","pin":"2580","status":"busy","text":"In a meeting","expiresAt":"2099-12-31T15:00:00Z"}"#),
        tap(400, r#"{"username":"bob","pin":"2580"}"#),
        tap(400, r#"{"username":"bob","pin":"25","status":"busy"}"#),
        tap(400, r#"{"username":"nobody","pin":"2580","status":"busy"}"#),
        tap(400, r#"{"username":"stranger","pin":"2580","status":"busy"}"#),
        tap(400, r#"{"username":"bob","pin":"2580","status":"gone"}"#),
        tap(400, r#"{"username":"bob","pin":"2580","status":"busy","expiresAt":"2020-01-01"}"#),
        Case::new(400, Anonymous, TAP, r#"{"username":"bob","pin":"2580","status":"busy"}"#).with("x-display-key", POSTER_KEY),
    ];
    cases.extend(std::iter::repeat_n(wrong, 5));
    cases.push(tap(429, r#"{"username":"bob","pin":"2580","status":"busy"}"#));
    cases.push(Case::new(200, Bob, "POST /api/v1/users.setStatus", r#"{"status":"online","message":""}"#));
    cases
}

#[rustfmt::skip]
fn administration() -> Vec<Case> {
    const LIST: &str = "GET /api/v1/displays.list";
    const ADD: &str = "POST /api/v1/displays.create";
    const ROTATE: &str = "POST /api/v1/displays.rotate";
    const REVOKE: &str = "POST /api/v1/displays.revoke";
    vec![
        Case::new(403, Bob, ADD, ""),
        Case::new(200, Admin, ADD, r#"{"name":"Lobby","order":"status","theme":"dark","timeZone":"Europe/Berlin","dim":["22:00","06:00"],"keepAwake":false,"interactive":true}"#),
        Case::new(400, Admin, ADD, r#"{"name":"Lobby"}"#),
        Case::new(400, Admin, ADD, r#"{"name":""}"#),
        Case::new(400, Admin, ADD, r#"{"name":"Hall","theme":"pink"}"#),
        Case::new(400, Admin, ADD, r#"{"name":"Hall","dim":["22:00"]}"#),
        Case::new(400, Admin, ADD, ""),
        Case::new(200, Admin, LIST, ""),
        Case::new(400, Admin, LIST, "").at("?x=1"),
        Case::new(403, Bob, LIST, ""),
        Case::new(200, Admin, ROTATE, r#"{"displayId":"{display}"}"#),
        Case::new(400, Admin, ROTATE, r#"{"displayId":"x"}"#),
        Case::new(403, Bob, ROTATE, ""),
        Case::new(200, Admin, REVOKE, r#"{"displayId":"{poster}"}"#),
        Case::new(400, Admin, REVOKE, r#"{"displayId":"x"}"#),
        Case::new(400, Admin, REVOKE, ""),
        Case::new(403, Bob, REVOKE, ""),
    ]
}
