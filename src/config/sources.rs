//! The three sources of settings, each as texts with their origin: the settings file, the
//! environment and flags.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use doorsign_file_trust::check;
use toml::{Table, Value};

use super::flags::CONFIG;
use super::values::{accepted, bounds, holds_secret, is_list, is_numeric, is_secret};
use super::{ConfigError, read_small_file};

/// The start of every environment variable of ours.
const PREFIX: &str = "DOORSIGN_";

/// The settings file that is read if no other is named and it exists.
const DEFAULT_FILE: &str = "doorsign.toml";

/// Where a setting's value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nowhere.
    Default,
    /// In this settings file; the path is as it was given.
    File(String),
    /// In the environment variable of this name.
    Variable(String),
    /// As this flag, such as `--listen`.
    Flag(String),
}

impl Source {
    /// The kind of source: `default`, `file`, `environment` or `flag`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File(_) => "file",
            Self::Variable(_) => "environment",
            Self::Flag(_) => "flag",
        }
    }

    /// The flag, the variable or the file alone.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Default => "default",
            Self::File(name) | Self::Variable(name) | Self::Flag(name) => name,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str(self.name()),
            _ => write!(out, "{} {}", self.kind(), self.name()),
        }
    }
}

/// One value as it was given.
pub(super) struct Given<'a> {
    pub(super) arg: &'a Arg,
    pub(super) text: String,
    pub(super) source: Source,
}

impl Given<'_> {
    /// The name in the settings file.
    pub(super) fn key(&self) -> &str {
        self.arg.get_id().as_str()
    }

    /// Key, value and source, without the value of a secret.
    pub(super) fn described(&self) -> String {
        let value = if is_secret(self.arg) {
            String::new()
        } else {
            format!(" = {:?}", self.text)
        };
        format!("{}{value} (from {})", self.key(), self.source.name())
    }

    /// The other setting of a secret and its file.
    pub(super) fn twin(&self) -> Option<String> {
        match self.key().strip_suffix("_file") {
            None => is_secret(self.arg).then(|| format!("{}_file", self.key())),
            secret => secret.map(str::to_owned),
        }
    }
}

/// The variable of a setting.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase())
}

/// The values that were given as flags, before and after the name of a command.
///
/// # Errors
/// For a secret, because every user of the machine can list the arguments of its processes.
pub(super) fn flags<'a>(
    matches: &ArgMatches,
    settings: &'a Command,
) -> Result<Vec<Given<'a>>, ConfigError> {
    let mut all = Vec::new();
    for level in std::iter::successors(Some(matches), |level| {
        level.subcommand().map(|(_, below)| below)
    }) {
        for arg in settings.get_arguments() {
            let id = arg.get_id().as_str();
            let Ok(Some(text)) = level.try_get_one::<String>(id) else {
                continue;
            };
            if level.value_source(id) == Some(ValueSource::CommandLine) {
                if holds_secret(arg, text) {
                    return Err(exposed(id));
                }
                let source = Source::Flag(format!("--{}", id.replace('_', "-")));
                all.push(Given {
                    arg,
                    text: text.clone(),
                    source,
                });
            }
        }
    }
    Ok(all)
}

fn exposed(key: &str) -> ConfigError {
    let (flag, variable) = (key.replace('_', "-"), variable(key));
    ConfigError(format!(
        "--{flag} would show a secret to every user who lists the processes: use {variable}, or --{flag}-file with a file that holds it"
    ))
}

/// The values in the environment.
///
/// # Errors
/// For a variable that starts like ours but is unknown, because it is probably misspelt.
pub(super) fn variables(
    environment: impl Iterator<Item = (String, String)>,
    settings: &Command,
) -> Result<Vec<Given<'_>>, ConfigError> {
    let ours =
        environment.filter(|(name, _)| name.starts_with(PREFIX) && !is_for_debug_builds(name));
    let given = |(name, text): (String, String)| {
        let key = name[PREFIX.len()..].to_lowercase();
        match find(settings, &key).filter(|_| variable(&key) == name) {
            Some(arg) => Ok(Given {
                arg,
                text,
                source: Source::Variable(name),
            }),
            None => {
                let nearest = nearest(settings, &key).map(|key| variable(&key));
                Err(unknown(&name, "the environment", nearest))
            }
        }
    };
    ours.map(given).collect()
}

/// Whether a variable is not a setting, but for the development of the web pages (`web::Sites`).
fn is_for_debug_builds(name: &str) -> bool {
    cfg!(debug_assertions) && name == "DOORSIGN_WEB_FOLDER"
}

/// The values in the settings file: the one that `named` names, or the default one in `directory`
/// if it exists.
///
/// # Errors
/// If the file cannot be read, trusted or understood.
pub(super) fn file<'a>(
    named: Option<&Given<'_>>,
    directory: &Path,
    settings: &'a Command,
) -> Result<Vec<Given<'a>>, ConfigError> {
    let Some(named) = named else {
        return default_file(&directory.join(DEFAULT_FILE), settings);
    };
    let (path, source) = (&named.text, named.source.name());
    let text = read_small_file(&directory.join(path));
    let text = text.map_err(|error| {
        ConfigError(format!(
            "config = {path:?} (from {source}) cannot be read: {error}"
        ))
    })?;
    values_of(&text, path, settings)
}

/// The values in the file of the current folder. The user has not named it, and it may name
/// programs to run, so it is read only if no other user can have put it there.
fn default_file<'a>(path: &Path, settings: &'a Command) -> Result<Vec<Given<'a>>, ConfigError> {
    if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(Vec::new());
    }
    // Before it is opened: opening a pipe would wait for its writer.
    check(path).map_err(|reason| {
        ConfigError(format!(
            "{DEFAULT_FILE} cannot be trusted: {reason}; or name the file to use with --config"
        ))
    })?;
    match read_small_file(path) {
        Ok(text) => values_of(&text, DEFAULT_FILE, settings),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(ConfigError(format!(
            "{DEFAULT_FILE} cannot be read: {error}"
        ))),
    }
}

pub(super) fn values_of<'a>(
    text: &str,
    file: &str,
    settings: &'a Command,
) -> Result<Vec<Given<'a>>, ConfigError> {
    let table: Table = text
        .parse()
        .map_err(|error| syntax_error(&error, text, file))?;
    let given = |(key, value): (&String, &Value)| {
        let Some(arg) = find(settings, key).filter(|_| key != CONFIG) else {
            return Err(unknown(key, file, nearest(settings, key)));
        };
        let text = text_of(arg, value).ok_or_else(|| {
            let (found, accepted) = (value.type_str(), accepted(arg));
            ConfigError(format!(
                "{key} (from {file}) is a TOML {found}, not {accepted}"
            ))
        })?;
        Ok(Given {
            arg,
            text,
            source: Source::File(file.to_owned()),
        })
    };
    table.iter().map(given).collect()
}

/// Contains the parser's message only: its `Display` would print the line, and with it a secret.
fn syntax_error(error: &toml::de::Error, text: &str, file: &str) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text
        .bytes()
        .take(start)
        .filter(|byte| *byte == b'\n')
        .count();
    let message = error.message().replace('\n', ", ");
    ConfigError(format!("{file}, line {line}: {message}"))
}

/// The value as a flag would give it; `None` if its TOML type does not fit the setting.
fn text_of(arg: &Arg, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) if bounds(arg).is_some() || is_numeric(arg) => {
            Some(number.to_string())
        }
        Value::Array(items) if is_list(arg) => {
            let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            items.map(|items| items.join(","))
        }
        _ => None,
    }
}

/// The setting of this name.
fn find<'a>(settings: &'a Command, key: &str) -> Option<&'a Arg> {
    settings.get_arguments().find(|arg| arg.get_id() == key)
}

fn unknown(name: &str, place: &str, nearest: Option<String>) -> ConfigError {
    let hint = nearest.map_or_else(String::new, |nearest| {
        format!(" (did you mean {nearest:?}?)")
    });
    ConfigError(format!("unknown setting {name:?} in {place}{hint}"))
}

/// The setting that clap suggests instead of an unknown one.
fn nearest(settings: &Command, key: &str) -> Option<String> {
    use clap::error::{ContextKind, ContextValue};
    let key = key.to_lowercase().replace('-', "_");
    if find(settings, &key).is_some() {
        return Some(key);
    }
    let flag = format!("--{}", key.replace('_', "-"));
    let error = settings.clone().try_get_matches_from([flag]).err()?;
    match error.get(ContextKind::SuggestedArg)? {
        ContextValue::String(flag) => Some(flag.trim_start_matches('-').replace('-', "_")),
        _ => None,
    }
}
