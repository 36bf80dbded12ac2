//! How a body becomes fields. Rocket.Chat (`http-router/src/Router.ts`) ignores what it cannot
//! parse; the documented contract reports what is wrong.

use super::coercion;
use crate::api::error::ApiError;
use crate::app::Contract;
use bytes::Bytes;
use serde_json::{Map, Value};
use warp::http::{HeaderMap, header};

/// A body's top-level fields, and the contract by which they are read.
pub(in crate::api) struct Fields {
    contract: Contract,
    values: Map<String, Value>,
}

impl Fields {
    /// Parses a body as `contract` requires: compatibility section 9, decision 2. Routes without a
    /// contract of their own are read as `server`.
    pub(in crate::api) fn read(
        contract: Contract,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, ApiError> {
        let values = match contract {
            Contract::Documented => documented(headers, body)?,
            Contract::Server => match lenient(headers, body) {
                Value::Object(values) => values,
                _ => return Err(ApiError::invalid_params("must be object")),
            },
        };
        Ok(Self { contract, values })
    }

    /// Parses the body of `login` and `users.setStatus`, which Rocket.Chat reads alike under both
    /// contracts. The documented one still reports a body that cannot be read, and converts no
    /// numbers to text.
    pub(in crate::api) fn reported(
        contract: Contract,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, ApiError> {
        if contract == Contract::Documented && !is_form(headers, body) {
            return Self::read(contract, headers, body);
        }
        let values = Self::read(Contract::Server, headers, body)?.values;
        Ok(Self { contract, values })
    }

    /// Wraps fields that did not come in a body, such as a realtime method's parameters. They are
    /// read as in the `server` contract.
    pub(in crate::api) fn of(values: Map<String, Value>) -> Self {
        let contract = Contract::Server;
        Self { contract, values }
    }

    /// Returns an error if one of `fields` is absent. Like ajv, callers check this before they
    /// check the values.
    pub(in crate::api) fn require(&self, fields: &[&str]) -> Result<(), ApiError> {
        let missing = fields
            .iter()
            .find(|field| !self.values.contains_key(**field));
        missing.map_or(Ok(()), |field| Err(ApiError::missing_property(field)))
    }

    /// Returns an error if there are fields other than `known`. The documented contract ignores
    /// unknown fields.
    pub(in crate::api) fn refuse_unknown(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.contract {
            Contract::Server => self.require_only(known),
            Contract::Documented => Ok(()),
        }
    }

    /// Like [`refuse_unknown`](Self::refuse_unknown), under either contract.
    pub(in crate::api) fn require_only(&self, known: &[&str]) -> Result<(), ApiError> {
        if self.names().all(|field| known.contains(&field)) {
            return Ok(());
        }
        let refusal = "must NOT have additional properties";
        Err(ApiError::invalid_params(refusal))
    }

    /// Removes and returns the text of `field`; `None` when it is absent or null. The `server`
    /// contract converts numbers and booleans to text.
    pub(in crate::api) fn text(&mut self, field: &str) -> Result<Option<String>, ApiError> {
        match (self.values.remove(field), self.contract) {
            (None | Some(Value::Null), _) => Ok(None),
            (Some(Value::String(text)), _) => Ok(Some(text)),
            (Some(Value::Bool(value)), Contract::Server) => Ok(Some(value.to_string())),
            (Some(Value::Number(number)), Contract::Server) => {
                Ok(Some(coercion::javascript_text(&number)))
            }
            (Some(_), _) => Err(ApiError::invalid_params("must be string")),
        }
    }

    /// Wraps the fields of a nested object, read under the same contract.
    pub(in crate::api) fn inside(&self, values: Map<String, Value>) -> Self {
        let contract = self.contract;
        Self { contract, values }
    }

    /// Returns whether `field` is present and null.
    pub(in crate::api) fn is_null(&self, field: &str) -> bool {
        self.values.get(field).is_some_and(Value::is_null)
    }

    /// Removes and returns the field's raw value.
    pub(in crate::api) fn take(&mut self, field: &str) -> Option<Value> {
        self.values.remove(field)
    }

    /// Returns the names of the fields.
    pub(in crate::api) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Returns a boolean, or a value that ajv coerces to one; `None` when it is absent or null.
    pub(in crate::api) fn flag(&mut self, field: &str) -> Result<Option<bool>, ApiError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => coercion::flag(&value).map(Some),
        }
    }

    /// Returns an array of strings; `None` when it is absent or null.
    pub(in crate::api) fn texts(&mut self, field: &str) -> Result<Option<Vec<String>>, ApiError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => coercion::texts(&value).map(Some),
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

fn documented(headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    if media_type(headers) != "application/json" {
        return Err(ApiError::invalid_params(
            "The body must be JSON, with the header Content-Type: application/json",
        ));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(ApiError::invalid_params("must be object")),
        Err(broken) => Err(ApiError::invalid_params(format!(
            "The body is not valid JSON: {broken}"
        ))),
    }
}

/// Returns whether the body is an HTML form. JSON with the content type of a form, which curl sends
/// by default, is not one.
fn is_form(headers: &HeaderMap, body: &Bytes) -> bool {
    media_type(headers) == "application/x-www-form-urlencoded"
        && !body.trim_ascii_start().starts_with(b"{")
}

fn lenient(headers: &HeaderMap, body: &Bytes) -> Value {
    match media_type(headers).as_str() {
        "application/json" => {
            serde_json::from_slice(body).unwrap_or_else(|_| Value::Object(Map::new()))
        }
        "application/x-www-form-urlencoded" => form_urlencoded::parse(body)
            .map(|(name, text)| (name.into_owned(), Value::String(text.into_owned())))
            .collect(),
        // Rocket.Chat spreads other text into an object with keys "0", "1", …, which are unknown
        // fields.
        _ if !body.is_empty() && !media_type(headers).starts_with("multipart/") => {
            Value::Object(Map::from_iter([("0".to_owned(), Value::Null)]))
        }
        _ => Value::Object(Map::new()),
    }
}

/// Returns the content type in lower case without its parameters; empty when there is none.
pub(in crate::api) fn media_type(headers: &HeaderMap) -> String {
    let whole = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    whole
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}
