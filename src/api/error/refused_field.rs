//! What handlers add to a refused parameter: the field, and what is accepted.

use super::api_error::ApiError;
use super::refusal::Refusal;

impl ApiError {
    /// A required parameter of the query is absent.
    pub(in crate::api) fn missing_parameter(name: &str) -> Self {
        Self::invalid_query(format!("must have required property '{name}'"))
            .hint("Send this parameter")
    }

    /// Names the refused field. A field that is named already is inside of it.
    pub(in crate::api) fn at(mut self, field: &str) -> Self {
        if let Some(refusal) = self.refusal() {
            refusal.at(field);
        }
        self
    }

    /// Says what is accepted, in one sentence without a full stop.
    pub(in crate::api) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(refusal) = self.refusal() {
            refusal.set_hint(hint.into());
        }
        self
    }

    /// Says which words are accepted.
    pub(in crate::api) fn words<'a>(self, words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<&str> = words.into_iter().collect();
        self.hint(format!("Use one of: {}", words.join(", ")))
    }

    /// Explains this error by an earlier one, which the client does not see otherwise.
    pub(in crate::api) fn explained_by(self, mut cause: Self) -> Self {
        match cause.refusal() {
            Some(cause) => self.hint(cause.explanation()),
            None => self,
        }
    }

    fn refusal(&mut self) -> Option<&mut Refusal> {
        if let Self::InvalidParams(refusal) | Self::InvalidQuery(refusal) = self {
            return Some(refusal);
        }
        None
    }
}
