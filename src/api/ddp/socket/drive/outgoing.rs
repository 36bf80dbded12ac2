//! Queued outgoing frames, which are passed to the library in chunks: never more than is written
//! next.

use crate::transport::Reserved;
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use std::collections::VecDeque;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

/// Approximate number of bytes per write. A socket's buffer keeps the largest size that it ever
/// needed.
const CHUNK: usize = 4 * 1024;

/// The queue of outgoing frames.
pub(super) struct Outgoing<S> {
    sink: SplitSink<WebSocketStream<S>, Message>,
    waiting: VecDeque<Bytes>,
    /// The reservation of large frames in the queue.
    reserved: Option<Reserved>,
    is_flushed: bool,
}

impl<S> Outgoing<S> {
    /// Creates an empty queue.
    pub(super) fn new(sink: SplitSink<WebSocketStream<S>, Message>) -> Self {
        Self {
            sink,
            waiting: VecDeque::new(),
            reserved: None,
            is_flushed: true,
        }
    }

    /// Returns whether everything is written.
    pub(super) fn is_flushed(&self) -> bool {
        self.is_flushed
    }

    /// Returns the sink. Queued frames are lost.
    pub(super) fn into_sink(self) -> SplitSink<WebSocketStream<S>, Message> {
        self.sink
    }

    /// Queues frames.
    pub(super) fn send(&mut self, frames: Vec<String>) {
        self.send_shared(frames.into_iter().map(Bytes::from));
    }

    /// Holds a reservation until the queue is written.
    pub(super) fn hold(&mut self, reserved: Option<Reserved>) {
        match (&mut self.reserved, reserved) {
            (Some(held), Some(more)) => held.merge(more),
            (none @ None, more) => *none = more,
            (Some(_), None) => {}
        }
    }

    /// Queues frames whose bytes are shared by all listeners; see [`send`](Self::send).
    pub(super) fn send_shared(&mut self, frames: impl Iterator<Item = Bytes>) {
        self.waiting.extend(frames);
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
            && let Some(frame) = self.waiting.pop_front()
        {
            bytes += frame.len();
            if let Ok(text) = Utf8Bytes::try_from(frame) {
                self.sink.feed(Message::Text(text)).await?;
            }
        }
        Ok(())
    }
}
