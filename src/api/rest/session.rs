//! `login`, `logout` and `me`. Source: Rocket.Chat `apps/meteor/server/api/ApiClass.ts` (`_initAuth`); reference 3.1 to 3.3.

use crate::api::body::Fields;
use crate::api::reply::{self, Answer};
use crate::api::request::Request;
use crate::api::wire;
use crate::domain::{Error, UserKey};
use crate::passwords::PasswordDigest;
use crate::service::presence;
use crate::service::session::{self, LoginWith};
use serde_json::Value;

pub(in crate::api) async fn login(request: Request) -> Answer {
    let fields = request.lenient_fields().ok();
    let with = fields.and_then(login_with).ok_or(Error::LoginRefused)?;
    let app = request.admit(None)?;
    let entered = session::login(app, with, request.address()).await?;
    request.saw(&entered.actor);
    let shown = presence::of(app, &entered.actor.user.id).await?;
    reply::ok(&wire::LoginReply::new(
        &entered.actor,
        &shown,
        &entered.token,
        &request.api.site_url,
    ))
}

pub(in crate::api) async fn logout(request: Request) -> Answer {
    let actor = request.actor().await?;
    session::logout(request.admit(Some(&actor))?, &actor).await?;
    reply::ok(&wire::LogoutReply::GOODBYE)
}

pub(in crate::api) async fn me(request: Request) -> Answer {
    let actor = request.actor().await?;
    let shown = presence::of(request.admit(Some(&actor))?, &actor.user.id).await?;
    reply::ok(&wire::Me::alone(&actor, &shown, &request.api.site_url))
}

/// What the body logs in with: a token, or a name and a password. `None` for a kind of login that is not here, such as LDAP.
fn login_with(mut fields: Fields) -> Option<LoginWith> {
    if let Some(Value::String(token)) = fields.take("resume") {
        return Some(LoginWith::Resume(token));
    }
    const KNOWN: [&str; 5] = ["user", "username", "email", "password", "code"];
    if fields.names().any(|field| !KNOWN.contains(&field)) {
        return None;
    }
    let digest = digest(&fields.take("password")?)?;
    let user = match fields.take("user") {
        Some(Value::String(text)) => named(text),
        Some(Value::Object(user)) => user_key(user.get("username"), user.get("email"))?,
        _ => user_key(
            fields.take("username").as_ref(),
            fields.take("email").as_ref(),
        )?,
    };
    Some(LoginWith::Password { user, digest })
}

/// A password in plain text, or as the digest that the realtime protocol sends.
fn digest(password: &Value) -> Option<PasswordDigest> {
    match password {
        Value::String(plain) => Some(PasswordDigest::of(plain)),
        Value::Object(parts) if parts.get("algorithm")?.as_str() == Some("sha-256") => {
            PasswordDigest::from_hex(parts.get("digest")?.as_str()?)
        }
        _ => None,
    }
}

fn user_key(username: Option<&Value>, email: Option<&Value>) -> Option<UserKey> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    text(username)
        .map(UserKey::Username)
        .or_else(|| text(email).map(UserKey::Email))
}

fn named(text: String) -> UserKey {
    if text.contains('@') {
        UserKey::Email(text)
    } else {
        UserKey::Username(text)
    }
}
