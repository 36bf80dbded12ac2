//! Ready-made responses for connections that are refused before HTTP starts.

use super::SecurityHeaders;

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The address is at its connection limit.
    TooManyConnections,
    /// Clients without a login use all the memory reserved for them.
    OutOfMemory,
    /// The request line and headers are too large.
    HeadTooLarge,
}

impl Refusal {
    /// Returns the whole response.
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
                r#"{"success":false,"error":"The memory for such requests is used up. Please try again"}"#,
            ),
            // The same response as hyper's for a head that grows too large later.
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
    fn responses_have_the_length_they_declare() {
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
