//! Refused parameters: ajv's text, which clients compare, with the field and a hint beside it.

use super::details::Details;
use super::reply::ErrorReply;

/// A refused body or query.
#[derive(Debug)]
pub(in crate::api) struct Refusal {
    /// ajv's text.
    text: String,
    /// The path of the field, such as `data.email`.
    field: Option<String>,
    /// What is accepted, in one sentence without a full stop.
    hint: Option<String>,
}

impl Refusal {
    /// Creates a refusal. The hint and the name of a missing property follow from `text`.
    pub(super) fn new(text: String) -> Box<Self> {
        let field = missing(&text).map(str::to_owned);
        let hint = hint(&text).map(str::to_owned);
        Box::new(Self { text, field, hint })
    }

    /// Returns ajv's text.
    pub(in crate::api) fn text(&self) -> &str {
        &self.text
    }

    /// Names the refused field. A field that is named already is inside of it.
    pub(super) fn at(&mut self, field: &str) {
        self.field = Some(match &self.field {
            Some(inner) => format!("{field}.{inner}"),
            None => field.to_owned(),
        });
    }

    pub(super) fn set_hint(&mut self, hint: String) {
        self.hint = Some(hint);
    }

    /// Returns the hint, or ajv's text.
    pub(super) fn explanation(&self) -> &str {
        self.hint.as_deref().unwrap_or(&self.text)
    }

    pub(super) fn render(&self, error_type: &'static str) -> ErrorReply {
        let reply = ErrorReply::validation(error_type, self.text.clone());
        if self.field.is_none() && self.hint.is_none() {
            return reply;
        }
        reply.details(Details {
            field: self.field.clone().map(Into::into),
            hint: self.hint.clone(),
            ..Details::default()
        })
    }
}

/// Returns the property that ajv misses.
fn missing(text: &str) -> Option<&str> {
    text.strip_prefix("must have required property '")?
        .strip_suffix('\'')
}

/// Returns the hint for one of ajv's texts.
fn hint(text: &str) -> Option<&'static str> {
    Some(match text {
        "must be string" => "Send one text",
        "must be number" => "Send a number",
        "must be integer" => "Send a whole number",
        "must be boolean" => "Send true or false",
        "must be array" => "Send a list, such as [\"a\", \"b\"]",
        "must be object" => "Send a JSON object, such as {\"name\": \"value\"}",
        "must NOT have fewer than 1 characters" => "Send at least one character",
        _ if missing(text).is_some() => "Send this field",
        _ => return None,
    })
}
