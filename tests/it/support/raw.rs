//! A client that writes bytes to a socket, for malformed and unusual HTTP.

use crate::support::{Client, Reply, TestServer, in_time};
use bytes::Bytes;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use warp::http::{HeaderMap, HeaderName, Method};

/// One connection.
pub struct Raw {
    pub stream: TcpStream,
    read: Vec<u8>,
}

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
            read: Vec::new(),
        }
    }

    /// A connection with a receive buffer of 1 MiB (the kernel doubles the requested size), so that
    /// little is in transit while the server waits for its reader.
    pub async fn slow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(512 * 1024).unwrap();
        Self {
            stream: socket.connect(address).await.unwrap(),
            read: Vec::new(),
        }
    }

    /// A new connection on which `bytes` were sent.
    pub async fn sent(server: &TestServer, bytes: impl AsRef<[u8]>) -> Self {
        let mut raw = Self::connect(server.address).await;
        raw.send(bytes).await;
        raw
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = in_time("taking the request", self.stream.write_all(bytes.as_ref()));
        sent.await.unwrap();
    }

    /// The next response; `None` when the server closes or resets the connection instead.
    pub async fn reply(&mut self) -> Option<Reply> {
        self.answer(Body::Announced).await
    }

    /// As [`reply`](Self::reply), to a HEAD request, whose `Content-Length` has no body.
    pub async fn reply_to_head(&mut self) -> Option<Reply> {
        self.answer(Body::None).await
    }

    /// The next chunk of a chunked body; `None` at its end, or when the connection ends.
    pub async fn chunk(&mut self) -> Option<String> {
        let line = loop {
            match find(&self.read, b"\r\n") {
                Some(at) => break at,
                None => self.more().await?,
            }
        };
        let size = std::str::from_utf8(&self.read[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let (begin, end) = (line + 2, line + 2 + size);
        while self.read.len() < end + 2 {
            self.more().await?;
        }
        let chunk = self.read[begin..end].to_vec();
        self.read.drain(..end + 2);
        (size > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    /// Passes when the server closes the connection without sending anything more.
    pub async fn ends(&mut self) {
        let more = self.reply().await;
        assert!(more.is_none() && self.read.is_empty(), "{more:?}");
    }

    async fn answer(&mut self, body: Body) -> Option<Reply> {
        let end = loop {
            match find(&self.read, b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => self.more().await?,
            }
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        assert!(head.starts_with("HTTP/1."), "{head}");
        let mut reply = Reply {
            status: head[9..12].parse().unwrap(),
            headers: headers(&head),
            body: Bytes::new(),
        };
        let length = match body {
            Body::Announced => reply.header("content-length"),
            Body::None => None,
        };
        let length = length.map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            self.more().await?;
        }
        reply.body = self.read.drain(..length).collect();
        Some(reply)
    }

    async fn more(&mut self) -> Option<()> {
        let read = in_time("an answer or a close", self.stream.read_buf(&mut self.read)).await;
        (read.ok()? > 0).then_some(())
    }
}

enum Body {
    Announced,
    None,
}

/// A request for creating a status, with further `headers` (each with its line end) and this body.
pub fn create(client: &Client, headers: &str, body: &str) -> String {
    let line = "POST /api/v1/custom-user-status.create";
    let headers = format!("Content-Type: application/json\r\n{headers}");
    request(client, line, &headers) + body
}

/// A whole request for creating the busy status `name`.
pub fn create_named(client: &Client, name: &str) -> String {
    let body = format!(r#"{{"name":"{name}","statusType":"busy"}}"#);
    create(client, &length(&body), &body)
}

/// A request by `client` for `line`, method and path, up to its body.
pub fn request(client: &Client, line: &str, headers: &str) -> String {
    let (user, token) = client.credentials.as_ref().unwrap();
    format!(
        "{line} HTTP/1.1\r\nHost: t\r\nX-User-Id: {user}\r\nX-Auth-Token: {token}\r\n{headers}\r\n"
    )
}

/// The header that announces `body`.
pub fn length(body: &str) -> String {
    format!("Content-Length: {}\r\n", body.len())
}

/// `body` in chunks of `size` bytes.
pub fn chunked(body: &str, size: usize) -> String {
    let chunk = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).unwrap();
        format!("{:x}\r\n{text}\r\n", bytes.len())
    };
    let chunks: String = body.as_bytes().chunks(size).map(chunk).collect();
    chunks + "0\r\n\r\n"
}

fn headers(head: &str) -> HeaderMap {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect()
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// The server answers a stranger's ordinary request.
pub async fn assert_still_serving(server: &TestServer, after: &str) {
    let info = server.anon().send(Method::GET, "/api/info", &[], "").await;
    assert_eq!(info.status.as_u16(), 200, "after {after}");
}
