//! Filters events by type.

use doorsign_hook::Event;

/// Returns whether an event type matches `pattern`: a type (`presence.changed`) or a prefix
/// followed by `.*` (`custom_user_status.*`), which also matches later types.
///
/// A [`Webhook`](crate::Webhook) accepts other patterns, which match no event. Call this before you
/// set one.
pub fn is_event_type(pattern: &str) -> bool {
    Event::KINDS.iter().any(|kind| fits(pattern, kind))
}

/// Returns whether `patterns` match events of `kind`. An empty list matches all.
pub(crate) fn wanted(patterns: &[String], kind: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, kind))
}

fn fits(pattern: &str, kind: &str) -> bool {
    let Some(beginning) = pattern.strip_suffix(".*") else {
        return pattern == kind;
    };
    let rest = kind.strip_prefix(beginning);
    rest.is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_matches_itself_and_its_prefixes() {
        for fitting in ["custom_user_status.created", "custom_user_status.*"] {
            assert!(fits(fitting, "custom_user_status.created"), "{fitting}");
        }
        for other in [
            "",
            "*",
            ".*",
            "custom_user_status",
            "custom_user.*",
            "custom_user_status.created.*",
            "custom_user_status.updated",
            "presence.*",
        ] {
            assert!(!fits(other, "custom_user_status.created"), "{other}");
        }
    }

    #[test]
    fn without_a_filter_everything_is_wanted() {
        assert!(wanted(&[], "presence.changed"));
        let filter = [
            "custom_user_status.*".to_owned(),
            "presence.changed".to_owned(),
        ];
        assert!(wanted(&filter, "presence.changed"));
        assert!(!wanted(&filter[..1], "presence.changed"));
    }

    #[test]
    fn only_existing_types_are_event_types() {
        assert!(Event::KINDS.iter().all(|kind| is_event_type(kind)));
        assert!(is_event_type("presence.*"));
        assert!(!is_event_type("presence.change"));
        assert!(!is_event_type("*"));
    }
}
