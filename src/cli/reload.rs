//! Handles SIGHUP: reads the settings again, applies `log`, and logs the names of other changed settings, which need a restart. The
//! audit log needs no signal: it notices that its file was moved.

use super::{command, load};
use crate::config::Loaded;
use crate::server::logging;

/// The one setting that takes effect without a restart.
const LOG: &str = "log";

/// Reads the settings of this process again. If they are invalid, the server keeps the old ones.
pub(super) fn reload(running: &Loaded) {
    let read = command()
        .try_get_matches()
        .map_err(|error| error.to_string())
        .and_then(|matches| load(&matches))
        .and_then(|read| logging::set_filter(&read.config.log).map(|()| read));
    match read {
        Ok(read) => log_changes(&restart_settings(running, &read), &read.config.log),
        Err(error) => {
            tracing::warn!(%error, "cannot reload the settings; the old ones stay in force");
        }
    }
}

fn log_changes(others: &[&str], log: &str) {
    tracing::info!(log, "reloaded the settings");
    if !others.is_empty() {
        let settings = others.join(", ");
        tracing::warn!(%settings, "these settings changed and take effect after a restart");
    }
}

/// The settings that have changed and are not applied.
fn restart_settings<'a>(running: &'a Loaded, read: &Loaded) -> Vec<&'a str> {
    let pairs = running.origins.iter().zip(&read.origins);
    pairs
        .filter(|(old, new)| old.key != LOG && old.value != new.value)
        .map(|(old, _)| old.key)
        .collect()
}
