//! Encoded list answers, so that an unchanged list is served from memory. An answer is kept with the version that the
//! statuses had before it was read: under the same version the answer is the same. Knows no SQL.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use warp::http::HeaderValue;

/// Answers kept at most; one more empties the cache.
const ANSWERS: usize = 32;
/// Bytes of an answer that is still kept.
const ANSWER_BYTES: usize = 128 * 1024;

/// Answers by their query string.
#[derive(Default)]
pub(super) struct ListCache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    version: u64,
    answers: HashMap<String, Encoded>,
}

/// An encoded answer with its entity tag. Cheap to clone.
#[derive(Clone)]
pub(super) struct Encoded {
    pub(super) body: Bytes,
    pub(super) etag: HeaderValue,
}

impl Encoded {
    /// An answer with the tag of its bytes: half of their SHA-256, so that it survives a restart.
    pub(super) fn new(body: Bytes) -> Self {
        let digest = Sha256::digest(&body);
        let hex: String = digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let etag = HeaderValue::from_str(&format!("\"{hex}\""))
            .unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { body, etag }
    }

    /// Whether `If-None-Match` names this answer. Weak and strong tags count alike, as RFC 9110 13.1.2 has it.
    pub(super) fn is_named_by(&self, if_none_match: Option<&HeaderValue>) -> bool {
        let Some(Ok(tags)) = if_none_match.map(HeaderValue::to_str) else {
            return false;
        };
        let own = self.etag.as_bytes();
        tags.split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == own)
    }
}

impl ListCache {
    /// The answer to `query`, if it was kept under this `version`.
    pub(super) fn find(&self, version: u64, query: &str) -> Option<Encoded> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version == version {
            kept.answers.get(query).cloned()
        } else {
            None
        }
    }

    /// Keeps an answer that was read after the statuses had this `version`.
    pub(super) fn keep(&self, version: u64, query: &str, answer: &Encoded) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version < version || kept.answers.len() >= ANSWERS {
            kept.answers.clear();
            kept.version = kept.version.max(version);
        }
        if kept.version == version && answer.body.len() <= ANSWER_BYTES && query.len() <= 1024 {
            kept.answers.insert(query.to_owned(), answer.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(size: usize) -> Encoded {
        Encoded::new(Bytes::from(vec![b'x'; size]))
    }

    #[test]
    fn an_answer_is_found_until_the_next_change() {
        let cache = ListCache::default();
        cache.keep(1, "count=1", &answer(1));
        assert!(cache.find(1, "count=1").is_some());
        assert!(cache.find(1, "count=2").is_none());
        assert!(cache.find(2, "count=1").is_none());
        cache.keep(2, "count=2", &answer(1));
        cache.keep(1, "count=1", &answer(1)); // A slow reader, overtaken by the change.
        assert!(cache.find(1, "count=1").is_none() && cache.find(2, "count=1").is_none());
    }

    #[test]
    fn memory_is_bounded_in_number_and_size() {
        let cache = ListCache::default();
        for n in 0..=ANSWERS {
            cache.keep(1, &format!("offset={n}"), &answer(1));
        }
        assert!(cache.0.lock().unwrap().answers.len() <= ANSWERS);
        cache.keep(1, "count=0", &answer(ANSWER_BYTES + 1));
        assert!(cache.find(1, "count=0").is_none());
    }

    #[test]
    fn tags_name_the_bytes() {
        let (one, other) = (answer(1), answer(2));
        let header = |text: &str| HeaderValue::from_str(text).unwrap();
        let tag = one.etag.to_str().unwrap();
        assert_ne!(one.etag, other.etag);
        for named in [tag, "*", &format!("W/{tag}"), &format!("\"other\", {tag}")] {
            assert!(one.is_named_by(Some(&header(named))), "{named}");
        }
        assert!(!other.is_named_by(Some(&header(tag))) && !one.is_named_by(None));
    }
}
