//! Dev mode: what `doorsign dev` has beside a server, for the tests of client developers. A clock to move, faults to meet, a list of
//! what was asked, and a seed to go back to. Knows no HTTP and no SQL.

mod clock;
mod faults;
mod requests;
pub mod seed;

pub use clock::{DevClock, To, Turn};
pub use faults::{Effect, Fault, Faults, TooMany};
pub use requests::{Requests, Seen};

use crate::app::App;
use crate::domain::Result;
use crate::store::Seeded;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What is done whenever the clock was moved, before the one who moved it is answered.
pub type AfterMove = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The controls of a server in dev mode.
pub struct Dev {
    /// The time.
    pub clock: Arc<DevClock>,
    /// What requests are to meet.
    pub faults: Faults,
    /// What was asked lately.
    pub requests: Requests,
    store: Arc<dyn Seeded>,
    after_move: Vec<AfterMove>,
}

impl Dev {
    /// The controls of a server with this clock and this store, whose seed is remembered.
    pub fn new(clock: Arc<DevClock>, store: Arc<dyn Seeded>) -> Self {
        Self {
            clock,
            store,
            faults: Faults::default(),
            requests: Requests::default(),
            after_move: Vec::new(),
        }
    }

    /// With something that has to end what is due when the clock was moved.
    #[must_use]
    pub fn after_move(mut self, work: AfterMove) -> Self {
        self.after_move.push(work);
        self
    }

    /// Turns the clock and ends what is due by then. `None` when the clock does not go there.
    pub async fn turn_clock(&self, turn: Turn) -> Option<()> {
        self.clock.turn(turn)?;
        for work in &self.after_move {
            work().await;
        }
        Some(())
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
        self.turn_clock(Turn::REAL).await;
        Ok(())
    }
}
