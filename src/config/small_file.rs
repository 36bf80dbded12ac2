//! Reads files that the operator names. They are small: a device such as `/dev/zero`, or a wrong
//! file, is refused before it fills the memory.

use std::fs::File;
use std::io::{self, Error, ErrorKind, Read};
use std::path::Path;

/// Maximum size of a file in bytes.
const LARGEST: usize = 1024 * 1024;

/// Reads the text of a file.
///
/// # Errors
/// As for any file; `InvalidData` if it has more than 1 MiB or is not UTF-8.
pub(crate) fn read_small_file(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let more = LARGEST as u64 + 1;
    File::open(path)?.take(more).read_to_end(&mut bytes)?;
    let refuse = |problem: &str| Error::new(ErrorKind::InvalidData, problem);
    if bytes.len() > LARGEST {
        return Err(refuse("it has more than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| refuse("stream did not contain valid UTF-8"))
}
