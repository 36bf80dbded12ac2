//! Requests to a server under compat 9 that provoke what differs from compat 8.

use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Anonymous, Bob, Stranger};

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
        off("UserStatusMessageChange"),
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
