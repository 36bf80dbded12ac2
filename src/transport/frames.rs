//! A stream that counts message bytes while its client has no login. A message above a small size
//! takes bytes from a budget that all such clients share.

use super::budget::Reserved;
use super::slots::{Client, LARGE_ANSWER};
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of a message that are not counted. A login fits in them.
const FREE: usize = 4 * 1024;

/// Counts the bytes of each message. Clones share their state.
#[derive(Clone)]
pub(crate) struct FrameMeter {
    /// `None`: nothing is counted.
    client: Option<Arc<Client>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    read: usize,
    reserved: Option<Reserved>,
}

impl FrameMeter {
    /// A meter for the connection of `client`.
    pub(crate) fn new(client: Option<Arc<Client>>) -> Self {
        let state = Arc::default();
        Self { client, state }
    }

    /// Releases the HTTP bytes after the upgrade.
    pub(crate) fn begin(&self) {
        self.client.iter().for_each(|client| client.release());
    }

    /// Wraps a stream whose reads are counted.
    pub(crate) fn watch<S>(&self, stream: S) -> Metered<S> {
        let meter = self.clone();
        Metered { stream, meter }
    }

    /// Records that the client has logged in.
    pub(crate) fn log_in(&self) {
        self.client.iter().for_each(|client| client.logged_in());
        self.end_message();
    }

    /// Records that the client has no login any more.
    pub(crate) fn log_out(&self) {
        self.client.iter().for_each(|client| client.logged_out());
    }

    /// Reserves the bytes for sending `messages`, if they are large. `held_per_byte`: the number of
    /// bytes in memory for each byte of a message, such as 2 if the library copies what it sends.
    ///
    /// # Errors
    /// `OutOfMemory` when the budget is used up.
    pub(crate) fn reserve(
        &self,
        messages: &[String],
        held_per_byte: usize,
    ) -> Result<Option<Reserved>> {
        let lengths = messages.iter().map(String::len);
        let large: usize = lengths.filter(|length| *length > LARGE_ANSWER).sum();
        match &self.client {
            Some(client) if large > 0 => {
                let reserved = client.answers().try_reserve(held_per_byte * large);
                let none = || Error::from(ErrorKind::OutOfMemory);
                reserved.ok_or_else(none).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Ends the current message and releases its bytes.
    pub(crate) fn end_message(&self) {
        *self.state() = State::default();
    }

    /// Counts `bytes`. Returns `false` if the budget is used up.
    fn count(&self, bytes: usize) -> bool {
        let anonymous = self.client.as_ref().filter(|client| !client.has_login());
        let Some(client) = anonymous else {
            return true;
        };
        let mut state = self.state();
        let counted = state.read.max(FREE);
        state.read += bytes;
        let more = state.read.saturating_sub(counted);
        if more == 0 {
            return true;
        }
        let Some(reserved) = client.anonymous_bodies().try_reserve(more) else {
            return false;
        };
        match &mut state.reserved {
            Some(held) => held.merge(reserved),
            none => *none = Some(reserved),
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream whose reads are counted. A read fails with `OutOfMemory` when the budget is used up.
pub(crate) struct Metered<S> {
    stream: S,
    meter: FrameMeter,
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.meter.count(buffer.filled().len() - before) {
            Poll::Ready(Ok(()))
        } else {
            Poll::Ready(Err(Error::from(ErrorKind::OutOfMemory)))
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::super::slots::Slots;
    use super::*;

    #[test]
    fn a_large_message_is_counted_until_it_ends_and_fails_without_budget() {
        let slots = Slots::new(10, None, Vec::new());
        let slot = slots.register("192.0.2.1".parse().unwrap()).unwrap();
        let client = slot.client();
        let (budget, meter) = (
            client.anonymous_bodies(),
            FrameMeter::new(Some(client.clone())),
        );
        let all = budget.free();
        assert!(meter.count(FREE));
        assert_eq!(budget.free(), all);
        assert!(meter.count(1000) && meter.count(10));
        assert_eq!(budget.free(), all - 1010);
        meter.end_message();
        assert_eq!(budget.free(), all);
        let others = budget.try_reserve(all).unwrap();
        assert!(!meter.count(FREE + 1));
        client.logged_in();
        assert!(meter.count(100_000));
        drop(others);
    }
}
