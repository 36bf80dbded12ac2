//! Secrets: hidden from everything that prints, and readable from a file.

use std::fmt;
use std::path::Path;

use super::{ConfigError, read_small_file};

/// A value that must not be seen: `Debug` hides it, there is no `Display`, and only
/// [`Secret::expose`] returns it. One whose file cannot be read is an error only when it is needed:
/// the file may be gone after the first start.
#[derive(Clone, serde::Deserialize)]
#[serde(from = "String")]
pub struct Secret(Result<String, String>);

impl Secret {
    /// The secret itself. Never put it into a log line or an error.
    ///
    /// # Errors
    /// Why the file that holds it cannot be read.
    pub fn expose(&self) -> Result<&str, ConfigError> {
        self.0
            .as_deref()
            .map_err(|reason| ConfigError(reason.clone()))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Ok(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(hidden)")
    }
}

/// The secret in a file, without the newline that editors and `echo` put at the end and the byte
/// order mark that some editors put first. `described`: the setting that names the file, for
/// errors.
pub(super) fn in_file(path: &Path, described: &str) -> Secret {
    let read = read_small_file(path);
    let read = read.map_err(|error| format!("{described} cannot be read: {error}"));
    Secret(read.and_then(|text| {
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let line = text.strip_suffix('\n');
        match line.map_or(text, |line| line.strip_suffix('\r').unwrap_or(line)) {
            "" => Err(format!("{described} names a file that holds no secret")),
            secret => Ok(secret.to_owned()),
        }
    }))
}
