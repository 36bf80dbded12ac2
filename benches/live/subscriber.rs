//! A minimal subscriber, because it shares the CPUs with the server it measures: it sends prepared
//! bytes and only counts the frames that arrive. Source of the frame format: RFC 6455, section 5.2.

use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Shorter frames are not changes but pings.
const SHORTEST_CHANGE: usize = 64;
/// Maximum bytes of the handshake response, and of the frames until the subscription is ready.
const GREETING: usize = 16 * 1024;

const CONNECT: &str = r#"{"msg":"connect","version":"1","support":["1"]}"#;
const PONG: &str = r#"{"msg":"pong"}"#;

/// What subscribers connect to.
#[derive(Clone)]
pub struct Target {
    /// Host and port.
    pub address: String,
    /// The prefix of every path, without a trailing slash.
    pub prefix: String,
    /// The token to log in with.
    pub token: String,
    /// The event of `stream-notify-logged` to subscribe to.
    pub event: &'static str,
}

/// A live connection that has subscribed to an event.
pub struct Subscriber {
    stream: TcpStream,
    frames: Frames,
    buffer: Vec<u8>,
}

impl Subscriber {
    /// Connects, logs in and subscribes.
    ///
    /// # Errors
    /// Any error of the operating system; `InvalidData` when the server reports a failure.
    pub async fn open(target: &Target) -> Result<Self> {
        let Target {
            address,
            prefix,
            token,
            event,
        } = target;
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let handshake = format!(
            "GET {prefix}/websocket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c3Vic2NyaWJlciBvbmUgMQ==\r\n\r\n"
        );
        stream.write_all(handshake.as_bytes()).await?;
        let mut received = Vec::new();
        until(&mut stream, &mut received, "\r\n\r\n").await?;
        let login = format!(
            r#"{{"msg":"method","id":"1","method":"login","params":[{{"resume":"{token}"}}]}}"#
        );
        let subscribe = format!(
            r#"{{"msg":"sub","id":"2","name":"stream-notify-logged","params":["{event}",false]}}"#
        );
        for (frame, answer) in [
            (CONNECT, r#""connected""#),
            (&login, r#""tokenExpires""#),
            (&subscribe, r#""ready""#),
        ] {
            stream.write_all(&text_frame(frame)).await?;
            received.clear();
            until(&mut stream, &mut received, answer).await?;
        }
        Ok(Self {
            stream,
            frames: Frames::default(),
            buffer: vec![0; 4096],
        })
    }

    /// Waits for changes and returns their number.
    ///
    /// # Errors
    /// Any error of the operating system; `UnexpectedEof` when the server has closed the
    /// connection.
    pub async fn changes(&mut self) -> Result<usize> {
        loop {
            let read = self.stream.read(&mut self.buffer).await?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let frames = self.frames.take(&self.buffer[..read]);
            if frames.pings > 0 {
                self.stream.write_all(&text_frame(PONG)).await?;
            }
            if frames.closes > 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if frames.changes > 0 {
                return Ok(frames.changes);
            }
        }
    }
}

/// Reads until the server has sent `expected`.
async fn until(stream: &mut TcpStream, received: &mut Vec<u8>, expected: &str) -> Result<()> {
    let has = |received: &[u8]| String::from_utf8_lossy(received).contains(expected);
    while !has(received) {
        let ended = received.len() > GREETING || stream.read_buf(received).await? == 0;
        if ended {
            let received = String::from_utf8_lossy(received);
            let reason = format!("no {expected}: {received}");
            return Err(Error::new(ErrorKind::InvalidData, reason));
        }
    }
    Ok(())
}

/// Encodes a text as a client frame. The required mask is zero, which leaves the text unchanged.
fn text_frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    let mut frame = vec![0x81];
    match u8::try_from(length) {
        Ok(length) if length < 126 => frame.push(0x80 | length),
        _ => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// The frames received from a server.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Changes.
    pub changes: usize,
    /// Pings.
    pub pings: usize,
    /// Close frames.
    pub closes: usize,
}

/// Counts frames in a stream of bytes, however it is split.
#[derive(Default)]
pub struct Frames {
    head: Vec<u8>,
    /// The remaining bytes of the current frame.
    left: usize,
}

impl Frames {
    /// Counts the frames that start in `bytes`.
    pub fn take(&mut self, mut bytes: &[u8]) -> FrameCounts {
        let mut counts = FrameCounts::default();
        while !bytes.is_empty() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len());
                self.left -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if let Some(length) = self.length() {
                match self.head[0] & 0x0f {
                    8 => counts.closes += 1,
                    1 if length >= SHORTEST_CHANGE => counts.changes += 1,
                    _ => counts.pings += 1,
                }
                self.left = length;
                self.head.clear();
            }
        }
        counts
    }

    /// Returns the payload length of a frame with a complete head.
    fn length(&self) -> Option<usize> {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
        match (self.head.get(1)?, self.head.len()) {
            (126, 4..) => Some(number(&self.head[2..])),
            (127, 10..) => Some(number(&self.head[2..])),
            (126 | 127, _) => None,
            (length, _) => Some(usize::from(*length)),
        }
    }
}
