//! The log: one line for each thing that happened, on standard error. Knows nothing of what is logged; that no secret is, is for
//! those who log.

mod buffer;
mod line;

use crate::config::{Config, LogFormat};
use buffer::{Buffer, Lines};
use line::Text;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// That lines are written. Dropping it writes what still waits, as far as somebody reads it.
pub struct Logging {
    buffer: Arc<Buffer>,
}

/// Starts logging as the settings say, until what is given back is dropped.
///
/// # Errors
/// One line when the filter cannot be read, or the machine refuses a thread.
pub fn start(config: &Config) -> Result<Logging, String> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|e| format!("log = {:?} is not a log filter: {e}", config.log))?;
    let buffer = Arc::new(Buffer::new(notice(config.log_format)));
    let emptied = buffer.clone();
    std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || emptied.empty_into(std::io::stderr()))
        .map_err(|e| e.to_string())?;
    let logging = Logging {
        buffer: buffer.clone(),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Lines(buffer));
    let started = match config.log_format {
        LogFormat::Text => lines.event_format(Text).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map(|()| logging).map_err(|e| e.to_string())
}

/// How the log says that lines are missing from it.
fn notice(format: LogFormat) -> fn(u64) -> String {
    match format {
        LogFormat::Text => |n| {
            format!("WARN doorsign::logging {n} lines were dropped, because nobody read the log")
        },
        LogFormat::Json => |n| {
            format!(
                r#"{{"level":"WARN","target":"doorsign::logging","message":"lines were dropped, because nobody read the log","dropped":{n}}}"#
            )
        },
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.buffer.end();
    }
}
