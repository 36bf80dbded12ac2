//! Dev mode: what `doorsign dev` adds to a server for the tests of client developers. A settable
//! clock, injected faults, a record of requests, and seed data to reset to.

mod clock;
mod faults;
mod requests;
pub mod seed;

pub use clock::{ClockChange, DevClock, Target};
pub use faults::{Effect, Fault, FaultBody, Faults, TooMany};
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
    /// The routes that a fault can affect.
    pub routes: Vec<ServedRoute>,
    store: Arc<dyn Seeded>,
}

/// A served route: its method and its path, as in the table of routes.
pub type ServedRoute = (&'static str, &'static str);

impl Dev {
    /// Creates the controls for a clock, a store that remembers its seed, and a server with
    /// `routes`.
    pub fn new(
        clock: Arc<DevClock>,
        store: Arc<dyn Seeded>,
        routes: impl Iterator<Item = ServedRoute>,
    ) -> Self {
        Self {
            clock,
            store,
            routes: routes.collect(),
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
