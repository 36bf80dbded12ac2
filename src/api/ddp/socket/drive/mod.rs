//! The loop of one live connection: receiving, sending, and its end. The loop never waits for a
//! slow client. What the client does not read stays in its mailbox, where newer messages replace
//! older ones, until there are too many and the connection is closed.

mod end;
mod gate;
mod incoming;
mod keepalive;
mod outgoing;

use super::call::{Call, Called};
use super::framing::Framing;
use super::session::{Loss, Session, Step};
use crate::realtime::hub::{self, Interrupt};
use crate::transport::limits::Limits;
use end::{End, close};
use futures_util::StreamExt;
use gate::Gate;
use incoming::{Arrival, Incoming};
use keepalive::{Check, KeepAlive};
use outgoing::Outgoing;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Maximum size in bytes of a frame from a client.
pub(super) const LARGEST_FRAME: usize = 64 * 1024;
/// Returns the settings for reading and writing frames. Every idle connection keeps its buffers, so
/// they are only as large as most frames. Nothing is written before a flush: the loop writes in
/// turns.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(usize::MAX / 2)
        .max_write_buffer_size(usize::MAX)
        .max_message_size(Some(LARGEST_FRAME))
        .max_frame_size(Some(LARGEST_FRAME))
}

/// Runs a connection until it ends or `stop` resolves.
pub(super) async fn run<S>(
    socket: WebSocketStream<S>,
    mut session: Session,
    (limits, framing): (Limits, Framing),
    stop: impl Future<Output = ()>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (sink, stream) = socket.split();
    let gate = Gate::new(session.app());
    let (mut incoming, mut outgoing) = (
        Incoming::new(stream, framing),
        Outgoing::new(sink, framing, gate),
    );
    let (mut stop, mut call, mut keepalive) = (pin!(stop), None, KeepAlive::new(limits));
    let end = loop {
        let is_free = outgoing.is_flushed();
        let ended = tokio::select! {
            biased;
            () = &mut stop => Some(End::Stop),
            // A call may itself end the login it uses, and must still report that.
            interrupt = session.listener().interrupt(), if call.is_none() => interrupted(interrupt, &session).await,
            flushed = outgoing.flush(), if !is_free => flushed.err().map(End::of),
            called = finished(&mut call) => {
                call = None;
                let frames = session.called(called).await;
                keepalive.logged_in(session.is_logged_in());
                outgoing.set_viewer(session.user());
                match session.meter().reserve(&frames, framing.held_per_byte()) {
                    Ok(reserved) => {
                        outgoing.hold(reserved);
                        outgoing.send(frames);
                        None
                    }
                    Err(_) => Some(End::Overloaded),
                }
            }
            arrived = incoming.arrival(), if is_free && call.is_none() => {
                keepalive.received();
                receive(arrived, &mut incoming, &mut session, &mut outgoing, &mut call)
            }
            messages = session.listener().next(), if is_free => deliver(&messages, &session, &mut outgoing),
            () = keepalive.sleep() => check(&mut keepalive, &session, &mut outgoing),
        };
        if let Some(end) = ended {
            break end;
        }
    };
    // Presence and publishing need not wait for the closing handshake.
    drop(session);
    close(outgoing, incoming.into_stream(), end, limits.write).await;
}

/// Resolves with the outcome of the call; pending forever if there is none.
async fn finished(call: &mut Option<Call>) -> Called {
    match call {
        Some(call) => call.await,
        None => pending().await,
    }
}

async fn interrupted(interrupt: Interrupt, session: &Session) -> Option<End> {
    match interrupt {
        Interrupt::Overrun => Some(End::TooSlow),
        Interrupt::LoginsEnded => session.loss_of_login().await.map(|loss| match loss {
            Loss::Ended => End::LoggedOut,
            Loss::Unknown => End::Unchecked,
        }),
    }
}

/// Sends `messages`, unless the login has expired.
fn deliver<S>(
    messages: &[Arc<hub::Message>],
    session: &Session,
    outgoing: &mut Outgoing<S>,
) -> Option<End> {
    if session.login_is_over() {
        return Some(End::LoggedOut);
    }
    for message in messages {
        outgoing.send_shared(message, session.frames_of(message));
    }
    None
}

/// Handles the next message.
fn receive<S>(
    arrived: Result<Arrival, End>,
    incoming: &mut Incoming<S>,
    session: &mut Session,
    outgoing: &mut Outgoing<S>,
    call: &mut Option<Call>,
) -> Option<End> {
    let step = match arrived {
        Ok(Arrival::Messages) => incoming.handle_next(session)?,
        Ok(Arrival::Control) => return None,
        Err(end) => return Some(end),
    };
    match step {
        Step::Send(messages) => outgoing.send(messages),
        Step::Call(started) => *call = Some(started),
        Step::Refuse(message) => {
            outgoing.send(vec![message]);
            return Some(End::Refused);
        }
    }
    None
}

fn check<S>(
    keepalive: &mut KeepAlive,
    session: &Session,
    outgoing: &mut Outgoing<S>,
) -> Option<End> {
    if session.login_is_over() {
        return Some(End::LoggedOut);
    }
    if !outgoing.is_flushed() {
        // The client has to read first. The stream limits how long that may take, and frames from
        // the client are not read until then.
        keepalive.received();
    }
    match keepalive.check() {
        Check::Alive => {}
        Check::Ping => match session.ping() {
            Some(ping) => outgoing.send(vec![ping]),
            None => outgoing.send_heartbeat(),
        },
        Check::TimedOut => return Some(End::Silent),
        Check::NotLoggedIn => return Some(End::NotLoggedIn),
    }
    // Even a client that is pinged now has sent something since the last check, or has just
    // connected.
    session.renew_lease();
    None
}

#[cfg(test)]
mod tests;
