//! The JSON line of one created status, and parsing it back into its key.

use std::ops::RangeInclusive;

use doorsign_hook::json::{Rfc3339, StatusForm, UserForm};
use doorsign_hook::{HookError, StatusCreated};
use serde::{Deserialize, Serialize};

use crate::recent::Key;

/// The start of every line, which distinguishes our torn line from another program's file.
const OPENING: &[u8] = b"{\"eventId\":";

/// The instants that RFC 3339 can represent: the years 0 to 9999.
const YEARS_MS: RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// The fields appear in this order in the line; readers may rely on it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "eventId")]
    event_id: u64,
    time: Rfc3339,
    actor: UserForm<'a>,
    status: StatusForm<'a>,
}

/// Renders the line, including the newline. JSON escapes line breaks within a name.
///
/// # Errors
///
/// `Permanent` for an instant that RFC 3339 cannot represent.
pub(crate) fn render(created: &StatusCreated) -> Result<Vec<u8>, HookError> {
    for ms in [created.at_ms, created.status.updated_at_ms] {
        if !YEARS_MS.contains(&ms) {
            let reason = format!("the instant {ms} ms is not within the years 0 to 9999");
            return Err(HookError::Permanent(reason));
        }
    }
    let line = Line {
        event_id: created.event_id,
        time: Rfc3339(created.at_ms),
        actor: (&created.actor).into(),
        status: (&created.status).into(),
    };
    let mut bytes =
        serde_json::to_vec(&line).map_err(|error| HookError::Permanent(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Returns the keys of the complete lines in `text`, in order. Skips lines that are not ours.
pub(crate) fn keys(text: &[u8]) -> Vec<Key> {
    #[derive(Deserialize)]
    struct Known {
        #[serde(rename = "eventId")]
        event_id: u64,
        status: KnownStatus,
    }
    #[derive(Deserialize)]
    struct KnownStatus {
        #[serde(rename = "_id")]
        id: String,
    }
    let lines = text.split(|byte| *byte == b'\n');
    let known = lines.filter_map(|line| serde_json::from_slice::<Known>(line).ok());
    known
        .map(|known| (known.event_id, known.status.id))
        .collect()
}

/// Returns whether `fragment` can be the start of one of our lines, cut off by a crash. Some file
/// systems leave zeros instead of the rest.
pub(crate) fn is_torn(fragment: &[u8]) -> bool {
    let written = fragment
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    fragment[..written].starts_with(OPENING) || OPENING.starts_with(&fragment[..written])
}

/// Returns whether `line` is one of our lines that lost a sector other than its last one: zeros
/// before text. JSON never contains a zero byte, and a binary file contains other control
/// characters as well.
pub(crate) fn is_damaged(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let is_text = |byte: &u8| *byte >= b' ' && *byte != 0x7f;
    let Some(first_lost) = line.iter().position(|byte| *byte == 0) else {
        return false;
    };
    let (before, after) = line.split_at(first_lost);
    OPENING.starts_with(before.get(..OPENING.len()).unwrap_or(before))
        && before.iter().all(is_text)
        && after.iter().all(|byte| *byte == 0 || is_text(byte))
        && after.iter().any(is_text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorsign_hook::{Actor, Status};

    fn created(name: &str, at_ms: i64) -> StatusCreated {
        let status = Status::new("65462e97a2f73c7460e18f84", name, "busy", 1_699_098_263_366);
        StatusCreated::new(123, at_ms, Actor::new("rocketcatadmin123", "admin"), status)
    }

    #[test]
    fn a_line_has_its_fields_in_order_and_its_times_in_milliseconds() {
        let line = render(&created("caught \"up\"\n😀", 1_795_428_000_000)).unwrap();
        let expected = concat!(
            r#"{"eventId":123,"time":"2026-11-23T10:00:00.000Z","#,
            r#""actor":{"_id":"rocketcatadmin123","username":"admin"},"#,
            r#""status":{"_id":"65462e97a2f73c7460e18f84","name":"caught \"up\"\n😀","#,
            r#""statusType":"busy","_updatedAt":"2023-11-04T11:44:23.366Z"}}"#,
            "\n"
        );
        assert_eq!(String::from_utf8(line).unwrap(), expected);
    }

    #[test]
    fn an_instant_that_cannot_be_represented_is_a_permanent_error() {
        for (ms, time) in [
            (*YEARS_MS.start(), "0000-01-01T00:00:00.000Z"),
            (*YEARS_MS.end(), "9999-12-31T23:59:59.999Z"),
        ] {
            let line = String::from_utf8(render(&created("caught up", ms)).unwrap()).unwrap();
            assert!(line.contains(time), "{line}");
        }
        for ms in [YEARS_MS.start() - 1, YEARS_MS.end() + 1, i64::MIN, i64::MAX] {
            let refused = render(&created("caught up", ms));
            assert!(matches!(refused, Err(HookError::Permanent(_))), "{ms}");
        }
    }

    #[test]
    fn keys_are_read_back_and_other_lines_are_skipped() {
        let line = String::from_utf8(render(&created("caught up", 0)).unwrap()).unwrap();
        let text = format!("{line}# a note\n\n{{\"eventId\":1}}\n{line}");
        let key = (123, "65462e97a2f73c7460e18f84".to_owned());
        assert_eq!(keys(text.as_bytes()), [key.clone(), key]);
    }

    #[test]
    fn our_line_with_a_lost_sector_is_damaged() {
        for damaged in [
            "\0\0\0rest\"}}\n",
            "\0rest",
            "{\"eventId\":1,\0\0\"}}\n",
            "{\"ev\0\0rest\n",
        ] {
            assert!(is_damaged(damaged.as_bytes()), "{damaged:?}");
        }
        for other in [
            "",
            "\n",
            "\0\0\0",
            "{\"eventId\":1}\n",
            "{\"eventId\":1,\0\0",
            "root\0x\n",
            "\0\u{1}x\n",
        ] {
            assert!(!is_damaged(other.as_bytes()), "{other:?}");
        }
    }

    #[test]
    fn only_the_start_of_our_own_line_is_torn() {
        for torn in [
            "{",
            "{\"eventId\":",
            "{\"eventId\":12,\"ti",
            "{\"ev\0\0\0",
            "\0\0",
        ] {
            assert!(is_torn(torn.as_bytes()), "{torn:?}");
        }
        for foreign in ["root:x:0:0", "{\"event\":1", "{\"eventI\0x"] {
            assert!(!is_torn(foreign.as_bytes()), "{foreign:?}");
        }
    }
}
