//! One attempt at a delivery: its time limit, and what a panic or a stop makes of it. Knows nothing of what comes after it.

use super::{Consumer, Failure, Outcome};
use crate::domain::Event;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a stop waits for the delivery that is under way.
const GRACE: Duration = Duration::from_secs(1);

/// Something that could not be finished because of the stop.
pub(super) struct Stopped;

/// Tells `consumer` of `event` once, within `limit`. A panic counts as a failure that may pass.
pub(super) async fn attempt(
    consumer: &dyn Consumer,
    event: &Event,
    number: u32,
    limit: Duration,
    stop: &CancellationToken,
) -> Result<Outcome, Stopped> {
    tokio::select! {
        biased; // After the stop nothing is begun, however quick it would be.
        () = stop.cancelled() => return Err(Stopped),
        () = consumer.ready() => {}
    }
    let delivery = async { consumer.deliver(event, number).await };
    let delivery = AssertUnwindSafe(delivery).catch_unwind();
    let limited = async {
        match tokio::time::timeout(limit, delivery).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Failure::Retry("it panicked".to_owned()).into(),
            Err(_) => Failure::Retry(format!("it took longer than {limit:?}")).into(),
        }
    };
    tokio::select! {
        outcome = limited => Ok(outcome),
        () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => Err(Stopped),
    }
}
