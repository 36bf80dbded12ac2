//! The OpenAPI document, and the requests that are checked against it.

pub mod document;
pub mod requests;
