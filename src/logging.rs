//! The log: lines on standard error, through a thread of its own, so that a slow reader of the log never holds up a request: when 8,192
//! lines wait, further ones are dropped. Knows nothing of what is logged; that no secret is, is for those who log.

use crate::config::{Config, LogFormat};
use std::io::{BufWriter, stderr};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Starts logging as the settings say, until the guard is dropped, which writes what still waits.
///
/// # Errors
/// One line when the filter cannot be read.
pub fn start(config: &Config) -> Result<WorkerGuard, String> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|e| format!("log = {:?} is not a log filter: {e}", config.log))?;
    // The thread flushes when nothing more waits, so that a crowd of lines costs one write.
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(8192)
        .thread_name("log")
        .finish(BufWriter::with_capacity(64 * 1024, stderr()));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    let started = match config.log_format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map(|()| guard).map_err(|e| e.to_string())
}
