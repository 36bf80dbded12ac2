//! Requests about presence and the settings of the workspace that together provoke every status
//! documented for them.

use crate::support::good_requests::HANDSHAKE;
use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Anonymous, Bob};

pub fn cases() -> Vec<Case> {
    [statuses(), presences(), settings(), methods(), realtime()].concat()
}

#[rustfmt::skip] // A table: rows on one line are easier to compare.
fn statuses() -> Vec<Case> {
    const SET: &str = "POST /api/v1/users.setStatus";
    const TEXT: &str = "POST /api/v1/settings/Accounts_AllowUserStatusMessageChange";
    const INVISIBLE: &str = "POST /api/v1/settings/Accounts_AllowInvisibleStatusOption";
    vec![
        Case::new(200, Bob, SET, r#"{"status":"away","message":"Lunch","expiresAt":"2099-12-31T12:00:00.000Z"}"#),
        Case::new(200, Bob, SET, r#"{"message":""}"#),
        Case::new(200, Admin, SET, r#"{"status":"busy","message":"7","user":"bob","expiresAt":"2099-12-31"}"#),
        Case::new(400, Admin, SET, r#"{"status":"busy","message":7}"#),
        Case::new(400, Bob, SET, r#"{"status":"Busy"}"#),
        Case::new(400, Bob, SET, r#"{"message":null}"#),
        Case::new(400, Bob, SET, r#"{"status":null}"#),
        Case::new(400, Bob, SET, "{}"),
        Case::new(400, Bob, SET, r#"{"status":"busy","x":1}"#),
        Case::new(400, Bob, SET, r#"{"status":"busy","expiresAt":"tomorrow"}"#),
        Case::new(400, Bob, SET, r#"{"status":"busy","expiresAt":"2020-01-01"}"#),
        Case::new(400, Admin, SET, r#"{"status":"busy","username":"nobody"}"#),
        Case::new(403, Bob, SET, r#"{"status":"busy","username":"admin"}"#),
        Case::new(200, Admin, TEXT, r#"{"value":false}"#),
        Case::new(200, Admin, INVISIBLE, r#"{"value":false}"#),
        Case::new(400, Bob, SET, r#"{"message":"Lunch"}"#),
        Case::new(400, Bob, SET, r#"{"status":"offline"}"#),
        Case::new(400, Bob, "POST /api/v1/users.updateOwnBasicInfo", r#"{"data":{"statusText":"Lunch"}}"#),
        Case::new(200, Admin, TEXT, r#"{"value":true}"#),
        Case::new(200, Admin, INVISIBLE, r#"{"value":true}"#),
    ]
}

#[rustfmt::skip]
fn presences() -> Vec<Case> {
    const STATUS: &str = "GET /api/v1/users.getStatus";
    const PRESENCE: &str = "GET /api/v1/users.getPresence";
    const BOARD: &str = "GET /api/v1/users.presence";
    let endless = format!("?{}", "ids=a&".repeat(1001));
    vec![
        Case::new(200, Bob, STATUS, ""),
        Case::new(200, Admin, STATUS, "").at("?userId={bob}"),
        Case::new(400, Bob, STATUS, "").at("?username=nobody"),
        Case::new(400, Bob, STATUS, "").at("?name=bob"),
        Case::new(200, Bob, PRESENCE, ""),
        Case::new(200, Admin, PRESENCE, "").at("?user=bob"),
        Case::new(400, Bob, PRESENCE, "").at("?userId=unknown"),
        Case::new(400, Bob, PRESENCE, "").at("?x=1"),
        Case::new(200, Admin, BOARD, "").at("?ids={bob}"),
        Case::new(200, Bob, BOARD, ""),
        Case::new(200, Bob, BOARD, "").at("?from=2026-01-01&ids[]={admin},{bob}&ids=x"),
        Case::new(200, Admin, BOARD, "").at("?from=2025-12-31T23:59:00Z"),
        Case::new(400, Bob, BOARD, "").at("?fields=x"),
        Case::new(400, Bob, BOARD, "").at(&endless),
        Case::new(200, Admin, "GET /api/v1/presence.getConnections", ""),
        Case::new(403, Bob, "GET /api/v1/presence.getConnections", ""),
        Case::new(200, Bob, "POST /api/v1/presence.heartbeat", ""),
        Case::new(200, Admin, "POST /api/v1/presence.enableBroadcast", ""),
        Case::new(403, Bob, "POST /api/v1/presence.enableBroadcast", ""),
    ]
}

#[rustfmt::skip]
fn settings() -> Vec<Case> {
    const PUBLIC: &str = "GET /api/v1/settings.public";
    vec![
        Case::new(200, Anonymous, PUBLIC, "").at("?_id=Site_Name"),
        Case::new(200, Anonymous, PUBLIC, "").at("?count=0&offset=3&sort=x&query=x"),
        Case::new(400, Anonymous, PUBLIC, "").at("?count=all"),
        Case::new(400, Anonymous, PUBLIC, "").at("?fields=x"),
        Case::new(200, Anonymous, "GET /api/v1/settings.oauth", ""),
        Case::new(200, Anonymous, "GET /api/v1/service.configurations", ""),
        Case::new(200, Anonymous, "GET /api/v1/pw.getPolicy", ""),
        Case::new(200, Admin, "GET /api/v1/settings.list", ""),
        Case::new(400, Admin, "GET /api/v1/settings.list", "").at("?x=1"),
        Case::new(403, Bob, "GET /api/v1/settings.list", ""),
        Case::new(200, Admin, "GET /api/v1/server.status", ""),
        Case::new(400, Admin, "GET /api/v1/server.status", "").at("?x=1"),
        Case::new(403, Bob, "GET /api/v1/server.status", ""),
        Case::new(200, Admin, "GET /api/v1/server.configuration", ""),
        Case::new(400, Admin, "GET /api/v1/server.configuration", "").at("?x=1"),
        Case::new(403, Bob, "GET /api/v1/server.configuration", ""),
        Case::new(200, Admin, "GET /api/v1/settings/Site_Name", ""),
        Case::new(400, Admin, "GET /api/v1/settings/Sight_Name", ""),
        Case::new(403, Bob, "GET /api/v1/settings/Site_Name", ""),
        Case::new(200, Admin, "POST /api/v1/settings/Site_Name", r#"{"value":"Office","editor":"x"}"#),
        Case::new(400, Admin, "POST /api/v1/settings/Sight_Name", r#"{"value":"Office"}"#),
        Case::new(400, Admin, "POST /api/v1/settings/uniqueID", r#"{"value":"mine"}"#),
        Case::new(400, Admin, "POST /api/v1/settings/Site_Name", r#"{"value":true}"#),
        Case::new(400, Admin, "POST /api/v1/settings/Site_Name", r#"{"value":1.5}"#),
        Case::new(400, Admin, "POST /api/v1/settings/Site_Name", ""),
        Case::new(403, Bob, "POST /api/v1/settings/Site_Name", ""),
    ]
}

#[rustfmt::skip]
fn methods() -> Vec<Case> {
    const CALL: &str = "POST /api/v1/method.call/setUserStatus";
    const ANON: &str = "POST /api/v1/method.callAnon/listCustomUserStatus";
    vec![
        Case::new(200, Bob, CALL, r#"{"message":"{\"msg\":\"method\",\"id\":\"1\",\"method\":\"setUserStatus\",\"params\":[\"busy\",\"\"]}"}"#),
        Case::new(400, Bob, CALL, r#"{"message":"{\"msg\":\"method\",\"id\":\"1\",\"method\":\"fly\",\"params\":[]}"}"#),
        Case::new(400, Bob, CALL, r#"{"message":"fly"}"#),
        Case::new(400, Bob, CALL, r#"{"message":"{}","x":1}"#),
        Case::new(400, Bob, CALL, ""),
        Case::new(200, Bob, ANON, r#"{"message":"{\"msg\":\"method\",\"id\":\"1\",\"method\":\"listCustomUserStatus\",\"params\":[]}"}"#),
        Case::new(400, Anonymous, ANON, r#"{"message":"{\"msg\":\"method\",\"id\":\"1\",\"method\":\"listCustomUserStatus\",\"params\":[]}"}"#),
    ]
}

#[rustfmt::skip]
fn realtime() -> Vec<Case> {
    const EVENTS: &str = "GET /api/v1/events";
    const SOCKET: &str = "GET /websocket";
    const SOCKJS: &str = "GET /sockjs/123/pidgin7/websocket";
    const CREATE: &str = "POST /api/v1/custom-user-status.create";
    let handshake = |status, line| {
        let plain = Case::new(status, Anonymous, line, "");
        HANDSHAKE.iter().fold(plain, |case, (name, value)| case.with(name, value))
    };
    vec![
        // The current position and newer events are returned at once. A timeout of 0 does not wait
        // for newer ones.
        Case::new(200, Bob, EVENTS, ""),
        Case::new(200, Admin, CREATE, r#"{"name":"gone fishing","statusType":"away"}"#),
        Case::new(200, Bob, EVENTS, "").at("?since={position}"),
        Case::new(200, Bob, EVENTS, "").at("?since={position}&timeout=0"),
        Case::new(200, Bob, EVENTS, "").at("?since=0&timeout=61"),
        Case::new(200, Bob, EVENTS, "").at("?since=1000000&timeout="),
        Case::new(200, Bob, EVENTS, "").at("?since=").with("last-event-id", "0").with("accept", "*/*"),
        Case::new(200, Bob, EVENTS, "").with("last-event-id", "none"),
        Case::new(400, Bob, EVENTS, "").at("?since=yesterday"),
        Case::new(400, Bob, EVENTS, "").at("?timeout=-1"),
        Case::new(400, Bob, EVENTS, "").at("?limit=1"),
        Case::new(200, Bob, "GET /api/v1/board", ""),
        Case::new(400, Bob, "GET /api/v1/board", "").at("?count=1"),
        handshake(101, SOCKET),
        handshake(101, SOCKET).with("origin", "http://127.0.0.1:3000"),
        handshake(403, SOCKET).with("origin", "https://example.org"),
        handshake(426, SOCKET).with("sec-websocket-version", "8"),
        handshake(101, SOCKJS),
        handshake(403, SOCKJS).with("origin", "https://example.org"),
        handshake(426, SOCKJS).with("sec-websocket-version", "8"),
        Case::new(200, Anonymous, "GET /sockjs/info", ""),
        Case::new(426, Bob, SOCKET, ""),
    ]
}
