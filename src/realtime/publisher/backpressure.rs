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
