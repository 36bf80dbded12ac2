//! Webhooks as stored: HTTP endpoints that receive events.

use super::{Error, Field, Problem, Result, Timestamp};
use std::fmt;

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The name.
    pub name: WebhookName,
    /// The URL, `http` or `https`.
    pub url: String,
    /// The event types it receives. Empty means all.
    pub kinds: Vec<String>,
    /// The signing secrets, newest first. There are several during a rotation.
    pub secrets: Vec<SigningSecret>,
    /// When the webhook was added.
    pub created_at: Timestamp,
}

impl Webhook {
    /// Returns the name of the hook that delivers to this webhook.
    #[must_use]
    pub fn hook(&self) -> String {
        self.name.hook()
    }

    /// Returns the secrets that are valid at `now`, newest first.
    pub fn secrets_at(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let in_force = move |secret: &&SigningSecret| secret.expires_at.is_none_or(|end| now < end);
        self.secrets
            .iter()
            .filter(in_force)
            .map(|secret| &*secret.text)
    }
}

/// Returns the signing secrets after a rotation to `new` at `now`, newest first. Earlier secrets
/// expire at `until`, unless they expire sooner. Expired ones are removed.
#[must_use]
pub fn rotate_secrets(
    secrets: Vec<SigningSecret>,
    new: SigningSecret,
    until: Timestamp,
    now: Timestamp,
) -> Vec<SigningSecret> {
    let earlier = secrets.into_iter().map(|secret| SigningSecret {
        expires_at: Some(secret.expires_at.map_or(until, |end| end.min(until))),
        ..secret
    });
    let live = earlier.filter(|secret| secret.expires_at.is_none_or(|end| now < end));
    std::iter::once(new).chain(live).collect()
}

/// A webhook's name: 1 to 40 of `a`–`z`, `0`–`9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookName(String);

impl WebhookName {
    /// Maximum length in characters.
    pub const MAX: usize = 40;

    /// Parses a name.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |problem| Error::invalid(Field::WebhookName, problem);
        let usable = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        match text.len() {
            0 => Err(invalid(Problem::Missing)),
            1..=Self::MAX if text.bytes().all(usable) => Ok(Self(text.to_owned())),
            _ => Err(invalid(Problem::NotValid(text.to_owned()))),
        }
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the hook that delivers to this webhook.
    #[must_use]
    pub fn hook(&self) -> String {
        format!("webhook-{}", self.0)
    }
}

/// A secret that signs deliveries. It is shown to its owner once, at creation, and never appears in
/// a log.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret {
    /// The secret in the form its owner receives.
    pub text: String,
    /// When it stops being used. `None`: until it is replaced.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningSecret")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str, expires_at: Option<i64>) -> SigningSecret {
        SigningSecret {
            text: text.to_owned(),
            expires_at: expires_at.map(Timestamp::from_millis),
        }
    }

    #[test]
    fn earlier_secrets_expire_with_the_rotation_unless_sooner() {
        let secrets = vec![
            secret("c", None),
            secret("b", Some(5)),
            secret("a", Some(2)),
        ];
        let rotate = |until, now| {
            let (until, now) = (Timestamp::from_millis(until), Timestamp::from_millis(now));
            rotate_secrets(secrets.clone(), secret("d", None), until, now)
        };
        let expected = [
            secret("d", None),
            secret("c", Some(9)),
            secret("b", Some(5)),
        ];
        assert_eq!(rotate(9, 2), expected);
        assert_eq!(rotate(2, 2), [secret("d", None)], "at once");
    }

    #[test]
    fn a_secret_signs_until_it_expires() {
        let webhook = Webhook {
            name: WebhookName::parse("w").unwrap(),
            url: String::new(),
            kinds: Vec::new(),
            secrets: vec![secret("b", None), secret("a", Some(5))],
            created_at: Timestamp::from_millis(0),
        };
        let at = |now| {
            let secrets = webhook.secrets_at(Timestamp::from_millis(now));
            secrets.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            (at(4), at(5)),
            (vec!["b".to_owned(), "a".to_owned()], vec!["b".to_owned()])
        );
    }
}
