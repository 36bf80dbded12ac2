//! The outcome of a realtime method.

use crate::api::error::ApiError;
use crate::domain::Error;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// The outcome of a method: its result as EJSON; `None` for JavaScript's `undefined`.
pub(in crate::api) type Outcome = Result<Option<Box<RawValue>>, ApiError>;

/// Serialises a result.
pub(in crate::api) fn result(value: &impl Serialize) -> Outcome {
    Ok(Some(to_raw_value(value).map_err(Error::internal)?))
}
