//! The format of a text log line:
//! `2026-11-23T18:06:24.824Z INFO doorsign::request request_id=… status=200`. Leaner than that of
//! `tracing-subscriber`, which takes about three times the instructions.

use crate::app::{Clock, SystemClock};
use std::cell::Cell;
use std::fmt::{Debug, Result, Write};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The line format. This program has no spans, so there is nothing else to show.
pub(super) struct Text;

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> Result {
        let described = event.metadata();
        write_time(&mut out, SystemClock.now().as_millis())?;
        out.write_char(' ')?;
        out.write_str(described.level().as_str())?;
        out.write_char(' ')?;
        out.write_str(described.target())?;
        let mut fields = Fields {
            out: &mut out,
            result: Ok(()),
        };
        event.record(&mut fields);
        fields.result?;
        out.write_char('\n')
    }
}

thread_local! {
    /// The last second written and its text, because many lines share one.
    static SECOND: Cell<(i64, [u8; 19])> = const { Cell::new((i64::MIN, [b'?'; 19])) };
}

fn write_time(out: &mut impl Write, millis: i64) -> Result {
    let second = millis.div_euclid(1000);
    let (mut known, mut text) = SECOND.get();
    if known != second {
        let instant = jiff::Timestamp::from_second(second)
            .unwrap_or_default()
            .to_string();
        if let Some(start) = instant.as_bytes().first_chunk() {
            (known, text) = (second, *start);
            SECOND.set((known, text));
        }
    }
    out.write_str(std::str::from_utf8(&text).unwrap_or_default())?;
    write!(out, ".{:03}Z", millis.rem_euclid(1000))
}

struct Fields<'a, W> {
    out: &'a mut W,
    result: Result,
}

impl<W: Write> Fields<'_, W> {
    fn put(&mut self, field: &Field, write: impl FnOnce(&mut W) -> Result) {
        let named = |out: &mut W| {
            out.write_char(' ')?;
            if field.name() != "message" {
                out.write_str(field.name())?;
                out.write_char('=')?;
            }
            write(out)
        };
        if self.result.is_ok() {
            self.result = named(self.out);
        }
    }
}

impl<W: Write> Visit for Fields<'_, W> {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Text with a space or a control character is quoted, so that lines can be parsed and not
        // forged.
        let plain = !value.is_empty()
            && value
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'=');
        self.put(field, |out| {
            if plain || field.name() == "message" {
                out.write_str(value)
            } else {
                write!(out, "{value:?}")
            }
        });
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // Print whole thousandths: cheaper than searching for the digits of a float.
        if (0.0..1e12).contains(&value) {
            let thousandths = (value * 1000.0).round() as u64;
            let (whole, rest) = (thousandths / 1000, thousandths % 1000);
            self.put(field, |out| write!(out, "{whole}.{rest:03}"));
        } else {
            self.put(field, |out| write!(out, "{value:.3}"));
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |out| write!(out, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |out| write!(OneLine(out), "{value:?}"));
    }
}

/// Escapes control characters, so that error texts from hooks or the system cannot start a new
/// line.
struct OneLine<'a, W>(&'a mut W);

impl<W: Write> Write for OneLine<'_, W> {
    fn write_str(&mut self, text: &str) -> Result {
        for part in text.split_inclusive(char::is_control) {
            let plain = part.trim_end_matches(char::is_control);
            self.0.write_str(plain)?;
            write!(self.0, "{}", part[plain.len()..].escape_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_with_milliseconds() {
        let mut out = String::new();
        for millis in [1_699_098_263_366, 1_699_098_263_007, 1_699_098_264_000, -1] {
            write_time(&mut out, millis).unwrap();
            out.push(' ');
        }
        let expected = "2023-11-04T11:44:23.366Z 2023-11-04T11:44:23.007Z 2023-11-04T11:44:24.000Z 1969-12-31T23:59:59.999Z ";
        assert_eq!(out, expected);
    }

    #[test]
    fn logged_values_cannot_start_a_new_line() {
        let mut out = String::new();
        write!(OneLine(&mut out), "no é\n2023 INFO\u{1b}[31m\r\n").unwrap();
        assert_eq!(out, r"no é\n2023 INFO\u{1b}[31m\r\n");
    }
}
