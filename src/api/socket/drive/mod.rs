//! The loop of one live connection: what comes in, what is to be told, and how it ends. A client is never waited for: what it does not
//! read stays in its mailbox, where newer news take the place of older, until there is too much and it is cut. Knows no frame by name.

use super::session::{Call, Called, Session, Step};
use crate::limits::Limits;
use crate::live::Trouble;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::collections::VecDeque;
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

/// Bytes of a frame that a client may send.
pub(super) const LARGEST_FRAME: usize = 64 * 1024;
/// Bytes that are written at once, about. What a socket has once needed for it, it keeps.
const CHUNK: usize = 4 * 1024;
/// How long a client has to take its leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// How frames are read and written. Buffers are as small as what most clients send, because every idle connection keeps them. Nothing is
/// written before it is flushed: the loop writes in turns.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(usize::MAX / 2)
        .max_write_buffer_size(usize::MAX)
        .max_message_size(Some(LARGEST_FRAME))
        .max_frame_size(Some(LARGEST_FRAME))
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client has left, or cannot be reached.
    Gone,
    /// The client was told why already.
    Refused,
    /// The server stops.
    Stop,
    /// The client did not keep up with the news: it is to come back and look how things are.
    TooSlow,
    /// The client said nothing for too long.
    Silent,
    /// The login that it stood on has ended.
    LoggedOut,
    /// A frame is larger than any may be.
    TooLarge,
    /// What came is no WebSocket.
    Protocol,
    /// What came is no text.
    NotText,
    /// Text that is not UTF-8.
    NotUtf8,
}

impl End {
    /// What the client is told (RFC 6455, section 7.4.1; 4000 is what Rocket.Chat's streamer closes idle connections with).
    fn farewell(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::Gone => return None,
            Self::Refused => (1000, ""),
            Self::Stop => (1001, "the server stops"),
            Self::TooSlow => (1013, "too slow: connect again"),
            Self::Silent => (4000, "timeout"),
            Self::LoggedOut => (1008, "logged out"),
            Self::TooLarge => (1009, "a frame holds 64 KiB at most"),
            Self::Protocol => (1002, "protocol error"),
            Self::NotText => (1003, "frames are text"),
            Self::NotUtf8 => (1007, "text is UTF-8"),
        })
    }
}

/// Drives a connection to its end: until it ends by itself, or `stop` comes.
pub(super) async fn run<S>(
    socket: WebSocketStream<S>,
    mut session: Session,
    limits: Limits,
    stop: impl Future<Output = ()>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (sink, mut incoming) = socket.split();
    let (mut outgoing, mut watch) = (Outgoing::new(sink), Watch::new(limits));
    let (mut stop, mut call) = (pin!(stop), None);
    let end = loop {
        let is_free = outgoing.is_flushed;
        let ended = tokio::select! {
            biased;
            () = &mut stop => Some(End::Stop),
            // A call may itself end the login that it stands on, and has to tell so.
            trouble = session.listener().trouble(), if call.is_none() => in_trouble(trouble, &session).await,
            flushed = outgoing.flush(), if !is_free => flushed.err().map(|_| End::Gone),
            called = under_way(&mut call) => {
                call = None;
                outgoing.send(session.called(called).await);
                None
            }
            frame = incoming.next(), if is_free && call.is_none() => {
                watch.heard();
                receive(frame, &mut session, &mut outgoing, &mut call)
            }
            messages = session.listener().next(), if is_free => {
                outgoing.tell(messages.iter().flat_map(|message| session.tell(message)));
                None
            }
            () = watch.sleep() => look(&mut watch, &session, &mut outgoing),
        };
        if let Some(end) = ended {
            break end;
        }
    };
    // Whoever asks who is connected, or listens, need not wait for the farewell.
    drop(session);
    let patience = match end {
        End::TooSlow => limits.write,
        _ => FAREWELL,
    };
    let _ = timeout(patience, take_leave(outgoing, incoming, end)).await;
}

/// Comes back with what a call has come to, and never where there is none.
async fn under_way(call: &mut Option<Call>) -> Called {
    match call {
        Some(call) => call.await,
        None => pending().await,
    }
}

async fn in_trouble(trouble: Trouble, session: &Session) -> Option<End> {
    match trouble {
        Trouble::Overrun => Some(End::TooSlow),
        Trouble::LoginsEnded => (!session.is_logged_in().await).then_some(End::LoggedOut),
    }
}

fn receive<S>(
    frame: Option<Result<Message, tungstenite::Error>>,
    session: &mut Session,
    outgoing: &mut Outgoing<S>,
    call: &mut Option<Call>,
) -> Option<End> {
    match frame {
        Some(Ok(Message::Text(text))) => match session.receive(&text) {
            Step::Send(frames) => outgoing.send(frames),
            Step::Call(under_way) => *call = Some(under_way),
            Step::Refuse(frame) => {
                outgoing.send(vec![frame]);
                return Some(End::Refused);
            }
        },
        Some(Ok(Message::Binary(_))) => return Some(End::NotText),
        Some(Ok(Message::Close(_))) | None => return Some(End::Gone),
        // The library answers these by itself.
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
        Some(Err(error)) => return Some(broken(&error)),
    }
    None
}

fn broken(error: &tungstenite::Error) -> End {
    use tungstenite::Error::{Capacity, Protocol, Utf8};
    match error {
        Capacity(_) => End::TooLarge,
        Utf8(_) => End::NotUtf8,
        Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Protocol(_) => End::Protocol,
        _ => End::Gone,
    }
}

fn look<S>(watch: &mut Watch, session: &Session, outgoing: &mut Outgoing<S>) -> Option<End> {
    if session.login_is_over() {
        return Some(End::LoggedOut);
    }
    if !outgoing.is_flushed {
        // It is the client's turn to read. How long it may take is the stream's to say, and what it sends meanwhile is not seen.
        watch.heard();
    }
    match watch.look() {
        Look::Heard => session.heard(),
        Look::Ask => outgoing.send(session.ping().into_iter().collect()),
        Look::GiveUp => return Some(End::Silent),
    }
    None
}

/// Tells the client what was said to it already, and why it ends, and reads what still comes: a close with bytes unread would be a reset,
/// and that takes the farewell with it.
async fn take_leave<S>(
    mut outgoing: Outgoing<S>,
    mut incoming: SplitStream<WebSocketStream<S>>,
    end: End,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let told = match end.farewell() {
        Some((code, reason)) => {
            let (code, reason) = (CloseCode::from(code), reason.into());
            let close = Message::Close(Some(CloseFrame { code, reason }));
            if end != End::TooSlow {
                let _ = outgoing.flush().await;
            }
            outgoing.sink.send(close).await
        }
        None => outgoing.sink.flush().await,
    };
    if told.is_ok() {
        while let Some(Ok(_)) = incoming.next().await {}
    }
}

/// Frames on their way to the client.
struct Outgoing<S> {
    sink: SplitSink<WebSocketStream<S>, Message>,
    waiting: VecDeque<Bytes>,
    is_flushed: bool,
}

impl<S> Outgoing<S> {
    fn new(sink: SplitSink<WebSocketStream<S>, Message>) -> Self {
        Self {
            sink,
            waiting: VecDeque::new(),
            is_flushed: true,
        }
    }

    fn send(&mut self, frames: Vec<String>) {
        self.tell(frames.into_iter().map(Bytes::from));
    }

    fn tell(&mut self, frames: impl Iterator<Item = Bytes>) {
        self.waiting.extend(frames);
        self.is_flushed &= self.waiting.is_empty();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Outgoing<S> {
    /// Writes everything that waits. When it is dropped half-way, the next call goes on from there.
    async fn flush(&mut self) -> Result<(), tungstenite::Error> {
        loop {
            self.sink.flush().await?;
            if self.waiting.is_empty() {
                self.waiting = VecDeque::new();
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

/// How long the client has said nothing.
struct Watch {
    limits: Limits,
    heard: Instant,
    asked: bool,
    next: Pin<Box<Sleep>>,
}

/// What a look at the client's silence comes to.
enum Look {
    Heard,
    Ask,
    GiveUp,
}

impl Watch {
    fn new(limits: Limits) -> Self {
        let heard = Instant::now();
        Self {
            limits,
            heard,
            asked: false,
            next: Box::pin(sleep_until(heard + limits.ping)),
        }
    }

    /// Costs no timer: the next look finds out.
    fn heard(&mut self) {
        self.heard = Instant::now();
        self.asked = false;
    }

    async fn sleep(&mut self) {
        self.next.as_mut().await;
    }

    fn look(&mut self) -> Look {
        let silent = self.heard.elapsed();
        let (look, after) = if silent >= self.limits.silence {
            (Look::GiveUp, self.limits.silence)
        } else if silent >= self.limits.ping && !self.asked {
            self.asked = true;
            (Look::Ask, self.limits.silence)
        } else if self.asked {
            (Look::Heard, self.limits.silence)
        } else {
            (Look::Heard, self.limits.ping)
        };
        self.next.as_mut().reset(self.heard + after);
        look
    }
}

#[cfg(test)]
mod tests;
