//! Responses to clients that HTTP is not spoken with, because there is no room for it. Bytes, ready to be written.

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
    pub(crate) const fn response(self) -> &'static [u8] {
        match self {
            Self::TooManyConnections => {
                b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 5\r\nconnection: close\r\n\
content-length: 66\r\n\r\n{\"success\":false,\"error\":\"Too many connections from this address\"}"
            }
            Self::OutOfMemory => {
                b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\n\
content-length: 52\r\n\r\n{\"success\":false,\"error\":\"The server is overloaded\"}"
            }
            Self::HeadTooLarge => {
                b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            }
        }
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
            let text = std::str::from_utf8(refusal.response()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let length = head.split_once("content-length: ").unwrap().1;
            let length = length.lines().next().unwrap().parse();
            assert_eq!(length, Ok(body.len()), "{text}");
        }
    }
}
