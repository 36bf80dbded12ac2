//! Requests about links to choose a password that together provoke every status documented for
//! them.

use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Anonymous, Bob};

#[rustfmt::skip] // A table: rows on one line are easier to compare.
pub fn cases() -> Vec<Case> {
    const CREATE: &str = "POST /api/v1/invitations.create";
    const LOOK: &str = "POST /api/v1/invitations.look";
    const ACCEPT: &str = "POST /api/v1/invitations.accept";
    const LIST: &str = "GET /api/v1/invitations.list";
    const REVOKE: &str = "POST /api/v1/invitations.revoke";
    let long = format!(r#"{{"username":"ivy","name":"{}"}}"#, "é".repeat(121));
    vec![
        Case::new(400, Admin, CREATE, ""),
        Case::new(400, Admin, CREATE, r#"{"username":"i v y"}"#),
        Case::new(400, Admin, CREATE, r#"{"username":"system"}"#),
        Case::new(400, Admin, CREATE, r#"{"username":"bob"}"#),
        Case::new(400, Admin, CREATE, &long),
        Case::new(400, Admin, CREATE, r#"{"username":"ivy","email":"nowhere"}"#),
        Case::new(400, Admin, CREATE, r#"{"username":"ivy","roles":["pilot"]}"#),
        Case::new(400, Admin, CREATE, r#"{"username":"ivy","kind":"letter"}"#),
        Case::new(400, Admin, CREATE, r#"{"username":"ivy","kind":"reset"}"#),
        Case::new(400, Admin, CREATE, r#"{"userId":"unknown","kind":"reset"}"#),
        Case::new(400, Admin, CREATE, r#"{"username":"ivy","x":1}"#),
        Case::new(403, Bob, CREATE, r#"{"username":"ivy"}"#),
        Case::new(200, Admin, CREATE, r#"{"username":"ivy","name":"Ivy","email":"ivy@example.org","roles":["user"]}"#),
        Case::new(400, Anonymous, LOOK, ""),
        Case::new(400, Anonymous, LOOK, r#"{"token":"unknown"}"#),
        Case::new(200, Anonymous, LOOK, r#"{"token":"{token}"}"#),
        Case::new(200, Admin, LIST, ""),
        Case::new(400, Admin, LIST, "").at("?count=1"),
        Case::new(403, Bob, LIST, ""),
        Case::new(403, Anonymous, ACCEPT, r#"{"token":"{token}","password":"ivy's password"}"#),
        Case::new(400, Anonymous, ACCEPT, "").with("sec-fetch-site", "same-origin"),
        Case::new(400, Anonymous, ACCEPT, r#"{"token":"{token}","password":"short"}"#).with("sec-fetch-site", "same-origin"),
        Case::new(400, Anonymous, ACCEPT, r#"{"token":"{token}","password":""}"#).with("sec-fetch-site", "same-origin"),
        Case::new(200, Anonymous, ACCEPT, r#"{"token":"{token}","password":"ivy's password"}"#).with("sec-fetch-site", "same-origin"),
        Case::new(400, Anonymous, ACCEPT, r#"{"token":"{token}","password":"ivy's password"}"#).with("sec-fetch-site", "same-origin"),
        Case::new(400, Anonymous, LOOK, r#"{"token":"{token}"}"#),
        Case::new(200, Admin, CREATE, r#"{"userId":"{bob}","kind":"reset"}"#),
        Case::new(400, Admin, REVOKE, ""),
        Case::new(400, Admin, REVOKE, r#"{"invitationId":"unknown"}"#),
        Case::new(403, Bob, REVOKE, ""),
        Case::new(200, Admin, REVOKE, r#"{"invitationId":"{invitation}"}"#),
    ]
}
