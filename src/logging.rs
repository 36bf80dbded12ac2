//! The log: lines on standard error. Knows nothing of what is logged; that no secret is, is for those who log.
//!
//! A line is copied into a buffer and nobody waits for its being written: a thread empties the buffer a moment after its first line.
//! A crowd of requests thus shares one write and one wake-up, where `tracing-appender` wakes its thread for every line, which took
//! a fifth of the server's time under load. A reader of the log who has stopped reading holds up nobody: what no longer fits is
//! dropped, and how much that was is said.

use crate::config::{Config, LogFormat};
use std::io::{Result, Write, stderr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Bytes of lines that may wait.
const CAPACITY: usize = 1024 * 1024;
/// How long the first line waits for others.
const MOMENT: Duration = Duration::from_millis(20);

/// Starts logging as the settings say, until what is given back is dropped, which writes what still waits.
///
/// # Errors
/// One line when the filter cannot be read, or the machine refuses a thread.
pub fn start(config: &Config) -> std::result::Result<Logging, String> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|e| format!("log = {:?} is not a log filter: {e}", config.log))?;
    let buffer = Arc::new(Buffer::default());
    let emptied = buffer.clone();
    let thread = std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || emptied.empty_into(stderr()));
    let logging = Logging {
        buffer: buffer.clone(),
        thread: Some(thread.map_err(|e| e.to_string())?),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Lines(buffer));
    let started = match config.log_format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map(|()| logging).map_err(|e| e.to_string())
}

/// That lines are written. Dropping it writes what still waits.
pub struct Logging {
    buffer: Arc<Buffer>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.buffer.lock().ended = true;
        self.buffer.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Default)]
struct Buffer {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    dropped: u64,
    ended: bool,
}

impl Buffer {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.lines.len() + line.len() > CAPACITY {
            waiting.dropped += 1;
            return;
        }
        waiting.lines.extend_from_slice(line);
        if waiting.lines.len() == line.len() {
            self.changed.notify_one();
        }
    }

    /// Writes what is put, in the order it was put, until the end. Two buffers change places, so that no memory is asked for again.
    fn empty_into(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let (ended, dropped) = self.take(&mut lines);
            // Where the log cannot be written there is nobody left to tell.
            let _ = out.write_all(&lines);
            if dropped > 0 {
                let _ = writeln!(
                    out,
                    "{dropped} lines of the log were dropped, because nobody read it"
                );
            }
            let _ = out.flush();
            lines.clear();
            if ended {
                return;
            }
        }
    }

    fn take(&self, lines: &mut Vec<u8>) -> (bool, u64) {
        let waiting = self.changed.wait_while(self.lock(), |waiting| {
            waiting.lines.is_empty() && !waiting.ended
        });
        let gathering = self.changed.wait_timeout_while(
            waiting.unwrap_or_else(PoisonError::into_inner),
            MOMENT,
            |waiting| !waiting.ended,
        );
        let mut waiting = gathering.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::swap(&mut waiting.lines, lines);
        (waiting.ended, std::mem::take(&mut waiting.dropped))
    }
}

/// Gives tracing a place to put each line.
struct Lines(Arc<Buffer>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

struct Line<'a>(&'a Buffer);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> Result<usize> {
        self.0.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(buffer: &Buffer) -> String {
        buffer.lock().ended = true;
        let mut out = Vec::new();
        buffer.empty_into(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_written_whole_and_in_order() {
        let buffer = Buffer::default();
        for n in 0..3 {
            assert_eq!(
                Line(&buffer)
                    .write(format!("line {n}\n").as_bytes())
                    .unwrap(),
                7
            );
        }
        assert_eq!(ended(&buffer), "line 0\nline 1\nline 2\n");
    }

    #[test]
    fn a_log_that_nobody_reads_is_bounded_and_says_what_it_dropped() {
        let buffer = Buffer::default();
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        for _ in 0..1030 {
            buffer.put(&line);
        }
        let out = ended(&buffer);
        assert_eq!(out.len(), CAPACITY + out.lines().last().unwrap().len() + 1);
        assert!(out.ends_with("6 lines of the log were dropped, because nobody read it\n"));
    }
}
