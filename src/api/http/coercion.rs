//! JSON values as ajv coerces them with `coerceTypes`: compatibility 3.3.

use crate::api::error::ApiError;
use serde_json::Value;

pub(in crate::api) fn flag(value: &Value) -> Result<bool, ApiError> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        Value::Number(number) if number.as_f64() == Some(1.0) => Ok(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Ok(false),
        _ => Err(ApiError::invalid_params("must be boolean")),
    }
}

pub(in crate::api) fn number(value: &Value) -> Result<Value, ApiError> {
    match value {
        Value::Number(_) => Ok(value.clone()),
        Value::Bool(value) => Ok(u8::from(*value).into()),
        // JSON is stricter than JavaScript, which also accepts white space and hexadecimal digits.
        Value::String(text) => match serde_json::from_str(text) {
            Ok(number @ Value::Number(_)) => Ok(number),
            _ => Err(ApiError::invalid_params("must be number")),
        },
        _ => Err(ApiError::invalid_params("must be number")),
    }
}

pub(in crate::api) fn texts(value: &Value) -> Result<Vec<String>, ApiError> {
    let items = value
        .as_array()
        .ok_or_else(|| ApiError::invalid_params("must be array"))?;
    items.iter().map(text).collect()
}

pub(in crate::api) fn text(value: &Value) -> Result<String, ApiError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(javascript_text(number)),
        Value::Null => Ok(String::new()),
        _ => Err(ApiError::invalid_params("must be string")),
    }
}

/// Formats a number as JavaScript does: `1.0` is `1`, and exponents begin at 1e21 and 1e-7.
pub(in crate::api) fn javascript_text(number: &serde_json::Number) -> String {
    let Some(value) = number.as_f64() else {
        return number.to_string();
    };
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-6..1e21).contains(&size) {
        value.to_string()
    } else {
        let text = format!("{value:e}");
        if size >= 1.0 {
            text.replace('e', "e+")
        } else {
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_values_that_ajv_coerces_are_accepted() {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!("false"), Some(false)),
            (json!(1), Some(true)),
            (json!(0), Some(false)),
            (json!(2), None),
            (json!("yes"), None),
            (json!([]), None),
        ] {
            assert_eq!(flag(&value).ok(), expected, "{value}");
        }
        for (value, expected) in [
            (json!(1.5), Some(json!(1.5))),
            (json!("2"), Some(json!(2))),
            (json!(true), Some(json!(1))),
            (json!("two"), None),
            (json!({}), None),
        ] {
            assert_eq!(number(&value).ok(), expected, "{value}");
        }
        assert_eq!(
            texts(&json!(["a", 1])).ok(),
            Some(vec!["a".into(), "1".into()])
        );
        assert!(texts(&json!("a")).is_err() && texts(&json!([{}])).is_err());
    }

    #[test]
    fn numbers_are_formatted_as_in_javascript() {
        let cases = [
            ("123", "123"),
            ("1.0", "1"),
            ("-0", "0"),
            ("1.50", "1.5"),
            ("1e21", "1e+21"),
            ("1e20", "100000000000000000000"),
            ("0.000001", "0.000001"),
            ("1.5e-7", "1.5e-7"),
            ("9007199254740993", "9007199254740992"),
        ];
        for (json, text) in cases {
            let number: serde_json::Number = serde_json::from_str(json).unwrap();
            assert_eq!(javascript_text(&number), text, "{json}");
        }
    }
}
