//! Waits for the head of a connection's first request while its bytes stay in the kernel. A client
//! that sends half a head costs a small task and no buffer.

use rustix::net::RecvFlags;
use std::io::{Error, ErrorKind, Result};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Maximum bytes of the request line and headers. Node.js, which runs Rocket.Chat, has the same
/// limit.
pub(crate) const HEAD_BYTES: usize = 16 * 1024;
/// Maximum number of headers, as hyper counts them.
const HEADERS: usize = 100;

/// The state of a new connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// A complete head, or bytes that cannot become one.
    Readable,
    /// More bytes than a head may have.
    TooLarge,
    /// The client closed the connection without sending anything.
    Closed,
}

/// Waits until the head of the first request has arrived. Consumes nothing.
///
/// # Errors
/// Any socket error.
pub(crate) async fn wait_for_head(stream: &TcpStream) -> Result<Head> {
    let mut examined = 0;
    loop {
        let ready = stream.ready(Interest::READABLE).await?;
        let looked = stream.try_io(Interest::READABLE, || {
            let mut bytes = [0; HEAD_BYTES];
            let (arrived, _) = rustix::net::recv(stream, &mut bytes, RecvFlags::PEEK)?;
            let (before, now) = (examined, &bytes[..arrived]);
            examined = arrived;
            // Clears the readiness, so that the next round waits for more bytes.
            examine(now, before).ok_or_else(|| Error::from(ErrorKind::WouldBlock))
        });
        match looked {
            Ok(head) => return Ok(head),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if ready.is_read_closed() && examined > 0 {
                    return Ok(Head::Readable);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Classifies `bytes`, of which `before` were examined earlier. `None` for an incomplete head.
fn examine(bytes: &[u8], before: usize) -> Option<Head> {
    if bytes.is_empty() {
        return Some(Head::Closed);
    }
    let is_full = bytes.len() >= HEAD_BYTES;
    // A head that has parsed so far can change only when its next line ends.
    let new = bytes.get(before..).unwrap_or_default();
    if before > 0 && !is_full && !new.contains(&b'\n') {
        return None;
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    match httparse::Request::new(&mut headers).parse(bytes) {
        Ok(httparse::Status::Partial) if is_full => Some(Head::TooLarge),
        Ok(httparse::Status::Partial) => None,
        Ok(httparse::Status::Complete(_)) | Err(_) => Some(Head::Readable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    #[test]
    fn a_head_is_readable_when_complete_or_invalid() {
        let long = "x".repeat(HEAD_BYTES);
        for (bytes, expected) in [
            ("", Some(Head::Closed)),
            ("G", None),
            ("GET / HTTP/1.1\r\nHost: t\r\n", None),
            ("GET / HTTP/1.1\r\nHost: t\r\n\r\n", Some(Head::Readable)),
            ("GET / HTTP/1.1\nHost: t\n\n", Some(Head::Readable)),
            ("\x16\x03\x01\x02\x00", Some(Head::Readable)),
            ("GET / HTTP/1.1\r\nNo colon\r\n", Some(Head::Readable)),
            (&format!("GET /{long}"), Some(Head::TooLarge)),
        ] {
            assert_eq!(examine(bytes.as_bytes(), 0), expected, "{bytes:.40}");
        }
    }

    #[tokio::test]
    async fn a_fragmented_head_is_awaited_and_left_in_the_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        client.set_nodelay(true).unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let text = b"GET /api/info HTTP/1.1\r\nHost: t\r\n\r\n";
        let sending = async {
            for byte in text {
                client.write_all(&[*byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let (head, ()) = tokio::join!(wait_for_head(&server), sending);
        assert_eq!(head.unwrap(), Head::Readable);
        let mut bytes = [0; 100];
        assert_eq!(server.try_read(&mut bytes).unwrap(), text.len());
    }

    #[tokio::test]
    async fn half_a_head_of_a_closed_connection_is_not_awaited() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for (sent, expected) in [("", Head::Closed), ("GET / HT", Head::Readable)] {
            let mut client = TcpStream::connect(listener.local_addr().unwrap())
                .await
                .unwrap();
            client.write_all(sent.as_bytes()).await.unwrap();
            let (server, _) = listener.accept().await.unwrap();
            client.shutdown().await.unwrap();
            assert_eq!(wait_for_head(&server).await.unwrap(), expected);
        }
    }
}
