//! Logins and logouts as JSON.

use super::Me;
use crate::api::wire::date::Rfc3339;
use crate::domain::{Actor, Login, LoginId, LoginRecord, Permission};
use crate::service::presence::VisiblePresence;
use crate::service::users::visibility::ShownRules;
use serde::Serialize;

/// The response to a login. `success` comes last, as on Rocket.Chat 8.
#[derive(Serialize)]
pub(in crate::api) struct LoginReply<'a> {
    status: &'static str,
    data: LoginParts<'a>,
}

#[derive(Serialize)]
struct LoginParts<'a> {
    #[serde(rename = "userId")]
    user_id: &'a str,
    #[serde(rename = "authToken")]
    auth_token: &'a str,
    me: Me<'a>,
}

impl<'a> LoginReply<'a> {
    pub(in crate::api) fn new(
        actor: &'a Actor,
        presence: (&'a VisiblePresence, &ShownRules),
        token: &'a str,
        site_url: &str,
    ) -> Self {
        let me = Me::inside(actor, presence, site_url);
        let data = LoginParts {
            user_id: actor.user.id.as_str(),
            auth_token: token,
            me,
        };
        Self {
            status: "success",
            data,
        }
    }
}

/// The session of the web pages, without its token.
#[derive(Serialize)]
pub(in crate::api) struct BrowserSession<'a> {
    #[serde(rename = "userId")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    parts: Option<SessionParts<'a>>,
}

#[derive(Serialize)]
struct SessionParts<'a> {
    username: &'a str,
    #[serde(rename = "expiresAt", skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
    permissions: Vec<&'static str>,
    #[serde(rename = "mustChangePassword")]
    must_change_password: bool,
}

impl<'a> BrowserSession<'a> {
    /// `None`: there is no session.
    pub(in crate::api) fn of(actor: Option<&'a Actor>) -> Self {
        let parts = actor.map(|actor| SessionParts {
            username: actor.user.username.as_str(),
            expires_at: actor.login.expires_at.map(Rfc3339::from),
            permissions: granted(actor),
            must_change_password: actor.require_password_settled().is_err(),
        });
        Self {
            user_id: actor.map(|actor| actor.user.id.as_str()),
            parts,
        }
    }
}

/// Returns the names of the permissions that an actor has.
pub(in crate::api) fn granted(actor: &Actor) -> Vec<&'static str> {
    let all = Permission::ALL.iter().copied();
    all.filter(|permission| actor.grants.contains(*permission))
        .map(Permission::name)
        .collect()
}

/// The documented response to a logout. Rocket.Chat since 7.4 sends nothing, which breaks clients
/// that expect JSON.
#[derive(Serialize)]
pub(in crate::api) struct LogoutReply {
    status: &'static str,
    data: Message,
}

#[derive(Serialize)]
struct Message {
    message: &'static str,
}

impl LogoutReply {
    pub(in crate::api) const GOODBYE: Self = Self {
        status: "success",
        data: Message {
            message: "You've been logged out!",
        },
    };
}

/// The response to `users.logout`.
#[derive(Serialize)]
pub(in crate::api) struct LoggedOut {
    message: String,
}

impl LoggedOut {
    pub(in crate::api) fn of(id: &str) -> Self {
        Self {
            message: format!("User {id} has been logged out!"),
        }
    }
}

/// The response to `users.logoutOtherClients`: the login that stays.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct KeptLogin<'a> {
    token: &'a str,
    token_expires: Expiry,
}

/// When a token expires; the empty text if it never does.
#[derive(Serialize)]
#[serde(untagged)]
enum Expiry {
    At(Rfc3339),
    Never(&'static str),
}

impl<'a> KeptLogin<'a> {
    pub(in crate::api) fn new(token: &'a str, login: &Login) -> Self {
        let expires = login.expires_at.map(|at| Expiry::At(at.into()));
        let token_expires = expires.unwrap_or(Expiry::Never(""));
        Self {
            token,
            token_expires,
        }
    }
}

/// The response to `sessions/list` and `sessions/list.all`.
#[derive(Serialize)]
pub(in crate::api) struct SessionPage<'a> {
    pub(in crate::api) sessions: Vec<SessionRow<'a>>,
    pub(in crate::api) count: usize,
    pub(in crate::api) offset: u64,
    pub(in crate::api) total: u64,
}

/// The response to `sessions/info` and `sessions/info.admin`.
#[derive(Serialize)]
pub(in crate::api) struct SessionReply<'a> {
    #[serde(flatten)]
    session: SessionRow<'a>,
}

impl<'a> SessionReply<'a> {
    pub(in crate::api) fn of(session: SessionRow<'a>) -> Self {
        Self { session }
    }
}

/// The response to `sessions/logout` and `sessions/logout.me`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct EndedSession<'a> {
    session_id: &'a str,
}

impl<'a> EndedSession<'a> {
    pub(in crate::api) fn of(session_id: &'a str) -> Self {
        Self { session_id }
    }
}

/// A password login in a list: Rocket.Chat's `DeviceManagementSession`, or
/// `DeviceManagementPopulatedSession` with `_user`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct SessionRow<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    session_id: &'a str,
    user_id: &'a str,
    #[serde(rename = "_user", skip_serializing_if = "Option::is_none")]
    user: Option<SessionUser<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Device<'a>>,
    host: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    login_at: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
    /// Whether this login made the request.
    current: bool,
}

#[derive(Serialize)]
struct SessionUser<'a> {
    username: &'a str,
    name: &'a str,
}

/// What Rocket.Chat parses from a `User-Agent`. Here the whole text is the name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Device<'a> {
    r#type: &'static str,
    name: &'a str,
    long_version: &'static str,
    version: &'static str,
    os: System,
}

#[derive(Serialize)]
struct System {
    name: &'static str,
    version: &'static str,
}

impl<'a> SessionRow<'a> {
    /// Renders a login of the requester, who uses the login `asking`.
    pub(in crate::api) fn own(record: &'a LoginRecord, asking: &LoginId, host: &'a str) -> Self {
        let login = &record.login;
        let device = |name| Device {
            r#type: "other",
            name,
            long_version: "",
            version: "",
            os: System {
                name: "",
                version: "",
            },
        };
        Self {
            id: login.id.as_str(),
            session_id: login.id.as_str(),
            user_id: login.user.as_str(),
            user: None,
            device: record.origin.client.as_deref().map(device),
            host,
            ip: record.origin.address.map(|address| address.to_string()),
            login_at: login.created_at.into(),
            last_used_at: record.last_used_at.map(Into::into),
            expires_at: login.expires_at.map(Into::into),
            current: login.id == *asking,
        }
    }

    /// Like [`own`](Self::own), with the login's user.
    pub(in crate::api) fn for_admin(
        record: &'a LoginRecord,
        asking: &LoginId,
        host: &'a str,
    ) -> Self {
        let user = SessionUser {
            username: &record.username,
            name: &record.name,
        };
        Self {
            user: Some(user),
            ..Self::own(record, asking, host)
        }
    }
}
