//! Request bodies: size limits, and how a body becomes fields. Rocket.Chat
//! (`http-router/src/Router.ts`) ignores what it cannot parse; the documented contract reports what
//! is wrong.

use crate::api::error::ApiError;
use crate::app::Contract;
use crate::domain::Error;
use crate::transport::{ByteBudget, Reserved};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use serde_json::{Map, Value};
use std::pin::pin;
use std::time::Duration;
use warp::http::{HeaderMap, header};

/// Maximum size of a body, in bytes.
pub(in crate::api) const LIMIT: usize = 64 * 1024;
/// Size in bytes up to which an oversized body is still read and discarded, so that its sender
/// receives the response.
const DRAIN: usize = 1024 * 1024;

/// Bytes that all bodies of logged-in clients may use at once, in addition to [`SMALL`] for each.
pub(in crate::api) const AUTHENTICATED_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of each body that do not count against the budget of logged-in clients.
const SMALL: usize = 8 * 1024;
/// Bytes of each body that do not count against the budget of anonymous clients: enough for a
/// login.
const SMALLEST: usize = 4 * 1024;

/// A body, and the bytes it reserves from a budget until it is dropped.
#[derive(Default)]
pub(in crate::api) struct Body {
    pub(in crate::api) bytes: Bytes,
    _reserved: Option<Reserved>,
}

/// The budget that a body draws on.
pub(in crate::api) struct Allowance<'a> {
    budget: &'a ByteBudget,
    uncounted: usize,
}

impl<'a> Allowance<'a> {
    /// The allowance for logged-in clients.
    pub(in crate::api) fn authenticated(budget: &'a ByteBudget) -> Self {
        let uncounted = SMALL;
        Self { budget, uncounted }
    }

    /// The allowance for anonymous clients.
    pub(in crate::api) fn anonymous(budget: &'a ByteBudget) -> Self {
        let uncounted = SMALLEST;
        Self { budget, uncounted }
    }
}

/// Reads the body, whether its length was announced or not. Accepts at most [`LIMIT`] bytes within
/// `deadline`, drawn from `allowance`.
pub(in crate::api) async fn read<B: Buf>(
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>> + Send,
    deadline: Duration,
    allowance: Allowance<'_>,
) -> Result<Body, ApiError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > DRAIN as u64) {
        return Err(ApiError::TooLarge(LIMIT));
    }
    tokio::time::timeout(deadline, collect(body, allowance))
        .await
        .map_err(|_| ApiError::TooSlow)?
}

async fn collect<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
    allowance: Allowance<'_>,
) -> Result<Body, ApiError> {
    let mut body = pin!(body);
    let (mut kept, mut size) = (BytesMut::new(), 0_usize);
    let mut reserved = None;
    while let Some(chunk) = body.next().await {
        let mut chunk = chunk.map_err(|_| ApiError::BrokenBody)?;
        let before = size.max(allowance.uncounted);
        size += chunk.remaining();
        if size > DRAIN {
            break;
        }
        if size <= LIMIT {
            reserve(&mut reserved, allowance.budget, size.saturating_sub(before))?;
            kept.reserve(chunk.remaining());
            kept.extend_from_slice(&chunk.copy_to_bytes(chunk.remaining()));
        }
    }
    if size > LIMIT {
        return Err(ApiError::TooLarge(LIMIT));
    }
    Ok(Body {
        bytes: kept.freeze(),
        _reserved: reserved,
    })
}

fn reserve(held: &mut Option<Reserved>, budget: &ByteBudget, bytes: usize) -> Result<(), ApiError> {
    if bytes == 0 {
        return Ok(());
    }
    let more = budget.try_reserve(bytes).ok_or(Error::UNAVAILABLE)?;
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
    Ok(())
}

/// A body's top-level fields, and the contract by which they are read.
pub(in crate::api) struct Fields {
    contract: Contract,
    values: Map<String, Value>,
}

impl Fields {
    /// Parses a body as `contract` requires: reference section 9, decision 2. Routes without a
    /// contract of their own are read as `server`.
    pub(in crate::api) fn read(
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

    /// Removes and returns the text of `field`; `None` when it is absent or null. The `server`
    /// contract converts numbers and booleans to text.
    pub(in crate::api) fn text(&mut self, field: &str) -> Result<Option<String>, ApiError> {
        match (self.values.remove(field), self.contract) {
            (None | Some(Value::Null), _) => Ok(None),
            (Some(Value::String(text)), _) => Ok(Some(text)),
            (Some(Value::Bool(value)), Contract::Server) => Ok(Some(value.to_string())),
            (Some(Value::Number(number)), Contract::Server) => Ok(Some(javascript_text(&number))),
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

    /// Reads a body that arrives in chunks of these sizes.
    async fn read_chunks(sizes: &[usize], allowance: Allowance<'_>) -> Result<Body, ApiError> {
        let chunks = sizes.iter().map(|size| Ok(Bytes::from(vec![b'x'; *size])));
        let (headers, body) = (HeaderMap::new(), futures_util::stream::iter(chunks));
        read(&headers, body, Duration::from_secs(1), allowance).await
    }

    #[tokio::test]
    async fn a_body_holds_its_budget_until_it_is_dropped_and_one_over_budget_gets_503() {
        let budget = ByteBudget::new(100_000);
        let anonymous = || Allowance::anonymous(&budget);
        let first = read_chunks(&[60_000], anonymous()).await.unwrap();
        assert_eq!(
            (first.bytes.len(), budget.free()),
            (60_000, 40_000 + SMALLEST)
        );
        let refused = read_chunks(&[30_000, 30_000], anonymous())
            .await
            .err()
            .unwrap();
        assert!(matches!(
            refused,
            ApiError::Domain(Error::Unavailable { .. })
        ));
        assert_eq!(
            budget.free(),
            40_000 + SMALLEST,
            "a refused body returns its reservation"
        );
        let with_login = Allowance::authenticated(&budget);
        let small = read_chunks(&[SMALL / 2, SMALL / 2], with_login)
            .await
            .unwrap();
        assert_eq!(budget.free(), 40_000 + SMALLEST);
        drop((first, small));
        assert_eq!(budget.free(), 100_000);
        let with_login = Allowance::authenticated(&budget);
        let large = read_chunks(&[SMALL - 1, 11], with_login).await.unwrap();
        assert_eq!(budget.free(), 99_990);
        drop(large);
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
