//! Requests as bytes that are ready to send, numbered where each must differ from the last.

use super::request::{Asker, Credentials, Server, What, message};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Digits of a number: a fixed width, so that all requests have the same length.
const DIGITS: usize = 10;

/// Unique names: a prefix of this run, and a number.
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

    /// Returns their common prefix.
    pub fn beginning(&self) -> String {
        format!("load {:016x} ", self.run)
    }
}

/// A request that is sent repeatedly, with a new name or text each time where needed.
pub struct Prepared {
    bytes: Vec<u8>,
    number: Range<usize>,
    names: Arc<Names>,
}

impl Prepared {
    /// Prepares `what` for `server`. Empty for a login when `who` has no password.
    pub fn new(server: &Server, who: &Asker, what: What, names: Arc<Names>) -> Self {
        let Credentials { user_id, token } = &who.credentials;
        let identity = format!("X-User-Id: {user_id}\r\nX-Auth-Token: {token}\r\n");
        let same = |route| (message(server, route, &identity, ""), 0..0);
        let numbered = |route, before: &str, after: &str| {
            let beginning = names.beginning();
            let body = format!("{before}{beginning}{}{after}", "0".repeat(DIGITS));
            let length = body.len();
            let headers =
                format!("{identity}Content-Type: application/json\r\nContent-Length: {length}\r\n");
            let bytes = message(server, route, &headers, &body);
            let end = bytes.len() - after.len();
            (bytes, end - DIGITS..end)
        };
        let (bytes, number) = match what {
            What::Create => numbered(
                "POST /api/v1/custom-user-status.create",
                r#"{"name":""#,
                r#"","statusType":"busy"}"#,
            ),
            What::List => same("GET /api/v1/custom-user-status.list?count=100"),
            What::SetStatus => numbered(
                "POST /api/v1/users.setStatus",
                r#"{"status":"busy","message":""#,
                r#""}"#,
            ),
            What::Presence => same("GET /api/v1/users.presence"),
            What::Login => (who.login.clone().unwrap_or_default(), 0..0),
        };
        Self {
            bytes,
            number,
            names,
        }
    }

    /// Returns the bytes to send next.
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
