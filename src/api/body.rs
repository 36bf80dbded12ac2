//! Request bodies: how many bytes are taken, and how they become fields. Rocket.Chat's reading (`http-router/src/Router.ts`) swallows
//! what it does not understand; the documented contract says what is wrong with it. Knows no field by name.

use super::error::ApiError;
use crate::app::Contract;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use serde_json::{Map, Value};
use std::pin::pin;
use std::time::Duration;
use warp::http::{HeaderMap, header};

/// Bytes of a body at most.
pub(super) const LIMIT: usize = 64 * 1024;
/// Bytes of a body over the limit that are still read and dropped, so that its sender gets to see the answer.
const DRAIN: usize = 1024 * 1024;

/// Takes the body in, whether its length was announced or not: at most [`LIMIT`] bytes within `deadline`.
pub(super) async fn read<B: Buf>(
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>> + Send,
    deadline: Duration,
) -> Result<Bytes, ApiError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > DRAIN as u64) {
        return Err(ApiError::TooLarge);
    }
    tokio::time::timeout(deadline, collect(body))
        .await
        .map_err(|_| ApiError::TooSlow)?
}

async fn collect<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<Bytes, ApiError> {
    let mut body = pin!(body);
    let (mut kept, mut size) = (BytesMut::new(), 0_usize);
    while let Some(chunk) = body.next().await {
        let mut chunk = chunk.map_err(|_| ApiError::BrokenBody)?;
        size += chunk.remaining();
        if size > DRAIN {
            break;
        }
        if size <= LIMIT {
            kept.reserve(chunk.remaining());
            kept.extend_from_slice(&chunk.copy_to_bytes(chunk.remaining()));
        }
    }
    if size > LIMIT {
        Err(ApiError::TooLarge)
    } else {
        Ok(kept.freeze())
    }
}

/// A body's top-level fields, and how strictly they are taken.
pub(super) struct Fields {
    contract: Contract,
    values: Map<String, Value>,
}

impl Fields {
    /// Reads a body as `contract` does: reference section 9, decision 2. Routes without contracts of their own are read as `server`.
    pub(super) fn read(
        contract: Contract,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, ApiError> {
        let values = match contract {
            Contract::Documented => documented(headers, body)?,
            Contract::Server => match swallowing(headers, body) {
                Value::Object(values) => values,
                _ => return Err(ApiError::invalid_params("must be object")),
            },
        };
        Ok(Self { contract, values })
    }

    /// Fields that came another way than in a body, such as a realtime method's; read as the `server` contract does.
    pub(super) fn of(values: Map<String, Value>) -> Self {
        let contract = Contract::Server;
        Self { contract, values }
    }

    /// Refuses the body when one of `fields` is absent. ajv looks for what is missing before it looks at what is there.
    pub(super) fn require(&self, fields: &[&str]) -> Result<(), ApiError> {
        let missing = fields
            .iter()
            .find(|field| !self.values.contains_key(**field));
        missing.map_or(Ok(()), |field| Err(ApiError::missing_property(field)))
    }

    /// Refuses fields other than `known`, which the documented contract ignores.
    pub(super) fn refuse_unknown(&self, known: &[&str]) -> Result<(), ApiError> {
        if self.contract == Contract::Server
            && self
                .values
                .keys()
                .any(|field| !known.contains(&field.as_str()))
        {
            return Err(ApiError::invalid_params(
                "must NOT have additional properties",
            ));
        }
        Ok(())
    }

    /// The text of `field`; `None` when it is absent or null. The `server` contract makes text of numbers and booleans.
    pub(super) fn text(&mut self, field: &str) -> Result<Option<String>, ApiError> {
        match (self.values.remove(field), self.contract) {
            (None | Some(Value::Null), _) => Ok(None),
            (Some(Value::String(text)), _) => Ok(Some(text)),
            (Some(Value::Bool(value)), Contract::Server) => Ok(Some(value.to_string())),
            (Some(Value::Number(number)), Contract::Server) => Ok(Some(javascript_text(&number))),
            (Some(_), _) => Err(ApiError::invalid_params("must be string")),
        }
    }

    /// Further fields that stand inside these, read alike.
    pub(super) fn inside(&self, values: Map<String, Value>) -> Self {
        let contract = self.contract;
        Self { contract, values }
    }

    /// Whether `field` is there, and null.
    pub(super) fn is_null(&self, field: &str) -> bool {
        self.values.get(field).is_some_and(Value::is_null)
    }

    /// The field as it came.
    pub(super) fn take(&mut self, field: &str) -> Option<Value> {
        self.values.remove(field)
    }

    /// The names of the fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
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

fn swallowing(headers: &HeaderMap, body: &Bytes) -> Value {
    match media_type(headers).as_str() {
        "application/json" => {
            serde_json::from_slice(body).unwrap_or_else(|_| Value::Object(Map::new()))
        }
        "application/x-www-form-urlencoded" => form_urlencoded::parse(body)
            .map(|(name, text)| (name.into_owned(), Value::String(text.into_owned())))
            .collect(),
        // Rocket.Chat spreads other text into an object with keys "0", "1", …: fields that nobody knows.
        _ if !body.is_empty() && !media_type(headers).starts_with("multipart/") => {
            Value::Object(Map::from_iter([("0".to_owned(), Value::Null)]))
        }
        _ => Value::Object(Map::new()),
    }
}

/// The content type without its parameters, in lower case; empty when there is none.
pub(super) fn media_type(headers: &HeaderMap) -> String {
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

/// A number's text as JavaScript gives it: `1.0` is `1`, and exponents begin at 1e21 and 1e-7.
pub(super) fn javascript_text(number: &serde_json::Number) -> String {
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

    #[test]
    fn numbers_become_the_text_that_javascript_makes_of_them() {
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
