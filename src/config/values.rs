//! What settings accept: how a text becomes a value, and the words for errors and documents. The
//! placeholder of a flag decides.

use std::net::Ipv6Addr;

use clap::Arg;
use toml::Value;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::{network, time_zone};

/// Reads a text; `None` if it is not accepted.
type Read = fn(&str) -> Option<Value>;

/// Kinds of values: the placeholder, what is accepted in words that can follow "is not", and how it
/// is read. Beside these there are bounds, such as `1-64` or `1024+`, and choices between words.
#[rustfmt::skip] // A table.
const KINDS: &[(&str, &str, Read)] = &[
    ("PATH", "a path", text),
    ("FILE", "a path, or empty for none", |text| Some(text.into())),
    ("FOLDER", "a path, or empty for none", |text| Some(text.into())),
    ("SECRET", "a text of at least one character", text),
    ("PROXY", "the URL of an HTTP proxy such as http://proxy.example.com:3128 or http://USER:PASSWORD@proxy.example.com:3128, or empty for none", proxy),
    ("USERNAME", "a user name", text),
    ("HOST:PORT", "a host and a port, such as 127.0.0.1:3000 or a host name that resolves", address),
    ("URL", "an http or https URL such as https://chat.example.com, or empty for none", optional_url),
    ("VERSION", "a version of three numbers such as 8.8.1", version),
    ("ORIGINS", "a list of origins such as https://chat.example.com, separated by commas, or * for all", |text| list(text, origin)),
    ("NETWORKS", "a list of networks such as 10.0.0.0/8, separated by commas, or empty for none", |text| list(text, network::read)),
    ("HEADER", "the name of a header that holds addresses alone, such as X-Forwarded-For or X-Real-IP (not Forwarded)", address_header),
    ("ZONE", "a time zone such as Europe/Berlin or UTC, or empty for that of the system", time_zone::read),
    ("FILTER", "a level (off, error, warn, info, debug or trace) or a log filter such as info,doorsign=debug", log_filter),
];

/// The value that `text` gives the setting; `None` if it is not accepted. Resolves no names and
/// reads no files but those of time zones, so that values that a stronger source overrules can be
/// checked as well.
pub(super) fn read(arg: &Arg, text: &str) -> Option<Value> {
    // One line per setting, in errors and in the listing, is worth more than a path with a line
    // break in it.
    if text.chars().any(char::is_control) && !is_secret(arg) {
        return None;
    }
    if let Some((least, most)) = bounds(arg) {
        let number = text.parse().ok();
        return number
            .filter(|number| (least..=most).contains(number))
            .map(Value::Integer);
    }
    match words(arg) {
        words if words.is_empty() => kind(arg).and_then(|(_, _, read)| read(text)),
        words => words.iter().any(|word| word == text).then(|| text.into()),
    }
}

/// What a setting accepts, in words that can follow "is not".
pub(super) fn accepted(arg: &Arg) -> String {
    match (bounds(arg), kind(arg)) {
        (Some((least, i64::MAX)), _) => format!("a number of at least {least}"),
        (Some((least, most)), _) => format!("a number from {least} to {most}"),
        (None, Some((_, accepted, _))) => (*accepted).to_owned(),
        (None, None) => words(arg).join(" or "),
    }
}

fn kind(arg: &Arg) -> Option<&'static (&'static str, &'static str, Read)> {
    KINDS.iter().find(|(known, ..)| *known == placeholder(arg))
}

/// The words that a choice is between.
pub(super) fn words(arg: &Arg) -> Vec<String> {
    let words = arg.get_possible_values();
    words
        .iter()
        .map(|word| word.get_name().to_owned())
        .collect()
}

/// Returns whether a setting is a choice between numbers, which a settings file may leave unquoted.
pub(super) fn is_numeric(arg: &Arg) -> bool {
    let words = words(arg);
    !words.is_empty() && words.iter().all(|word| word.parse::<i64>().is_ok())
}

/// Whether the value must not be seen. The setting `KEY_file` can name a file that holds it
/// instead.
pub(super) fn is_secret(arg: &Arg) -> bool {
    matches!(placeholder(arg), "SECRET" | "PROXY")
}

/// Returns whether this value must not be an argument of a process: a secret, or a URL with a
/// password.
pub(super) fn holds_secret(arg: &Arg, text: &str) -> bool {
    is_never_a_flag(arg) || (is_secret(arg) && text.contains('@'))
}

/// Returns whether no value of this setting may be a flag.
pub(super) fn is_never_a_flag(arg: &Arg) -> bool {
    placeholder(arg) == "SECRET"
}

/// Whether a setting is a list of values.
pub(super) fn is_list(arg: &Arg) -> bool {
    matches!(placeholder(arg), "ORIGINS" | "NETWORKS")
}

/// The bounds of a number. The largest number of a settings file means no upper bound.
pub(super) fn bounds(arg: &Arg) -> Option<(i64, i64)> {
    let placeholder = placeholder(arg);
    if let Some(least) = placeholder.strip_suffix('+') {
        return Some((least.parse().ok()?, i64::MAX));
    }
    let (least, most) = placeholder.split_once('-')?;
    Some((least.parse().ok()?, most.parse().ok()?))
}

fn placeholder(arg: &Arg) -> &str {
    let names = arg.get_value_names().unwrap_or_default();
    names.first().map_or("", |name| name.as_str())
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| text.into())
}

/// Three numbers. Clients compare versions by number, and show parts of them.
fn version(text: &str) -> Option<Value> {
    let numbers: Vec<_> = text.split('.').map(canonical_number).collect();
    (numbers.len() == 3 && numbers.iter().all(|is_number| *is_number)).then(|| text.into())
}

/// Returns whether a part of a version is a number of at most four digits, without leading zeros.
fn canonical_number(part: &str) -> bool {
    let is_digits = part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && (1..=4).contains(&part.len()) && (part == "0" || !part.starts_with('0'))
}

/// A list separated by commas, or nothing.
fn list(text: &str, item: fn(&str) -> Option<String>) -> Option<Value> {
    let items = text.split(',').map(str::trim);
    match text.trim() {
        "" => Some(Value::Array(Vec::new())),
        _ => {
            let items: Option<_> = items.map(|text| item(text).map(Value::String)).collect();
            items.map(Value::Array)
        }
    }
}

/// A word alone has to be a level: as a filter, a misspelt `inof` would be the name of a module,
/// and nothing would be logged.
fn log_filter(text: &str) -> Option<Value> {
    let is_word = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_part = |part: &str| match part.trim() {
        word if is_word(word) => word.parse::<LevelFilter>().is_ok(),
        pair => !pair.ends_with('='),
    };
    let is_filter = text.split(',').all(is_part) && text.parse::<Targets>().is_ok();
    self::text(text).filter(|_| is_filter)
}

/// A header's name (a token, RFC 9110, section 5.6.2). `Forwarded` (RFC 7239) holds more than
/// addresses, and some of it is the client's to choose.
fn address_header(name: &str) -> Option<Value> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = name.bytes().all(is_token) && !name.eq_ignore_ascii_case("forwarded");
    text(name).filter(|_| is_name)
}

/// Host and port. A name is resolved when the server listens.
fn address(text: &str) -> Option<Value> {
    let (host, port) = text.rsplit_once(':')?;
    (!host.is_empty() && is_port(port)).then(|| text.into())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn optional_url(text: &str) -> Option<Value> {
    let url = text.trim_end_matches('/');
    (text.is_empty() || is_http_url(url)).then(|| url.into())
}

/// A proxy's URL: a host and a port, possibly after a user name and a password.
fn proxy(url: &str) -> Option<Value> {
    if url.is_empty() {
        return Some("".into());
    }
    let rest = url.strip_prefix("http://")?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, authority) = rest.rsplit_once('@').unwrap_or(("", rest));
    let is_graphic = user.bytes().all(|byte| byte.is_ascii_graphic());
    let has_port = address(authority).is_some();
    (is_graphic && has_port && is_authority(authority)).then(|| url.into())
}

/// An origin as browsers send it: lower case and without a path (RFC 6454, section 6.1).
fn origin(text: &str) -> Option<String> {
    let origin = text.trim_end_matches('/').to_ascii_lowercase();
    let has_path = origin.matches('/').count() > 2;
    (origin == "*" || is_http_url(&origin) && !has_path).then_some(origin)
}

fn is_http_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_in_path = |byte: u8| byte.is_ascii_graphic() && !b"?#\"<>\\".contains(&byte);
    rest.is_some_and(|rest| {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        is_authority(authority) && path.bytes().all(is_in_path)
    })
}

/// A host with an optional port; no user name, because a password would come with it.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (text, "0"),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match in_brackets {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(is_name),
    };
    is_host && is_port(port)
}
