//! Requests about users, their roles and their tokens that together provoke every status documented
//! for them.

use crate::support::openapi::requests::Case;
use crate::support::openapi::requests::Who::{Admin, Anonymous, Bob, Stranger};
use crate::support::pictures::PNG;

pub fn cases() -> Vec<Case> {
    [
        users(),
        changes(),
        roles(),
        tokens(),
        sessions(),
        removals(),
    ]
    .concat()
}

#[rustfmt::skip] // A table: rows on one line are easier to compare.
fn users() -> Vec<Case> {
    const CREATE: &str = "POST /api/v1/users.create";
    const INFO: &str = "GET /api/v1/users.info";
    const LIST: &str = "GET /api/v1/users.list";
    const BY_STATUS: &str = "GET /api/v1/users.listByStatus";
    const RULES: &str = "GET /api/v1/users.listStatusVisibility";
    const AVAILABLE: &str = "GET /api/v1/users.checkUsernameAvailability";
    const AVATAR: &str = "GET /api/v1/users.getAvatar";
    vec![
        Case::new(200, Admin, CREATE, r#"{"email":"carol@example.org","name":"Carol","password":"carol's password","username":"carol"}"#),
        Case::new(200, Admin, CREATE, r#"{"email":"","name":7,"password":"","username":"4711","setRandomPassword":"true","verified":0,"bio":"A bio","nickname":"Nick","roles":["user","bot"],"sendWelcomeEmail":false,"customFields":{}}"#),
        Case::new(400, Bob, CREATE, r#"{"email":"dan@example.org","name":"Dan","password":"dan's password","username":"dan"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"dan@example.org","name":"Dan","password":"dan's password","username":"carol"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"dan@example.org","name":"Dan","password":"dan's password","username":"d a n"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"dan@example.org","name":" ","password":"dan's password","username":"dan"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"dan@example.org","name":"Dan","password":"","username":"dan"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"dan@example.org","name":"Dan","password":"short","username":"dan"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"dan@example.org","name":"Dan","password":"dan's password","username":"system"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"nowhere","name":"Dan","password":"dan's password","username":"dan"}"#),
        Case::new(400, Admin, CREATE, &format!(r#"{{"email":"","name":"Dan","password":"dan's password","username":"dan","bio":"{}"}}"#, "é".repeat(261))),
        Case::new(400, Admin, CREATE, &format!(r#"{{"email":"","name":"Dan","password":"dan's password","username":"dan","nickname":"{}"}}"#, "é".repeat(121))),
        Case::new(400, Admin, CREATE, r#"{"email":"","name":"Dan","password":"dan's password","username":"dan","roles":["pilot"]}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"","name":"Dan","password":"dan's password","username":"dan","roles":"user"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"","name":"Dan","password":"dan's password","username":"dan","active":"yes"}"#),
        Case::new(400, Admin, CREATE, r#"{"email":"","name":"Dan","password":"dan's password","username":"dan","x":1}"#),
        Case::new(400, Admin, CREATE, ""),

        Case::new(200, Bob, &format!("{INFO}?username=carol"), ""),
        Case::new(200, Bob, &format!("{INFO}?userId={{bob}}&includeUserRooms=true&fields=x"), ""),
        Case::new(200, Admin, &format!("{INFO}?email=carol@example.org"), ""),
        Case::new(400, Bob, &format!("{INFO}?email=carol@example.org"), ""),
        Case::new(400, Bob, INFO, ""),
        Case::new(400, Bob, &format!("{INFO}?importId=x"), ""),
        Case::new(400, Bob, &format!("{INFO}?name=carol"), ""),
        Case::new(400, Bob, &format!("{INFO}?username=carol&username=bob"), ""),
        Case::new(200, Bob, &format!("{LIST}?count=2&offset=1&sort=%7B%22username%22%3A-1%7D&query=x&fields=x"), ""),
        Case::new(200, Admin, &format!("{LIST}?email=carol@example.org"), ""),
        Case::new(400, Bob, &format!("{LIST}?count=all"), ""),
        Case::new(400, Bob, &format!("{LIST}?sort=name"), ""),
        Case::new(400, Bob, &format!("{LIST}?name=bob"), ""),
        Case::new(403, Stranger, LIST, ""),
        Case::new(200, Bob, BY_STATUS, ""),
        Case::new(200, Admin, BY_STATUS, "").at("?status=active&hasLoggedIn=false&type=user&roles[]=user&searchTerm=carol&count=1&sort=%7B%22lastLogin%22%3A1%7D"),
        Case::new(200, Admin, BY_STATUS, "").at("?inactiveReason[]=pending_approval"),
        Case::new(400, Bob, BY_STATUS, "").at("?status=away"),
        Case::new(400, Bob, BY_STATUS, "").at("?sort=name"),
        Case::new(403, Stranger, BY_STATUS, ""),
        Case::new(200, Admin, "POST /api/v1/settings/Accounts_StatusVisibility_Admin_Enabled", r#"{"value":true}"#),
        Case::new(200, Admin, "POST /api/v1/settings/Accounts_StatusVisibility_Enabled", r#"{"value":true}"#),
        Case::new(200, Admin, "POST /api/v1/users.update", r#"{"userId":"{carol}","data":{"presenceDisabledByAdmin":true,"statusVisibilityDeniedByAdmin":["bob"]}}"#),
        Case::new(200, Admin, RULES, "").at("?searchTerm=car&count=1&offset=0"),
        Case::new(200, Admin, INFO, "").at("?username=carol"),
        Case::new(400, Admin, RULES, "").at("?count=all"),
        Case::new(400, Admin, RULES, "").at("?x=1"),
        Case::new(403, Bob, RULES, ""),
        Case::new(200, Bob, "POST /api/v1/users.setPreferences", r#"{"data":{"statusVisibilityDenied":["carol"]}}"#),
        Case::new(200, Bob, INFO, "").at("?username=bob"),
        Case::new(200, Bob, "GET /api/v1/users.getPreferences", ""),
        Case::new(200, Bob, "GET /api/v1/me", ""),
        Case::new(400, Bob, "POST /api/v1/users.setPreferences", r#"{"data":{"statusVisibilityDenied":["nobody"]}}"#),
        Case::new(200, Admin, "POST /api/v1/users.update", r#"{"userId":"{carol}","data":{"presenceDisabledByAdmin":false,"statusVisibilityDeniedByAdmin":[]}}"#),
        Case::new(200, Bob, AVAILABLE, "").at("?username=carol"),
        Case::new(200, Bob, AVAILABLE, "").at("?username=dan"),
        Case::new(400, Bob, AVAILABLE, "").at("?username="),
        Case::new(400, Bob, AVAILABLE, "").at("?username=d%20a%20n"),
        Case::new(400, Bob, AVAILABLE, "").at("?username=system"),
        Case::new(400, Bob, AVAILABLE, ""),
        Case::new(200, Bob, "GET /api/v1/users.getUsernameSuggestion", ""),
        Case::new(307, Bob, AVATAR, "").at("?user=carol"),
        Case::new(400, Bob, AVATAR, "").at("?userId=unknown"),
        Case::new(400, Bob, AVATAR, ""),
        Case::new(400, Bob, AVATAR, "").at("?name=carol"),
        Case::new(200, Bob, "GET /api/v1/users.getAvatarSuggestion", ""),
    ]
}

#[rustfmt::skip]
fn changes() -> Vec<Case> {
    const UPDATE: &str = "POST /api/v1/users.update";
    const OWN: &str = "POST /api/v1/users.updateOwnBasicInfo";
    const PREFER: &str = "POST /api/v1/users.setPreferences";
    vec![
        Case::new(200, Admin, UPDATE, r#"{"userId":"{carol}","data":{"nickname":"Caro","bio":"","verified":true,"email":"","status":"busy"},"confirmRelinquish":false}"#),
        Case::new(200, Bob, UPDATE, r#"{"userId":"{bob}","data":{"name":"Bob","username":""}}"#),
        Case::new(400, Bob, UPDATE, r#"{"userId":"{carol}","data":{"name":"Bob"}}"#),
        Case::new(400, Bob, UPDATE, r#"{"userId":"{bob}","data":{"password":"another password"}}"#),
        Case::new(400, Admin, UPDATE, r#"{"userId":"unknown","data":{}}"#),
        Case::new(400, Admin, UPDATE, r#"{"userId":"{carol}","data":{"username":"bob"}}"#),
        Case::new(400, Admin, UPDATE, r#"{"userId":"{carol}","data":{"username":"c a r o l"}}"#),
        Case::new(400, Admin, UPDATE, r#"{"userId":"{admin}","data":{"roles":["user"]}}"#),
        Case::new(400, Admin, UPDATE, r#"{"userId":"{carol}","data":"name"}"#),
        Case::new(400, Admin, UPDATE, r#"{"userId":"{carol}"}"#),
        Case::new(400, Admin, UPDATE, r#"{"userId":"{carol}","data":{"x":1}}"#),
        Case::new(400, Admin, UPDATE, r#"{"userId":"{carol}","data":{},"x":1}"#),

        Case::new(200, Bob, OWN, r#"{"data":{"bio":"Knocks before entering"},"customFields":{}}"#),
        Case::new(200, Bob, OWN, r#"{"data":{"statusText":"Reading","statusType":"busy"}}"#),
        Case::new(400, Bob, OWN, r#"{"data":{"newPassword":"another password","currentPassword":"wrong"}}"#),
        Case::new(400, Bob, OWN, r#"{"data":{"username":"carol"}}"#),
        Case::new(400, Bob, OWN, r#"{"data":{"roles":["admin"]}}"#),
        Case::new(400, Bob, OWN, r#"{"data":{"statusType":"Busy"}}"#),
        Case::new(400, Bob, OWN, "{}"),

        Case::new(200, Bob, PREFER, r#"{"data":{"language":"de","enableAutoAway":false}}"#),
        Case::new(200, Admin, PREFER, r#"{"userId":"{carol}","data":{"language":null,"idleTimeLimit":"90","highlights":["doorsign"],"dontAskAgainList":[{"action":"x","label":"y","z":1}],"featuresPreview":[{"name":"x","value":true}]}}"#),
        Case::new(200, Bob, "GET /api/v1/me", ""),
        Case::new(400, Bob, PREFER, r#"{"userId":"{carol}","data":{}}"#),
        Case::new(400, Admin, PREFER, r#"{"userId":"unknown","data":{}}"#),
        Case::new(400, Bob, PREFER, r#"{"data":{"alsoSendThreadToChannel":"often"}}"#),
        Case::new(400, Bob, PREFER, r#"{"data":{"idleTimeLimit":"long"}}"#),
        Case::new(400, Bob, PREFER, r#"{"data":{"favouriteColour":"blue"}}"#),
        Case::new(400, Bob, PREFER, r#"{"data":[]}"#),
        Case::new(400, Bob, PREFER, ""),
    ]
}

#[rustfmt::skip]
fn roles() -> Vec<Case> {
    const ADD: &str = "POST /api/v1/roles.addUserToRole";
    const REMOVE: &str = "POST /api/v1/roles.removeUserFromRole";
    const HOLDERS: &str = "GET /api/v1/roles.getUsersInRole";
    const GRANT: &str = "POST /api/v1/permissions.addRole";
    const REVOKE: &str = "POST /api/v1/permissions.removeRole";
    const CREATE: &str = "POST /api/v1/roles.create";
    const UPDATE: &str = "POST /api/v1/roles.update";
    const DELETE: &str = "POST /api/v1/roles.delete";
    vec![
        Case::new(200, Admin, CREATE, r#"{"name":"Night shift","description":"Works at night"}"#),
        Case::new(200, Admin, CREATE, r#"{"name":7,"scope":"Subscriptions","mandatory2fa":false}"#),
        Case::new(400, Admin, CREATE, r#"{"name":"Night shift"}"#),
        Case::new(400, Admin, CREATE, r#"{"name":"Day shift","scope":"users"}"#),
        Case::new(400, Bob, CREATE, r#"{"name":"Day shift"}"#),
        Case::new(200, Admin, UPDATE, r#"{"roleId":"Night shift","name":"Day shift","scope":null}"#),
        Case::new(400, Admin, UPDATE, r#"{"roleId":"Night shift","name":"Day shift"}"#),
        Case::new(400, Admin, UPDATE, r#"{"roleId":"admin","name":"Boss"}"#),
        Case::new(400, Admin, UPDATE, r#"{"roleId":"7","name":"Day shift"}"#),
        Case::new(400, Admin, UPDATE, r#"{"roleId":"7"}"#),
        Case::new(400, Bob, UPDATE, r#"{"roleId":"7","name":"Boss"}"#),
        Case::new(400, Admin, DELETE, r#"{"roleId":"user"}"#),
        Case::new(400, Admin, DELETE, r#"{"roleId":"unknown"}"#),
        Case::new(400, Admin, DELETE, "{}"),
        Case::new(403, Bob, DELETE, ""),
        Case::new(200, Admin, ADD, r#"{"username":"bob","roleName":"7"}"#),
        Case::new(400, Admin, DELETE, r#"{"roleId":"7"}"#),
        Case::new(200, Admin, DELETE, r#"{"roleId":"Day shift"}"#),
        Case::new(200, Admin, ADD, r#"{"username":"bob","roleId":"moderator"}"#),
        Case::new(200, Admin, ADD, r#"{"username":"carol","roleName":"moderator","roomId":""}"#),
        Case::new(400, Bob, ADD, r#"{"username":"bob","roleId":"moderator"}"#),
        Case::new(400, Admin, ADD, r#"{"username":"bob","roleId":"moderator"}"#),
        Case::new(400, Admin, ADD, r#"{"username":"bob","roleId":"pilot"}"#),
        Case::new(400, Admin, ADD, r#"{"username":"nobody","roleId":"moderator"}"#),
        Case::new(400, Admin, ADD, r#"{"username":"bob"}"#),
        Case::new(400, Admin, ADD, r#"{"username":"bob","roleId":"moderator","x":1}"#),
        Case::new(400, Admin, ADD, ""),
        Case::new(200, Admin, HOLDERS, "").at("?role=moderator&count=1&offset=1"),
        Case::new(200, Admin, HOLDERS, "").at("?role=moderator&roomId="),
        Case::new(400, Admin, HOLDERS, "").at("?role=pilot"),
        Case::new(400, Admin, HOLDERS, "").at("?role=moderator&roomId=GENERAL"),
        Case::new(400, Admin, HOLDERS, ""),
        Case::new(400, Admin, HOLDERS, "").at("?role=moderator&count=all"),
        Case::new(403, Bob, HOLDERS, "").at("?role=moderator"),
        Case::new(200, Bob, "GET /api/v1/roles.getUsersInPublicRoles", ""),
        Case::new(200, Admin, REMOVE, r#"{"username":"bob","roleId":"moderator","scope":"x"}"#),
        Case::new(400, Admin, REMOVE, r#"{"username":"bob","roleId":"moderator"}"#),
        Case::new(400, Admin, REMOVE, r#"{"username":"bob","roleId":"pilot"}"#),
        Case::new(400, Admin, REMOVE, r#"{"username":"nobody","roleId":"moderator"}"#),
        Case::new(400, Admin, REMOVE, r#"{"username":"admin","roleId":"admin"}"#),
        Case::new(400, Admin, REMOVE, r#"{"username":"bob"}"#),
        Case::new(400, Admin, REMOVE, r#"{"roleId":"moderator"}"#),
        Case::new(403, Bob, REMOVE, ""),
        Case::new(200, Bob, "GET /api/v1/roles.sync?updatedSince=1970-01-01", ""),
        Case::new(200, Bob, "GET /api/v1/roles.sync", ""),
        Case::new(400, Bob, "GET /api/v1/roles.sync?updatedSince=yesterday", ""),
        Case::new(400, Bob, "GET /api/v1/roles.sync?since=2020-01-01", ""),
        Case::new(200, Admin, GRANT, r#"{"permissionId":"manage-user-status","role":"moderator"}"#),
        Case::new(400, Admin, GRANT, r#"{"permissionId":"fly","role":"moderator"}"#),
        Case::new(400, Admin, GRANT, r#"{"permissionId":"manage-user-status","role":"pilot"}"#),
        Case::new(400, Admin, GRANT, r#"{"permissionId":"","role":"moderator"}"#),
        Case::new(400, Admin, GRANT, r#"{"permissionId":"manage-user-status"}"#),
        Case::new(403, Bob, GRANT, ""),
        Case::new(200, Admin, REVOKE, r#"{"permissionId":"manage-user-status","role":"moderator"}"#),
        Case::new(400, Admin, REVOKE, r#"{"permissionId":"fly","role":"moderator"}"#),
        Case::new(400, Admin, REVOKE, r#"{"permissionId":"manage-user-status","role":"pilot"}"#),
        Case::new(400, Admin, REVOKE, r#"{"permissionId":"manage-user-status","role":"moderator","x":1}"#),
        Case::new(403, Bob, REVOKE, ""),
    ]
}

#[rustfmt::skip]
fn tokens() -> Vec<Case> {
    const GENERATE: &str = "POST /api/v1/users.generatePersonalAccessToken";
    const REGENERATE: &str = "POST /api/v1/users.regeneratePersonalAccessToken";
    const REMOVE: &str = "POST /api/v1/users.removePersonalAccessToken";
    const LOGIN: &str = "POST /api/v1/users.createToken";
    vec![
        Case::new(200, Bob, GENERATE, r#"{"tokenName":"ci","bypassTwoFactor":true}"#),
        Case::new(400, Bob, GENERATE, r#"{"tokenName":"ci"}"#),
        Case::new(400, Bob, GENERATE, r#"{"tokenName":" "}"#),
        Case::new(400, Bob, GENERATE, r#"{"tokenName":""}"#),
        Case::new(400, Bob, GENERATE, ""),
        Case::new(400, Stranger, GENERATE, r#"{"tokenName":"ci"}"#),
        Case::new(200, Bob, REGENERATE, r#"{"tokenName":"ci"}"#),
        Case::new(400, Bob, REGENERATE, r#"{"tokenName":"unknown"}"#),
        Case::new(400, Bob, REGENERATE, r#"{"tokenName":null}"#),
        Case::new(400, Stranger, REGENERATE, r#"{"tokenName":"ci"}"#),
        Case::new(200, Bob, "GET /api/v1/users.getPersonalAccessTokens", ""),
        Case::new(403, Stranger, "GET /api/v1/users.getPersonalAccessTokens", ""),
        Case::new(200, Bob, REMOVE, r#"{"tokenName":"ci"}"#),
        Case::new(400, Bob, REMOVE, r#"{"tokenName":"ci"}"#),
        Case::new(400, Bob, REMOVE, "{}"),
        Case::new(400, Stranger, REMOVE, r#"{"tokenName":"ci"}"#),
        Case::new(200, Bob, LOGIN, r#"{"userId":"{bob}","secret":"known to both"}"#),
        Case::new(200, Admin, LOGIN, r#"{"userId":"{bob}","secret":"known to both"}"#),
        Case::new(400, Bob, LOGIN, r#"{"userId":"{bob}","secret":"guessed"}"#),
        Case::new(400, Bob, LOGIN, r#"{"userId":"{carol}","secret":"known to both"}"#),
        Case::new(400, Admin, LOGIN, r#"{"userId":"unknown","secret":"known to both"}"#),
        Case::new(400, Bob, LOGIN, r#"{"userId":"{bob}","secret":""}"#),
        Case::new(400, Bob, LOGIN, r#"{"userId":"{bob}"}"#),
    ]
}

#[rustfmt::skip]
fn sessions() -> Vec<Case> {
    const LIST: &str = "GET /api/v1/sessions/list";
    const INFO: &str = "GET /api/v1/sessions/info";
    const END: &str = "POST /api/v1/sessions/logout.me";
    const LIST_ALL: &str = "GET /api/v1/sessions/list.all";
    const INFO_ANY: &str = "GET /api/v1/sessions/info.admin";
    const END_ANY: &str = "POST /api/v1/sessions/logout";
    const OTHERS: &str = "POST /api/v1/users.removeOtherTokens";
    vec![
        Case::new(200, Bob, LIST, ""),
        Case::new(200, Bob, LIST, "").at("?count=1&offset=1&filter=127&sort=%7B%22loginAt%22:1%7D"),
        Case::new(400, Bob, LIST, "").at("?sort=%7B%22ip%22:1%7D"),
        Case::new(400, Bob, LIST, "").at("?count=all"),
        Case::new(200, Bob, INFO, "").at("?sessionId={own}"),
        Case::new(404, Bob, INFO, "").at("?sessionId=unknown"),
        Case::new(404, Stranger, INFO, "").at("?sessionId={own}"),
        Case::new(400, Bob, INFO, ""),
        Case::new(200, Admin, LIST_ALL, "").at("?filter=bob&sort=%7B%22_user.name%22:-1%7D"),
        Case::new(400, Admin, LIST_ALL, "").at("?sort=name"),
        Case::new(403, Bob, LIST_ALL, ""),
        Case::new(200, Admin, INFO_ANY, "").at("?sessionId={own}"),
        Case::new(404, Admin, INFO_ANY, "").at("?sessionId=unknown"),
        Case::new(400, Admin, INFO_ANY, "").at("?id={own}"),
        Case::new(403, Bob, INFO_ANY, "").at("?sessionId={own}"),
        Case::new(200, Bob, END, r#"{"sessionId":"{own}"}"#),
        Case::new(404, Bob, END, r#"{"sessionId":"{own}"}"#),
        Case::new(400, Bob, END, r#"{"sessionId":""}"#),
        Case::new(200, Admin, END_ANY, r#"{"sessionId":"{other}"}"#),
        Case::new(404, Admin, END_ANY, r#"{"sessionId":"{other}"}"#),
        Case::new(400, Admin, END_ANY, "{}"),
        Case::new(403, Bob, END_ANY, r#"{"sessionId":"{other}"}"#),
        Case::new(200, Bob, OTHERS, ""),
        Case::new(200, Bob, "POST /api/v1/users.logoutOtherClients", ""),
    ]
}

#[rustfmt::skip]
fn removals() -> Vec<Case> {
    const ACTIVE: &str = "POST /api/v1/users.setActiveStatus";
    const DELETE: &str = "POST /api/v1/users.delete";
    const LOGOUT: &str = "POST /api/v1/users.logout";
    const OWN: &str = "POST /api/v1/users.deleteOwnAccount";
    const IDLE: &str = "POST /api/v1/users.deactivateIdle";
    const AVATAR: &str = "POST /api/v1/users.resetAvatar";
    const PICTURE: &str = "POST /api/v1/users.setAvatar";
    let picture = |base64: &str| format!(r#"{{"avatarUrl":"data:image/png;base64,{base64}"}}"#);
    vec![
        Case::new(400, Bob, OWN, "{}"),
        Case::new(200, Admin, IDLE, r#"{"daysIdle":"36500"}"#),
        Case::new(200, Admin, IDLE, r#"{"daysIdle":1,"role":"pilot"}"#),
        Case::new(400, Admin, IDLE, r#"{"daysIdle":-1}"#),
        Case::new(400, Admin, IDLE, r#"{"role":"user"}"#),
        Case::new(403, Bob, IDLE, ""),
        Case::new(200, Bob, PICTURE, &picture(PNG)),
        Case::new(400, Bob, PICTURE, &picture("R0lGODlhAQABAAAAADs=")),
        Case::new(400, Bob, PICTURE, r#"{"avatarUrl":"https://example.org/me.png"}"#),
        Case::new(400, Bob, PICTURE, r#"{"avatarUrl":"data:,","userId":"{admin}"}"#),
        Case::new(400, Bob, PICTURE, "{}"),
        Case::new(200, Admin, AVATAR, r#"{"username":"bob"}"#),
        Case::new(400, Bob, AVATAR, r#"{"username":"admin"}"#),
        Case::new(400, Admin, AVATAR, r#"{"username":"nobody"}"#),
        Case::new(400, Admin, AVATAR, "{}"),
        Case::new(400, Admin, AVATAR, r#"{"id":"x"}"#),

        Case::new(200, Admin, LOGOUT, r#"{"userId":"{carol}"}"#),
        Case::new(400, Admin, LOGOUT, r#"{"userId":"unknown"}"#),
        Case::new(400, Bob, LOGOUT, r#"{"username":"bob"}"#),
        Case::new(403, Bob, LOGOUT, r#"{"userId":"{carol}"}"#),
        Case::new(200, Admin, ACTIVE, r#"{"userId":"{carol}","activeStatus":false}"#),
        Case::new(200, Admin, ACTIVE, r#"{"userId":"{carol}","activeStatus":"true","confirmRelinquish":true}"#),
        Case::new(400, Admin, ACTIVE, r#"{"userId":"{admin}","activeStatus":false}"#),
        Case::new(400, Admin, ACTIVE, r#"{"userId":"unknown","activeStatus":false}"#),
        Case::new(400, Admin, ACTIVE, r#"{"userId":"{carol}"}"#),
        Case::new(400, Admin, ACTIVE, r#"{"userId":"{carol}","activeStatus":"off"}"#),
        Case::new(403, Bob, ACTIVE, ""),
        Case::new(400, Admin, DELETE, r#"{"username":"nobody"}"#),
        Case::new(400, Admin, DELETE, r#"{"userId":"{admin}"}"#),
        Case::new(400, Admin, DELETE, "{}"),
        Case::new(400, Admin, DELETE, r#"{"username":"carol","x":1}"#),
        Case::new(403, Bob, DELETE, ""),
        Case::new(200, Admin, DELETE, r#"{"username":"carol","confirmRelinquish":true}"#),
    ]
}

/// Deletes the sender. Must come last, after another change of a setting.
#[rustfmt::skip]
pub fn own_end() -> Vec<Case> {
    const OWN: &str = "POST /api/v1/users.deleteOwnAccount";
    const REGISTER: &str = "POST /api/v1/users.register";
    const PASSWORD: &str = r#"{"password":"stranger's password"}"#;
    vec![
        Case::new(200, Anonymous, REGISTER, r#"{"username":"newcomer","email":"newcomer@example.org","pass":"a password","secret":"known to both","name":"New"}"#),
        Case::new(400, Anonymous, REGISTER, r#"{"username":"newcomer","email":"another@example.org","pass":"a password","secret":"known to both"}"#),
        Case::new(400, Anonymous, REGISTER, r#"{"username":"another","email":"another@example.org","pass":"short","secret":"known to both"}"#),
        Case::new(400, Anonymous, REGISTER, r#"{"username":"another","email":"another@example.org","pass":"a password"}"#),
        Case::new(400, Anonymous, REGISTER, r#"{"username":"another"}"#),
        Case::new(400, Bob, REGISTER, "{}"),
        Case::new(400, Stranger, OWN, PASSWORD),
        Case::new(200, Admin, "POST /api/v1/settings/Accounts_AllowDeleteOwnAccount", r#"{"value":true}"#),
        Case::new(200, Stranger, OWN, PASSWORD),
    ]
}
