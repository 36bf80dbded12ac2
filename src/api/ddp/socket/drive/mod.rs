//! The loop of one live connection: what comes in, what is to be told, and how it ends. A client is never waited for: what it does not
//! read stays in its mailbox, where newer news take the place of older, until there is too much and it is cut. Knows no frame by name.

mod end;
mod outgoing;
mod watch;

use super::call::{Call, Called};
use super::session::{Loss, Session, Step};
use crate::realtime::hub::{self, Interrupt};
use crate::transport::limits::Limits;
use end::{End, take_leave};
use futures_util::StreamExt;
use outgoing::Outgoing;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use watch::{Look, Watch};

/// Bytes of a frame that a client may send.
pub(super) const LARGEST_FRAME: usize = 64 * 1024;
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
        let is_free = outgoing.is_flushed();
        let ended = tokio::select! {
            biased;
            () = &mut stop => Some(End::Stop),
            // A call may itself end the login that it stands on, and has to tell so.
            trouble = session.listener().trouble(), if call.is_none() => in_trouble(trouble, &session).await,
            flushed = outgoing.flush(), if !is_free => flushed.err().map(|_| End::Gone),
            called = under_way(&mut call) => {
                call = None;
                let frames = session.called(called).await;
                watch.logged_in(session.is_logged_in());
                match session.meter().reserve(&frames) {
                    Ok(reserved) => {
                        outgoing.hold(reserved);
                        outgoing.send(frames);
                        None
                    }
                    Err(_) => Some(End::Overloaded),
                }
            }
            frame = incoming.next(), if is_free && call.is_none() => {
                watch.heard();
                receive(frame, &mut session, &mut outgoing, &mut call)
            }
            messages = session.listener().next(), if is_free => deliver(&messages, &session, &mut outgoing),
            () = watch.sleep() => look(&mut watch, &session, &mut outgoing),
        };
        if let Some(end) = ended {
            break end;
        }
    };
    // Whoever asks who is connected, or listens, need not wait for the farewell.
    drop(session);
    take_leave(outgoing, incoming, end, limits.write).await;
}

/// Comes back with what a call has come to, and never where there is none.
async fn under_way(call: &mut Option<Call>) -> Called {
    match call {
        Some(call) => call.await,
        None => pending().await,
    }
}

async fn in_trouble(trouble: Interrupt, session: &Session) -> Option<End> {
    match trouble {
        Interrupt::Overrun => Some(End::TooSlow),
        Interrupt::LoginsEnded => session.loss_of_login().await.map(|loss| match loss {
            Loss::Ended => End::LoggedOut,
            Loss::Unknown => End::Unchecked,
        }),
    }
}

/// Sends what `messages` say, unless the time of the login is up: nothing is sent after its end.
fn deliver<S>(
    messages: &[Arc<hub::Message>],
    session: &Session,
    outgoing: &mut Outgoing<S>,
) -> Option<End> {
    if session.login_is_over() {
        return Some(End::LoggedOut);
    }
    outgoing.tell(messages.iter().flat_map(|message| session.tell(message)));
    None
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
        Some(Err(error)) => return Some(End::by(&error)),
    }
    None
}

fn look<S>(watch: &mut Watch, session: &Session, outgoing: &mut Outgoing<S>) -> Option<End> {
    if session.login_is_over() {
        return Some(End::LoggedOut);
    }
    if !outgoing.is_flushed() {
        // It is the client's turn to read. How long it may take is the stream's to say, and what it sends meanwhile is not seen.
        watch.heard();
    }
    match watch.look() {
        Look::Heard => {}
        Look::Ask => outgoing.send(session.ping().into_iter().collect()),
        Look::GiveUp => return Some(End::Silent),
        Look::NotLoggedIn => return Some(End::NotLoggedIn),
    }
    // Who is asked was heard of since the last look, or begins.
    session.heard();
    None
}

#[cfg(test)]
mod tests;
