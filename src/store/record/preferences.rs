//! The stored form of a user's preferences: a JSON object with the keys in alphabetical order.

use crate::domain::{Error, Result};
use serde_json::{Map, Value};

/// Merges `patch` into the stored preferences according to RFC 7396: `null` removes a key.
pub(crate) fn merge(stored: Option<&str>, patch: &str) -> Result<String> {
    let read = |text| serde_json::from_str(text).map_err(Error::internal);
    let mut merged = stored.map_or_else(|| Ok(Value::Null), read)?;
    apply(&mut merged, read(patch)?);
    Ok(merged.to_string())
}

fn apply(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(target) = target.as_object_mut() else {
        return;
    };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(&key);
        } else {
            apply(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: RFC 7396, appendix A.
    #[test]
    fn a_patch_replaces_adds_and_removes_keys() {
        for (stored, patch, expected) in [
            (None, r#"{"a":1,"b":null}"#, r#"{"a":1}"#),
            (Some(r#"{"a":"b"}"#), r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (Some(r#"{"a":"b"}"#), r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (Some(r#"{"a":"b"}"#), r#"{"a":null}"#, "{}"),
            (Some(r#"{"a":["b"]}"#), r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (Some(r#"{"a":"c"}"#), r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (
                Some(r#"{"a":{"b":"c"}}"#),
                r#"{"a":{"b":"d","c":null}}"#,
                r#"{"a":{"b":"d"}}"#,
            ),
            (
                Some("{}"),
                r#"{"a":{"bb":{"ccc":null}}}"#,
                r#"{"a":{"bb":{}}}"#,
            ),
        ] {
            assert_eq!(merge(stored, patch).unwrap(), expected, "{patch}");
        }
        assert!(merge(Some("{"), "{}").is_err() && merge(None, "{").is_err());
    }
}
