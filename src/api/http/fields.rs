//! How a body becomes fields. Rocket.Chat (`http-router/src/Router.ts`) ignores what it cannot
//! parse; the documented contract reports what is wrong.

use super::coercion;
use super::content_type::media_type;
use super::unreadable_body::{self, NOT_JSON};
use crate::api::error::ApiError;
use crate::app::Contract;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::borrow::Cow;
use warp::http::HeaderMap;

/// A body's top-level fields, and the contract by which they are read.
pub(in crate::api) struct Fields {
    contract: Contract,
    values: Map<String, Value>,
    /// The path of the object that has these fields; empty for the body itself.
    path: String,
    /// Why there are no fields, if the body has none.
    absence: Option<Cow<'static, str>>,
}

impl Fields {
    /// Parses a body as `contract` requires: compatibility section 9, decision 2. Routes without a
    /// contract of their own are read as `server`.
    pub(in crate::api) fn read(
        contract: Contract,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, ApiError> {
        let (values, absence) = if body.is_empty() {
            (Map::new(), Some("The request has no body".into()))
        } else {
            match contract {
                Contract::Documented => (documented(headers, body)?, None),
                Contract::Server => lenient(headers, body)?,
            }
        };
        Ok(Self {
            contract,
            values,
            path: String::new(),
            absence,
        })
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
        let fields = Self::read(Contract::Server, headers, body)?;
        Ok(Self { contract, ..fields })
    }

    /// Wraps fields that did not come in a body, such as a realtime method's parameters. They are
    /// read as in the `server` contract.
    pub(in crate::api) fn of(values: Map<String, Value>) -> Self {
        Self {
            contract: Contract::Server,
            values,
            path: String::new(),
            absence: None,
        }
    }

    /// Returns an error if one of `fields` is absent. Like ajv, callers check this before they
    /// check the values.
    pub(in crate::api) fn require(&self, fields: &[&str]) -> Result<(), ApiError> {
        let missing = fields
            .iter()
            .find(|field| !self.values.contains_key(**field));
        match missing {
            Some(field) => Err(self.explained(ApiError::missing_property(field))),
            None => Ok(()),
        }
    }

    /// Names the object that has the field, and why there are no fields.
    fn explained(&self, refused: ApiError) -> ApiError {
        let refused = match &*self.path {
            "" => refused,
            path => refused.at(path),
        };
        match &self.absence {
            Some(absence) => refused.hint(absence.clone()),
            None => refused,
        }
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
        let Some(unknown) = self.names().find(|field| !known.contains(field)) else {
            return Ok(());
        };
        let refused = ApiError::invalid_params("must NOT have additional properties");
        Err(self.explained(match &self.absence {
            Some(_) => refused,
            None => refused.at(unknown).words(known.iter().copied()),
        }))
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
            (Some(_), _) => Err(self.refused("must be string", field)),
        }
    }

    fn refused(&self, text: &'static str, field: &str) -> ApiError {
        self.explained(ApiError::invalid_params(text).at(field))
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
            Some(value) => match coercion::flag(&value) {
                Ok(flag) => Ok(Some(flag)),
                Err(refused) => Err(self.explained(refused.at(field))),
            },
        }
    }

    /// Returns an array of strings; `None` when it is absent or null.
    pub(in crate::api) fn texts(&mut self, field: &str) -> Result<Option<Vec<String>>, ApiError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match coercion::texts(&value) {
                Ok(texts) => Ok(Some(texts)),
                Err(refused) => Err(self.explained(refused.at(field))),
            },
        }
    }

    /// Returns the fields of a nested object; `None` when it is absent.
    pub(in crate::api) fn object(&mut self, field: &str) -> Result<Option<Self>, ApiError> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Object(values)) => Ok(Some(Self {
                contract: self.contract,
                values,
                path: field.to_owned(),
                absence: None,
            })),
            Some(_) => Err(self.refused("must be object", field)),
        }
    }

    /// Returns a string of at least one character.
    pub(in crate::api) fn filled(&mut self, field: &str) -> Result<String, ApiError> {
        let text = self.text(field)?.unwrap_or_default();
        if text.is_empty() {
            return Err(self.refused("must NOT have fewer than 1 characters", field));
        }
        Ok(text)
    }
}

fn documented(headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>, ApiError> {
    if media_type(headers) != "application/json" {
        return Err(ApiError::invalid_params(NOT_JSON));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(ApiError::invalid_params("must be object")),
        Err(broken) => {
            let reason = unreadable_body::reason(headers, body, &broken);
            Err(ApiError::invalid_params(reason))
        }
    }
}

/// Returns whether the body is an HTML form. JSON with the content type of a form, which curl sends
/// by default, is not one.
fn is_form(headers: &HeaderMap, body: &Bytes) -> bool {
    media_type(headers) == "application/x-www-form-urlencoded"
        && !body.trim_ascii_start().starts_with(b"{")
}

/// Fields, and why there are none.
type Lenient = (Map<String, Value>, Option<Cow<'static, str>>);

fn lenient(headers: &HeaderMap, body: &Bytes) -> Result<Lenient, ApiError> {
    match media_type(headers).as_str() {
        "application/json" => match serde_json::from_slice(body) {
            Ok(Value::Object(values)) => Ok((values, None)),
            Ok(_) => Err(ApiError::invalid_params("must be object")),
            Err(broken) => {
                let reason = unreadable_body::reason(headers, body, &broken);
                Ok((Map::new(), Some(reason.into())))
            }
        },
        "application/x-www-form-urlencoded" => {
            let fields = form_urlencoded::parse(body);
            let text = |(name, text): (Cow<'_, str>, Cow<'_, str>)| {
                (name.into_owned(), Value::String(text.into_owned()))
            };
            Ok((fields.map(text).collect(), None))
        }
        multipart if multipart.starts_with("multipart/") => Ok((Map::new(), Some(NOT_JSON.into()))),
        // Rocket.Chat spreads other text into an object with keys "0", "1", …, which are unknown
        // fields.
        _ => {
            let values = Map::from_iter([("0".to_owned(), Value::Null)]);
            Ok((values, Some(NOT_JSON.into())))
        }
    }
}
