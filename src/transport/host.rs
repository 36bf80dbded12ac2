//! Checks the `Host` header that every request needs (RFC 9112, section 3.2). Does not check which
//! host it names.

use warp::http::{HeaderMap, Version, header};

/// Returns the problem with the header, if any. HTTP/1.0 has no `Host` and is still used by health
/// checks; a duplicate or malformed header is rejected there too.
pub(crate) fn problem(version: Version, headers: &HeaderMap) -> Option<&'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => None,
        (None, _) => Some("The request has no Host header"),
        (Some(_), Some(_)) => Some("The request has more than one Host header"),
        (Some(host), None) if !is_authority(host.as_bytes()) => {
            Some("The Host header is not a host with an optional port")
        }
        (Some(_), None) => None,
    }
}

/// Returns whether the bytes are valid in a host with an optional port (RFC 3986, section 3.2),
/// without a user name. Does not check that the host exists.
fn is_authority(host: &[u8]) -> bool {
    let is_allowed = |byte: &u8| {
        matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$'
            | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'[' | b']')
    };
    !host.is_empty() && host.iter().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    fn is_refused(version: Version, hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(
                header::HOST,
                HeaderValue::from_bytes(host.as_bytes()).unwrap(),
            );
        }
        problem(version, &headers).is_some()
    }

    #[test]
    fn a_request_has_exactly_one_host_or_none_in_http_1_0() {
        for version in [Version::HTTP_10, Version::HTTP_11] {
            for good in [
                "a",
                "chat.example:443",
                "[::1]:3000",
                "xn--mnchen-3ya.example",
            ] {
                assert!(!is_refused(version, &[good]), "{good}");
            }
            for bad in ["", "a b", "user@a", "a/b", "http://a", "a\\b", "a?b", "é"] {
                assert!(is_refused(version, &[bad]), "{bad}");
            }
            assert!(is_refused(version, &["a", "a"]));
        }
        assert!(is_refused(Version::HTTP_11, &[]));
        assert!(!is_refused(Version::HTTP_10, &[]));
    }
}
