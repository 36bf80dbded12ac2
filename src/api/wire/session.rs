//! Logins and logouts as JSON. Knows no rule.

use super::Me;
use crate::domain::Actor;
use crate::service::presence::Shown;
use serde::Serialize;

/// The answer to a login. `success` stands last, as on Rocket.Chat 8.
#[derive(Serialize)]
pub(in crate::api) struct LoginReply<'a> {
    status: &'static str,
    data: LoginParts<'a>,
    success: bool,
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
        shown: &'a Shown,
        token: &'a str,
        site_url: &str,
    ) -> Self {
        let me = Me::inside(actor, shown, site_url);
        let data = LoginParts {
            user_id: actor.user.id.as_str(),
            auth_token: token,
            me,
        };
        Self {
            status: "success",
            data,
            success: true,
        }
    }
}

/// The documented answer to a logout; servers since 7.4 send nothing, which breaks clients that expect JSON.
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

/// The answer to `users.logout`.
#[derive(Serialize)]
pub(in crate::api) struct LoggedOut {
    message: String,
    success: bool,
}

impl LoggedOut {
    pub(in crate::api) fn of(id: &str) -> Self {
        Self {
            message: format!("User {id} has been logged out!"),
            success: true,
        }
    }
}
