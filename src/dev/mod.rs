//! Dev mode: what `doorsign dev` adds to a server for the tests of client developers. A settable
//! clock, injected faults, a record of requests, and seed data to reset to.

mod clock;
mod faults;
mod requests;
pub mod seed;

pub use clock::{ClockChange, DevClock, Target};
pub use faults::{Effect, Fault, Faults, TooMany};
pub use requests::{RequestRecord, Requests};

use crate::app::{App, Clock};
use crate::domain::Result;
use crate::jobs::claim_expiry;
use crate::store::Seeded;
use std::sync::Arc;

/// The controls of a server in dev mode.
pub struct Dev {
    /// The clock.
    pub clock: Arc<DevClock>,
    /// Injected faults.
    pub faults: Faults,
    /// Recent requests.
    pub requests: Requests,
    store: Arc<dyn Seeded>,
}

impl Dev {
    /// Creates the controls for a clock and a store that remembers its seed.
    pub fn new(clock: Arc<DevClock>, store: Arc<dyn Seeded>) -> Self {
        Self {
            clock,
            store,
            faults: Faults::default(),
            requests: Requests::default(),
        }
    }

    /// Ends expired claims at once, so that the effect of a clock change is visible.
    ///
    /// # Errors
    /// `Unavailable`: they end a little later.
    pub async fn expire_due(&self, app: &App) -> Result<()> {
        claim_expiry::sweep(&*app.store, self.clock.now())
            .await
            .map(drop)
    }

    /// Resets the stored data, the clock and everything in memory to their state at the start.
    ///
    /// # Errors
    /// `Unavailable`; nothing has changed then.
    pub async fn reset(&self, app: &App) -> Result<()> {
        self.store.reset().await?;
        self.faults.clear();
        self.requests.clear();
        app.auth.attempts.forget();
        self.clock.change(ClockChange::REAL);
        app.connections.forget();
        app.live.ask_all_to_reload();
        Ok(())
    }
}
