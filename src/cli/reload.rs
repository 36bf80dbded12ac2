//! What SIGHUP does: the settings are read again, `log` takes effect, and the log names the others that have changed and need a restart.
//! The audit log needs no signal: it notices by itself when its file was moved.

use super::{command, load};
use crate::config::Loaded;
use crate::logging;

/// The one setting that takes effect without a restart.
const LOG: &str = "log";

/// Reads the settings of this process again. Whatever is wrong with them, the server goes on with those that it has.
pub(super) fn reload(running: &Loaded) {
    let read = command()
        .try_get_matches()
        .map_err(|error| error.to_string())
        .and_then(|matches| load(&matches))
        .and_then(|read| logging::set_filter(&read.config.log).map(|()| read));
    match read {
        Ok(read) => tell(&restart_settings(running, &read), &read.config.log),
        Err(error) => {
            tracing::warn!(%error, "the settings cannot be reloaded; the old ones stay in force");
        }
    }
}

fn tell(others: &[&str], log: &str) {
    tracing::info!(log, "settings were reloaded");
    if !others.is_empty() {
        let settings = others.join(", ");
        tracing::warn!(%settings, "settings have changed that take effect with a restart");
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
