//! Names of time zones.

use crate::domain::{Error, Field, Problem, Result};
use jiff::tz::TimeZone;

/// Maximum length in characters of a wrong name in a message.
const MOST_SHOWN: usize = 60;

/// Checks the IANA name of a time zone, such as `Europe/Berlin`.
///
/// # Errors
/// `Invalid { TimeZone }`.
pub(crate) fn check(name: &str) -> Result<()> {
    if TimeZone::get(name).is_ok() {
        return Ok(());
    }
    let shown = name.chars().take(MOST_SHOWN).collect();
    Err(Error::invalid(Field::TimeZone, Problem::NotValid(shown)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_have_iana_names() {
        for name in ["Europe/Berlin", "UTC", "America/Sao_Paulo"] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in ["", "Berlin", "../../etc/passwd", "+02:00"] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
