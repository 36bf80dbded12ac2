//! Queued outgoing messages, which are framed and passed to the library in chunks: never more than
//! is written next.

use crate::api::ddp::socket::framing::Framing;
use crate::transport::Reserved;
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use std::collections::VecDeque;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

/// Approximate number of bytes per write. A socket's buffer keeps the largest size that it ever
/// needed.
const CHUNK: usize = 4 * 1024;

/// The queue of outgoing messages.
pub(super) struct Outgoing<S> {
    sink: SplitSink<WebSocketStream<S>, Message>,
    framing: Framing,
    waiting: VecDeque<Queued>,
    /// The reservation of large messages in the queue.
    reserved: Option<Reserved>,
    is_flushed: bool,
}

/// An entry of the queue.
enum Queued {
    /// A message, which may be shared with other connections. It is framed when it is sent.
    Message(Bytes),
    /// A frame without a message.
    Frame(&'static str),
}

impl<S> Outgoing<S> {
    /// Creates a queue with the greeting of `framing`, if it has one.
    pub(super) fn new(sink: SplitSink<WebSocketStream<S>, Message>, framing: Framing) -> Self {
        let mut queue = Self {
            sink,
            framing,
            waiting: VecDeque::new(),
            reserved: None,
            is_flushed: true,
        };
        if let Some((frame, message)) = framing.greeting() {
            queue.enqueue(std::iter::once(Queued::Frame(frame)));
            queue.send(vec![message]);
        }
        queue
    }

    /// Returns whether everything is written.
    pub(super) fn is_flushed(&self) -> bool {
        self.is_flushed
    }

    /// Queues messages.
    pub(super) fn send(&mut self, messages: Vec<String>) {
        self.send_shared(messages.into_iter().map(Bytes::from));
    }

    /// Queues messages whose bytes are shared by all listeners; see [`send`](Self::send).
    pub(super) fn send_shared(&mut self, messages: impl Iterator<Item = Bytes>) {
        self.enqueue(messages.map(Queued::Message));
    }

    /// Queues the heartbeat of the framing, if it has one.
    pub(super) fn send_heartbeat(&mut self) {
        self.enqueue(self.framing.heartbeat().map(Queued::Frame).into_iter());
    }

    /// Holds a reservation until the queue is written.
    pub(super) fn hold(&mut self, reserved: Option<Reserved>) {
        match (&mut self.reserved, reserved) {
            (Some(held), Some(more)) => held.merge(more),
            (none @ None, more) => *none = more,
            (Some(_), None) => {}
        }
    }

    fn enqueue(&mut self, entries: impl Iterator<Item = Queued>) {
        self.waiting.extend(entries);
        self.is_flushed &= self.waiting.is_empty();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Outgoing<S> {
    /// Writes the whole queue. Cancel-safe: the next call continues.
    pub(super) async fn flush(&mut self) -> Result<(), tungstenite::Error> {
        loop {
            self.sink.flush().await?;
            if self.waiting.is_empty() {
                self.waiting = VecDeque::new();
                self.reserved = None;
                self.is_flushed = true;
                return Ok(());
            }
            self.feed().await?;
        }
    }

    /// Passes a chunk to the library, which accepts it at once because its buffer is empty.
    async fn feed(&mut self) -> Result<(), tungstenite::Error> {
        let mut bytes = 0;
        while bytes < CHUNK
            && let Some(entry) = self.waiting.pop_front()
        {
            let frame = match entry {
                Queued::Message(message) => self.framing.frame(message),
                Queued::Frame(frame) => Some(Utf8Bytes::from_static(frame)),
            };
            if let Some(frame) = frame {
                bytes += frame.len();
                self.sink.feed(Message::Text(frame)).await?;
            }
        }
        Ok(())
    }

    /// Sends the close frame, and what precedes it in the framing. Queued messages are lost.
    pub(super) async fn close(
        mut self,
        code: u16,
        reason: &'static str,
    ) -> Result<(), tungstenite::Error> {
        if let Some(farewell) = self.framing.farewell(code, reason) {
            self.sink.feed(Message::text(farewell)).await?;
        }
        let (code, reason) = (CloseCode::from(code), reason.into());
        let close = Message::Close(Some(CloseFrame { code, reason }));
        self.sink.send(close).await
    }
}
