//! Path matching: a request's path matches a route literally, or with a parameter where a segment of
//! the route begins with a colon.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use warp::path::FullPath;

/// The path prefix under which proxies expose this server, from the setting `site_url`: empty, or
/// segments that each begin with a slash.
pub(in crate::api) struct BasePath(String);

impl BasePath {
    pub(in crate::api) fn of_url(url: &str) -> Self {
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        Self(without_superfluous_slashes(path))
    }

    pub(in crate::api) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `path` without this prefix, or unchanged if it is not below it.
    fn strip<'a>(&self, path: &'a str) -> &'a str {
        match path.strip_prefix(&self.0) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ if path.is_empty() => "/",
            _ => path,
        }
    }
}

/// The path of a request: as sent, until it is tidied.
pub(in crate::api) struct RequestPath {
    sent: FullPath,
    tidy: Option<String>,
}

impl RequestPath {
    pub(in crate::api) fn new(sent: FullPath) -> Self {
        Self { sent, tidy: None }
    }

    pub(in crate::api) fn as_str(&self) -> &str {
        self.tidy.as_deref().unwrap_or(self.sent.as_str())
    }

    /// Removes the base path, empty segments and a trailing slash, which clients send when their
    /// base URL ends with a slash. Returns whether that changed anything.
    pub(in crate::api) fn tidy(&mut self, base: &BasePath) -> bool {
        let single = without_superfluous_slashes(self.sent.as_str());
        let tidy = base.strip(&single);
        let changes = tidy != self.as_str();
        self.tidy = changes.then(|| tidy.to_owned());
        changes
    }
}

fn without_superfluous_slashes(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.flat_map(|segment| ["/", segment]).collect()
}

/// Returns whether `path` matches the route `template`.
pub(in crate::api) fn fits(template: &str, path: &str) -> bool {
    template == path || (template.contains(':') && fits_by_segment(template, path))
}

fn fits_by_segment(template: &str, path: &str) -> bool {
    let (mut segments, mut parts) = (template.split('/'), path.split('/'));
    let all_fit = segments.by_ref().all(|segment| {
        let part = parts.next();
        part.is_some_and(|part| segment == part || (is_parameter(segment) && !part.is_empty()))
    });
    all_fit && parts.next().is_none()
}

/// Returns the decoded parameter in `path`, which matches `template`, or the raw one if it cannot be
/// decoded. The first one, if there are several; empty for a route without a parameter.
pub(in crate::api) fn parameter<'a>(template: &str, path: &'a str) -> Cow<'a, str> {
    let mut pairs = template.split('/').zip(path.split('/'));
    let raw = pairs.find(|(segment, _)| is_parameter(segment));
    let raw = raw.map_or("", |(_, part)| part);
    let decoded = percent_decode_str(raw).decode_utf8();
    decoded.unwrap_or(Cow::Borrowed(raw))
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: &str = "/api/v1/settings/:_id";
    const SOCKET: &str = "/sockjs/:server/:session/websocket";

    #[test]
    fn a_path_matches_literally_or_with_one_non_empty_segment_per_parameter() {
        for (template, path, fitting) in [
            ("/api/v1/me", "/api/v1/me", true),
            ("/api/v1/me", "/api/v1/me/", false),
            ("/api/v1/me", "/api/v1/", false),
            (SETTING, "/api/v1/settings/Site_Name", true),
            (SETTING, "/api/v1/settings/:_id", true),
            (SETTING, "/api/v1/settings/a%2Fb", true),
            (SETTING, "/api/v1/settings/", false),
            (SETTING, "/api/v1/settings", false),
            (SETTING, "/api/v1/settings/a/", false),
            (SETTING, "/api/v1/settings/a/b", false),
            (SETTING, "/api/v1/settings.public", false),
            (SETTING, "/API/v1/settings/a", false),
            (SOCKET, "/sockjs/123/pidgin7/websocket", true),
            (SOCKET, "/sockjs//pidgin7/websocket", false),
            (SOCKET, "/sockjs/123/websocket", false),
            (SOCKET, "/sockjs/123/pidgin7/websocket/", false),
            (SOCKET, "/sockjs/123/pidgin7/xhr", false),
        ] {
            assert_eq!(fits(template, path), fitting, "{template} {path}");
        }
    }

    #[test]
    fn a_base_path_and_superfluous_slashes_are_removed() {
        for (site_url, path, expected) in [
            ("", "//api/v1/me", "/api/v1/me"),
            ("", "/api///v1//me//", "/api/v1/me"),
            ("", "/", "/"),
            ("", "//", "/"),
            ("https://a", "/doorsign/api/v1/me", "/doorsign/api/v1/me"),
            ("https://a/doorsign", "/doorsign/api/v1/me", "/api/v1/me"),
            ("https://a/doorsign", "/doorsign//websocket/", "/websocket"),
            ("https://a/x/doorsign", "/x/doorsign/api", "/api"),
            ("https://a/doorsign", "/doorsigns/api", "/doorsigns/api"),
            ("https://a/doorsign", "/doorsign", "/"),
            ("https://a/doorsign", "/doorsign/", "/"),
            ("https://a/doorsign", "/", "/"),
            ("https://a/doorsign", "/api/v1/me/", "/api/v1/me"),
        ] {
            let single = without_superfluous_slashes(path);
            let base = BasePath::of_url(site_url);
            assert_eq!(base.strip(&single), expected, "{site_url} {path}");
        }
    }

    #[test]
    fn parameters_are_decoded_where_possible() {
        for (path, expected) in [
            ("/api/v1/settings/Site_Name", "Site_Name"),
            ("/api/v1/settings/Site%5fName", "Site_Name"),
            ("/api/v1/settings/stream-notify%3Aall", "stream-notify:all"),
            ("/api/v1/settings/a%2Fb", "a/b"),
            ("/api/v1/settings/%F0%9F%8D%9C", "🍜"),
            ("/api/v1/settings/a+b", "a+b"),
            ("/api/v1/settings/100%", "100%"),
            ("/api/v1/settings/%zz", "%zz"),
            ("/api/v1/settings/%ff%fe", "%ff%fe"),
            ("/api/v1/settings/:_id", ":_id"),
            ("/api/v1/settings", ""),
        ] {
            assert_eq!(parameter(SETTING, path), expected, "{path}");
        }
        assert_eq!(parameter("/api/v1/me", "/api/v1/me"), "");
    }
}
