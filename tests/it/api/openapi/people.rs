//! Requests about claims, imports and the upkeep of accounts that together provoke every status
//! documented for them.

use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Bob};

#[rustfmt::skip] // A table: rows on one line are easier to compare.
pub fn cases() -> Vec<Case> {
    const CLAIMS: &str = "GET /api/v1/users.claims";
    const END: &str = "POST /api/v1/users.endClaim";
    const UNBLOCK: &str = "POST /api/v1/users.unblock";
    const POLICY: &str = "POST /api/v1/users.setPresencePolicy";
    const IMPORT: &str = "POST /api/v1/users.import";
    vec![
        Case::new(200, Bob, "POST /api/v1/users.setStatus", r#"{"status":"busy","message":"In a meeting"}"#),
        Case::new(200, Bob, CLAIMS, ""),
        Case::new(200, Admin, CLAIMS, "").at("?username=bob"),
        Case::new(400, Admin, CLAIMS, "").at("?userId=unknown"),
        Case::new(400, Admin, CLAIMS, "").at("?count=1"),
        Case::new(403, Bob, CLAIMS, "").at("?username=admin"),
        Case::new(200, Bob, END, r#"{"source":"manual"}"#),
        Case::new(200, Admin, END, r#"{"source":"external","userId":"{bob}"}"#),
        Case::new(400, Bob, END, r#"{"source":"calendar"}"#),
        Case::new(400, Bob, END, ""),
        Case::new(400, Admin, END, r#"{"source":"manual","username":"unknown"}"#),
        Case::new(403, Bob, END, r#"{"source":"manual","username":"admin"}"#),
        Case::new(200, Admin, UNBLOCK, r#"{"userId":"{bob}"}"#),
        Case::new(400, Admin, UNBLOCK, r#"{"userId":"unknown"}"#),
        Case::new(400, Admin, UNBLOCK, ""),
        Case::new(403, Bob, UNBLOCK, ""),
        Case::new(200, Admin, POLICY, r#"{"userId":"{bob}","policy":"heartbeat"}"#),
        Case::new(200, Admin, POLICY, r#"{"userId":"{bob}","policy":"connection"}"#),
        Case::new(400, Admin, POLICY, r#"{"userId":"{bob}","policy":"never"}"#),
        Case::new(400, Admin, POLICY, r#"{"userId":"unknown","policy":"always"}"#),
        Case::new(403, Bob, POLICY, ""),
        Case::new(200, Admin, IMPORT, r#"{"csv":"username,name,email,roles\nimported,Im Ported,,user bot\nb ob,,,\n","dryRun":true}"#),
        Case::new(400, Admin, IMPORT, r#"{"csv":"username\nimported\nb ob\n"}"#),
        Case::new(200, Admin, IMPORT, r#"{"csv":"username,name\nimported,Im Ported\nbob,\n"}"#),
        Case::new(400, Admin, IMPORT, r#"{"csv":"name\nBob\n"}"#),
        Case::new(400, Admin, IMPORT, ""),
        Case::new(403, Bob, IMPORT, ""),
        Case::new(200, Admin, "GET /api/v1/sessions/list.all", "").at("?userId={bob}"),
    ]
}
