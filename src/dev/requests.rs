//! Records recent requests in dev mode, so that a test can check what its client requests. Headers,
//! bodies and query values that may be secret are not recorded.

use crate::domain::Timestamp;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Maximum number of recorded requests.
const MOST: usize = 1000;
/// Maximum recorded length of a path with its query, in characters.
const LONGEST: usize = 2000;
/// Parameters whose values are hidden, by a part of their lower-case name.
const SECRETS: [&str; 5] = ["pass", "token", "secret", "resume", "code"];

/// A handled request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// When it arrived, by the dev clock.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub path: String,
    /// The response status.
    pub status: u16,
    /// How long the response took.
    pub took: Duration,
    /// The id of the authenticated user, if any.
    pub user: Option<String>,
}

/// The last 1000 requests.
#[derive(Default)]
pub struct Requests(Mutex<VecDeque<RequestRecord>>);

impl Requests {
    /// Records a request.
    pub fn add(&self, seen: RequestRecord) {
        let mut requests = self.lock();
        if requests.len() >= MOST {
            requests.pop_front();
        }
        requests.push_back(seen);
    }

    /// Returns the last `limit` requests, newest last.
    pub fn last(&self, limit: usize) -> Vec<RequestRecord> {
        let requests = self.lock();
        let skipped = requests.len().saturating_sub(limit);
        requests.iter().skip(skipped).cloned().collect()
    }

    /// Clears the record.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<RequestRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestRecord {
    /// Returns a path and query as recorded: values that may be secret become `***`.
    pub fn path_of(path: &str, query: &str) -> String {
        let mut shown: String = path.chars().take(LONGEST).collect();
        let mut before = '?';
        for part in query.split('&').filter(|_| !query.is_empty()) {
            shown.push(before);
            shown.push_str(&without_secret(part));
            before = '&';
            if shown.len() > LONGEST {
                break;
            }
        }
        shown.chars().take(LONGEST).collect()
    }
}

/// Hides the value of a `name=value` pair if it may be secret.
fn without_secret(part: &str) -> String {
    let Some((name, _)) = part.split_once('=') else {
        return part.to_owned();
    };
    // The name may be percent-encoded too.
    let known: String = form_urlencoded::parse(name.as_bytes())
        .map(|(name, _)| name.to_lowercase())
        .collect();
    if SECRETS.iter().any(|secret| known.contains(secret)) {
        format!("{name}=***")
    } else {
        part.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_a_query_are_hidden() {
        for (query, shown) in [
            ("", "/p"),
            ("count=1&name=a%20b&flag", "/p?count=1&name=a%20b&flag"),
            (
                "user=ann&Password=x&authToken=y=z&rc_token=1&c=2",
                "/p?user=ann&Password=***&authToken=***&rc_token=***&c=2",
            ),
            ("p%61ssword=x&resume=", "/p?p%61ssword=***&resume=***"),
        ] {
            assert_eq!(RequestRecord::path_of("/p", query), shown);
        }
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let requests = Requests::default();
        let long = "ä".repeat(LONGEST + 1);
        for n in 0..MOST + 5 {
            requests.add(RequestRecord {
                at: Timestamp::from_millis(0),
                method: "GET".to_owned(),
                path: n.to_string(),
                status: 200,
                took: Duration::ZERO,
                user: None,
            });
        }
        let paths = |limit| -> Vec<_> {
            let last = requests.last(limit).into_iter();
            last.map(|seen| seen.path).collect()
        };
        assert_eq!(paths(2), ["1003", "1004"]);
        assert_eq!(paths(usize::MAX).len(), MOST);
        for path in [
            RequestRecord::path_of(&long, ""),
            RequestRecord::path_of("", &long),
        ] {
            assert_eq!(path.chars().count(), LONGEST);
        }
    }
}
