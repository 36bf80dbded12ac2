//! Handles SIGHUP: reads the settings again, applies `log`, and logs the names of other changed
//! settings, which need a restart. The audit log needs no signal: it notices that its file was
//! moved.

use super::output::Outcome;
use super::parser::{load, parser};
use crate::config::Loaded;
use crate::server::logging;

/// The one setting that takes effect without a restart.
const LOG: &str = "log";

/// Reads the settings of this process again. If they are invalid, the server keeps the old ones.
pub(super) fn reload(running: &Loaded) {
    match read_again() {
        Ok(read) => log_changes(&restart_settings(running, &read), &read.config.log),
        Err(error) => {
            tracing::warn!(%error, "cannot reload the settings; the old ones stay in force");
        }
    }
}

fn read_again() -> Outcome<Loaded> {
    let read = load(&parser().try_get_matches()?)?;
    logging::set_filter(&read.config.log)?;
    Ok(read)
}

fn log_changes(changed: &[String], log: &str) {
    tracing::info!(log, "reloaded the settings");
    if !changed.is_empty() {
        let settings = changed.join(", ");
        tracing::warn!(%settings, "these settings changed and take effect after a restart");
    }
}

/// The settings that have changed and are not applied.
fn restart_settings(running: &Loaded, read: &Loaded) -> Vec<String> {
    let mut changed = read.changed(running);
    changed.retain(|key| key != LOG);
    changed
}
