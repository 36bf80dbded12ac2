//! The log: one line for each thing that happened, on standard error. Knows nothing of what is logged; that no secret is, is for
//! those who log.

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

/// That lines are written. Dropping it writes what still waits, as far as somebody reads it.
pub struct Logging {
    buffer: Arc<Buffer>,
}

/// Starts logging as the settings say, until what is given back is dropped.
///
/// # Errors
/// One line when the filter cannot be read, or the machine refuses a thread.
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

/// The filter of the running log. Global, as the log is.
static FILTER: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// Replaces the filter of the running log.
///
/// # Errors
/// One line when the filter cannot be read, or nothing is logged yet.
pub fn set_filter(filter: &str) -> Result<(), String> {
    let read = parse(filter)?;
    let running = FILTER.get().ok_or("the log was not started")?;
    running.reload(read).map_err(|e| e.to_string())
}

fn parse(filter: &str) -> Result<Targets, String> {
    filter
        .parse()
        .map_err(|e| format!("log = {filter:?} is not a log filter: {e}"))
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
