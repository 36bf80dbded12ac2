//! How a live connection ends, and what the client is told of it. Knows nothing of when.

use super::outgoing::Outgoing;
use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

/// How long a client has to take its leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
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
    /// Whether the login has ended cannot be read: the client is to connect and log in again.
    Unchecked,
    /// Nobody has logged in in time.
    NotLoggedIn,
    /// There is no room for what the client sends without a login, or for what it has asked for.
    Overloaded,
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
    /// By an error of the socket.
    pub(super) fn by(error: &tungstenite::Error) -> Self {
        use tungstenite::Error::{Capacity, Io, Protocol, Utf8};
        match error {
            Io(error) if error.kind() == ErrorKind::OutOfMemory => Self::Overloaded,
            Capacity(_) => Self::TooLarge,
            Utf8(_) => Self::NotUtf8,
            Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Gone,
            Protocol(_) => Self::Protocol,
            _ => Self::Gone,
        }
    }

    /// What the client is told (RFC 6455, section 7.4.1; 4000 is what Rocket.Chat's streamer closes idle connections with).
    fn farewell(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::Gone => return None,
            Self::Refused => (1000, ""),
            Self::Stop => (1001, "the server stops"),
            Self::TooSlow => (1013, "too slow: connect again"),
            Self::Silent => (4000, "timeout"),
            Self::LoggedOut => (1008, "logged out"),
            Self::Unchecked => (1013, "try again later"),
            Self::NotLoggedIn => (1008, "no login in time"),
            Self::Overloaded => (1013, "overloaded: connect again"),
            Self::TooLarge => (1009, "a frame holds 64 KiB at most"),
            Self::Protocol => (1002, "protocol error"),
            Self::NotText => (1003, "frames are text"),
            Self::NotUtf8 => (1007, "text is UTF-8"),
        })
    }
}

/// Shutdown a connection. A client that has been too slow has as long as `write` to read what is on its way before the farewell.
pub(super) async fn take_leave<S>(
    outgoing: Outgoing<S>,
    incoming: SplitStream<WebSocketStream<S>>,
    end: End,
    write: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let patience = match end {
        End::TooSlow => write,
        _ => FAREWELL,
    };
    let _ = timeout(patience, tell(outgoing, incoming, end)).await;
}

/// Tells the client why, after what it was told before, and reads what still comes: a close with bytes unread would be a reset, and that
/// takes the farewell with it.
async fn tell<S>(
    mut outgoing: Outgoing<S>,
    mut incoming: SplitStream<WebSocketStream<S>>,
    end: End,
) -> Result<(), tungstenite::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    outgoing.flush().await?;
    if let Some((code, reason)) = end.farewell() {
        let (code, reason) = (CloseCode::from(code), reason.into());
        let close = Message::Close(Some(CloseFrame { code, reason }));
        outgoing.into_sink().send(close).await?;
    }
    while let Some(Ok(_)) = incoming.next().await {}
    Ok(())
}
