//! Converts a response into the result of a delivery.

use std::time::{Duration, UNIX_EPOCH};

use doorsign_hook::HookError;
use hyper::StatusCode;
use hyper::header::{HeaderMap, RETRY_AFTER};

use crate::limits::RETRY_AFTER_MAX;

/// Returns `Ok` if the receiver accepted the event. `now_ms` is the current time in milliseconds
/// since the Unix epoch.
pub(crate) fn judge(status: StatusCode, headers: &HeaderMap, now_ms: i64) -> Result<(), HookError> {
    if status.is_success() {
        return Ok(());
    }
    let reason = reason(status);
    if status == StatusCode::GONE {
        return Err(HookError::Gone(reason));
    }
    Err(match retry_after(headers, now_ms) {
        Some(wait) => HookError::RetryAfter(reason, wait),
        None => HookError::Retry(reason),
    })
}

/// Contains none of the receiver's own text.
fn reason(status: StatusCode) -> String {
    let phrase = status.canonical_reason().map(|phrase| format!(" {phrase}"));
    let redirect = status
        .is_redirection()
        .then_some("; redirects are not followed");
    format!(
        "answered {}{}{}",
        status.as_u16(),
        phrase.unwrap_or_default(),
        redirect.unwrap_or_default()
    )
}

/// Returns the minimum wait from `Retry-After`: seconds or a date (RFC 9110, 10.2.3). `None`
/// without a valid one.
fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX)) // Fails only on overflow.
    } else {
        until(text, now_ms)?
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// Returns zero if the date has passed.
fn until(date: &str, now_ms: i64) -> Option<Duration> {
    let date = httpdate::parse_http_date(date).ok()?;
    let now = Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
    let since_epoch = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(since_epoch.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T10:00:00Z.
    const NOW_MS: i64 = 1_795_428_000_000;

    fn answered(status: u16, retry_after: &[u8]) -> Result<(), HookError> {
        let mut headers = HeaderMap::new();
        if !retry_after.is_empty() {
            headers.insert(RETRY_AFTER, retry_after.try_into().unwrap());
        }
        judge(StatusCode::from_u16(status).unwrap(), &headers, NOW_MS)
    }

    #[test]
    fn only_2xx_is_delivered() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(answered(status, b"9"), Ok(()), "{status}");
        }
        for status in [
            101, 300, 304, 400, 401, 404, 409, 429, 500, 502, 503, 504, 599, 999,
        ] {
            let answer = answered(status, b"");
            assert!(matches!(answer, Err(HookError::Retry(_))), "{status}");
        }
    }

    #[test]
    fn the_reason_names_the_status() {
        let reason = |status| match answered(status, b"") {
            Err(HookError::Retry(reason) | HookError::Gone(reason)) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(500), "answered 500 Internal Server Error");
        assert_eq!(reason(599), "answered 599");
        assert_eq!(reason(410), "answered 410 Gone");
        assert_eq!(
            reason(302),
            "answered 302 Found; redirects are not followed"
        );
    }

    #[test]
    fn a_410_is_gone_regardless_of_its_headers() {
        assert!(matches!(answered(410, b"30"), Err(HookError::Gone(_))));
    }

    #[test]
    fn the_requested_wait_is_capped_at_a_day() {
        let day = 24 * 60 * 60;
        for (asked, seconds) in [
            ("0", 0),
            (" 120 ", 120),
            ("86401", day),
            ("99999999999999999999999", day),
            ("Mon, 23 Nov 2026 10:01:30 GMT", 90),
            ("Monday, 23-Nov-26 10:01:30 GMT", 90),
            ("Mon Nov 23 10:01:30 2026", 90),
            ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
            ("Fri, 01 Jan 2100 00:00:00 GMT", day),
        ] {
            for status in [302, 429, 503] {
                let Err(HookError::RetryAfter(_, wait)) = answered(status, asked.as_bytes()) else {
                    panic!("{status} {asked}");
                };
                assert_eq!(wait, Duration::from_secs(seconds), "{asked}");
            }
        }
    }

    #[test]
    fn an_invalid_wait_is_ignored() {
        for asked in [
            "-1",
            "1.5",
            "soon",
            "+5",
            "0x10",
            "Mon, 99 Nov 2026",
            "\u{e4}",
        ] {
            let answer = answered(429, asked.as_bytes());
            assert!(matches!(answer, Err(HookError::Retry(_))), "{asked}");
        }
    }
}
