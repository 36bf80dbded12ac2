//! The end of a live connection, and the close frame that the client receives.

use super::outgoing::{Failure, Outgoing};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::error::ProtocolError;

/// Time limit for the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The client has closed the connection, or is unreachable.
    Gone,
    /// The client already received the reason.
    Refused,
    /// The server stops.
    Stop,
    /// The client read too slowly: it must reconnect and reload its state.
    TooSlow,
    /// The client sent nothing for too long.
    Silent,
    /// The connection's login has ended.
    LoggedOut,
    /// It is unknown whether the login has ended or who may see a status: the client must reconnect
    /// and log in again.
    Unchecked,
    /// The client did not log in in time.
    NotLoggedIn,
    /// The memory budgets have no room for the client's anonymous frames, or for its requested
    /// results.
    Overloaded,
    /// A frame exceeds the limit.
    TooLarge,
    /// The client violates the WebSocket protocol.
    Protocol,
    /// The client sent a frame that is not SockJS's.
    BrokenFraming,
    /// The client sent a frame that is not text.
    NotText,
    /// The client sent text that is not UTF-8.
    NotUtf8,
}

impl End {
    /// Returns the end that an error of the socket causes.
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

    /// Returns the end that a failure to write causes.
    pub(super) fn of(failure: Failure) -> Self {
        match failure {
            Failure::Gone => Self::Gone,
            Failure::Unchecked => Self::Unchecked,
        }
    }

    /// Returns the close code and reason (RFC 6455, section 7.4.1). Idle connections do not get 4000
    /// as from Rocket.Chat's streamer, because the mobile app never reconnects after it.
    fn close_frame(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::Gone => return None,
            Self::Refused => (1000, ""),
            Self::Stop => (1001, "server is stopping"),
            Self::TooSlow => (1013, "too slow: reconnect"),
            Self::Silent => (1001, "timeout"),
            Self::LoggedOut => (1008, "logged out"),
            Self::Unchecked => (1013, "try again later"),
            Self::NotLoggedIn => (1008, "login timeout"),
            Self::Overloaded => (1013, "overloaded: reconnect"),
            Self::TooLarge => (1009, "frame too large: at most 64 KiB"),
            Self::Protocol => (1002, "protocol error"),
            // As in sockjs-node 0.3, which Meteor uses.
            Self::BrokenFraming => (1002, "Broken framing."),
            Self::NotText => (1003, "only text frames are supported"),
            Self::NotUtf8 => (1007, "invalid UTF-8"),
        })
    }
}

/// Closes a connection. A client that was too slow has `write` to read the queued frames before the
/// close frame.
pub(super) async fn close<S>(
    outgoing: Outgoing<S>,
    incoming: SplitStream<WebSocketStream<S>>,
    end: End,
    write: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let limit = match end {
        End::TooSlow => write,
        _ => CLOSE_TIMEOUT,
    };
    let _ = timeout(limit, send_close(outgoing, incoming, end)).await;
}

/// Sends the queued frames and the close frame, then reads until the client closes. Closing with
/// unread bytes would reset the connection and lose the close frame.
async fn send_close<S>(
    mut outgoing: Outgoing<S>,
    mut incoming: SplitStream<WebSocketStream<S>>,
    end: End,
) -> Result<(), End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    outgoing.flush().await.map_err(End::of)?;
    if let Some((code, reason)) = end.close_frame() {
        let closed = outgoing.close(code, reason).await;
        closed.map_err(|error| End::by(&error))?;
    }
    while let Some(Ok(_)) = incoming.next().await {}
    Ok(())
}
