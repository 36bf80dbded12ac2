//! A minimal HTTP client, because it shares the CPUs with the server it measures: it sends prepared
//! bytes and reads one response, on a connection that stays open.

use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Maximum size of a response's status line and headers.
const HEAD_BYTES: usize = 64 * 1024;

/// An open connection with a buffer for a response.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A complete response.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects to `address`, a host with its port.
    ///
    /// # Errors
    /// Any error of the operating system.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let buffer = vec![0; 32 * 1024];
        Ok(Self { stream, buffer })
    }

    /// Sends one request and reads its response. After an error the connection cannot be used
    /// again.
    ///
    /// # Errors
    /// Any error of the operating system; `InvalidData` for bytes that are not a response, or for
    /// one without `Content-Length`.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let head = loop {
            filled += self.read(filled).await?;
            if let Some(head) = Head::parse(&self.buffer[..filled])? {
                break head;
            }
        };
        let whole = head.bytes + head.body_bytes;
        self.buffer.resize(self.buffer.len().max(whole), 0);
        while filled < whole {
            filled += self.read(filled).await?;
        }
        if filled > whole {
            return Err(no_answer("more bytes than asked for"));
        }
        Ok(Answer {
            status: head.status,
            body: &self.buffer[head.bytes..whole],
        })
    }

    async fn read(&mut self, from: usize) -> Result<usize> {
        if from == self.buffer.len() {
            self.buffer.resize(2 * from, 0);
        }
        match self.stream.read(&mut self.buffer[from..]).await? {
            0 => Err(Error::new(
                ErrorKind::UnexpectedEof,
                "the server has closed the connection",
            )),
            read => Ok(read),
        }
    }
}

/// The head of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Length of the status line and headers, including the blank line.
    pub bytes: usize,
    /// Length of the body.
    pub body_bytes: usize,
}

impl Head {
    /// Parses a head; `None` when it is incomplete.
    ///
    /// # Errors
    /// `InvalidData`, as for [`Connection::exchange`].
    pub fn parse(received: &[u8]) -> Result<Option<Self>> {
        let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
            return if received.len() > HEAD_BYTES {
                Err(no_answer("headers without an end"))
            } else {
                Ok(None)
            };
        };
        let head = std::str::from_utf8(&received[..end]).map_err(|_| no_answer("no text"))?;
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok())
            .ok_or_else(|| no_answer("no status line of HTTP/1.1"))?;
        let body_bytes = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .ok_or_else(|| no_answer("no Content-Length"))?;
        Ok(Some(Self {
            status,
            bytes: end + 4,
            body_bytes,
        }))
    }
}

fn no_answer(reason: &'static str) -> Error {
    Error::new(
        ErrorKind::InvalidData,
        format!("not a response that this script can parse: {reason}"),
    )
}
