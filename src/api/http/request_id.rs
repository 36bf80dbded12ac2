//! The ids of requests.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// A request's id in the log and in `X-Request-Id`: 16 hex digits.
pub(in crate::api) struct RequestId([u8; 16]);

/// Generates the ids: a counter, hashed with a random key. An id reveals neither the number of
/// requests nor the time of the server's start.
#[derive(Default)]
pub(in crate::api) struct RequestIds {
    next: AtomicU64,
    key: RandomState,
}

impl RequestIds {
    pub(in crate::api) fn next(&self) -> RequestId {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        RequestId::new(self.key.hash_one(count))
    }
}

impl RequestId {
    pub(in crate::api) fn new(n: u64) -> Self {
        let digit = |place: usize| b"0123456789abcdef"[(n >> (60 - 4 * place)) as usize & 0xf];
        Self(std::array::from_fn(digit))
    }

    pub(in crate::api) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_16_hex_digits() {
        assert_eq!(
            RequestId::new(0x1a20_9967_39f0_0004).as_str(),
            "1a20996739f00004"
        );
        assert_eq!(RequestId::new(0).as_str(), "0000000000000000");
    }

    #[test]
    fn request_ids_reveal_neither_the_count_nor_the_start() {
        let ids = |requests: &RequestIds| {
            let id = || u64::from_str_radix(requests.next().as_str(), 16).unwrap();
            (0..1000).map(|_| id()).collect::<Vec<_>>()
        };
        let (one, other) = (ids(&RequestIds::default()), ids(&RequestIds::default()));
        assert!(one.iter().all(|id| !other.contains(id)), "the key differs");
        let rising = one.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((400..600).contains(&rising), "{rising} of 999 rise");
        let near = |pair: &&[u64]| pair[0].abs_diff(pair[1]) < 1 << 48;
        assert!(one.windows(2).filter(near).count() < 5, "spread widely");
    }
}
