//! Recovers a file after a crash: finds its last lines and removes a torn or damaged one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::file::{appending, sync_parent};
use crate::line;
use crate::recent::{Key, REMEMBERED};

/// How much of a file's end is read first, in bytes: some thousand lines.
const WINDOW: u64 = 256 * 1024;

/// Removes a torn or damaged last line and returns the keys of the last complete ones. The rest of
/// a damaged line is moved to `PATH.damaged`, because the disk may have damaged a line that counts
/// as delivered.
pub(crate) fn recover(file: &mut File, path: &Path) -> io::Result<Vec<Key>> {
    let text = tail(file)?;
    let (complete, last) = split_last(&text);
    if line::is_damaged(last) && is_ours(complete) {
        set_aside(last, path)?;
    } else if last.ends_with(b"\n") {
        return Ok(line::keys(&text));
    } else if !line::is_torn(last) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the last line is incomplete and is not an audit log line",
        ));
    }
    if !last.is_empty() {
        file.set_len(file.metadata()?.len() - last.len() as u64)?;
    }
    Ok(line::keys(complete))
}

/// Splits off the last line, including its newline if it has one.
fn split_last(text: &[u8]) -> (&[u8], &[u8]) {
    let without_end = text.strip_suffix(b"\n").unwrap_or(text);
    let before = without_end.iter().rposition(|byte| *byte == b'\n');
    text.split_at(before.map_or(0, |end| end + 1))
}

/// Returns whether the lines, if there are any, end with an audit log line.
fn is_ours(complete: &[u8]) -> bool {
    complete.is_empty() || !line::keys(split_last(complete).1).is_empty()
}

/// Appends a damaged line to `PATH.damaged`, durably.
fn set_aside(damaged: &[u8], path: &Path) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    let mut aside = appending().open(&name)?;
    aside.write_all(damaged)?;
    if !damaged.ends_with(b"\n") {
        aside.write_all(b"\n")?;
    }
    aside.sync_all()?;
    sync_parent(path)
}

/// Reads the end of the file from the start of a line, with at least as many complete lines as keys
/// are remembered. Returns the whole file if it has fewer.
pub(crate) fn tail(file: &mut File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    let mut window = WINDOW;
    loop {
        let start = length.saturating_sub(window);
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.take(length - start).read_to_end(&mut text)?;
        if start == 0 {
            return Ok(text);
        }
        let mut ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let first = ends.next().map_or(0, |(index, _)| index + 1);
        if ends.count() >= REMEMBERED {
            return Ok(text.split_off(first));
        }
        window = window.saturating_mul(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_read_from_its_end_and_from_the_start_of_a_line() {
        let mut file = tempfile::tempfile().unwrap();
        let long = format!("{}\n", "x".repeat(500));
        let text = long.repeat(4_000);
        file.write_all(text.as_bytes()).unwrap();
        let read = tail(&mut file).unwrap();
        assert!(read.len() < text.len() / 2, "{}", read.len());
        assert!(read.len() >= REMEMBERED * long.len());
        assert!(read.len().is_multiple_of(long.len()));
    }
}
