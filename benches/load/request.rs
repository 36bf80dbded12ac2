//! What is asked, of which server, and by whom. Knows nothing of time, and no bytes but those of a login.

use super::http::Answer;
use serde_json::{Value, json};

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its host and port.
    pub address: String,
    /// What stands before every path, without a slash at its end.
    pub prefix: String,
}

impl Server {
    /// Takes `http://HOST[:PORT][/PREFIX]` apart.
    ///
    /// # Errors
    /// One line.
    pub fn parse(url: &str) -> Result<Self, String> {
        let rest = url
            .strip_prefix("http://")
            .ok_or("only http:// is spoken here: measure behind whatever speaks TLS")?;
        let (host, prefix) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if host.is_empty() {
            return Err("the URL names no host".to_owned());
        }
        // The colons inside the brackets of an IPv6 address do not count.
        let has_port = host.rsplit(']').next().unwrap_or(host).contains(':');
        let port = if has_port { "" } else { ":80" };
        Ok(Self {
            address: format!("{host}{port}"),
            prefix: prefix.trim_end_matches('/').to_owned(),
        })
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A status with a new name.
    Create,
    /// A page of 100 statuses.
    List,
    /// The asker's own status, with a new text.
    SetStatus,
    /// Everybody who ever said anything.
    Presence,
    /// A login by password.
    Login,
}

impl What {
    const ALL: [Self; 5] = [
        Self::Create,
        Self::List,
        Self::SetStatus,
        Self::Presence,
        Self::Login,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::SetStatus => "set-status",
            Self::Presence => "presence",
            Self::Login => "login",
        }
    }

    /// What the word stands for.
    ///
    /// # Errors
    /// One line.
    pub fn parse(word: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|what| what.as_str() == word)
            .ok_or_else(|| format!("one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// What a request proves itself with.
#[derive(Clone)]
pub struct Credentials {
    /// The user's id.
    pub user_id: String,
    /// The auth token.
    pub token: String,
}

impl Credentials {
    /// What the answer to a login hands out.
    ///
    /// # Errors
    /// One line, when it was refused.
    pub fn in_login(answer: &Answer<'_>) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let part = |name: &str| body["data"][name].as_str().map(str::to_owned);
        match (answer.status, part("userId"), part("authToken")) {
            (200, Some(user_id), Some(token)) => Ok(Self { user_id, token }),
            (status, ..) => Err(format!("the login was answered with {status}: {body}")),
        }
    }
}

/// A login by password.
pub fn login(server: &Server, user: &str, password: &str) -> Vec<u8> {
    let body = json!({"user": user, "password": password}).to_string();
    let length = body.len();
    let headers = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    message(server, "POST /api/v1/login", &headers, &body)
}

/// Who asks.
#[derive(Clone)]
pub struct Asker {
    /// What all requests but logins show.
    pub credentials: Credentials,
    /// A login of theirs, ready to be sent; `None` when only a token is known.
    pub login: Option<Vec<u8>>,
}

/// A request, ready to be sent. `route` is its method and its path.
pub fn message(server: &Server, route: &str, headers: &str, body: &str) -> Vec<u8> {
    let (method, path) = route.split_once(' ').unwrap_or((route, "/"));
    let Server { address, prefix } = server;
    format!("{method} {prefix}{path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n{body}")
        .into_bytes()
}
