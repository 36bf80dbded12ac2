//! Endpoints that are told of events over HTTP, as they are kept. Knows nothing of how they are told, nor of what makes a URL or a
//! secret a good one.

use super::{Error, Field, Problem, Result, Timestamp};
use std::fmt;

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// What it is called.
    pub name: WebhookName,
    /// Where it is, `http` or `https`.
    pub url: String,
    /// The types of the events it is told; empty: all.
    pub kinds: Vec<String>,
    /// What deliveries are signed with, the newest first. While the secret is changed there are several.
    pub secrets: Vec<SigningSecret>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Webhook {
    /// The name of the hook that tells this endpoint.
    #[must_use]
    pub fn hook(&self) -> String {
        self.name.hook()
    }

    /// The secrets that are in force at `now`, the newest first.
    pub fn secrets_at(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let in_force = move |secret: &&SigningSecret| secret.expires_at.is_none_or(|end| now < end);
        self.secrets
            .iter()
            .filter(in_force)
            .map(|secret| &*secret.text)
    }
}

/// A webhook's name: 1 to 40 of `a`–`z`, `0`–`9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookName(String);

impl WebhookName {
    /// The most characters.
    pub const MAX: usize = 40;

    /// The name in `text`.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |problem| Error::Invalid {
            field: Field::WebhookName,
            problem,
        };
        let usable = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        match text.len() {
            0 => Err(invalid(Problem::Missing)),
            1..=Self::MAX if text.bytes().all(usable) => Ok(Self(text.to_owned())),
            _ => Err(invalid(Problem::NotValid(text.to_owned()))),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the hook that tells this endpoint.
    #[must_use]
    pub fn hook(&self) -> String {
        format!("webhook-{}", self.0)
    }
}

/// What deliveries are signed with. It is shown to its owner when it is made, and never again; nor is it to any log.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret {
    /// The secret as its owner has it.
    pub text: String,
    /// From when on it signs no more; `None`: until it is replaced.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningSecret")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
