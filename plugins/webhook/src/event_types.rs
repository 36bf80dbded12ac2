//! Which events an endpoint wants. It does not know events beyond their types.

use doorsign_hook::Event;

/// Whether a type that events can have fits `pattern`: a type (`presence.changed`), or a beginning of some with a `.*`
/// after it (`custom_user_status.*`), which later types fit, too.
///
/// Others are no mistake for a [`Webhook`](crate::Webhook): no event fits them. Ask this before one is set.
pub fn is_event_type(pattern: &str) -> bool {
    Event::KINDS.iter().any(|kind| fits(pattern, kind))
}

/// Whether events of `kind` are wanted by `patterns`; without any, all are.
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
    fn a_type_fits_itself_and_its_beginnings() {
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
    fn only_what_can_happen_is_an_event_type() {
        assert!(Event::KINDS.iter().all(|kind| is_event_type(kind)));
        assert!(is_event_type("presence.*"));
        assert!(!is_event_type("presence.change"));
        assert!(!is_event_type("*"));
    }
}
