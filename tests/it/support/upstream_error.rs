//! Errors as Rocket.Chat sends them: without the `details.field` and `details.hint` that doorsign
//! adds. `api/validation_details.rs` tests the additions.

use super::Reply;
use serde_json::Value;

/// The start of an error that ajv reports. Rocket.Chat sends it without `details`.
const OF_AJV: &str = r#"{"success":false,"errorType":"#;
/// The start of any other error of a REST route, except a failed login.
const OTHER: &str = r#"{"success":false,"error":"#;
/// The field of a block, whose details are doorsign's as a whole.
const BLOCKED: &str = r#","seconds":"#;

impl Reply {
    /// The JSON without the additions.
    pub fn error_of_rocket_chat(&self) -> Value {
        serde_json::from_str(&without_additions(self.text())).unwrap()
    }
}

/// Removes the additions from the text of a response. They come last.
pub fn without_additions(text: &str) -> String {
    let cut = |at: &str, end: &str| {
        let (kept, _) = text.rsplit_once(at)?;
        Some(format!("{kept}{end}"))
    };
    let shortened = if text.starts_with(OF_AJV) {
        cut(r#","details":{"#, "}")
    } else if text.starts_with(OTHER) && !text.contains(BLOCKED) {
        cut(r#","details":{"hint":"#, "}").or_else(|| cut(r#","hint":"#, "}}"))
    } else {
        None
    };
    shortened.unwrap_or_else(|| text.to_owned())
}
