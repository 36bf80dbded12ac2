//! One connection from its first byte to its end: how long the client may say nothing, and how a stop reaches it. Knows no HTTP.
//!
//! Both are watched without cost to a request that nobody interrupts: hyper's own time limit on headers sets and clears a timer for
//! every request, and asking a [`CancellationToken`] takes a lock that all connections share.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// How connections are told to end. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(crate) struct Shutdown {
    stopping: Arc<AtomicBool>,
    stop: CancellationToken,
    cut: CancellationToken,
}

impl Shutdown {
    /// Shutdown every connection with the request that is open.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.stop.cancel();
    }

    /// Shutdown what is left at once.
    pub(crate) fn cut(&self) {
        self.cut.cancel();
    }

    /// What tells that connections are to end.
    pub(crate) fn stopped(&self) -> &CancellationToken {
        &self.stop
    }
}

/// Since when it has been the client's turn to speak. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct IdleTimer {
    began: Instant,
    /// Microseconds after `began`, plus 1; 0 while it is the server's turn.
    client_since: Arc<AtomicU64>,
}

impl IdleTimer {
    /// It is the client's from now on.
    pub(crate) fn of_client() -> Self {
        let turn = Self {
            began: Instant::now(),
            client_since: Arc::default(),
        };
        turn.give_back();
        turn
    }

    /// The server has something to do: a request to answer, or an answer to send. Whether it was the client's turn before.
    pub(crate) fn take(&self) -> bool {
        self.client_since.swap(0, Ordering::Relaxed) != 0
    }

    /// The server has answered.
    pub(crate) fn give_back(&self) {
        let since = self.began.elapsed().as_micros() + 1;
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.client_since.store(since, Ordering::Relaxed);
    }

    /// Since when it has been the client's turn; `None` while it is the server's.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        self.end(Duration::ZERO)
    }

    /// When the client will have been silent for `limit`, if it says nothing more.
    fn end(&self, limit: Duration) -> Option<Instant> {
        let since = self.client_since.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.began + Duration::from_micros(since) + limit)
    }
}

/// Why a conversation ended.
pub(crate) enum Ended<T> {
    /// By itself.
    ByItself(T),
    /// The client said nothing for too long.
    Silent,
    /// It was cut.
    Cut,
}

/// Drives `connection` until it ends, the client has been silent for `limit`, or it is told to end: then `wind_up` is called once, and
/// it may go on until it is cut.
pub(crate) async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    wind_up: impl FnOnce(Pin<&mut C>),
    turn: &IdleTimer,
    limit: Duration,
    ends: &Shutdown,
) -> Ended<C::Output> {
    let mut watch = pin!(Watch::new(turn, limit, ends));
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

/// What a connection is interrupted by.
struct Watch<'a> {
    turn: &'a IdleTimer,
    limit: Duration,
    ends: &'a Shutdown,
    look: Pin<Box<Sleep>>,
    stop: Pin<Box<WaitForCancellationFuture<'a>>>,
    /// Whom the stop will wake. It is asked again only for another waker, or when it has come.
    asked: Option<Waker>,
}

impl<'a> Watch<'a> {
    fn new(turn: &'a IdleTimer, limit: Duration, ends: &'a Shutdown) -> Self {
        let end = turn.end(limit).unwrap_or_else(|| Instant::now() + limit);
        let (look, stop) = (Box::pin(sleep_until(end)), Box::pin(ends.stop.cancelled()));
        Self {
            turn,
            limit,
            ends,
            look,
            stop,
            asked: None,
        }
    }

    /// `None` when the connection is told to end.
    fn poll<T>(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Ended<T>>> {
        let this = self.get_mut();
        let known = |waker: &Waker| waker.will_wake(context.waker());
        if this.ends.stopping.load(Ordering::SeqCst) || !this.asked.as_ref().is_some_and(known) {
            this.asked = Some(context.waker().clone());
            if this.stop.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
        }
        // One look a limit, however many requests there are; it is put off to the end of the client's time.
        while this.look.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            match this.turn.end(this.limit) {
                Some(end) if end <= now => return Poll::Ready(Some(Ended::Silent)),
                end => this.look.as_mut().reset(end.unwrap_or(now + this.limit)),
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

    /// Drives a connection that never ends by itself, and tells how it ended and after how many seconds.
    async fn driven(turn: &IdleTimer, ends: &Shutdown) -> (&'static str, u64) {
        let (began, connection) = (Instant::now(), pin!(pending::<()>()));
        let told = match drive(connection, |_| ends.cut(), turn, LIMIT, ends).await {
            Ended::ByItself(()) => "by itself",
            Ended::Silent => "silent",
            Ended::Cut => "wound up and cut",
        };
        (told, began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_who_says_nothing_has_fifteen_seconds() {
        assert_eq!(
            driven(&IdleTimer::of_client(), &Shutdown::default()).await,
            ("silent", 15)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn its_time_begins_anew_with_every_answer_and_the_servers_does_not_count() {
        let (turn, ends) = (IdleTimer::of_client(), Shutdown::default());
        let asking = async {
            for _ in 0..3 {
                tokio::time::advance(Duration::from_secs(14)).await;
                assert!(turn.take());
                tokio::time::advance(Duration::from_secs(100)).await;
                turn.give_back();
            }
        };
        let (ended, ()) = tokio::join!(driven(&turn, &ends), asking);
        assert_eq!(ended, ("silent", 3 * 114 + 15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_reaches_a_connection_that_waits_and_one_that_comes_later() {
        let (turn, ends) = (IdleTimer::of_client(), Shutdown::default());
        let stopping = async {
            tokio::time::advance(Duration::from_secs(7)).await;
            ends.stop();
        };
        let (ended, ()) = tokio::join!(driven(&turn, &ends), stopping);
        assert_eq!(ended, ("wound up and cut", 7));
        assert_eq!(driven(&turn, &ends).await, ("wound up and cut", 0));
    }
}
