//! Lines on their way to standard error, written together. Knows nothing of what is in them.
//!
//! A line is copied into a buffer and nobody waits for its being written: a thread empties the buffer a moment after its first line.
//! A crowd of requests thus shares one write and one wake-up, where `tracing-appender` wakes its thread for every line, which took
//! a seventh of the server's time when it served lists from memory. A reader of the log who has stopped reading holds up nobody: what no longer fits is
//! dropped, and how much that was is said.

use std::io::{Result, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

/// Bytes of lines that may wait.
const CAPACITY: usize = 1024 * 1024;
/// How long the first line waits for others.
const MOMENT: Duration = Duration::from_millis(20);
/// How long the end waits for what is still to be written.
const GRACE: Duration = Duration::from_secs(1);

/// Lines that wait. Any thread may put, one empties.
pub(super) struct Buffer {
    /// The line that tells how many lines were dropped.
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

    /// No more lines come. Comes back when what waits has been written; a reader who has stopped reading is not waited for.
    pub(super) fn end(&self) {
        let mut waiting = self.lock();
        waiting.ended = true;
        self.changed.notify_all();
        let written = |waiting: &mut Waiting| !waiting.written;
        let _ = self.changed.wait_timeout_while(waiting, GRACE, written);
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

    /// Writes what is put, in the order it was put, until the end. Two buffers change places, so that no memory is asked for again.
    pub(super) fn empty_into(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let (ended, dropped) = self.take(&mut lines);
            // Where the log cannot be written there is nobody left to tell.
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
            MOMENT,
            |waiting| !waiting.ended,
        );
        let mut waiting = gathering.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::swap(&mut waiting.lines, lines);
        (waiting.ended, std::mem::take(&mut waiting.dropped))
    }
}

/// Gives tracing a place to put each line.
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
    fn a_log_that_nobody_reads_is_bounded_and_says_what_it_dropped() {
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
    fn an_end_does_not_wait_for_a_reader_who_has_stopped_reading() {
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
