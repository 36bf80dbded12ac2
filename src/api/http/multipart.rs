//! Bodies of the type `multipart/form-data` (RFC 7578), which are in memory already. One form with a
//! few fields: no nested parts, no transfer encodings.

use bytes::Bytes;
use warp::http::{HeaderMap, header};

/// Maximum number of parts.
const MOST_PARTS: usize = 16;
/// Maximum number of headers of a part.
const MOST_HEADERS: usize = 8;

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct Part {
    pub(in crate::api) name: String,
    pub(in crate::api) content: Bytes,
}

/// Returns whether the body claims to be a form with several parts.
pub(in crate::api) fn is_multipart(headers: &HeaderMap) -> bool {
    super::content_type::media_type(headers) == "multipart/form-data"
}

/// Returns the parts of a form. `None` if the body is not a complete form.
pub(in crate::api) fn parts(headers: &HeaderMap, body: &Bytes) -> Option<Vec<Part>> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = parameter(kind, "boundary")?;
    // RFC 2046 allows 70 characters.
    let is_usable = (1..=70).contains(&boundary.len()) && boundary.is_ascii();
    split(&boundary, body).filter(|_| is_usable)
}

fn split(boundary: &str, body: &Bytes) -> Option<Vec<Part>> {
    let delimiter = format!("\r\n--{boundary}");
    let first = delimiter.trim_start();
    let mut at = if body.starts_with(first.as_bytes()) {
        first.len()
    } else {
        find(body, &delimiter)? + delimiter.len()
    };
    let mut parts = Vec::new();
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let line = find(rest, "\r\n")?;
        if parts.len() >= MOST_PARTS || !rest.get(..line)?.trim_ascii().is_empty() {
            return None;
        }
        let begin = at + line + 2;
        let (name, head) = head(body.get(begin..)?)?;
        let begin = begin + head;
        let content = body.get(begin..)?;
        // The line break before a delimiter belongs to it. An empty part may have only that one.
        let length = if content.starts_with(first.as_bytes()) {
            return None;
        } else {
            find(content, &delimiter)?
        };
        parts.push(Part {
            name,
            content: body.slice(begin..begin + length),
        });
        at = begin + length + delimiter.len();
    }
}

/// Returns the name of the part that begins here, and the length of its headers.
fn head(part: &[u8]) -> Option<(String, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let httparse::Status::Complete((length, headers)) =
        httparse::parse_headers(part, &mut headers).ok()?
    else {
        return None;
    };
    let is_disposition =
        |name: &str| name.eq_ignore_ascii_case(header::CONTENT_DISPOSITION.as_str());
    let found = headers.iter().find(|header| is_disposition(header.name))?;
    let value = std::str::from_utf8(found.value).ok()?;
    Some((parameter(value, "name")?, length))
}

/// Returns a parameter of a header such as `form-data; name="image"; filename="a;b.png"`.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted)?,
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value[..end].trim_end().to_owned(), &value[end..])
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after.split_once(';')?.1;
    }
}

/// Returns the text up to the closing quote, and the rest after it.
fn quoted_text(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    let text = text.as_bytes();
    bytes.windows(text.len()).position(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    fn parse(kind: &'static str, body: &str) -> Option<Vec<(String, String)>> {
        let kind = HeaderValue::from_static(kind);
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]);
        let parts = parts(&headers, &Bytes::copy_from_slice(body.as_bytes()))?;
        let text = |part: Part| (part.name, String::from_utf8(part.content.to_vec()).unwrap());
        Some(parts.into_iter().map(text).collect())
    }

    fn pair(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    const KIND: &str = "multipart/form-data; boundary=xX";

    #[test]
    fn the_fields_of_a_form_are_found() {
        let body = "--xX\r\nContent-Disposition: form-data; name=\"userId\"\r\n\r\nabc\r\n--xX\r\n\
            content-type: image/png\r\ncontent-disposition: form-data; filename=\"a;name=b\\\".png\"; name=image\r\n\r\n\
            \r\n--xX-\r\n\r\n--xX--\r\n";
        let expected = [pair("userId", "abc"), pair("image", "\r\n--xX-\r\n")];
        // `--xX-` begins like a delimiter, and is one by RFC 2046 unless its line ends otherwise.
        let found = parse(KIND, &body.replace("--xX-\r\n\r\n", "--x-\r\n\r\n"));
        assert_eq!(
            found,
            Some(vec![expected[0].clone(), pair("image", "\r\n--x-\r\n")])
        );
        assert_eq!(parse(KIND, body), None);
    }

    #[test]
    fn a_preamble_and_a_quoted_boundary_are_accepted() {
        let kind = "multipart/form-data; charset=utf-8; boundary=\"x X\"";
        let body =
            "preamble\r\n--x X  \r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x X--";
        assert_eq!(parse(kind, body), Some(vec![pair("a", "1")]));
        assert_eq!(parse(KIND, "--xX--"), Some(Vec::new()));
    }

    #[test]
    fn an_incomplete_form_is_refused() {
        let whole = "--xX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--xX--";
        assert!(parse(KIND, whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(parse(KIND, &whole[..end]), None, "{end}");
        }
        for (kind, body) in [
            ("multipart/form-data", whole),
            ("multipart/form-data; boundary=", whole),
            (KIND, "--xX\r\n\r\n1\r\n--xX--"),
            (
                KIND,
                "--xX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xX--",
            ),
            (
                KIND,
                "--xX junk\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--xX--",
            ),
        ] {
            assert_eq!(parse(kind, body), None, "{kind} {body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(body in "(--xX|\r\n|--|[a-z:;=\" ]|Content-Disposition: form-data; name=a){0,30}") {
            let _ = parse(KIND, &body);
        }
    }
}
