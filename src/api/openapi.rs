//! The OpenAPI document, as it is served.

use bytes::Bytes;

/// The API in OpenAPI 3.1. A test compares it with [`ROUTES`](crate::api::ROUTES) and the running
/// routes.
const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Returns the document for a server that is reached below `base`, if that is not empty.
pub(super) fn document_below(base: &str) -> Bytes {
    const SERVER: &str = r#""servers": [{ "url": "/""#;
    if base.is_empty() {
        return Bytes::from_static(OPENAPI.as_bytes());
    }
    // The path needs no JSON escaping: the setting accepts no such characters.
    let server = format!(r#""servers": [{{ "url": "{base}""#);
    OPENAPI.replacen(SERVER, &server, 1).into()
}
