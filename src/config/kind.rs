//! The kinds of setting: which texts each accepts, and in which spelling. Does not know which
//! settings exist, where a text was given, or what type its field has.

use std::net::Ipv6Addr;

use super::network;

/// What a setting accepts.
pub(super) enum Kind {
    /// Host and port; names are resolved when the value is used.
    Address,
    /// A path that must be there.
    Path,
    /// A path, or nothing.
    OptionalPath,
    /// Any text but an empty one; the words say what it stands for.
    Text(&'static str),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number within these bounds; the largest `most` stands for none.
    Number { least: u64, most: u64 },
    /// An `http` or `https` URL, or nothing.
    OptionalUrl,
    /// Web origins separated by commas, or nothing.
    Origins,
    /// Networks in CIDR notation separated by commas, or nothing.
    Networks,
    /// The name of a header that holds addresses.
    AddressHeader,
    /// A text that is never shown, and that may stand in a file of its own.
    Secret,
}

impl Kind {
    /// What is accepted, in words that can follow "is not".
    pub(super) fn accepted(&self) -> String {
        match self {
            Self::Address => "a host and a port, such as 127.0.0.1:3000 or a host name that resolves".into(),
            Self::Path => "a path".into(),
            Self::OptionalPath => "a path, or empty for none".into(),
            Self::Text(what) => (*what).into(),
            Self::OneOf(words) => words.join(" or "),
            Self::Number { least, most: u64::MAX } => format!("a number of at least {least}"),
            Self::Number { least, most } => format!("a number from {least} to {most}"),
            Self::OptionalUrl => "an http or https URL such as https://chat.example.com, or empty for none".into(),
            Self::Origins => {
                "a list of origins such as https://chat.example.com, separated by commas, or * for all".into()
            }
            Self::Networks => "a list of networks such as 10.0.0.0/8, separated by commas, or empty for none".into(),
            Self::AddressHeader => {
                "the name of a header that holds addresses alone, such as X-Forwarded-For or X-Real-IP (not Forwarded)".into()
            }
            Self::Secret => "a text of at least one character".into(),
        }
    }

    /// The stand-in for the value in the help text.
    pub(super) fn placeholder(&self) -> &'static str {
        match self {
            Self::Address => "HOST:PORT",
            Self::Path | Self::OptionalPath => "PATH",
            Self::Text(_) | Self::Secret => "TEXT",
            Self::OneOf(_) => "CHOICE",
            Self::Number { .. } => "NUMBER",
            Self::OptionalUrl => "URL",
            Self::Origins => "ORIGINS",
            Self::Networks => "NETWORKS",
            Self::AddressHeader => "NAME",
        }
    }

    /// The text in its one spelling, or `None` if it is not accepted. Resolves no names and reads
    /// no files, so that values overruled by a stronger source can be checked as well.
    pub(super) fn check(&self, text: &str) -> Option<String> {
        if let Self::Secret = self {
            return (!text.is_empty()).then(|| text.to_owned());
        }
        // One line per setting, in errors and in the listing, is worth more than a path with a line
        // break in it.
        if text.chars().any(char::is_control) {
            return None;
        }
        match self {
            Self::OptionalPath | Self::Secret => Some(text.to_owned()),
            Self::Path | Self::Text(_) => (!text.is_empty()).then(|| text.to_owned()),
            Self::Address => is_host_and_port(text).then(|| text.to_owned()),
            Self::OneOf(words) => words.contains(&text).then(|| text.to_owned()),
            Self::Number { least, most } => {
                let number = text.parse::<u64>().ok()?;
                (*least..=*most)
                    .contains(&number)
                    .then(|| number.to_string())
            }
            Self::OptionalUrl => optional_url(text),
            Self::Origins => origins(text),
            Self::Networks => network::list(text).map(|networks| network::show(&networks)),
            Self::AddressHeader => is_address_header(text).then(|| text.to_owned()),
        }
    }
}

/// A header's name (a token, RFC 9110, section 5.6.2). `Forwarded` (RFC 7239) holds more than
/// addresses, and some of it is the client's to choose.
fn is_address_header(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token) && !text.eq_ignore_ascii_case("forwarded")
}

fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && is_port(port))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn optional_url(text: &str) -> Option<String> {
    let url = text.trim_end_matches('/');
    (url.is_empty() && text.is_empty() || is_http_url(url)).then(|| url.to_owned())
}

fn origins(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some(String::new());
    }
    let origins: Option<Vec<_>> = text.split(',').map(origin).collect();
    origins.map(|origins| origins.join(","))
}

/// An origin as browsers send it: lower case and without a path (RFC 6454, section 6.1).
fn origin(text: &str) -> Option<String> {
    let origin = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let has_path = || origin.matches('/').count() > 2;
    (origin == "*" || is_http_url(&origin) && !has_path()).then_some(origin)
}

fn is_http_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        is_authority(authority)
            && path
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\".contains(&byte))
    })
}

/// A host with an optional port; no user name, because a password would come with it.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (text, "0"),
    };
    let is_name = |host: &str| {
        host.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    let is_host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && is_name(host),
    };
    is_host && is_port(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: &Kind, texts: &[&str]) {
        for text in texts {
            assert_eq!(kind.check(text), None, "{text:?} was accepted");
        }
    }

    fn accepted(kind: &Kind, texts: &[(&str, &str)]) {
        for (text, tidy) in texts {
            assert_eq!(kind.check(text).as_deref(), Some(*tidy), "{text:?}");
        }
    }

    #[test]
    fn an_address_needs_a_host_and_a_port() {
        let same = |text| (text, text);
        accepted(
            &Kind::Address,
            &["127.0.0.1:3000", "[::1]:0", "localhost:65535"].map(same),
        );
        refused(
            &Kind::Address,
            &[
                "",
                "3000",
                ":3000",
                "localhost",
                "localhost:",
                "localhost:+1",
                "localhost:65536",
            ],
        );
    }

    #[test]
    fn a_number_keeps_to_its_bounds() {
        let kind = Kind::Number { least: 1, most: 64 };
        assert_eq!(kind.accepted(), "a number from 1 to 64");
        accepted(&kind, &[("1", "1"), ("64", "64"), ("007", "7")]);
        refused(
            &kind,
            &[
                "",
                "0",
                "65",
                "-1",
                "1.5",
                "1 ",
                "many",
                "99999999999999999999",
            ],
        );
    }

    #[test]
    fn a_number_without_an_upper_bound_names_the_lower_one_only() {
        let kind = Kind::Number {
            least: 1024,
            most: u64::MAX,
        };
        assert_eq!(kind.accepted(), "a number of at least 1024");
        accepted(&kind, &[("18446744073709551615", "18446744073709551615")]);
        refused(&kind, &["1023"]);
    }

    #[test]
    fn a_site_url_is_http_and_loses_its_trailing_slash() {
        let cases = [
            ("", ""),
            ("https://chat.example.com/", "https://chat.example.com"),
            (
                "http://[::1]:3000/Sub/folder//",
                "http://[::1]:3000/Sub/folder",
            ),
        ];
        accepted(&Kind::OptionalUrl, &cases);
        let bad = [
            "/",
            "chat.example.com",
            "ftp://a",
            "https://",
            "https:///x",
            "http://a b",
            "http://a:x",
            "http://a:",
        ];
        refused(&Kind::OptionalUrl, &bad);
        refused(
            &Kind::OptionalUrl,
            &[
                "https://u:p@a",
                "https://a?b",
                "https://a/#b",
                "https://[zz]",
                "https://é",
            ],
        );
    }

    #[test]
    fn origins_are_a_list_in_the_spelling_of_browsers() {
        let cases = [
            ("", ""),
            ("*", "*"),
            (
                "https://A.example/ , http://b:81",
                "https://a.example,http://b:81",
            ),
        ];
        accepted(&Kind::Origins, &cases);
        refused(
            &Kind::Origins,
            &[
                "https://a,",
                "a.example",
                "https://a/path",
                "null",
                "https://*.a",
            ],
        );
    }

    #[test]
    fn an_address_header_is_a_name_and_not_forwarded() {
        let same = |text| (text, text);
        accepted(
            &Kind::AddressHeader,
            &["X-Forwarded-For", "x-real-ip", "CF-Connecting-IP"].map(same),
        );
        refused(
            &Kind::AddressHeader,
            &["", "X Real IP", "X-Real-IP:", "Forwarded", "é"],
        );
    }

    #[test]
    fn control_characters_are_refused_except_in_secrets() {
        refused(&Kind::Path, &["a\nb"]);
        refused(&Kind::Text("a name"), &["a\u{1b}[31m"]);
        accepted(&Kind::Secret, &[("a\tb", "a\tb")]);
    }

    #[test]
    fn only_optional_kinds_accept_nothing() {
        accepted(&Kind::OptionalPath, &[("", "")]);
        for kind in [
            Kind::Path,
            Kind::Text("a name"),
            Kind::OneOf(&["a"]),
            Kind::Secret,
        ] {
            refused(&kind, &[""]);
        }
    }
}
