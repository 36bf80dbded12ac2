//! Ends claims on time. Readers already ignore an expired claim, because they pass the current
//! time. This job calls the store, which removes the row and records an event. The rule that restores
//! the earlier status is `Presence::expire` in `domain/presence.rs`.
//!
//! The timer is only a hint, because it does not notice a clock change. The clock is therefore
//! checked every second while a claim is due to expire. Everything is swept at the start and every
//! minute, regardless of the timer. The transaction that ends a claim checks again that it has
//! expired.

use crate::app::{Clock, set_by_hand};
use crate::domain::{Result, Timestamp};
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Maximum claims ended in one transaction, so that writers do not wait long.
const BATCH: usize = 128;
/// How often all claims are swept.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// How often the clock is checked while a claim is pending, and the retry interval after a failed
/// sweep.
const CLOCK_INTERVAL: Duration = Duration::from_secs(1);

/// Ends every claim that has expired at `now` and returns their number.
///
/// # Errors
/// `Unavailable`: a later sweep ends the remaining claims.
pub async fn sweep(store: &dyn Store, now: Timestamp) -> Result<usize> {
    let mut ended = 0;
    loop {
        let batch = store.expire_claims(now, BATCH).await?;
        ended += batch;
        if batch < BATCH {
            return Ok(ended);
        }
    }
}

/// The sweep loop.
pub struct Expiry {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
}

impl Expiry {
    /// Sweeps `store` by `clock` until `stop`.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, stop: CancellationToken) -> Self {
        Self { store, clock, stop }
    }

    /// Runs until it is stopped.
    pub async fn run(self) {
        // Subscribed before the first sweep, so that no new claim is missed.
        let (mut deadlines, mut set) = (self.store.deadlines(), self.clock.set_by_hand());
        loop {
            let next = self.sweep().await;
            let swept = Instant::now();
            while !self.is_due(next, swept) {
                let wait = self.wait(next, swept);
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    _ = deadlines.changed() => break,
                    () = set_by_hand(&mut set) => break,
                    () = tokio::time::sleep(wait) => {}
                }
            }
            if self.stop.is_cancelled() {
                return;
            }
        }
    }

    /// Sweeps and returns when the next claim expires, or `Unknown` after a failure.
    async fn sweep(&self) -> Next {
        let swept = sweep(&*self.store, self.clock.now()).await;
        match swept {
            Ok(_) => self
                .store
                .next_expiry()
                .await
                .map_or(Next::Unknown, |at| at.map_or(Next::None, Next::At)),
            Err(error) => {
                tracing::warn!(%error, "cannot end expired claims; will retry");
                Next::Unknown
            }
        }
    }

    fn is_due(&self, next: Next, swept: Instant) -> bool {
        let by_clock = match next {
            Next::At(end) => end <= self.clock.now(),
            Next::None => false,
            Next::Unknown => swept.elapsed() >= CLOCK_INTERVAL,
        };
        by_clock || swept.elapsed() >= SWEEP_INTERVAL
    }

    fn wait(&self, next: Next, swept: Instant) -> Duration {
        let until_sweep = SWEEP_INTERVAL.saturating_sub(swept.elapsed());
        match next {
            Next::At(end) => end
                .since(self.clock.now())
                .min(CLOCK_INTERVAL)
                .min(until_sweep),
            Next::None => until_sweep,
            Next::Unknown => CLOCK_INTERVAL,
        }
    }
}

/// When the next claim expires.
#[derive(Clone, Copy)]
enum Next {
    At(Timestamp),
    None,
    /// The store failed.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Claim, ClaimSource, Profile, StatusText, User, UserId, UserStatus, Username,
    };
    use crate::store::{self, ClaimEffect, PresenceChange};

    /// A clock fixed at the epoch.
    struct Epoch;

    impl Clock for Epoch {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
    }

    fn ann() -> User {
        User {
            id: UserId::new("ann"),
            username: Username::stored("ann".to_owned()),
            profile: Profile::default(),
            name: String::new(),
            email: None,
            roles: Vec::new(),
            active: true,
            created_at: Epoch.now(),
            updated_at: Epoch.now(),
        }
    }

    /// Ann's expired claim to be busy, of which the loop is not notified.
    fn unannounced() -> PresenceChange {
        let claim = Claim {
            source: ClaimSource::Manual,
            status: UserStatus::Busy,
            text: StatusText::default(),
            expires_at: Some(Epoch.now()),
            set_at: None,
        };
        PresenceChange {
            user: ann().id,
            by: ann().by(Timestamp::from_millis(-1)),
            effect: ClaimEffect::Sets,
            rule: Box::new(move |presence| {
                presence.put(claim.clone());
                Ok(())
            }),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_claim_without_notification_is_swept_within_a_minute() {
        let store = store::open_in_memory().unwrap();
        store
            .create_user(
                ann(),
                String::new(),
                crate::domain::Attribution::server(Timestamp::from_millis(0)),
            )
            .await
            .unwrap();
        let (clock, stop) = (Arc::new(Epoch), CancellationToken::new());
        tokio::spawn(Expiry::new(store.clone(), clock, stop.clone()).run());
        let _stop = stop.drop_guard();
        // Time advances in steps of one second, so that no more than that passes during a query on
        // the database thread, which the runtime does not see.
        tokio::spawn(async {
            loop {
                tokio::time::sleep(CLOCK_INTERVAL).await;
            }
        });
        // The first sweep is over by then.
        tokio::time::sleep(SWEEP_INTERVAL * 1000).await;
        store.change_presence(unannounced()).await.unwrap();
        let mut committed = store.committed();
        let ended = committed.wait_for(|newest| newest.as_u64() == 2);
        let ended = tokio::time::timeout(SWEEP_INTERVAL * 100_000, ended).await;
        assert!(ended.is_ok(), "the claim has not ended");
    }
}
