//! A stream with a write timeout and a lingering close, which hyper lacks. The timeout drops
//! clients that do not read. The linger lets a client that is refused while sending still receive
//! the response.

use crate::transport::idle::IdleTimer;
use crate::transport::limits::Limits;
use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

/// A stream whose writes fail with `TimedOut` when the peer accepts no bytes for [`Limits::write`].
pub(crate) struct TimeoutStream<S, H = ()> {
    stream: S,
    /// Anything that must live as long as the connection, whichever protocol it uses by then.
    _held: H,
    limits: Limits,
    stop: CancellationToken,
    timer: IdleTimer,
    /// Whether the idle timer is suspended while the response is still being sent.
    is_timer_suspended: bool,
    /// The deadline of a blocked write.
    stalled: Option<Pin<Box<Sleep>>>,
    /// The deadline after our end was shut down.
    linger: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, H> TimeoutStream<S, H> {
    /// Holds `held` until the stream is dropped. After `stop`, shutdown does not linger. The idle
    /// `timer` is suspended while a response is being sent.
    pub(crate) fn new(
        stream: S,
        held: H,
        limits: Limits,
        stop: CancellationToken,
        timer: IdleTimer,
    ) -> Self {
        Self {
            stream,
            _held: held,
            limits,
            stop,
            timer,
            is_timer_suspended: false,
            stalled: None,
            linger: None,
        }
    }

    fn unless_stalled(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            if std::mem::take(&mut self.is_timer_suspended) {
                self.timer.restart();
            }
            return written;
        }
        self.is_timer_suspended |= self.timer.suspend();
        let limit = self.limits.write;
        let end = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(end.as_mut().poll(context));
        let reason = "the client does not read the response";
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, reason)))
    }

    /// Reads and discards incoming bytes: closing with unread bytes would send a reset, which
    /// discards the response.
    fn drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut dropped = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut dropped);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, H: Unpin> AsyncRead for TimeoutStream<S, H> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, H: Unpin> AsyncWrite for TimeoutStream<S, H> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.unless_stalled(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.unless_stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        }
        let limit = this.limits.linger;
        let end = this.linger.get_or_insert_with(|| Box::pin(sleep(limit)));
        // Check the deadline first: a client that sends endlessly uses up the task's budget.
        if this.stop.is_cancelled() || end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        this.drain(context).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Duration, Instant};

    /// Returns the server's end, with a buffer of 16 bytes, and the client's.
    fn connection() -> (TimeoutStream<DuplexStream>, DuplexStream) {
        let (server, client) = duplex(16);
        let stop = CancellationToken::new();
        let timer = IdleTimer::start();
        (
            TimeoutStream::new(server, (), Limits::default(), stop, timer),
            client,
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_for_30_seconds_is_dropped() {
        let ((mut server, _client), began) = (connection(), Instant::now());
        let failed = server.write_all(&[1; 17]).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_not_dropped() {
        let (mut server, mut client) = connection();
        let reading = async {
            let mut all = Vec::new();
            while client.read_buf(&mut all).await.unwrap() > 0 {
                tokio::time::advance(Duration::from_secs(29)).await;
            }
            all.len()
        };
        let writing = async {
            server.write_all(&[1; 100]).await.unwrap();
            server.shutdown().await.unwrap();
            drop(server);
        };
        assert_eq!(tokio::join!(reading, writing).0, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_drains_input_and_ends_after_two_seconds() {
        let ((mut server, mut client), began) = (connection(), Instant::now());
        let sending = async {
            client.write_all(&[1; 100]).await.unwrap(); // More than the buffer holds, so the server reads.
            assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "and shuts down");
        };
        let (_, parted) = tokio::join!(sending, server.shutdown());
        parted.unwrap();
        assert_eq!(began.elapsed().as_secs(), 2);
    }
}
