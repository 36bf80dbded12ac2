//! What is on its way to the client, in chunks: no more is handed to the library than is written next. Knows no frame.

use crate::transport::Reserved;
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use std::collections::VecDeque;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

/// Bytes that are written at once, about. What a socket has once needed for it, it keeps.
const CHUNK: usize = 4 * 1024;

/// Frames on their way to the client.
pub(super) struct Outgoing<S> {
    sink: SplitSink<WebSocketStream<S>, Message>,
    waiting: VecDeque<Bytes>,
    /// What large frames that wait are counted with.
    reserved: Option<Reserved>,
    is_flushed: bool,
}

impl<S> Outgoing<S> {
    /// Nothing waits yet.
    pub(super) fn new(sink: SplitSink<WebSocketStream<S>, Message>) -> Self {
        Self {
            sink,
            waiting: VecDeque::new(),
            reserved: None,
            is_flushed: true,
        }
    }

    /// Whether nothing waits any more.
    pub(super) fn is_flushed(&self) -> bool {
        self.is_flushed
    }

    /// What it wrote to. Frames that wait are lost.
    pub(super) fn into_sink(self) -> SplitSink<WebSocketStream<S>, Message> {
        self.sink
    }

    /// Has frames wait for their turn.
    pub(super) fn send(&mut self, frames: Vec<String>) {
        self.tell(frames.into_iter().map(Bytes::from));
    }

    /// Holds bytes of a budget until everything that waits is written.
    pub(super) fn hold(&mut self, reserved: Option<Reserved>) {
        match (&mut self.reserved, reserved) {
            (Some(held), Some(more)) => held.merge(more),
            (none @ None, more) => *none = more,
            (Some(_), None) => {}
        }
    }

    /// As [`send`](Self::send), in the form that all listeners share.
    pub(super) fn tell(&mut self, frames: impl Iterator<Item = Bytes>) {
        self.waiting.extend(frames);
        self.is_flushed &= self.waiting.is_empty();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Outgoing<S> {
    /// Writes everything that waits. When it is dropped half-way, the next call goes on from there.
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

    /// Hands the library a chunk. It takes it at once, because there is nothing in it.
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
