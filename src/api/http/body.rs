//! Request bodies: how large they may be, and how much memory all of them may use at once.

use crate::api::error::ApiError;
use crate::domain::{Error, Outage};
use crate::transport::{ByteBudget, Reserved};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use std::pin::pin;
use std::time::Duration;
use warp::http::{HeaderMap, header};

/// Maximum size of a body, in bytes.
pub(in crate::api) const LIMIT: usize = 64 * 1024;
/// Maximum size of a body with a picture: 512 KiB in base64, and the rest of the form.
pub(in crate::api) const PICTURE_LIMIT: usize = 704 * 1024;
/// The only route that takes a picture.
const PICTURE_ROUTE: &str = "/api/v1/users.setAvatar";
/// Size in bytes up to which an oversized body is still read and discarded, so that its sender
/// receives the response.
const DRAIN: usize = 1024 * 1024;

/// Bytes that all bodies of logged-in clients may use at once, in addition to [`SMALL`] for each.
pub(in crate::api) const AUTHENTICATED_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of each body that do not count against the budget of logged-in clients.
const SMALL: usize = 8 * 1024;
/// Bytes of each body that do not count against the budget of anonymous clients: enough for a
/// login.
const SMALLEST: usize = 4 * 1024;

/// Returns the maximum size of a body for the route with this path, in bytes.
pub(in crate::api) fn limit(path: &str) -> usize {
    if path == PICTURE_ROUTE {
        PICTURE_LIMIT
    } else {
        LIMIT
    }
}

/// A body, and the bytes it reserves from a budget until it is dropped.
#[derive(Default)]
pub(in crate::api) struct Body {
    pub(in crate::api) bytes: Bytes,
    _reserved: Option<Reserved>,
}

/// The budget that a body draws on.
pub(in crate::api) struct Allowance<'a> {
    budget: &'a ByteBudget,
    uncounted: usize,
}

impl<'a> Allowance<'a> {
    /// The allowance for logged-in clients.
    pub(in crate::api) fn authenticated(budget: &'a ByteBudget) -> Self {
        let uncounted = SMALL;
        Self { budget, uncounted }
    }

    /// The allowance for anonymous clients.
    pub(in crate::api) fn anonymous(budget: &'a ByteBudget) -> Self {
        let uncounted = SMALLEST;
        Self { budget, uncounted }
    }
}

/// Reads the body, whether its length was announced or not. Accepts at most `limit` bytes within
/// `deadline`, drawn from `allowance`.
pub(in crate::api) async fn read<B: Buf>(
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>> + Send,
    (limit, deadline): (usize, Duration),
    allowance: Allowance<'_>,
) -> Result<Body, ApiError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > DRAIN as u64) {
        return Err(ApiError::TooLarge(limit));
    }
    tokio::time::timeout(deadline, collect(body, limit, allowance))
        .await
        .map_err(|_| ApiError::TooSlow)?
}

async fn collect<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
    limit: usize,
    allowance: Allowance<'_>,
) -> Result<Body, ApiError> {
    let mut body = pin!(body);
    let (mut kept, mut size) = (BytesMut::new(), 0_usize);
    let mut reserved = None;
    while let Some(chunk) = body.next().await {
        let mut chunk = chunk.map_err(|_| ApiError::BrokenBody)?;
        let before = size.max(allowance.uncounted);
        size += chunk.remaining();
        if size > DRAIN {
            break;
        }
        if size <= limit {
            reserve(&mut reserved, allowance.budget, size.saturating_sub(before))?;
            kept.reserve(chunk.remaining());
            kept.extend_from_slice(&chunk.copy_to_bytes(chunk.remaining()));
        }
    }
    if size > limit {
        return Err(ApiError::TooLarge(limit));
    }
    Ok(Body {
        bytes: kept.freeze(),
        _reserved: reserved,
    })
}

fn reserve(held: &mut Option<Reserved>, budget: &ByteBudget, bytes: usize) -> Result<(), ApiError> {
    if bytes == 0 {
        return Ok(());
    }
    let more = budget
        .try_reserve(bytes)
        .ok_or(Error::unavailable(Outage::MemoryShort))?;
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a body that arrives in chunks of these sizes.
    async fn read_chunks(sizes: &[usize], allowance: Allowance<'_>) -> Result<Body, ApiError> {
        let chunks = sizes.iter().map(|size| Ok(Bytes::from(vec![b'x'; *size])));
        let (headers, body) = (HeaderMap::new(), futures_util::stream::iter(chunks));
        read(&headers, body, (LIMIT, Duration::from_secs(1)), allowance).await
    }

    #[tokio::test]
    async fn a_body_holds_its_budget_until_it_is_dropped_and_one_over_budget_gets_503() {
        let budget = ByteBudget::new(100_000);
        let anonymous = || Allowance::anonymous(&budget);
        let first = read_chunks(&[60_000], anonymous()).await.unwrap();
        assert_eq!(
            (first.bytes.len(), budget.free()),
            (60_000, 40_000 + SMALLEST)
        );
        let refused = read_chunks(&[30_000, 30_000], anonymous())
            .await
            .err()
            .unwrap();
        assert!(matches!(
            refused,
            ApiError::Domain(Error::Unavailable { .. })
        ));
        assert_eq!(
            budget.free(),
            40_000 + SMALLEST,
            "a refused body returns its reservation"
        );
        let with_login = Allowance::authenticated(&budget);
        let small = read_chunks(&[SMALL / 2, SMALL / 2], with_login)
            .await
            .unwrap();
        assert_eq!(budget.free(), 40_000 + SMALLEST);
        drop((first, small));
        assert_eq!(budget.free(), 100_000);
        let with_login = Allowance::authenticated(&budget);
        let large = read_chunks(&[SMALL - 1, 11], with_login).await.unwrap();
        assert_eq!(budget.free(), 99_990);
        drop(large);
    }
}
