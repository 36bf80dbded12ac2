//! The board before its script runs: the first people as cards, with ends in UTC. The script draws
//! the same cards (`core/person.js`) and adopts these.

use super::Site;
use super::filler::Data;
use serde_json::{Value, json};

/// How many people a page holds before its script has the whole board.
const FIRST: usize = 60;

/// A person on the board. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The id, as the board gives it.
    pub id: String,
    /// The username; `None` on a public board.
    pub username: Option<String>,
    /// The display name.
    pub name: String,
    /// The status, such as `busy`.
    pub status: &'static str,
    /// The status text, empty if there is none.
    pub text: String,
    /// When the status ends.
    pub ends: Option<String>,
    /// Since when it holds.
    pub since: Option<String>,
    /// The entity tag of the picture.
    pub picture: Option<String>,
}

/// Returns the slots of the board's page. `now` is in RFC 3339.
#[must_use]
pub fn data(site: &Site, (language, base, now): (&str, &str, &str), people: &[Person]) -> Data {
    let is_here = |person: &&Person| person.status != "offline";
    let word = |key: &'static str| site.languages.word(language, key).to_owned();
    let here = people.iter().filter(is_here).count();
    let count = word("board.count")
        .replace("{n}", &here.to_string())
        .replace("{total}", &people.len().to_string());
    let card = |person: &Person| {
        let (key, moment) = match (&person.ends, &person.since) {
            (Some(end), _) => ("shell.until", Some(end)),
            (None, Some(since)) => ("shell.since", Some(since)),
            (None, None) => ("", None),
        };
        let when = moment.map(|moment| time_text(moment, now));
        let when = when.map(|when| word(key).replace("{end}", &when).replace("{time}", &when));
        let picture = picture(base, person);
        json!({
            "id": person.id,
            "status": person.status,
            "hue": hue(person.username.as_deref().unwrap_or(&person.name)),
            "initials": initials(&person.name),
            "noPicture": picture.is_none(),
            "picture": picture,
            "link": person.username.as_ref().map(|name| format!("{base}/p/{}", encoded(name))),
            "name": person.name,
            "word": word(status_key(person.status)),
            "noWhen": when.is_none(),
            "when": when,
            "at": moment,
            "full": moment.map(|moment| full_text(moment)),
            "text": person.text,
            "noText": person.text.is_empty(),
        })
    };
    let (mut shown, mut offline) = (Vec::new(), Vec::new());
    let ordered = people.iter().filter(is_here);
    let ordered = ordered.chain(people.iter().filter(|person| !is_here(person)));
    for person in ordered.take(FIRST) {
        let list = if is_here(&person) {
            &mut shown
        } else {
            &mut offline
        };
        list.push(card(person));
    }
    let slots = json!({
        "count": count,
        "offlineCount": people.len() - here,
        "people": shown,
        "offline": offline,
    });
    match slots {
        Value::Object(slots) => slots,
        _ => Data::new(),
    }
}

const fn status_key(status: &str) -> &'static str {
    match status.as_bytes() {
        b"online" => "shell.online",
        b"busy" => "shell.busy",
        b"away" => "shell.away",
        b"offline" => "shell.offline",
        _ => "shell.unknown",
    }
}

/// Returns `15:00 UTC`, with the date unless it is that of `now`.
fn time_text(moment: &str, now: &str) -> String {
    let (date, time) = (moment.get(..10), moment.get(11..16));
    let time = time.unwrap_or_default();
    match date {
        Some(date) if now.get(..10) != Some(date) => format!("{date} {time} UTC"),
        _ => format!("{time} UTC"),
    }
}

fn full_text(moment: &str) -> String {
    time_text(moment, "")
}

fn picture(base: &str, person: &Person) -> Option<String> {
    let (tag, name) = (person.picture.as_ref()?, person.username.as_ref()?);
    Some(format!(
        "{base}/avatar/{}?etag={}",
        encoded(name),
        encoded(tag)
    ))
}

/// Encodes a segment of a path or a value of a query, like JavaScript's `encodeURIComponent`.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    let encode = |byte: u8| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Returns the class of a person's colour: FNV-1a of the username, so that a new name keeps it.
fn hue(username: &str) -> String {
    let hash = username.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("h{}", hash % 12)
}

/// Returns the first letters of the first and the last word, or one letter if a script joins them.
fn initials(name: &str) -> String {
    let letter = |word: &str| word.chars().next();
    let (first, last) = (
        name.split_whitespace().next(),
        name.split_whitespace().next_back(),
    );
    let [first, last] = [first, last].map(|word| word.and_then(letter));
    let has_two = name.split_whitespace().nth(1).is_some();
    let both = [first, last].into_iter().flatten();
    let is_separate = both.clone().all(is_separate);
    let shown = both.take(if has_two && is_separate { 2 } else { 1 });
    shown.flat_map(char::to_uppercase).collect()
}

/// Returns whether a letter is Latin, Greek or Cyrillic.
fn is_separate(letter: char) -> bool {
    letter.is_alphabetic() && matches!(letter, '\u{41}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_and_colours_are_those_of_the_script() {
        for (name, expected) in [
            ("Ann Kowalski", "AK"),
            ("Björn", "B"),
            ("Anna Maria Öz", "AÖ"),
            ("李 小龍", "李"),
            ("  ", ""),
            ("محمد علي", "م"),
            ("R2 D2", "RD"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
        assert_eq!(hue(""), format!("h{}", 0x811c_9dc5_u32 % 12));
        assert_eq!(hue("a"), format!("h{}", 0xe40c_292c_u32 % 12));
    }

    #[test]
    fn times_are_in_utc_with_the_date_of_another_day() {
        let now = "2026-11-25T10:00:00.000Z";
        assert_eq!(time_text("2026-11-25T15:00:00.000Z", now), "15:00 UTC");
        let later = time_text("2026-11-30T09:05:00.000Z", now);
        assert_eq!(later, "2026-11-30 09:05 UTC");
    }

    #[test]
    fn a_name_is_encoded_for_a_path() {
        assert_eq!(encoded("a.b c/ö"), "a.b%20c%2F%C3%B6");
    }
}
