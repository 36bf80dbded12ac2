//! Parses and renders dates. This is the only place that knows calendars.

use crate::domain::Timestamp;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use serde::{Serialize, Serializer};

/// The Unix epoch. Dates are converted in civil UTC time because jiff's `Timestamp` ends a day
/// before the end of the year 9999, whose last moment often means "never".
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Parses an instant as clients write it: RFC 3339, or a date with or without a time, which is then
/// in UTC.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let pieces = Pieces::parse(text).ok()?;
    let local = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    let offset = pieces.to_numeric_offset().map_or(0, Offset::seconds);
    let utc = local.checked_sub(SignedDuration::from_secs(offset.into()));
    let since_epoch = utc.ok()?.duration_since(EPOCH);
    let millis = i64::try_from(since_epoch.as_millis()).ok()?;
    Some(Timestamp::from_millis(millis))
}

/// An instant in JSON: RFC 3339, UTC, with milliseconds. The same for the API and for hooks.
pub(in crate::api) use doorsign_hook::json::Rfc3339;

/// An instant in the realtime protocol: `{"$date": milliseconds since the Unix epoch}`.
pub(in crate::api) struct Ejson(Timestamp);

impl From<Timestamp> for Rfc3339 {
    fn from(at: Timestamp) -> Self {
        Self(at.as_millis())
    }
}

impl From<Timestamp> for Ejson {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for Ejson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("$date", self.0.as_millis())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_instants_or_days() {
        assert_eq!(
            read("2023-11-04T11:44:23.366Z"),
            Some(Timestamp::from_millis(1_699_098_263_366))
        );
        for same in [
            "1970-01-02",
            "1970-01-02T00:00:00",
            "1970-01-02T02:00:00.000+02:00",
        ] {
            assert_eq!(
                read(same),
                Some(Timestamp::from_millis(86_400_000)),
                "{same}"
            );
        }
        for never in ["9999-12-31T23:59:59.999Z", "9999-12-31T22:59:59.999-01:00"] {
            let end = Timestamp::from_millis(253_402_300_799_999);
            assert_eq!(read(never), Some(end), "{never}");
        }
        let beyond = "9999-12-31T23:59:59-00:01";
        for none in [
            "yesterday",
            "",
            "2026-02-30",
            beyond,
            "2026-01-01T00:00:00+26:00",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
