//! For the tests of this folder: one start with its three sources. Does not know what any test
//! expects.

use std::fs;

use super::{Config, ConfigError, Loaded};

/// The three sources of one start, in a folder of its own.
pub(super) struct Start {
    flags: Vec<&'static str>,
    environment: Vec<(&'static str, &'static str)>,
    pub(super) directory: tempfile::TempDir,
}

pub(super) fn start() -> Start {
    let directory = tempfile::tempdir().unwrap();
    Start {
        flags: vec![],
        environment: vec![],
        directory,
    }
}

impl Start {
    pub(super) fn flags(mut self, flags: &[&'static str]) -> Self {
        self.flags = flags.to_vec();
        self
    }

    pub(super) fn variable(mut self, variable: &'static str, text: &'static str) -> Self {
        self.environment.push((variable, text));
        self
    }

    pub(super) fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.directory.path().join(name), text).unwrap();
        self
    }

    pub(super) fn toml(self, text: &str) -> Self {
        self.file("doorsign.toml", text)
    }

    fn result(self) -> Result<Loaded, ConfigError> {
        let command = clap::Command::new("doorsign").args(super::args());
        let command = command.subcommand(clap::Command::new("config"));
        let matches = command
            .try_get_matches_from([&["doorsign"], self.flags.as_slice()].concat())
            .unwrap();
        let environment = self
            .environment
            .iter()
            .map(|(variable, text)| ((*variable).into(), (*text).into()));
        Config::load(&matches, environment, self.directory.path())
    }

    pub(super) fn loaded(self) -> Loaded {
        self.result().unwrap()
    }

    /// Also holds every refusal of these tests to one line without the secret they use.
    pub(super) fn refusal(self) -> String {
        let error = self.result().expect_err("refused");
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
        error.to_string()
    }
}

pub(super) fn origin(loaded: &Loaded, key: &str) -> (String, String) {
    let origin = loaded
        .origins
        .iter()
        .find(|origin| origin.key == key)
        .unwrap();
    (origin.value.clone(), origin.from.clone())
}

pub(super) fn password(loaded: &Loaded) -> Option<&str> {
    loaded
        .config
        .admin_password
        .as_ref()
        .map(|secret| secret.expose().unwrap())
}
