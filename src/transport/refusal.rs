//! Responses to clients that HTTP is not spoken with, because there is no room for it. Bytes, ready to be written.

use super::SecurityHeaders;

/// Why a connection is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The address has as many connections as it may have.
    TooManyConnections,
    /// Clients that have not logged in use as much memory as they may.
    OutOfMemory,
    /// The request's line and headers are too large.
    HeadTooLarge,
}

impl Refusal {
    /// The whole response.
    pub(crate) fn response(self, security: SecurityHeaders) -> Vec<u8> {
        let (status, of_body, body) = match self {
            Self::TooManyConnections => (
                "503 Service Unavailable",
                "content-type: application/json\r\nretry-after: 5\r\n",
                r#"{"success":false,"error":"Too many connections from this address"}"#,
            ),
            Self::OutOfMemory => (
                "503 Service Unavailable",
                "content-type: application/json\r\nretry-after: 1\r\n",
                r#"{"success":false,"error":"The server is overloaded"}"#,
            ),
            // As hyper answers a head that becomes too large later.
            Self::HeadTooLarge => ("431 Request Header Fields Too Large", "", ""),
        };
        let (length, security) = (body.len(), security.lines());
        format!(
            "HTTP/1.1 {status}\r\n{of_body}{security}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_as_long_as_they_say() {
        for refusal in [
            Refusal::TooManyConnections,
            Refusal::OutOfMemory,
            Refusal::HeadTooLarge,
        ] {
            let response = refusal.response(SecurityHeaders::Https);
            let text = std::str::from_utf8(&response).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let length = head.split_once("content-length: ").unwrap().1;
            let length = length.lines().next().unwrap().parse();
            assert_eq!(length, Ok(body.len()), "{text}");
        }
    }
}
