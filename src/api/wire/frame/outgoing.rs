//! Renders outgoing frames.

use crate::api::error::MethodError;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A frame from the server.
#[derive(Serialize)]
#[serde(tag = "msg", rename_all = "lowercase")]
pub(in crate::api) enum Reply<'a> {
    Connected {
        session: &'a str,
    },
    Failed {
        version: &'static str,
    },
    Ping,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Value>,
    },
    Result {
        id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<MethodError>,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<Box<RawValue>>,
    },
    Updated {
        methods: [&'a str; 1],
    },
    Ready {
        subs: [&'a str; 1],
    },
    Nosub {
        id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<MethodError>,
    },
    Error {
        reason: &'static str,
        #[serde(rename = "offendingMessage", skip_serializing_if = "Option::is_none")]
        offending_message: Option<Value>,
    },
    Removed {
        collection: &'static str,
        id: &'a str,
    },
}

/// A document of a collection, with its current fields.
#[derive(Serialize)]
pub(in crate::api) struct Document<'a, Fields> {
    pub(in crate::api) msg: DocumentChange,
    pub(in crate::api) collection: &'a str,
    pub(in crate::api) id: &'a str,
    pub(in crate::api) fields: Fields,
}

/// Whether a document is new to the client.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum DocumentChange {
    Added,
    Changed,
}

/// Serialises a frame. Frames consist of strings, numbers and lists, which always serialise to
/// JSON.
pub(in crate::api) fn text_of(frame: &impl Serialize) -> String {
    serde_json::to_string(frame).unwrap_or_default()
}
