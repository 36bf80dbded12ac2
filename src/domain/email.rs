//! Email addresses.

use super::{Error, Field, Problem, Result, check_name};

/// An email address: non-empty parts around a single `@`, at most 254 bytes, no white space. Only a
/// mail server can check more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Validates `email`.
    ///
    /// # Errors
    /// [`Problem::NotValid`] with the text.
    pub fn parse(email: String) -> Result<Self> {
        let valid = email.len() <= 254
            && !email.contains(char::is_whitespace)
            && email.split_once('@').is_some_and(|(local, host)| {
                !local.is_empty() && !host.is_empty() && !host.contains('@')
            });
        check_name(Field::Email, &email)?;
        if valid {
            Ok(Self(email))
        } else {
            Err(Error::invalid(Field::Email, Problem::NotValid(email)))
        }
    }

    /// Wraps an address read from the store.
    #[must_use]
    pub fn stored(email: String) -> Self {
        Self(email)
    }

    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_two_sides() {
        assert!(Email::parse("a@b".to_owned()).is_ok());
        let of_length = |length: usize| Email::parse(format!("a@{}", "b".repeat(length - 2)));
        assert!(of_length(254).is_ok() && of_length(255).is_err());
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a\0@b",
            "a\u{202e}@b",
        ] {
            assert!(Email::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
