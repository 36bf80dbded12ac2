//! A connection that gives up on a client who does not read, and that takes its leave so that a client who is refused in the middle of
//! sending still gets to see why. hyper has limits for neither. Knows nothing of HTTP.

use crate::transport::idle::IdleTimer;
use crate::transport::limits::Limits;
use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

/// A stream whose writes fail with `TimedOut` when its other end takes nothing in for [`Limits::write`].
pub(crate) struct TimeoutStream<S, H = ()> {
    stream: S,
    /// Whatever is to last as long as the connection, be it HTTP's or another protocol's by then.
    _held: H,
    limits: Limits,
    stop: CancellationToken,
    turn: IdleTimer,
    /// Whether it would be the client's turn, if its answer were not on its way still.
    lent: bool,
    /// Since when a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Since when the other end knows that nothing more will come.
    parting: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, H> TimeoutStream<S, H> {
    /// Holds `held` until it is dropped. Once `stop` has come, nothing is waited for when the connection is shut down. It is nobody's
    /// `turn` to speak while an answer is on its way.
    pub(crate) fn new(
        stream: S,
        held: H,
        limits: Limits,
        stop: CancellationToken,
        turn: IdleTimer,
    ) -> Self {
        Self {
            stream,
            _held: held,
            limits,
            stop,
            turn,
            lent: false,
            stalled: None,
            parting: None,
        }
    }

    fn unless_stalled(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            if std::mem::take(&mut self.lent) {
                self.turn.give_back();
            }
            return written;
        }
        self.lent |= self.turn.take();
        let limit = self.limits.write;
        let end = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(end.as_mut().poll(context));
        let reason = "the client reads nothing of its answer";
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, reason)))
    }

    /// Reads what still comes, and drops it: a close with bytes unread would be a reset, and that takes the answer with it.
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
        if this.parting.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        }
        let limit = this.limits.linger;
        let end = this.parting.get_or_insert_with(|| Box::pin(sleep(limit)));
        // The clock first: who sends without end uses up what the task may do in one go.
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

    /// The server's end, with room for 16 bytes, and the client's.
    fn connection() -> (TimeoutStream<DuplexStream>, DuplexStream) {
        let (server, client) = duplex(16);
        let stop = CancellationToken::new();
        let turn = IdleTimer::of_client();
        (
            TimeoutStream::new(server, (), Limits::default(), stop, turn),
            client,
        )
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_nothing_for_30_seconds_is_given_up() {
        let ((mut server, _client), began) = (connection(), Instant::now());
        let failed = server.write_all(&[1; 17]).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_slowly_is_not() {
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
    async fn parting_takes_in_what_still_comes_and_ends_after_two_seconds() {
        let ((mut server, mut client), began) = (connection(), Instant::now());
        let sending = async {
            client.write_all(&[1; 100]).await.unwrap(); // More than there is room for: somebody reads.
            assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "and says farewell");
        };
        let (_, parted) = tokio::join!(sending, server.shutdown());
        parted.unwrap();
        assert_eq!(began.elapsed().as_secs(), 2);
    }
}
