//! Incoming frames, and those of their messages that are not handled yet.

use super::end::End;
use crate::api::ddp::socket::framing::{Framing, Messages};
use crate::api::ddp::socket::session::{Session, Step};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

/// The frames from a client.
pub(super) struct Incoming<S> {
    stream: SplitStream<WebSocketStream<S>>,
    framing: Framing,
    /// The messages of the current frame. The next frame is read when all are handled.
    messages: Messages,
}

/// What has arrived.
pub(super) enum Arrival {
    /// A frame with messages, or with none.
    Messages,
    /// A frame of the protocol below, which the library answers itself.
    Control,
}

impl<S> Incoming<S> {
    pub(super) fn new(stream: SplitStream<WebSocketStream<S>>, framing: Framing) -> Self {
        Self {
            stream,
            framing,
            messages: Messages::NONE,
        }
    }

    /// Returns the frames after the current one.
    pub(super) fn into_stream(self) -> SplitStream<WebSocketStream<S>> {
        self.stream
    }

    /// Passes the next message to the session. `None` if there is none.
    pub(super) fn handle_next(&mut self, session: &mut Session) -> Option<Step> {
        let step = self.messages.take().map(|text| session.receive(&text));
        if self.messages.is_empty() {
            self.messages = Messages::NONE; // Releases the frame.
            session.meter().end_message();
        }
        step
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Incoming<S> {
    /// Waits for the next frame, unless the current one has more messages. Cancel-safe.
    pub(super) async fn arrival(&mut self) -> Result<Arrival, End> {
        if !self.messages.is_empty() {
            return Ok(Arrival::Messages);
        }
        let frame = self.stream.next().await;
        self.take(frame)
    }

    fn take(&mut self, frame: Option<Result<Message, tungstenite::Error>>) -> Result<Arrival, End> {
        match frame {
            Some(Ok(Message::Text(text))) => {
                let messages = self.framing.messages(text);
                self.messages = messages.ok_or(End::BrokenFraming)?;
                Ok(Arrival::Messages)
            }
            Some(Ok(Message::Binary(_))) => Err(End::NotText),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                Ok(Arrival::Control)
            }
            Some(Err(error)) => Err(End::by(&error)),
        }
    }
}
