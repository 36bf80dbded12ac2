//! The file `doorsign.db-marker`, which names the database generation that belongs to the log.
//!
//! The file is a single line in one sector, rewritten in place, so that neither a kill nor a power
//! cut leaves a partial line. A missing or unreadable marker is ignored, and never prevents a
//! start.

use super::files::beside;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Maximum length of the line in bytes. The smallest sector has 512.
const MAX_LINE: u64 = 256;

/// The state of a database file: the database id and the generation of its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Generation {
    /// 32 hex digits.
    pub(super) database: String,
    pub(super) number: u64,
}

impl Generation {
    pub(super) fn next(&self) -> Self {
        Self {
            database: self.database.clone(),
            number: self.number.saturating_add(1),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (database, number) = text.split_once(':')?;
        let number = u64::from_str_radix(number, 16).ok()?;
        let database = database.to_owned();
        Some(Self { database, number })
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:016x}", self.database, self.number)
    }
}

/// The generations that may be found next to the log: the file as it was when the log began, or the
/// one that a checkpoint produces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    /// `None`: a file from before generations were introduced.
    pub(super) now: Option<Generation>,
    pub(super) next: Generation,
}

impl Expected {
    /// The expectation after a checkpoint into a file of this generation.
    pub(super) fn after(now: Generation) -> Self {
        let next = now.next();
        let now = Some(now);
        Self { now, next }
    }

    pub(super) fn includes(&self, found: Option<&Generation>) -> bool {
        found == self.now.as_ref() || found == Some(&self.next)
    }

    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().next()?;
        let mut words = line.split_whitespace().skip(1).step_by(2);
        let now = words.next()?;
        let next = Generation::parse(words.next()?)?;
        let now = match now {
            "none" => None,
            now => Some(Generation::parse(now)?),
        };
        Some(Self { now, next })
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.now.as_ref();
        let now = now.map_or_else(|| "none".to_owned(), ToString::to_string);
        // Fixed width, so that a shorter line overwrites a longer one completely.
        writeln!(f, "generation {now:49} next {}", self.next)
    }
}

/// The marker of one database.
#[derive(Debug, Clone)]
pub(super) struct Marker(PathBuf);

impl Marker {
    /// Returns the marker next to the database at `database`.
    pub(super) fn beside(database: &Path) -> Self {
        Self(beside(database, "-marker"))
    }

    /// Reads the marker. `None` if it is missing or unreadable.
    pub(super) fn read(&self) -> Option<Expected> {
        let mut text = String::new();
        let file = File::open(&self.0).ok()?;
        file.take(MAX_LINE).read_to_string(&mut text).ok()?;
        Expected::parse(&text)
    }

    /// Writes the marker. It survives a kill at once, and a power cut after [`sync`](Self::sync).
    pub(super) fn write(&self, expected: &Expected) -> Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&self.0)?;
        file.write_all(expected.to_string().as_bytes())
    }

    /// Syncs the marker, so that it survives a power cut.
    pub(super) fn sync(&self) -> Result<()> {
        File::open(&self.0)?.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generation(number: u64) -> Generation {
        let database = "0123456789abcdef0123456789abcdef".to_owned();
        Generation { database, number }
    }

    #[test]
    fn a_rewritten_marker_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let marker = Marker::beside(&folder.path().join("doorsign.db"));
        let before_generations = Expected {
            now: None,
            next: generation(1),
        };
        let first = Expected::after(generation(1));
        let last = Expected::after(generation(u64::MAX - 1));
        for expected in [&first, &before_generations, &last, &before_generations] {
            marker.write(expected).unwrap();
            assert_eq!(marker.read().as_ref(), Some(expected));
        }
        let length = std::fs::metadata(&marker.0).unwrap().len();
        assert!(length <= MAX_LINE, "{length}");
    }

    #[test]
    fn a_missing_or_damaged_marker_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let marker = Marker::beside(&folder.path().join("doorsign.db"));
        assert_eq!(marker.read(), None);
        for damaged in [
            "",
            "\0\0\0\0",
            "generation",
            "generation none next 12",
            "\u{fffd}",
        ] {
            std::fs::write(&marker.0, damaged).unwrap();
            assert_eq!(marker.read(), None, "{damaged:?}");
        }
    }
}
