//! The measured requests, the server and the user.

use super::http::Answer;
use serde_json::{Value, json};

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its host and port.
    pub address: String,
    /// The prefix of every path, without a trailing slash.
    pub prefix: String,
}

impl Server {
    /// Parses `http://HOST[:PORT][/PREFIX]`.
    ///
    /// # Errors
    /// One line.
    pub fn parse(url: &str) -> Result<Self, String> {
        let rest = url
            .strip_prefix("http://")
            .ok_or("only http:// is supported: measure behind the TLS proxy")?;
        let (host, prefix) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if host.is_empty() {
            return Err("the URL names no host".to_owned());
        }
        // Ignore the colons inside the brackets of an IPv6 address.
        let has_port = host.rsplit(']').next().unwrap_or(host).contains(':');
        let port = if has_port { "" } else { ":80" };
        Ok(Self {
            address: format!("{host}{port}"),
            prefix: prefix.trim_end_matches('/').to_owned(),
        })
    }
}

/// The kind of request to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Creates a status with a new name.
    Create,
    /// Lists a page of 100 statuses.
    List,
    /// Sets the user's own status, with a new text.
    SetStatus,
    /// Lists the presence of every user with a status.
    Presence,
    /// Logs in by password.
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

    /// Returns its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::SetStatus => "set-status",
            Self::Presence => "presence",
            Self::Login => "login",
        }
    }

    /// Parses a name.
    ///
    /// # Errors
    /// One line.
    pub fn parse(word: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|what| what.as_str() == word)
            .ok_or_else(|| format!("one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// The credentials of a request.
#[derive(Clone)]
pub struct Credentials {
    /// The user's id.
    pub user_id: String,
    /// The auth token.
    pub token: String,
}

impl Credentials {
    /// Extracts the credentials from the response to a login.
    ///
    /// # Errors
    /// One line when the login was refused.
    pub fn in_login(answer: &Answer<'_>) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let part = |name: &str| body["data"][name].as_str().map(str::to_owned);
        match (answer.status, part("userId"), part("authToken")) {
            (200, Some(user_id), Some(token)) => Ok(Self { user_id, token }),
            (status, ..) => Err(format!("the login was answered with {status}: {body}")),
        }
    }
}

/// Builds a login by password.
pub fn login(server: &Server, user: &str, password: &str) -> Vec<u8> {
    let body = json!({"user": user, "password": password}).to_string();
    let length = body.len();
    let headers = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    message(server, "POST /api/v1/login", &headers, &body)
}

/// The user who sends the requests.
#[derive(Clone)]
pub struct Asker {
    /// The credentials of all requests but logins.
    pub credentials: Credentials,
    /// A prepared login; `None` when only a token is known.
    pub login: Option<Vec<u8>>,
}

/// Builds a request. `route` is its method and path.
pub fn message(server: &Server, route: &str, headers: &str, body: &str) -> Vec<u8> {
    let (method, path) = route.split_once(' ').unwrap_or((route, "/"));
    let Server { address, prefix } = server;
    format!("{method} {prefix}{path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n{body}")
        .into_bytes()
}
