//! Why a body is not the JSON that it should be.

use super::content_type::media_type;
use warp::http::{HeaderMap, HeaderName, header};

/// The text about a body of another content type.
pub(in crate::api) const NOT_JSON: &str =
    "The body must be JSON, with the header Content-Type: application/json";

/// Maximum length in bytes of a header's part that an error repeats.
const QUOTED_MAX_BYTES: usize = 40;

/// Byte order marks, with the encoding that each announces.
const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF_16_MARKS: [&[u8]; 2] = [b"\xfe\xff", b"\xff\xfe"];
/// The first bytes of a gzip file (RFC 1952, section 2.3.1).
const GZIP_MARK: &[u8] = b"\x1f\x8b";

/// Returns why `body` could not be parsed, in one sentence without a full stop. `error` is the
/// parser's reason.
pub(super) fn reason(headers: &HeaderMap, body: &[u8], error: &serde_json::Error) -> String {
    if let Some(coding) = coding(headers) {
        return format!(
            "The body is compressed (Content-Encoding: {coding}). Send it without compression"
        );
    }
    if body.starts_with(GZIP_MARK) {
        return "The body is compressed with gzip. Send it without compression".to_owned();
    }
    if body.starts_with(UTF_8_MARK) {
        return "The body begins with a byte order mark. Send it without one".to_owned();
    }
    if UTF_16_MARKS.iter().any(|mark| body.starts_with(mark)) {
        return "The body is UTF-16. Send it in UTF-8".to_owned();
    }
    if let Some(charset) = charset(headers) {
        return format!("The body has the charset {charset}. Send it in UTF-8");
    }
    match std::str::from_utf8(body) {
        Err(broken) => format!(
            "The body is not UTF-8: invalid byte at position {}",
            broken.valid_up_to()
        ),
        Ok(_) => format!("The body is not valid JSON: {error}"),
    }
}

/// Returns the content coding, if the body has one.
fn coding(headers: &HeaderMap) -> Option<String> {
    let coding = text(headers, header::CONTENT_ENCODING)?.to_ascii_lowercase();
    let is_encoded = !matches!(&*coding, "" | "identity");
    is_encoded.then(|| quoted(&coding))
}

/// Returns the charset of the content type, if it is not UTF-8 or a part of it.
fn charset(headers: &HeaderMap) -> Option<String> {
    let whole = text(headers, header::CONTENT_TYPE)?.to_ascii_lowercase();
    let mut parameters = whole[media_type(headers).len().min(whole.len())..].split(';');
    let charset = parameters.find_map(|parameter| parameter.trim().strip_prefix("charset="))?;
    let charset = charset.trim_matches('"');
    let is_other = !matches!(charset, "utf-8" | "utf8" | "us-ascii");
    is_other.then(|| quoted(charset))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the characters of a token, at most [`QUOTED_MAX_BYTES`].
fn quoted(text: &str) -> String {
    let is_token = |c: &char| c.is_ascii_alphanumeric() || "-_.,+ ".contains(*c);
    text.chars()
        .filter(is_token)
        .take(QUOTED_MAX_BYTES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    /// Headers, a body and the reason.
    type Case = (
        &'static [(&'static str, &'static str)],
        &'static [u8],
        &'static str,
    );

    #[test]
    fn each_unreadable_body_has_its_own_reason() {
        #[rustfmt::skip]
        let table: &[Case] = &[
            (&[("content-encoding", "gzip")], b"\x1f\x8b\x08", "The body is compressed (Content-Encoding: gzip). Send it without compression"),
            (&[("content-encoding", "<b>")], b"x", "The body is compressed (Content-Encoding: b). Send it without compression"),
            (&[("content-encoding", "identity")], b"\x1f\x8b\x08", "The body is compressed with gzip. Send it without compression"),
            (&[], b"\xef\xbb\xbf{}", "The body begins with a byte order mark. Send it without one"),
            (&[], b"\xff\xfe{\0}\0", "The body is UTF-16. Send it in UTF-8"),
            (&[("content-type", "application/json; charset=ISO-8859-1")], b"{\"a\":\"\xe4\"}", "The body has the charset iso-8859-1. Send it in UTF-8"),
            (&[("content-type", "application/json; charset=\"UTF-8\"")], b"{\"a\":\"\xe4\"}", "The body is not UTF-8: invalid byte at position 6"),
            (&[], b"{", "The body is not valid JSON: EOF while parsing an object at line 1 column 1"),
        ];
        for (headers, body, expected) in table {
            let headers = headers.iter().map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            });
            let error = serde_json::from_slice::<serde_json::Value>(body).unwrap_err();
            assert_eq!(reason(&headers.collect(), body, &error), *expected);
        }
    }
}
