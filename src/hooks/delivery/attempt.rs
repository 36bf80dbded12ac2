//! One delivery attempt: applies its time limit and handles panics and shutdown.

use super::{Consumer, Failure, Outcome};
use crate::domain::Event;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long shutdown waits for a delivery in progress.
const GRACE: Duration = Duration::from_secs(1);

/// The attempt was interrupted by shutdown.
pub(super) struct Stopped;

/// Delivers `event` to `consumer` once, within `limit`. A panic counts as a temporary failure.
pub(super) async fn attempt(
    consumer: &dyn Consumer,
    event: &Event,
    number: u32,
    limit: Duration,
    stop: &CancellationToken,
) -> Result<Outcome, Stopped> {
    tokio::select! {
        biased; // Start nothing after the stop.
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
