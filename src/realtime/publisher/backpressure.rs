//! Pauses between batches, so that listeners keep up and a flood leaves CPU time to others.

use crate::realtime::hub::Live;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The pause after a batch, as a multiple of the time it took.
const PAUSE_FACTOR: u32 = 2;
/// The longest pause, and the shortest that is worth a timer.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(250);
const SHORTEST_PAUSE: Duration = Duration::from_millis(2);
/// How often to check whether all listeners have taken their messages.
const BACKLOG_INTERVAL: Duration = Duration::from_millis(1);

/// Gives listeners time to take what was published since `began`, then yields the CPU to
/// others.
pub(super) async fn pause(live: &Live, stop: &CancellationToken, began: Instant) {
    // This task runs again after some of the tasks it woke.
    tokio::task::yield_now().await;
    let mut backlog = live.backlog();
    while backlog > 0 {
        tokio::time::sleep(BACKLOG_INTERVAL).await;
        // Do not wait for listeners that do not read: stop when the backlog no longer shrinks.
        let left = live.backlog();
        if left >= backlog || began.elapsed() > LONGEST_PAUSE {
            break;
        }
        backlog = left;
    }
    let pause = began
        .elapsed()
        .saturating_mul(PAUSE_FACTOR)
        .min(LONGEST_PAUSE);
    if pause < SHORTEST_PAUSE {
        return;
    }
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = stop.cancelled() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Setting;
    use crate::realtime::hub::{Listener, News, Topic};
    use std::sync::Arc;
    use std::task::Poll;

    /// A listener with one waiting message.
    fn behind(live: &Arc<Live>) -> Listener {
        let mut listener = live.listen();
        listener.subscribe(Topic::Settings);
        live.publish(&Topic::Settings, || {
            News::Setting(Setting::SiteName, "name".into())
        });
        listener
    }

    /// How long the pause is after a batch that took `spent`.
    async fn paused(live: &Live, stop: &CancellationToken, spent: u64) -> Duration {
        let began = Instant::now();
        tokio::time::advance(Duration::from_millis(spent)).await;
        let now = Instant::now();
        pause(live, stop, began).await;
        now.elapsed()
    }

    const fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_twice_as_long_as_its_batch_within_limits() {
        let (live, stop) = (Arc::<Live>::default(), CancellationToken::new());
        for (spent, expected) in [(0, 0), (1, 2), (10, 20), (125, 250), (900, 250)] {
            assert_eq!(paused(&live, &stop, spent).await, millis(expected));
        }
        stop.cancel();
        assert_eq!(paused(&live, &stop, 10).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_listener_that_does_not_read_is_waited_for_once() {
        let (live, stop) = (Arc::<Live>::default(), CancellationToken::new());
        let _behind = behind(&live);
        assert_eq!(paused(&live, &stop, 0).await, millis(1 + 2));
    }

    /// How long the pause is while one of `behind` reads in each millisecond.
    async fn paused_while_read(behind: usize) -> Duration {
        let (live, stop) = (Arc::<Live>::default(), CancellationToken::new());
        let mut waiting: Vec<_> = (0..behind).map(|_| self::behind(&live)).collect();
        let pausing = paused(&live, &stop, 0);
        tokio::pin!(pausing);
        for _ in 0..8 {
            assert!(futures_util::poll!(pausing.as_mut()).is_pending());
        }
        loop {
            waiting.pop();
            tokio::time::advance(millis(1)).await;
            if let Poll::Ready(paused) = futures_util::poll!(pausing.as_mut()) {
                return paused;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn listeners_are_waited_for_while_they_read_up_to_a_limit() {
        assert_eq!(paused_while_read(5).await, millis(5 + 10));
        assert_eq!(paused_while_read(500).await, millis(251 + 250));
    }
}
