//! Loads the settings: the strongest source decides each of them. Every value is checked, also one
//! that a stronger source overrules. The first error becomes one line.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::path::Path;

use clap::ArgMatches;
use toml::{Table, Value};

use super::flags::{CONFIG, command};
use super::secret;
use super::sources::{self, Given, Source};
use super::values::{accepted, read};
use super::{Config, ConfigError};

/// The settings in force, and where each came from. `Display` prints them as a settings file.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Where the settings were given that are not defaults, by key.
    sources: BTreeMap<String, Source>,
}

impl Loaded {
    /// Where the value of the setting `key` comes from.
    #[must_use]
    pub fn source(&self, key: &str) -> &Source {
        self.sources.get(key).unwrap_or(&Source::Default)
    }

    /// Whether some source gives the setting `key`, even if with its default.
    #[must_use]
    pub fn is_given(&self, key: &str) -> bool {
        self.sources.contains_key(key)
    }
}

impl Config {
    /// Reads all sources. `matches` comes from a command with [`super::args`]; `environment` is the
    /// process's, of which only names that start with `DOORSIGN_` count; relative paths of the
    /// settings file and of secret files start at `directory`.
    ///
    /// # Errors
    /// The first unknown name, bad value or unreadable file, in one line.
    pub fn load(
        matches: &ArgMatches,
        environment: impl Iterator<Item = (String, String)>,
        directory: &Path,
    ) -> Result<Loaded, ConfigError> {
        let settings = command();
        let variables = sources::variables(environment, &settings)?;
        let given = variables
            .into_iter()
            .chain(sources::flags(matches, &settings)?);
        let (named, given): (Vec<_>, Vec<_>) = given.partition(|given| given.key() == CONFIG);
        let file = sources::file(named.last(), directory, &settings)?;
        let mut merged = Merged::default();
        for given in file.into_iter().chain(given) {
            merged.add(given)?;
        }
        merged.settle(directory)
    }
}

/// The values of the sources so far, the strongest of each setting.
#[derive(Default)]
struct Merged {
    values: Table,
    sources: BTreeMap<String, Source>,
    /// Values that name the file of a secret, as errors describe them, by the key of the secret.
    files: BTreeMap<String, String>,
}

impl Merged {
    /// Adds a value, which overrules those before it.
    fn add(&mut self, given: Given<'_>) -> Result<(), ConfigError> {
        let value = read(given.arg, &given.text).ok_or_else(|| {
            ConfigError(format!(
                "{} is not {}",
                given.described(),
                accepted(given.arg)
            ))
        })?;
        if let Some(twin) = given.twin() {
            let other = self.sources.remove(&twin);
            let same = |other: &Source| discriminant(other) == discriminant(&given.source);
            if let Some(other) = other.filter(same) {
                return Err(twice([
                    (given.key(), given.source.name()),
                    (&twin, other.name()),
                ]));
            }
            self.values.remove(&twin);
            self.files.insert(given.key().to_owned(), given.described());
        }
        self.values.insert(given.key().to_owned(), value);
        self.sources.insert(given.key().to_owned(), given.source);
        Ok(())
    }

    /// The settings, with secrets from their files.
    fn settle(mut self, directory: &Path) -> Result<Loaded, ConfigError> {
        // An empty text removes the value of a weaker source.
        self.values.retain(|_, value| *value != Value::from(""));
        let config = self.values.try_into::<Config>();
        let mut config = config.map_err(|error| ConfigError(error.message().to_owned()))?;
        for (secret, file, key) in config.secrets() {
            if let Some(path) = file {
                let described = self.files.get(key).map_or("", String::as_str);
                *secret = Some(secret::in_file(&directory.join(path), described));
            }
        }
        Ok(Loaded {
            config,
            sources: self.sources,
        })
    }
}

fn twice(mut both: [(&str, &str); 2]) -> ConfigError {
    both.sort_unstable();
    let [(key, source), (file, other)] = both;
    let sources = if source == other {
        source.to_owned()
    } else {
        format!("{source} and {other}")
    };
    ConfigError(format!(
        "{key} and {file} are both given (from {sources}): give only one of them"
    ))
}
