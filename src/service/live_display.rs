//! A display while it reads the board: whether its key is still valid, and when it was last
//! connected.

use crate::app::App;
use crate::auth::opaque_token;
use crate::domain::{Display, Error, Result, Timestamp};
use crate::store::ChangeKind;
use std::time::Duration;

/// Minimum time between two records of a display's last connection.
const SEEN_INTERVAL: Duration = Duration::from_secs(60);

/// A display with a valid key.
pub struct LiveDisplay {
    key_hash: String,
    display: Display,
    /// The version under which the display was read.
    version: u64,
    /// When the last connection was recorded.
    recorded_at: Option<Timestamp>,
}

impl LiveDisplay {
    /// Finds the display with this key, and records that it was connected.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown key, `Unavailable`.
    pub async fn open(app: &App, key: &str) -> Result<Self> {
        let key_hash = opaque_token::digest(key);
        let (version, display) = read(app, &key_hash).await?;
        let mut live = Self {
            recorded_at: display.last_seen_at,
            key_hash,
            display,
            version,
        };
        live.record(app).await;
        Ok(live)
    }

    /// Returns the display as it was last read.
    #[must_use]
    pub const fn display(&self) -> &Display {
        &self.display
    }

    /// Returns whether a display was changed since the last [`check`](Self::check). Queries nothing.
    #[must_use]
    pub fn is_in_doubt(&self, app: &App) -> bool {
        app.store.version(ChangeKind::Displays) != self.version
    }

    /// Checks the key. Queries the store only after a change of displays.
    ///
    /// # Errors
    /// `Unauthenticated` for a key that was revoked or replaced, `Unavailable`.
    pub async fn check(&mut self, app: &App) -> Result<()> {
        if self.is_in_doubt(app) {
            (self.version, self.display) = read(app, &self.key_hash).await?;
        }
        Ok(())
    }

    /// Records that the display is connected, at most once a minute. A database that is full or busy
    /// must not turn a screen dark, so a failure has no effect.
    pub async fn record(&mut self, app: &App) {
        let now = app.clock.now();
        let is_recent = |at| now.since(at) < SEEN_INTERVAL;
        if !self.recorded_at.is_some_and(is_recent) {
            let id = self.display.id.clone();
            let recorded = app.store.display_seen(id, now).await;
            self.recorded_at = recorded.ok().map(|()| now).or(self.recorded_at);
        }
    }
}

/// Returns the display with this key, and the version that it has at least.
async fn read(app: &App, key_hash: &str) -> Result<(u64, Display)> {
    // The version comes first: see `auth::versioned`.
    let version = app.store.version(ChangeKind::Displays);
    let found = app.store.find_display(key_hash.to_owned()).await?;
    Ok((version, found.ok_or(Error::Unauthenticated)?))
}
