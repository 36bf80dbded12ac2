//! When a request's path is a route's: word for word, or with a parameter where the route's last segment begins with a colon. Knows no
//! route by name.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Whether `path` is the path of the route `template`.
pub(super) fn fits(template: &str, path: &str) -> bool {
    template == path || raw(template, path).is_some()
}

/// The parameter in `path`, decoded; as it came where it cannot be. Empty for a route without one.
pub(super) fn parameter<'a>(template: &str, path: &'a str) -> Cow<'a, str> {
    let raw = raw(template, path).unwrap_or_default();
    let decoded = percent_decode_str(raw).decode_utf8();
    decoded.unwrap_or(Cow::Borrowed(raw))
}

/// What stands in `path` in the place of the last segment of `template`, if that one is a parameter. It is one segment, and not empty.
fn raw<'a>(template: &str, path: &'a str) -> Option<&'a str> {
    let (before, _) = template.rsplit_once(':')?;
    let last = path.strip_prefix(before)?;
    (!last.is_empty() && !last.contains('/')).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: &str = "/api/v1/settings/:_id";

    #[test]
    fn a_path_fits_word_for_word_or_with_one_last_segment_that_is_not_empty() {
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
        ] {
            assert_eq!(fits(template, path), fitting, "{template} {path}");
        }
    }

    #[test]
    fn parameters_are_decoded_where_they_can_be() {
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
