//! Requests for people and for lists that are always empty, which together provoke every status documented for
//! them.

use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Bob};

#[rustfmt::skip] // A table.
pub fn cases() -> Vec<Case> {
    const TOKEN: &str = "POST /api/v1/push.token";
    const REMOVED: &str = "DELETE /api/v1/push.token";
    let mut cases = vec![
        Case::new(200, Bob, "GET /api/v1/users.getPreferences", "").at("?userId={bob}"),
        Case::new(400, Bob, "GET /api/v1/users.getPreferences", "").at("?x=1"),
        Case::new(200, Bob, "GET /api/v1/licenses.info", "").at("?loadValues=true"),
        Case::new(400, Bob, "GET /api/v1/licenses.info", "").at("?x=1"),
        Case::new(200, Bob, TOKEN, r#"{"type":"gcm","value":"token","appName":"app"}"#),
        Case::new(200, Bob, TOKEN, r#"{"id":"mine","type":"apn","value":"token","appName":"app","voipToken":"x"}"#),
        Case::new(400, Bob, TOKEN, r#"{"id":7,"type":"apn","value":"token","appName":"app"}"#),
        Case::new(400, Bob, TOKEN, r#"{"type":"fax","value":"token","appName":"app"}"#),
        Case::new(400, Bob, TOKEN, r#"{"type":"apn","appName":"app"}"#),
        Case::new(400, Bob, TOKEN, r#"{"type":"apn","value":"token"}"#),
        Case::new(200, Bob, REMOVED, r#"{"token":"token"}"#),
        Case::new(400, Bob, REMOVED, "{}"),
    ];
    for query in ["?type=users&text=bob", "?query=%7B%22type%22:%22users%22%7D", "?type=teams"] {
        cases.push(Case::new(200, Bob, "GET /api/v1/directory", "").at(query));
    }
    cases.push(Case::new(200, Admin, "GET /api/v1/directory", "").at("?type=users"));
    cases.extend([
        Case::new(400, Bob, "GET /api/v1/directory", "").at("?type=cats"),
        Case::new(200, Bob, "GET /api/v1/spotlight", "").at("?query=bob"),
        Case::new(400, Bob, "GET /api/v1/spotlight", ""),
        Case::new(200, Bob, "GET /api/v1/users.autocomplete", "").at("?selector=%7B%22term%22:%22o%22%7D"),
        Case::new(400, Bob, "GET /api/v1/users.autocomplete", "").at("?selector=x"),
    ]);
    for route in ["rooms.get", "subscriptions.get", "emoji-custom.list"] {
        let line = format!("GET /api/v1/{route}");
        cases.push(Case::new(200, Bob, &line, "").at("?updatedSince=2020-01-01"));
        cases.push(Case::new(400, Bob, &line, "").at("?updatedSince=yesterday"));
        cases.push(Case::new(400, Bob, &line, "").at("?x=1"));
    }
    for route in ["channels.list", "groups.list", "im.list", "commands.list"] {
        let line = format!("GET /api/v1/{route}");
        cases.push(Case::new(200, Bob, &line, ""));
        cases.push(Case::new(400, Bob, &line, "").at("?count=all"));
    }
    cases
}
