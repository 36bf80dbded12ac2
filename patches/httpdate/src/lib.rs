//! Dates of HTTP headers, in the interface that hyper and headers use of the crate `httpdate`, which this one replaces (`[patch]` in the
//! workspace's `Cargo.toml`).
//!
//! The reason: `httpdate` 1.0.3 panics for times before 1970, and hyper 1.12 formats the current time with every response, even without
//! a `Date` header. A server whose clock is before 1970 would drop every connection. Remove this when `httpdate` no longer panics.

#![warn(missing_docs)]

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::strtime;

/// The form that is written. Source: RFC 9110, section 5.6.7.
const IMF_FIXDATE: &str = "%a, %d %b %Y %H:%M:%S GMT";
/// The obsolete forms that are read, too: RFC 850's and asctime's.
const OBSOLETE: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
/// The first and the last second whose year has four digits, as hyper's buffer takes it.
const RANGE: (i64, i64) = (-62_167_219_200, 253_402_300_799);
/// What seconds are counted from. In civil time, since jiff's instants end a day before the year 9999 does.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// A time to the second, from the year 0 to the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpDate(i64);

/// Why a text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a date of HTTP")
    }
}

impl std::error::Error for Error {}

impl From<SystemTime> for HttpDate {
    fn from(time: SystemTime) -> Self {
        let whole = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        let seconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => whole(since),
            // The second that a moment before the epoch lies in began earlier.
            Err(before) => {
                let before = before.duration();
                let fraction = i64::from(before.subsec_nanos() > 0);
                whole(before).saturating_neg().saturating_sub(fraction)
            }
        };
        Self(seconds.clamp(RANGE.0, RANGE.1))
    }
}

impl From<HttpDate> for SystemTime {
    fn from(date: HttpDate) -> Self {
        let span = Duration::from_secs(date.0.unsigned_abs());
        let time = if date.0 < 0 {
            Self::UNIX_EPOCH.checked_sub(span)
        } else {
            Self::UNIX_EPOCH.checked_add(span)
        };
        time.unwrap_or(Self::UNIX_EPOCH)
    }
}

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = EPOCH.checked_add(SignedDuration::from_secs(self.0));
        write!(f, "{}", date.unwrap_or(EPOCH).strftime(IMF_FIXDATE))
    }
}

impl FromStr for HttpDate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let forms = std::iter::once(IMF_FIXDATE).chain(OBSOLETE);
        let mut dates = forms.filter_map(|form| {
            let date: DateTime = strtime::parse(form, text).ok()?.to_datetime().ok()?;
            let seconds = date.duration_since(EPOCH).as_secs();
            Some(seconds.clamp(RANGE.0, RANGE.1))
        });
        dates.next().map(Self).ok_or(Error)
    }
}

/// The time that a date of HTTP names, in any of its forms.
///
/// # Errors
/// When the text is none.
pub fn parse_http_date(text: &str) -> Result<SystemTime, Error> {
    text.parse().map(|date: HttpDate| date.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    const TABLE: [(i64, &str); 7] = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (-2_208_988_800, "Mon, 01 Jan 1900 00:00:00 GMT"),
        (RANGE.0, "Sat, 01 Jan 0000 00:00:00 GMT"),
        (RANGE.1, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ];

    #[test]
    fn dates_are_written_and_read_on_both_sides_of_1970() {
        for (seconds, text) in TABLE {
            let date = HttpDate(seconds);
            assert_eq!(date.to_string(), text);
            assert_eq!(text.len(), 29);
            assert_eq!(text.parse(), Ok(date));
            assert_eq!(HttpDate::from(SystemTime::from(date)), date);
        }
    }

    #[test]
    fn times_that_have_no_date_are_written_as_the_nearest_that_has() {
        let half = Duration::from_millis(500);
        let before = SystemTime::UNIX_EPOCH.checked_sub(half).unwrap();
        assert_eq!(HttpDate::from(before), HttpDate(-1));
        assert_eq!(HttpDate::from(SystemTime::UNIX_EPOCH + half), HttpDate(0));
        let far = Duration::from_secs(1 << 40);
        let ends = [
            SystemTime::UNIX_EPOCH.checked_sub(far).unwrap(),
            SystemTime::UNIX_EPOCH.checked_add(far).unwrap(),
        ];
        let dates = ends.map(HttpDate::from);
        assert_eq!(dates, [HttpDate(RANGE.0), HttpDate(RANGE.1)]);
    }

    #[test]
    fn obsolete_forms_are_read() {
        let date = HttpDate(784_111_777);
        for text in ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(text.parse(), Ok(date), "{text}");
        }
        for text in ["", "Sun, 06 Nov 1994", "Mon, 06 Nov 1994 08:49:37 GMT", "x"] {
            assert_eq!(text.parse::<HttpDate>(), Err(Error), "{text}");
        }
    }
}
