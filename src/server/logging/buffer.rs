//! Buffers log lines and writes them to standard error in batches.
//!
//! A line is copied into a buffer and no caller waits for the write: a thread empties the buffer a
//! moment after its first line. Many requests thus share one write and one wake-up.
//! `tracing-appender` wakes its thread for every line, which took a seventh of the server's time
//! when it served lists from memory. A stalled log reader delays nothing: lines that do not fit are
//! dropped, and their number is reported.

use std::io::{Result, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

/// The capacity in bytes.
const CAPACITY: usize = 1024 * 1024;
/// How long the first line waits for others.
const BATCH_INTERVAL: Duration = Duration::from_millis(20);
/// How long shutdown waits for the remaining lines to be written.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// The waiting lines. Any thread may add lines; one thread writes them.
pub(super) struct Buffer {
    /// Builds the line that reports dropped lines.
    notice: fn(u64) -> String,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    dropped: u64,
    ended: bool,
    written: bool,
}

impl Buffer {
    pub(super) fn new(notice: fn(u64) -> String) -> Self {
        Self {
            notice,
            waiting: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Ends the log and waits until the remaining lines are written, but not for a stalled reader.
    pub(super) fn end(&self) {
        let mut waiting = self.lock();
        waiting.ended = true;
        self.changed.notify_all();
        let written = |waiting: &mut Waiting| !waiting.written;
        let _ = self
            .changed
            .wait_timeout_while(waiting, DRAIN_TIMEOUT, written);
    }

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

    /// Writes lines in order until the end. Two buffers are swapped, so that no memory is
    /// reallocated.
    pub(super) fn empty_into(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let (ended, dropped) = self.take(&mut lines);
            // There is nowhere to report a failure to write the log.
            let _ = out.write_all(&lines);
            if dropped > 0 {
                let _ = writeln!(out, "{}", (self.notice)(dropped));
            }
            let _ = out.flush();
            lines.clear();
            if ended {
                self.lock().written = true;
                self.changed.notify_all();
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
            BATCH_INTERVAL,
            |waiting| !waiting.ended,
        );
        let mut waiting = gathering.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::swap(&mut waiting.lines, lines);
        (waiting.ended, std::mem::take(&mut waiting.dropped))
    }
}

/// Provides tracing with a writer for each line.
pub(super) struct Lines(pub(super) Arc<Buffer>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

pub(super) struct Line<'a>(&'a Buffer);

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
        let mut out = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| buffer.empty_into(&mut out));
            buffer.end();
        });
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_written_whole_and_in_order() {
        let buffer = Buffer::new(|dropped| format!("{dropped} dropped"));
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
    fn an_unread_log_is_bounded_and_reports_dropped_lines() {
        let buffer = Buffer::new(|dropped| format!("{dropped} dropped"));
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        for _ in 0..1030 {
            buffer.put(&line);
        }
        let out = ended(&buffer);
        assert_eq!(out.len(), CAPACITY + out.lines().last().unwrap().len() + 1);
        assert!(out.ends_with("6 dropped\n"));
    }

    #[test]
    fn shutdown_does_not_wait_for_a_stalled_reader() {
        let (reader, writer) = std::io::pipe().unwrap();
        let buffer = Arc::new(Buffer::new(|dropped| format!("{dropped} dropped")));
        buffer.put(&[b'x'; CAPACITY]); // Far more than a pipe takes.
        let emptied = buffer.clone();
        let stuck = std::thread::spawn(move || emptied.empty_into(writer));
        buffer.end();
        assert!(!stuck.is_finished());
        drop(reader);
        stuck.join().unwrap();
    }
}
