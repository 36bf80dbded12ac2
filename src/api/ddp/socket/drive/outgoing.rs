//! Queued outgoing messages, which are framed and passed to the library in chunks: never more than
//! is written next. The status of a user passes the gate only then.

use super::gate::Gate;
use crate::api::ddp::socket::framing::Framing;
use crate::domain::UserId;
use crate::realtime::hub;
use crate::transport::Reserved;
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use std::collections::VecDeque;
use std::sync::Arc;
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
    gate: Gate,
    /// The reservation of large messages in the queue.
    reserved: Option<Reserved>,
    is_flushed: bool,
}

/// Why the queue cannot be written.
#[derive(Debug)]
pub(super) enum Failure {
    /// The client is unreachable.
    Gone,
    /// It is unknown which statuses may be sent.
    Unchecked,
}

/// An entry of the queue.
enum Queued {
    /// A message, which may be shared with other connections. It is framed when it is sent.
    Message(Bytes),
    /// The status of a user, and the message that it was rendered from.
    Status(Arc<hub::Message>, Bytes),
    /// A frame without a message.
    Frame(&'static str),
}

impl<S> Outgoing<S> {
    /// Creates a queue with the greeting of `framing`, if it has one.
    pub(super) fn new(
        sink: SplitSink<WebSocketStream<S>, Message>,
        framing: Framing,
        gate: Gate,
    ) -> Self {
        let mut queue = Self {
            sink,
            framing,
            waiting: VecDeque::new(),
            gate,
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
        let messages = messages.into_iter().map(Bytes::from);
        self.enqueue(messages.map(Queued::Message));
    }

    /// Queues a message of a topic in its encoded forms, whose bytes are shared by all listeners.
    pub(super) fn send_shared(&mut self, message: &Arc<hub::Message>, encoded: Vec<Bytes>) {
        let is_about_others = !matches!(message.topic(), hub::Topic::OwnUser(_));
        let shows_status = is_about_others && message.subject().is_some();
        self.enqueue(encoded.into_iter().map(|bytes| match shows_status {
            true => Queued::Status(message.clone(), bytes),
            false => Queued::Message(bytes),
        }));
    }

    /// Sets the user of the connection.
    pub(super) fn set_viewer(&mut self, viewer: Option<&UserId>) {
        self.gate.set_viewer(viewer);
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
    ///
    /// # Errors
    /// `Unchecked`: the waiting statuses are dropped.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        loop {
            self.sink.flush().await.map_err(|_| Failure::Gone)?;
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
    async fn feed(&mut self) -> Result<(), Failure> {
        let mut bytes = 0;
        while bytes < CHUNK && self.drop_hidden().await? {
            let frame = match self.waiting.pop_front() {
                Some(Queued::Message(message) | Queued::Status(_, message)) => {
                    self.framing.frame(message)
                }
                Some(Queued::Frame(frame)) => Some(Utf8Bytes::from_static(frame)),
                None => None,
            };
            if let Some(frame) = frame {
                bytes += frame.len();
                let fed = self.sink.feed(Message::Text(frame)).await;
                fed.map_err(|_| Failure::Gone)?;
            }
        }
        Ok(())
    }

    /// Drops the statuses at the front that may not be sent. Returns whether anything is left.
    async fn drop_hidden(&mut self) -> Result<bool, Failure> {
        while let Some(Queued::Status(message, _)) = self.waiting.front() {
            match self.gate.passes(message).await {
                Ok(true) => break,
                Ok(false) => drop(self.waiting.pop_front()),
                Err(error) => {
                    tracing::warn!(%error, "cannot check who may see a status; closed a connection");
                    let is_status = |queued: &Queued| matches!(queued, Queued::Status(..));
                    self.waiting.retain(|queued| !is_status(queued));
                    return Err(Failure::Unchecked);
                }
            }
        }
        Ok(!self.waiting.is_empty())
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
