//! Calls of realtime methods over REST, and their results: EJSON text inside JSON.

use crate::api::ddp::Outcome;
use crate::api::error::ApiError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// The message with a call. Its `msg` is ignored, as on Rocket.Chat.
#[derive(Deserialize)]
pub(in crate::api) struct MethodCall {
    /// The caller's id of this call.
    pub(in crate::api) id: Option<Value>,
    pub(in crate::api) method: String,
    pub(in crate::api) params: Vec<Value>,
}

impl MethodCall {
    /// Parses a message.
    ///
    /// # Errors
    /// `InvalidCall`, with the position of the error if the text is not valid JSON.
    pub(in crate::api) fn read(message: &str) -> Result<Self, ApiError> {
        serde_json::from_str(message).map_err(|error| {
            ApiError::InvalidCall(match error.classify() {
                Category::Data => "Invalid method call".to_owned(),
                _ => format!("The message is not valid JSON: {error}"),
            })
        })
    }
}

/// The message with a result.
#[derive(Serialize)]
struct MethodResult {
    msg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<crate::api::error::MethodError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
}

/// The response to `method.call`.
#[derive(Serialize)]
pub(in crate::api) struct MethodReply {
    message: String,
    pub(in crate::api) success: bool,
}

impl MethodReply {
    /// Wraps the outcome of the call with the caller's `id`.
    ///
    /// # Errors
    /// If it cannot be serialised to JSON.
    pub(in crate::api) fn new(
        id: Option<Value>,
        method: &str,
        outcome: Outcome,
    ) -> serde_json::Result<Self> {
        let (result, error) = match outcome {
            Ok(result) => (result, None),
            Err(error) => (None, Some(error.into_method_error(method))),
        };
        let (msg, success) = ("result", error.is_none());
        let message = serde_json::to_string(&MethodResult {
            msg,
            id,
            error,
            result,
        })?;
        Ok(Self { message, success })
    }
}
