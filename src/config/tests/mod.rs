//! One start with its three sources, for the tests of this folder.

mod load;
mod secret;
mod show;
mod values;

use std::fs;

use super::{Config, ConfigError, Loaded};

/// The three sources of one start, in a folder of its own.
struct Start {
    flags: Vec<&'static str>,
    environment: Vec<(&'static str, &'static str)>,
    directory: tempfile::TempDir,
}

fn start() -> Start {
    let directory = tempfile::tempdir().unwrap();
    Start {
        flags: vec![],
        environment: vec![],
        directory,
    }
}

impl Start {
    fn flags(mut self, flags: &[&'static str]) -> Self {
        self.flags = flags.to_vec();
        self
    }

    fn variable(mut self, variable: &'static str, text: &'static str) -> Self {
        self.environment.push((variable, text));
        self
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.directory.path().join(name), text).unwrap();
        self
    }

    fn toml(self, text: &str) -> Self {
        self.file("doorsign.toml", text)
    }

    fn result(self) -> Result<Loaded, ConfigError> {
        let command = clap::Command::new("doorsign").args(super::args());
        let command = command.subcommand(clap::Command::new("config").args(super::args()));
        let matches = command
            .try_get_matches_from([&["doorsign"], self.flags.as_slice()].concat())
            .unwrap();
        let environment = self
            .environment
            .iter()
            .map(|(variable, text)| ((*variable).into(), (*text).into()));
        Config::load(&matches, environment, self.directory.path())
    }

    fn loaded(self) -> Loaded {
        self.result().unwrap()
    }

    /// Also holds every refusal of these tests to one line without the secret they use.
    fn refusal(self) -> String {
        let error = self.result().expect_err("refused");
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
        error.to_string()
    }
}

/// The value of a setting as text, empty if it has none, and where it comes from.
fn origin(loaded: &Loaded, key: &str) -> (String, String) {
    let value = match loaded.config.values().get(key) {
        Some(toml::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    (value, loaded.source(key).to_string())
}

fn password(loaded: &Loaded) -> Option<&str> {
    loaded
        .config
        .admin_password
        .as_ref()
        .map(|secret| secret.expose().unwrap())
}
