//! Times on the command line, read and printed in the operator's time zone.

use super::output::Outcome;
use crate::api::read_date;
use crate::config::Config;
use crate::domain::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The time zone of times that name no offset.
pub(super) struct Zone(TimeZone);

impl Zone {
    /// The zone of the setting `time_zone`, otherwise that of the system (`TZ`, `/etc/localtime`),
    /// otherwise UTC.
    pub(super) fn of(config: &Config) -> Outcome<Self> {
        Ok(Self(match &config.time_zone {
            Some(name) => TimeZone::get(name)?,
            None => TimeZone::system(),
        }))
    }

    /// Formats an instant, to the second: with `Z` in UTC, otherwise with the offset of the zone.
    pub(super) fn date(&self, at: Timestamp) -> String {
        let Ok(at) = jiff::Timestamp::from_millisecond(at.as_millis() / 1000 * 1000) else {
            return "never".to_owned();
        };
        let offset = self.0.to_offset(at);
        if offset.is_zero() {
            at.to_string()
        } else {
            at.display_with_offset(offset).to_string()
        }
    }

    /// Reads an instant: RFC 3339, or a date with or without a time in this zone.
    pub(super) fn instant(&self, text: &str) -> Outcome<Timestamp> {
        self.read(text).ok_or_else(|| {
            format!("invalid time {text:?}: expected a format like 2026-11-25, 2026-11-25T10:00 or 2026-11-25T10:00:00Z")
                .into()
        })
    }

    /// Like [`instant`](Self::instant), and a time of day alone is the next moment after `now` at
    /// which clocks show it.
    pub(super) fn end(&self, text: &str, now: Timestamp) -> Outcome<Timestamp> {
        let end = match time_of_day(text) {
            Some(time) => self.next(time, now),
            None => self.read(text),
        };
        end.ok_or_else(|| {
            format!("invalid time {text:?}: expected a format like 15:00, 2026-11-25T15:00 or 2026-11-25T15:00:00Z")
                .into()
        })
    }

    fn read(&self, text: &str) -> Option<Timestamp> {
        let pieces = Pieces::parse(text).ok()?;
        let has_zone = pieces.time_zone_annotation().is_some();
        if pieces.offset().is_some() {
            return read_date(text);
        }
        let local = pieces.date().to_datetime(pieces.time().unwrap_or_default());
        // The last day of the year 9999 is beyond jiff's instants. It means "never" in any zone.
        let read = || self.moments(local).next().or_else(|| read_date(text));
        (!has_zone).then(read).flatten()
    }

    fn next(&self, time: Time, now: Timestamp) -> Option<Timestamp> {
        let today = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
        let today = today.to_zoned_datetime(self.0.clone()).date();
        let days = [Some(today), today.tomorrow().ok()].into_iter().flatten();
        days.flat_map(|day| self.moments(day.to_datetime(time)))
            .find(|moment| *moment > now)
    }

    /// The moments at which clocks show `local`. A time that they show twice has two, the first of
    /// which counts. A time that they skip counts as if they had not been changed yet, so that it
    /// is as long after the change as it says. Source of both rules: RFC 5545, section 3.3.5.
    fn moments(&self, local: DateTime) -> impl Iterator<Item = Timestamp> + use<> {
        let moment = self.0.to_ambiguous_timestamp(local);
        let moments = match moment.offset() {
            AmbiguousOffset::Fold { .. } => [moment.earlier().ok(), moment.later().ok()],
            _ => [moment.compatible().ok(), None],
        };
        let millis = moments
            .into_iter()
            .flatten()
            .map(jiff::Timestamp::as_millisecond);
        millis.map(Timestamp::from_millis)
    }
}

/// Reads a time of day such as `15:00`.
fn time_of_day(text: &str) -> Option<Time> {
    let is_time = text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains(':')
        && !text.contains(['-', 'T', 't', ' ']);
    is_time.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Zone {
        Zone(TimeZone::get("Europe/Berlin").unwrap())
    }

    fn at(text: &str) -> Timestamp {
        read_date(text).unwrap()
    }

    #[test]
    fn a_time_without_an_offset_is_in_the_zone() {
        for (text, expected) in [
            ("2026-12-24T12:00", "2026-12-24T11:00:00Z"),
            ("2026-07-01T12:00:30", "2026-07-01T10:00:30Z"),
            ("2026-12-24 12:00", "2026-12-24T11:00:00Z"),
            ("2026-12-24", "2026-12-23T23:00:00Z"),
            ("2026-12-24T12:00:00Z", "2026-12-24T12:00:00Z"),
            ("2026-12-24T12:00-05:00", "2026-12-24T17:00:00Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("9999-12-31", "9999-12-31T00:00:00Z"),
        ] {
            assert_eq!(berlin().instant(text).unwrap(), at(expected), "{text}");
        }
        for text in ["15:00", "tomorrow", "", "2026-12-24T12:00[Asia/Tokyo]"] {
            let refused = berlin().instant(text).unwrap_err().to_string();
            assert!(refused.contains("expected a format like"), "{text}");
        }
    }

    #[test]
    fn a_time_of_day_is_the_next_one_that_clocks_show() {
        for (now, text, expected) in [
            ("2026-11-25T10:00:00Z", "15:00", "2026-11-25T14:00:00Z"),
            ("2026-11-25T14:00:00Z", "15:00", "2026-11-26T14:00:00Z"),
            ("2026-11-25T21:00:00Z", "02:00", "2026-11-26T01:00:00Z"),
            ("2026-11-25T23:30:00Z", "00:45:10", "2026-11-25T23:45:10Z"),
            // The clocks go back at 03:00, so 02:30 comes twice.
            ("2026-10-24T22:00:00Z", "02:30", "2026-10-25T00:30:00Z"),
            ("2026-10-25T00:45:00Z", "02:30", "2026-10-25T01:30:00Z"),
            ("2026-10-25T01:30:00Z", "02:30", "2026-10-26T01:30:00Z"),
            // They go forward at 02:00, so 02:30 is skipped.
            ("2026-03-28T23:00:00Z", "02:30", "2026-03-29T01:30:00Z"),
            ("2026-03-29T01:30:00Z", "02:30", "2026-03-30T00:30:00Z"),
        ] {
            let end = berlin().end(text, at(now)).unwrap();
            assert_eq!(end, at(expected), "{text} after {now}");
        }
        for text in ["24:00", "3pm", "15", "15:60", "noon:", "15:00Z"] {
            assert!(berlin().end(text, at("2026-11-25")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_skipped_time_is_moved_forward_and_the_first_of_two_counts() {
        let read = |text| berlin().end(text, at("2026-01-01")).unwrap();
        assert_eq!(read("2026-03-29T02:30"), at("2026-03-29T01:30:00Z"));
        assert_eq!(read("2026-10-25T02:30"), at("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn times_are_printed_with_the_offset_of_the_zone() {
        let printed = |zone: &Zone| zone.date(at("2026-07-01T10:00:00.900Z"));
        assert_eq!(printed(&berlin()), "2026-07-01T12:00:00+02:00");
        assert_eq!(printed(&Zone(TimeZone::UTC)), "2026-07-01T10:00:00Z");
        assert_eq!(berlin().date(Timestamp::from_millis(i64::MAX)), "never");
    }
}
