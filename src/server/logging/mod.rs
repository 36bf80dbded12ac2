//! Logging: one line per event on standard error. Callers must not log secrets.

mod buffer;
mod line;

use crate::config::{Config, LogFormat};
use buffer::{Buffer, Lines};
use line::Text;
use std::sync::{Arc, OnceLock};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

/// Guard: dropping it writes the remaining lines, as far as they are read.
pub struct Logging {
    buffer: Arc<Buffer>,
}

/// Starts logging as configured, until the returned guard is dropped.
///
/// # Errors
/// One line when the filter is invalid or a thread cannot be started.
pub fn start(config: &Config) -> Result<Logging, String> {
    let filter = parse(&config.log)?;
    let buffer = Arc::new(Buffer::new(notice(config.log_format)));
    let emptied = buffer.clone();
    std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || emptied.empty_into(std::io::stderr()))
        .map_err(|e| e.to_string())?;
    let logging = Logging {
        buffer: buffer.clone(),
    };
    let (filter, handle) = reload::Layer::new(filter);
    let lines = fmt::layer().with_writer(Lines(buffer));
    let log = tracing_subscriber::registry().with(filter);
    let started = match config.log_format {
        LogFormat::Text => log.with(lines.event_format(Text)).try_init(),
        LogFormat::Json => log.with(lines.json().flatten_event(true)).try_init(),
    };
    let _ = FILTER.set(handle);
    started.map(|()| logging).map_err(|e| e.to_string())
}

/// The filter of the running log. Global, like the log.
static FILTER: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// Replaces the filter of the running log.
///
/// # Errors
/// One line when the filter is invalid or logging was not started.
pub fn set_filter(filter: &str) -> Result<(), String> {
    let read = parse(filter)?;
    let running = FILTER.get().ok_or("logging was not started")?;
    running.reload(read).map_err(|e| e.to_string())
}

fn parse(filter: &str) -> Result<Targets, String> {
    filter
        .parse()
        .map_err(|e| format!("log = {filter:?} is not a log filter: {e}"))
}

/// Returns the line that reports dropped lines.
fn notice(format: LogFormat) -> fn(u64) -> String {
    match format {
        LogFormat::Text => {
            |n| format!("WARN doorsign::logging dropped {n} lines because the log was not read")
        }
        LogFormat::Json => |n| {
            format!(
                r#"{{"level":"WARN","target":"doorsign::logging","message":"dropped lines because the log was not read","dropped":{n}}}"#
            )
        },
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.buffer.end();
    }
}
