//! Dev mode: what `doorsign dev` has beside a server, for the tests of client developers. A clock to move, faults to meet, a list of
//! what was asked, and a seed to go back to. Knows no HTTP and no SQL.

mod clock;
mod faults;
mod requests;
pub mod seed;

pub use clock::{DevClock, To, Turn};
pub use faults::{Effect, Fault, Faults, TooMany};
pub use requests::{RequestRecord, Requests};

use crate::app::{App, Clock};
use crate::domain::Result;
use crate::jobs::claim_expiry;
use crate::store::Seeded;
use std::sync::Arc;

/// The controls of a server in dev mode.
pub struct Dev {
    /// The time.
    pub clock: Arc<DevClock>,
    /// What requests are to meet.
    pub faults: Faults,
    /// What was asked lately.
    pub requests: Requests,
    store: Arc<dyn Seeded>,
}

impl Dev {
    /// The controls of a server with this clock and this store, whose seed is remembered.
    pub fn new(clock: Arc<DevClock>, store: Arc<dyn Seeded>) -> Self {
        Self {
            clock,
            store,
            faults: Faults::default(),
            requests: Requests::default(),
        }
    }

    /// Ends what is due by the clock, so that whoever has moved it sees it ended.
    ///
    /// # Errors
    /// `Unavailable`: then it ends a little later.
    pub async fn end_what_is_due(&self, app: &App) -> Result<()> {
        claim_expiry::sweep(&*app.store, self.clock.now())
            .await
            .map(drop)
    }

    /// Puts everything back to where it was at the start: what is stored, the clock, and what is only remembered.
    ///
    /// # Errors
    /// `Unavailable`; then nothing has changed.
    pub async fn reset(&self, app: &App) -> Result<()> {
        self.store.reset().await?;
        self.faults.clear();
        self.requests.clear();
        app.auth.attempts.forget();
        self.clock.turn(Turn::REAL);
        app.connections.forget();
        app.live.ask_all_to_reload();
        Ok(())
    }
}
