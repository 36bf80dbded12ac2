//! A client that writes bytes on a socket, for what no well-behaved HTTP client would send.

use crate::support::{Client, TestServer};
use serde_json::Value;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection.
pub struct Raw {
    pub stream: TcpStream,
    read: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct RawReply {
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    pub body: String,
}

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
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
        in_time(self.stream.write_all(bytes.as_ref()))
            .await
            .unwrap();
    }

    /// The next answer; `None` when the server closes the connection instead, be it with a reset.
    pub async fn reply(&mut self) -> Option<RawReply> {
        self.answer(Body::Announced).await
    }

    /// As [`reply`](Self::reply), to a HEAD request, whose `Content-Length` has no body to go with it.
    pub async fn reply_to_head(&mut self) -> Option<RawReply> {
        self.answer(Body::None).await
    }

    /// Passes when the server closes the connection without sending anything more.
    pub async fn ends(&mut self) {
        let more = self.reply().await;
        assert!(more.is_none(), "{more:?}");
    }

    async fn answer(&mut self, body: Body) -> Option<RawReply> {
        let end = loop {
            match find(&self.read, b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => self.more().await?,
            }
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let length = match body {
            Body::Announced => header(&head, "content-length").map_or(0, |n| n.parse().unwrap()),
            Body::None => 0,
        };
        while self.read.len() < length {
            self.more().await?;
        }
        let body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        let status = head[9..12].parse().unwrap();
        Some(RawReply { status, head, body })
    }

    async fn more(&mut self) -> Option<()> {
        let read = in_time(self.stream.read_buf(&mut self.read)).await;
        (read.ok()? > 0).then_some(())
    }
}

enum Body {
    Announced,
    None,
}

impl RawReply {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// Passes when the status is `status` and the body is the JSON of a failure.
    #[track_caller]
    pub fn refused(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["success"], false, "{self:?}");
        assert!(body["error"].is_string(), "{self:?}");
    }
}

/// A request for creating the status `name`, with further `headers` (each with its line end) and this body.
pub fn create(client: &Client, headers: &str, body: &str) -> String {
    let (user, token) = client.credentials.clone().unwrap();
    format!(
        "POST /api/v1/custom-user-status.create HTTP/1.1\r\nHost: t\r\nX-User-Id: {user}\r\nX-Auth-Token: {token}\r\n\
         Content-Type: application/json\r\n{headers}\r\n{body}"
    )
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

/// Fails rather than hang.
pub async fn in_time<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .unwrap_or_else(|_| panic!("the server does nothing at all"))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
