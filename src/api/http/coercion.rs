//! The typed fields of a body, each read as ajv does with `coerceTypes`: compatibility 3.3.

use super::body::Fields;
use crate::api::error::ApiError;
use serde_json::Value;

impl Fields {
    /// Returns a boolean, or a value that ajv coerces to one; `None` when it is absent or null.
    pub(in crate::api) fn flag(&mut self, field: &str) -> Result<Option<bool>, ApiError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => flag(&value).map(Some),
        }
    }

    /// Returns an array of strings; `None` when it is absent or null.
    pub(in crate::api) fn texts(&mut self, field: &str) -> Result<Option<Vec<String>>, ApiError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => texts(&value).map(Some),
        }
    }

    /// Returns the fields of a nested object; `None` when it is absent.
    pub(in crate::api) fn object(&mut self, field: &str) -> Result<Option<Self>, ApiError> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Object(values)) => Ok(Some(self.inside(values))),
            Some(_) => Err(ApiError::invalid_params("must be object")),
        }
    }

    /// Returns a string of at least one character.
    pub(in crate::api) fn filled(&mut self, field: &str) -> Result<String, ApiError> {
        let text = self.text(field)?.unwrap_or_default();
        if text.is_empty() {
            return Err(ApiError::invalid_params(
                "must NOT have fewer than 1 characters",
            ));
        }
        Ok(text)
    }
}

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
        Value::Number(number) => Ok(super::body::javascript_text(number)),
        Value::Null => Ok(String::new()),
        _ => Err(ApiError::invalid_params("must be string")),
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
}
