//! A cache of encoded list responses, so that an unchanged list is served from memory.

use crate::auth::versioned::Versioned;
use crate::transport::{LARGE_ANSWER, Reserved};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use warp::http::HeaderValue;

/// Maximum number of cached responses; one more clears the cache.
const ANSWERS: usize = 32;
/// Maximum size in bytes of a cached response. A larger one lives as long as it is being read, and
/// its readers share it.
const ANSWER_BYTES: usize = LARGE_ANSWER;

/// Maximum length in bytes of a query whose response is cached.
const LONGEST_QUERY: usize = 1024;

/// Responses by their query string.
#[derive(Default)]
pub(in crate::api) struct ListCache(Mutex<Versioned<Answers>>);

#[derive(Default)]
struct Answers {
    small: HashMap<String, Encoded>,
    large: HashMap<String, (Weak<Large>, HeaderValue)>,
}

/// A large response, and its reservation in the budget of large responses.
struct Large {
    bytes: Vec<u8>,
    _reserved: Option<Reserved>,
}

/// A shared reference to a large response.
struct Share(Arc<Large>);

impl AsRef<[u8]> for Share {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

/// An encoded response with its entity tag. Cheap to clone.
#[derive(Clone)]
pub(in crate::api) struct Encoded {
    pub(in crate::api) body: Bytes,
    pub(in crate::api) etag: HeaderValue,
}

impl Encoded {
    /// Wraps a body with an entity tag made of half of its SHA-256, so that the tag survives a
    /// restart.
    pub(in crate::api) fn new(body: Bytes) -> Self {
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

    /// Returns whether `If-None-Match` matches this response. Weak and strong tags are compared
    /// alike, as RFC 9110 13.1.2 requires.
    pub(in crate::api) fn is_named_by(&self, if_none_match: Option<&HeaderValue>) -> bool {
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
    /// Returns the response to `query` if it was cached under this `version`, or is still being
    /// read.
    pub(in crate::api) fn find(&self, version: u64, query: &str) -> Option<Encoded> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = kept.at(version)?;
        let small = answers.small.get(query).cloned();
        small.or_else(|| answers.find_large(query))
    }

    /// Shares one copy of a large response among its readers while any of them reads it. `reserved`
    /// is returned when the last reader finishes.
    pub(in crate::api) fn share(
        &self,
        version: u64,
        query: &str,
        bytes: Vec<u8>,
        reserved: Option<Reserved>,
    ) -> Encoded {
        let large = Arc::new(Large {
            bytes,
            _reserved: reserved,
        });
        let shared = Arc::downgrade(&large);
        let answer = Encoded::new(Bytes::from_owner(Share(large)));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if query.len() <= LONGEST_QUERY
            && let Some(answers) = kept.at_least(version, drop)
        {
            let large = &mut answers.large;
            large.retain(|_, (large, _)| large.strong_count() > 0);
            large.insert(query.to_owned(), (shared, answer.etag.clone()));
        }
        answer
    }

    /// Caches a response that was read after the statuses had this `version`.
    pub(in crate::api) fn keep(&self, version: u64, query: &str, answer: &Encoded) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if query.len() <= LONGEST_QUERY
            && answer.body.len() <= ANSWER_BYTES
            && let Some(Answers { small, .. }) = kept.at_least(version, drop)
        {
            if small.len() >= ANSWERS {
                small.clear();
            }
            small.insert(query.to_owned(), answer.clone());
        }
    }
}

impl Answers {
    fn find_large(&self, query: &str) -> Option<Encoded> {
        let (large, etag) = self.large.get(query)?;
        let body = Bytes::from_owner(Share(large.upgrade()?));
        let etag = etag.clone();
        Some(Encoded { body, etag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::ByteBudget;

    fn answer(size: usize) -> Encoded {
        Encoded::new(Bytes::from(vec![b'x'; size]))
    }

    #[test]
    fn a_response_is_cached_until_the_next_change() {
        let cache = ListCache::default();
        cache.keep(1, "count=1", &answer(1));
        assert!(cache.find(1, "count=1").is_some());
        assert!(cache.find(1, "count=2").is_none());
        assert!(cache.find(2, "count=1").is_none());
    }

    #[test]
    fn memory_is_bounded_in_number_and_size() {
        let cache = ListCache::default();
        for n in 0..=ANSWERS {
            cache.keep(1, &format!("offset={n}"), &answer(1));
        }
        assert!(cache.0.lock().unwrap().newest().small.len() <= ANSWERS);
        cache.keep(1, "count=0", &answer(ANSWER_BYTES + 1));
        assert!(cache.find(1, "count=0").is_none());
        let long = "x".repeat(LONGEST_QUERY + 1);
        cache.keep(1, &long, &answer(1));
        let _read = cache.share(1, &long, vec![b'x'], None);
        assert!(cache.find(1, &long).is_none());
        for n in 0..3 {
            cache.share(1, &format!("offset={n}"), vec![b'x'], None);
        }
        let large = cache.0.lock().unwrap().newest().large.len();
        assert_eq!(large, 1, "unread ones are evicted");
    }

    #[test]
    fn a_change_evicts_every_response_even_one_that_is_being_read() {
        let cache = ListCache::default();
        let _read = cache.share(1, "count=0", vec![b'x'], None);
        for query in ["count=1", "count=2"] {
            cache.keep(1, query, &answer(1));
        }
        for query in ["count=0", "count=1", "count=2"] {
            assert!(cache.find(1, query).is_some(), "{query}");
        }
        cache.keep(2, "count=3", &answer(1));
        for query in ["count=0", "count=1", "count=2"] {
            assert!(cache.find(2, query).is_none(), "{query}");
        }
    }

    #[test]
    fn readers_of_a_large_response_share_one_copy_and_the_last_frees_it() {
        let (cache, budget) = (ListCache::default(), ByteBudget::new(1_000_000));
        let bytes = vec![b'x'; 2 * ANSWER_BYTES];
        let reserved = budget.try_reserve(bytes.len());
        let first = cache.share(1, "count=0", bytes, reserved);
        let second = cache.find(1, "count=0").unwrap();
        assert_eq!(second.body.as_ptr(), first.body.as_ptr());
        assert_eq!(second.etag, first.etag);
        assert!(cache.find(2, "count=0").is_none());
        drop(first);
        assert!(cache.find(1, "count=0").is_some());
        assert_eq!(budget.free(), 1_000_000 - 2 * ANSWER_BYTES);
        drop(second);
        assert!(cache.find(1, "count=0").is_none());
        assert_eq!(budget.free(), 1_000_000);
    }

    #[test]
    fn tags_identify_the_bytes() {
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
