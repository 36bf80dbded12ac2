//! Parses login credentials as clients send them, over REST or a live connection. Source:
//! Rocket.Chat `ApiClass.ts` (`_initAuth`), Meteor `accounts-password`; compatibility 6.1 and 9.2.
//! It does not check them.

use crate::api::http::fields::Fields;
use crate::auth::passwords::PasswordDigest;
use crate::domain::UserKey;
use crate::service::session::LoginWith;
use serde_json::{Map, Value};

/// Parses the credentials of a body: a token, or a name and a password. `None` for unsupported
/// kinds of login, such as LDAP.
pub(in crate::api) fn of_body(mut fields: Fields) -> Option<LoginWith> {
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

/// Parses a password in plain text, or as the digest that the realtime protocol sends.
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

/// Parses the credentials in the parameter of the method `login`.
pub(in crate::api) fn realtime(fields: &Map<String, Value>) -> Option<LoginWith> {
    if let Some(token) = fields.get("resume") {
        return Some(LoginWith::Resume(token.as_str()?.to_owned()));
    }
    let user = fields.get("user")?;
    Some(LoginWith::Password {
        user: match user {
            Value::String(text) => named(text.clone()),
            _ => user_key(user.get("username"), user.get("email"))?,
        },
        digest: digest(fields.get("password")?)?,
    })
}
