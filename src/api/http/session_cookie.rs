//! The cookie of a browser session: its name, its content, and the requests for which it counts.
//!
//! A browser sends a cookie with requests that other pages cause. `SameSite=Strict` stops those of
//! other sites; the rules here also stop those of other ports and names of the same site, which
//! share cookies. They rely on `Sec-Fetch-Site` where browsers send it (https, localhost), and on
//! `Origin` elsewhere.

use super::cookies;
use super::origin::Origin;
use crate::domain::Timestamp;
use crate::service::authentication::Credentials;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::time::Duration;
use warp::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The credentials in the cookie of a request. Not part of any log: the token is a secret.
pub(in crate::api) struct SessionCookie {
    user: String,
    token: String,
}

impl SessionCookie {
    /// Finds the cookie of this name.
    pub(in crate::api) fn find(headers: &HeaderMap, name: &str) -> Option<Self> {
        let (user, token) = cookies::find(headers, name)?.split_once('.')?;
        Some(Self {
            user: user.to_owned(),
            token: token.to_owned(),
        })
    }

    pub(in crate::api) fn credentials(&self) -> Credentials<'_> {
        Credentials {
            user: &self.user,
            token: &self.token,
        }
    }
}

/// Returns the name of the cookie. On http, cookies are shared between the ports of a host, so the
/// name holds a part of `installation`, the id of the workspace. On https the browser itself
/// guarantees that no other name of the site has set the cookie (RFC 6265bis, 4.1.3.2).
pub(in crate::api) fn name(site_url: &str, installation: &str) -> Cow<'static, str> {
    if is_https(site_url) {
        return "__Host-doorsign".into();
    }
    let digest = Sha256::digest(installation);
    let hex: String = digest
        .iter()
        .take(3)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("doorsign-{hex}").into()
}

/// Returns the value of `Set-Cookie` that keeps these credentials until `end`; until the browser is
/// closed if there is no end.
pub(in crate::api) fn set(
    name: &str,
    credentials: Credentials<'_>,
    (now, end): (Timestamp, Option<Timestamp>),
    site_url: &str,
) -> Option<HeaderValue> {
    let age = end.map(|end| max_age(end.since(now))).unwrap_or_default();
    let Credentials { user, token } = credentials;
    let value = format!("{name}={user}.{token}; {}{age}", attributes(site_url));
    let mut value = HeaderValue::from_str(&value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Returns the value of `Set-Cookie` that deletes the cookie.
pub(in crate::api) fn delete(name: &str, site_url: &str) -> Option<HeaderValue> {
    let (attributes, age) = (attributes(site_url), max_age(Duration::ZERO));
    HeaderValue::from_str(&format!("{name}=; {attributes}{age}")).ok()
}

fn max_age(span: Duration) -> String {
    format!("; Max-Age={}", span.as_secs())
}

fn attributes(site_url: &str) -> &'static str {
    if is_https(site_url) {
        "Path=/; HttpOnly; SameSite=Strict; Secure"
    } else {
        "Path=/; HttpOnly; SameSite=Strict"
    }
}

fn is_https(site_url: &str) -> bool {
    site_url.starts_with("https://")
}

/// Returns whether the cookie counts for a request with these headers. `own` are the URLs of this
/// server.
pub(in crate::api) fn counts(method: &Method, headers: &HeaderMap, own: &[&str]) -> bool {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return is_from_own_page(headers, own);
    }
    // Pages cannot read answers to their `GET` across origins, but they can cause them.
    match single(headers, &SEC_FETCH_SITE) {
        Value::One("same-origin" | "none") => true,
        Value::One(_) | Value::Several => false,
        Value::None => is_absent_or_own(headers, own),
    }
}

/// Returns whether a page of this server sent the request.
pub(in crate::api) fn is_from_own_page(headers: &HeaderMap, own: &[&str]) -> bool {
    match single(headers, &SEC_FETCH_SITE) {
        Value::One(site) => site == "same-origin",
        Value::Several => false,
        Value::None => headers.contains_key(header::ORIGIN) && is_absent_or_own(headers, own),
    }
}

fn is_absent_or_own(headers: &HeaderMap, own: &[&str]) -> bool {
    match single(headers, &header::ORIGIN) {
        Value::None => true,
        Value::Several => false,
        Value::One(origin) => {
            let origin = Origin::of_url(origin);
            origin.is_some() && own.iter().any(|own| Origin::of_url(own) == origin)
        }
    }
}

/// The values of a header that may occur once.
enum Value<'a> {
    None,
    One(&'a str),
    Several,
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Value<'a> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Value::None,
        (Some(one), None) => one.to_str().map_or(Value::Several, Value::One),
        (Some(_), Some(_)) => Value::Several,
    }
}
