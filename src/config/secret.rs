//! Secrets: hidden from everything that prints, and readable from a file of their own. Does not
//! know what they protect.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::sources::{Given, Place};

/// A value that must not be seen: `Debug` hides it, there is no `Display`, and only
/// [`Secret::expose`] shows it. One whose file cannot be read is no refusal until somebody needs
/// it: the file may be gone after the first start.
#[derive(Clone)]
pub struct Secret(Result<String, String>);

impl Secret {
    /// The secret itself. Never put it into a log line or an error.
    ///
    /// # Errors
    /// Why the file that holds it cannot be read.
    pub fn expose(&self) -> Result<&str, ConfigError> {
        self.0
            .as_deref()
            .map_err(|reason| ConfigError(reason.clone()))
    }

    pub(super) fn unreadable(reason: &ConfigError) -> Self {
        Self(Err(reason.to_string()))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Ok(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(hidden)")
    }
}

/// Where a secret was found, so that a text for people can point at it without showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The environment variable of this name holds the secret.
    Variable(String),
    /// This file holds the secret; the path is as it was given.
    File(PathBuf),
    /// The secret itself stands on the command line or in the settings file.
    Given,
}

/// Without the newline that editors and `echo` put at its end, and the byte order mark that some editors put first.
pub(super) fn in_file(given: &Given, directory: &Path) -> Result<String, ConfigError> {
    let wrong = |what: String| ConfigError(format!("{} {what}", given.described()));
    let path = given.checked()?;
    let text = std::fs::read_to_string(directory.join(path))
        .map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let secret = text
        .strip_suffix('\n')
        .map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    given
        .name
        .setting
        .kind
        .check(secret)
        .ok_or_else(|| wrong("names a file that holds no secret".to_owned()))
}

impl Given {
    /// How a text for people may refer to this secret.
    pub(super) fn secret_source(&self) -> SecretSource {
        match &self.place {
            _ if self.name.is_file => SecretSource::File(PathBuf::from(&self.text)),
            Place::Variable(variable) => SecretSource::Variable(variable.clone()),
            Place::Flag(_) | Place::File(_) => SecretSource::Given,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::start::{origin, password, start};
    use super::*;

    #[test]
    fn a_secret_is_hidden_from_debug() {
        let shown = format!("{:?}", Some(Secret::from("hunter2")));
        assert_eq!(shown, "Some(Secret(hidden))");
    }

    #[test]
    fn a_secret_can_be_given_in_every_source_itself_or_as_a_file() {
        let file = || start().file("secret", "hunter2\n");
        let variable = SecretSource::Variable("DOORSIGN_ADMIN_PASSWORD".into());
        let in_file = SecretSource::File("secret".into());
        let cases = [
            (
                start().flags(&["--admin-password", "hunter2"]),
                SecretSource::Given,
            ),
            (
                start().variable("DOORSIGN_ADMIN_PASSWORD", "hunter2"),
                variable,
            ),
            (
                start().toml("admin_password = 'hunter2'"),
                SecretSource::Given,
            ),
            (
                file().flags(&["--admin-password-file", "secret"]),
                in_file.clone(),
            ),
            (
                file().variable("DOORSIGN_ADMIN_PASSWORD_FILE", "secret"),
                in_file.clone(),
            ),
            (file().toml("admin_password_file = 'secret'"), in_file),
        ];
        for (start, source) in cases {
            let loaded = start.loaded();
            assert_eq!(password(&loaded), Some("hunter2"));
            assert_eq!(loaded.config.admin_password_source, Some(source));
        }
    }

    #[test]
    fn one_newline_at_the_end_of_a_secret_file_does_not_count() {
        let cases = [
            ("a b", "a b"),
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            (" a \n", " a "),
            ("a\r", "a\r"),
        ];
        for (text, secret) in cases {
            let loaded = start()
                .file("s", text)
                .variable("DOORSIGN_ADMIN_PASSWORD_FILE", "s")
                .loaded();
            assert_eq!(password(&loaded), Some(secret), "{text:?}");
        }
    }

    #[test]
    fn a_secret_and_its_file_in_one_source_contradict_each_other() {
        let both = "admin_password and admin_password_file are both given";
        let flags = start()
            .flags(&["--admin-password", "hunter2", "--admin-password-file", "s"])
            .refusal();
        assert_eq!(
            flags,
            format!(
                "{both} (from --admin-password and --admin-password-file): give only one of them"
            )
        );
        let environment = start()
            .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
            .variable("DOORSIGN_ADMIN_PASSWORD_FILE", "s")
            .refusal();
        assert!(environment.starts_with(both), "{environment}");
        let file = || start().toml("admin_password = 'hunter2'\nadmin_password_file = 's'");
        assert_eq!(
            file().refusal(),
            format!("{both} (from doorsign.toml): give only one of them")
        );
        let overruled = file().flags(&["--admin-password", "hunter2"]).refusal();
        assert!(overruled.starts_with(both), "{overruled}");
    }

    #[test]
    fn of_a_secret_and_its_file_in_two_sources_the_stronger_source_wins() {
        let loaded = start()
            .file("s", "hunter2")
            .variable("DOORSIGN_ADMIN_PASSWORD", "weaker");
        let loaded = loaded.flags(&["--admin-password-file", "s"]).loaded();
        assert_eq!(password(&loaded), Some("hunter2"));
        let loaded = start()
            .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
            .toml("admin_password_file = 'gone'");
        assert_eq!(
            password(&loaded.loaded()),
            Some("hunter2"),
            "an overruled file is not read"
        );
    }

    #[test]
    fn a_secret_that_is_empty_stops_the_start() {
        let refusal = start().variable("DOORSIGN_ADMIN_PASSWORD", "").refusal();
        assert_eq!(
            refusal,
            "admin_password (from DOORSIGN_ADMIN_PASSWORD) is not a text of at least one character"
        );
    }

    #[test]
    fn a_secret_file_that_holds_none_is_told_to_whoever_needs_the_secret() {
        let needed = |start: super::super::start::Start| {
            let config = start
                .variable("DOORSIGN_ADMIN_PASSWORD_FILE", "s")
                .loaded()
                .config;
            config
                .admin_password
                .unwrap()
                .expose()
                .map(drop)
                .unwrap_err()
                .to_string()
        };
        let described = "admin_password_file = \"s\" (from DOORSIGN_ADMIN_PASSWORD_FILE)";
        let empty = format!("{described} names a file that holds no secret");
        assert_eq!(needed(start().file("s", "\n")), empty);
        assert!(needed(start()).starts_with(&format!("{described} cannot be read: ")));
    }

    #[test]
    fn one_secret_does_not_touch_another() {
        let loaded = start()
            .file("s", "hunter2\n")
            .flags(&["--create-tokens-for-users-secret-file", "s"])
            .loaded();
        let config = &loaded.config;
        let secret = config.create_tokens_for_users_secret.as_ref().unwrap();
        assert_eq!(secret.expose().unwrap(), "hunter2");
        assert!(config.admin_password.is_none() && config.admin_password_source.is_none());
        let gone = start().flags(&["--create-tokens-for-users-secret-file", "s"]);
        let secret = gone.loaded().config.create_tokens_for_users_secret.unwrap();
        let refusal = secret.expose().unwrap_err().to_string();
        assert!(
            refusal.starts_with("create_tokens_for_users_secret_file = \"s\""),
            "{refusal}"
        );
    }

    #[test]
    fn a_secret_is_shown_neither_by_debug_nor_in_the_listing() {
        let loaded = start()
            .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
            .loaded();
        let shown = format!("{loaded:?}\n{loaded:#?}\n{loaded}");
        assert!(!shown.contains("hunter2"), "{shown}");
        let origin = origin(&loaded, "admin_password");
        assert_eq!(
            origin,
            (
                "(hidden)".into(),
                "environment DOORSIGN_ADMIN_PASSWORD".into()
            )
        );
    }
}
