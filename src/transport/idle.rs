//! The lifetime of one connection: the idle timeout of the client, and shutdown. Does not depend on
//! HTTP.
//!
//! Both cost nothing per uninterrupted request. In contrast, hyper's header timeout sets and clears
//! a timer for every request, and polling a [`CancellationToken`] takes a lock that all connections
//! share.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// Shutdown signals for connections. Clones share their state.
#[derive(Clone, Default)]
pub(crate) struct Shutdown {
    stopping: Arc<AtomicBool>,
    stop: CancellationToken,
    cut: CancellationToken,
}

impl Shutdown {
    /// Asks every connection to end after its current request.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.stop.cancel();
    }

    /// Aborts the remaining connections at once.
    pub(crate) fn cut(&self) {
        self.cut.cancel();
    }

    /// Returns the token that is cancelled when connections are to end.
    pub(crate) fn stopped(&self) -> &CancellationToken {
        &self.stop
    }
}

/// Measures how long the client has been idle. Clones share their state.
#[derive(Clone)]
pub(crate) struct IdleTimer {
    began: Instant,
    /// Microseconds after `began`, plus 1; 0 while the server is busy.
    client_since: Arc<AtomicU64>,
}

impl IdleTimer {
    /// Creates a timer that starts now.
    pub(crate) fn start() -> Self {
        let timer = Self {
            began: Instant::now(),
            client_since: Arc::default(),
        };
        timer.restart();
        timer
    }

    /// Suspends the timer while the server handles a request or sends a response. Returns whether
    /// it was running.
    pub(crate) fn suspend(&self) -> bool {
        self.client_since.swap(0, Ordering::Relaxed) != 0
    }

    /// Restarts the timer after a response.
    pub(crate) fn restart(&self) {
        let since = self.began.elapsed().as_micros() + 1;
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.client_since.store(since, Ordering::Relaxed);
    }

    /// Returns when the client became idle; `None` while the server is busy.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        self.end(Duration::ZERO)
    }

    /// Returns when the client will have been idle for `limit`.
    fn end(&self, limit: Duration) -> Option<Instant> {
        let since = self.client_since.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.began + Duration::from_micros(since) + limit)
    }
}

/// Why a connection ended.
pub(crate) enum Ended<T> {
    /// It completed.
    ByItself(T),
    /// The client was idle for too long.
    Silent,
    /// It was aborted.
    Cut,
}

/// Drives `connection` until it completes or the client was idle for `limit`. On shutdown, calls
/// `wind_up` once and lets the connection go on until it is aborted.
pub(crate) async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    wind_up: impl FnOnce(Pin<&mut C>),
    timer: &IdleTimer,
    limit: Duration,
    ends: &Shutdown,
) -> Ended<C::Output> {
    let mut watch = pin!(Watch::new(timer, limit, ends));
    let ended = poll_fn(|context| match connection.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(Ended::ByItself(output))),
        Poll::Pending => watch.as_mut().poll(context),
    });
    if let Some(ended) = ended.await {
        return ended;
    }
    wind_up(connection.as_mut());
    tokio::select! {
        output = connection => Ended::ByItself(output),
        () = ends.cut.cancelled() => Ended::Cut,
    }
}

/// Interrupts a connection.
struct Watch<'a> {
    timer: &'a IdleTimer,
    limit: Duration,
    ends: &'a Shutdown,
    deadline: Pin<Box<Sleep>>,
    stop: Pin<Box<WaitForCancellationFuture<'a>>>,
    /// The waker registered for shutdown. Polled again only for another waker, or after shutdown.
    asked: Option<Waker>,
}

impl<'a> Watch<'a> {
    fn new(timer: &'a IdleTimer, limit: Duration, ends: &'a Shutdown) -> Self {
        let end = timer.end(limit).unwrap_or_else(|| Instant::now() + limit);
        let (deadline, stop) = (Box::pin(sleep_until(end)), Box::pin(ends.stop.cancelled()));
        Self {
            timer,
            limit,
            ends,
            deadline,
            stop,
            asked: None,
        }
    }

    /// Resolves to `None` on shutdown.
    fn poll<T>(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Ended<T>>> {
        let this = self.get_mut();
        let known = |waker: &Waker| waker.will_wake(context.waker());
        if this.ends.stopping.load(Ordering::SeqCst) || !this.asked.as_ref().is_some_and(known) {
            this.asked = Some(context.waker().clone());
            if this.stop.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
        }
        // The timer fires once per limit, regardless of the number of requests, and is then moved
        // to the new deadline.
        while this.deadline.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            match this.timer.end(this.limit) {
                Some(end) if end <= now => return Poll::Ready(Some(Ended::Silent)),
                end => this
                    .deadline
                    .as_mut()
                    .reset(end.unwrap_or(now + this.limit)),
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    const LIMIT: Duration = Duration::from_secs(15);

    /// Drives a connection that never completes. Returns how it ended and after how many seconds.
    async fn driven(timer: &IdleTimer, ends: &Shutdown) -> (&'static str, u64) {
        let (began, connection) = (Instant::now(), pin!(pending::<()>()));
        let ended = match drive(connection, |_| ends.cut(), timer, LIMIT, ends).await {
            Ended::ByItself(()) => "by itself",
            Ended::Silent => "silent",
            Ended::Cut => "wound up and cut",
        };
        (ended, began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_has_fifteen_seconds() {
        assert_eq!(
            driven(&IdleTimer::start(), &Shutdown::default()).await,
            ("silent", 15)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_timer_restarts_with_every_response_and_ignores_server_time() {
        let (timer, ends) = (IdleTimer::start(), Shutdown::default());
        let asking = async {
            for _ in 0..3 {
                tokio::time::advance(Duration::from_secs(14)).await;
                assert!(timer.suspend());
                tokio::time::advance(Duration::from_secs(100)).await;
                timer.restart();
            }
        };
        let (ended, ()) = tokio::join!(driven(&timer, &ends), asking);
        assert_eq!(ended, ("silent", 3 * 114 + 15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_reaches_waiting_and_later_connections() {
        let (timer, ends) = (IdleTimer::start(), Shutdown::default());
        let stopping = async {
            tokio::time::advance(Duration::from_secs(7)).await;
            ends.stop();
        };
        let (ended, ()) = tokio::join!(driven(&timer, &ends), stopping);
        assert_eq!(ended, ("wound up and cut", 7));
        assert_eq!(driven(&timer, &ends).await, ("wound up and cut", 0));
    }
}
