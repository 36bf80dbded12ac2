//! The policy for new passwords.
//!
//! Source: OWASP ASVS 5.0, 6.2.1 (at least 8 characters), 6.2.4 (not among the most common) and
//! 6.2.11 (no context-specific words). It has no rules about character classes and no upper
//! limit (6.2.5, 6.2.9).

use super::{Email, Error, Field, Problem, Result, Username, Weakness};

/// The most common passwords. The first lines of the file state its content and source.
const COMMON: &str = include_str!("common_passwords.txt");

/// The requirements for a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    min_length: usize,
}

impl PasswordPolicy {
    /// Accepts every password, for dev mode.
    pub const OFF: Self = Self { min_length: 0 };

    /// Requires `min_length` characters (Unicode scalar values). Rejects the user's names and
    /// common passwords.
    #[must_use]
    pub const fn new(min_length: usize) -> Self {
        Self { min_length }
    }

    /// Returns the minimum length in characters, or `None` if the policy is off.
    #[must_use]
    pub const fn min_length(self) -> Option<usize> {
        match self.min_length {
            0 => None,
            length => Some(length),
        }
    }

    /// Checks a new password for the user with these names.
    ///
    /// # Errors
    /// `Invalid { Password, Weak }`.
    pub fn check(self, password: &str, username: &Username, email: Option<&Email>) -> Result<()> {
        let Some(min_length) = self.min_length() else {
            return Ok(());
        };
        let lower = password.to_lowercase();
        let weakness = if password.chars().count() < min_length {
            Weakness::TooShort(min_length)
        } else if names(username, email).any(|name| name == lower) {
            Weakness::Name
        } else if common().any(|known| known == lower) {
            Weakness::Common
        } else {
            return Ok(());
        };
        Err(weak(weakness))
    }

    /// Like [`check`](Self::check), for a password that is only known as a digest. `is_it` returns
    /// whether the digest is that of a text. The length cannot be checked.
    ///
    /// # Errors
    /// `Invalid { Password, Weak }`.
    pub fn check_digest(
        self,
        username: &Username,
        email: Option<&Email>,
        is_it: impl Fn(&str) -> bool,
    ) -> Result<()> {
        if self == Self::OFF {
            Ok(())
        } else if is_it(username.as_str()) || names(username, email).any(|name| is_it(&name)) {
            Err(weak(Weakness::Name))
        } else if common().any(is_it) {
            Err(weak(Weakness::Common))
        } else {
            Ok(())
        }
    }
}

fn weak(weakness: Weakness) -> Error {
    Error::invalid(Field::Password, Problem::Weak(weakness))
}

/// Returns the names that a password must not equal, in lower case.
fn names(username: &Username, email: Option<&Email>) -> impl Iterator<Item = String> {
    let address = email.map(|email| email.as_str().to_lowercase());
    let local = address
        .as_deref()
        .and_then(|address| address.split('@').next())
        .map(str::to_owned);
    let username = username.as_str().to_lowercase();
    [Some(username), address, local].into_iter().flatten()
}

fn common() -> impl Iterator<Item = &'static str> {
    COMMON.lines().filter(|line| !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Option<Weakness> {
        let username = Username::stored("Ann.Example".to_owned());
        let email = Email::stored("Ann.Office@example.org".to_owned());
        match PasswordPolicy::new(8).check(password, &username, Some(&email)) {
            Ok(()) => None,
            Err(Error::Invalid {
                field: Field::Password,
                problem: Problem::Weak(weakness),
            }) => Some(weakness),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn short_common_and_own_names_are_weak_in_every_case() {
        for (password, expected) in [
            ("", Some(Weakness::TooShort(8))),
            ("1234567", Some(Weakness::TooShort(8))),
            ("ääääääx", Some(Weakness::TooShort(8))),
            ("ääääääxy", None),
            ("ann.example", Some(Weakness::Name)),
            ("ANN.EXAMPLE", Some(Weakness::Name)),
            ("ann.office", Some(Weakness::Name)),
            ("Ann.Office@Example.org", Some(Weakness::Name)),
            ("ann.example1", None),
            ("password", Some(Weakness::Common)),
            ("PassWord1", Some(Weakness::Common)),
            ("12345678", Some(Weakness::Common)),
            ("walrus-lantern-orbit", None),
        ] {
            assert_eq!(check(password), expected, "{password}");
        }
    }

    #[test]
    fn the_disabled_policy_accepts_everything() {
        let name = Username::stored("admin".to_owned());
        assert!(PasswordPolicy::OFF.check("admin", &name, None).is_ok());
        assert!(
            PasswordPolicy::OFF
                .check_digest(&name, None, |_| true)
                .is_ok()
        );
    }

    #[test]
    fn a_digest_is_compared_with_every_name_and_every_common_password() {
        let name = Username::stored("Ann".to_owned());
        let policy = PasswordPolicy::new(8);
        for guess in ["Ann", "ann", "password", "zxcvbnm1"] {
            let weak = policy.check_digest(&name, None, |text| text == guess);
            assert!(weak.is_err(), "{guess}");
        }
        assert!(policy.check_digest(&name, None, |_| false).is_ok());
    }

    #[test]
    fn the_list_is_sorted_unique_and_lower_case() {
        let list: Vec<_> = common().collect();
        assert_eq!(list.len(), 5000);
        assert!(list.is_sorted_by(|one, next| one < next));
        for password in list {
            assert_eq!(password, password.to_lowercase());
            assert!(password.chars().count() >= 8, "{password}");
        }
    }
}
