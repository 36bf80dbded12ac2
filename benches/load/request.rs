//! What is asked: the routes, and requests as bytes that are ready to be sent. Knows nothing of time.

use super::http::Answer;
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Digits of a name's number; always as many, so that all requests have one length.
const DIGITS: usize = 10;

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
}

impl What {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
        }
    }

    /// What the word stands for.
    ///
    /// # Errors
    /// One line.
    pub fn parse(word: &str) -> Result<Self, String> {
        [Self::Create, Self::List]
            .into_iter()
            .find(|what| what.as_str() == word)
            .ok_or_else(|| "create or list".to_owned())
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

/// Names that nothing else has: numbered, under a beginning that is this run's alone.
pub struct Names {
    run: u64,
    taken: AtomicU64,
}

impl Names {
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        Ok(Self {
            run: getrandom::u64()?,
            taken: AtomicU64::new(0),
        })
    }

    /// What all of them begin with.
    pub fn beginning(&self) -> String {
        format!("load {:016x} ", self.run)
    }
}

/// A request that is sent over and over, under a new name each time if it is one that needs names.
pub struct Prepared {
    bytes: Vec<u8>,
    number: Range<usize>,
    names: Arc<Names>,
}

impl Prepared {
    /// `what`, asked of `server`.
    pub fn new(server: &Server, who: &Credentials, what: What, names: Arc<Names>) -> Self {
        let identity = format!(
            "X-User-Id: {}\r\nX-Auth-Token: {}\r\n",
            who.user_id, who.token
        );
        match what {
            What::List => {
                let route = "GET /api/v1/custom-user-status.list?count=100";
                let bytes = message(server, route, &identity, "");
                let number = 0..0;
                Self {
                    bytes,
                    number,
                    names,
                }
            }
            What::Create => {
                let route = "POST /api/v1/custom-user-status.create";
                let before = format!(r#"{{"name":"{}"#, names.beginning());
                let after = r#"","statusType":"busy"}"#;
                let body = format!("{before}{}{after}", "0".repeat(DIGITS));
                let length = body.len();
                let headers = format!(
                    "{identity}Content-Type: application/json\r\nContent-Length: {length}\r\n"
                );
                let bytes = message(server, route, &headers, &body);
                let end = bytes.len() - after.len();
                let number = end - DIGITS..end;
                Self {
                    bytes,
                    number,
                    names,
                }
            }
        }
    }

    /// The bytes to send next.
    pub fn next(&mut self) -> &[u8] {
        let digits = &mut self.bytes[self.number.clone()];
        if !digits.is_empty() {
            let mut number = self.names.taken.fetch_add(1, Ordering::Relaxed);
            for digit in digits.iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        &self.bytes
    }
}

fn message(server: &Server, route: &str, headers: &str, body: &str) -> Vec<u8> {
    let (method, path) = route.split_once(' ').unwrap_or((route, "/"));
    let Server { address, prefix } = server;
    format!("{method} {prefix}{path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n{body}")
        .into_bytes()
}
