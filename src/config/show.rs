//! The settings as text: as a settings file with the source of each value, and as a table for the
//! documents.

use std::fmt;

use clap::Arg;
use toml::Table;

use super::flags::{CONFIG, command, default, derived, meaning, settings};
use super::sources::{Source, variable};
use super::values::{accepted, bounds, is_never_a_flag, is_secret, words};
use super::{Config, Loaded};

/// A settings file that gives these settings again. Secrets and settings without a value are
/// commented out.
impl fmt::Display for Loaded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (command, values) = (command(), self.config.values());
        let rows =
            settings(&command).map(|(key, arg)| (self.row(key, arg, &values), self.source(key)));
        let rows: Vec<_> = rows.collect();
        let width = rows
            .iter()
            .map(|(row, _)| row.chars().count())
            .max()
            .unwrap_or(0);
        rows.iter()
            .try_for_each(|(row, source)| writeln!(out, "{row:width$}   # {source}"))
    }
}

/// A setting in force, for programs.
#[derive(Debug, Clone)]
pub struct EffectiveSetting {
    /// The key in the settings file.
    pub key: String,
    /// The value. `None` for a secret, and where there is none.
    pub value: Option<toml::Value>,
    /// Where the value was given.
    pub source: Source,
    /// Whether the value is never shown.
    pub is_secret: bool,
}

impl Config {
    /// Returns these settings as if all were defaults.
    #[must_use]
    pub fn effective(&self) -> Vec<EffectiveSetting> {
        effective(self, |_| Source::Default)
    }
}

fn effective(config: &Config, source: impl Fn(&str) -> Source) -> Vec<EffectiveSetting> {
    let (command, values) = (command(), config.values());
    let effective = settings(&command).map(|(key, arg)| EffectiveSetting {
        key: key.to_owned(),
        value: values.get(key).cloned(),
        source: source(key),
        is_secret: is_secret(arg),
    });
    effective.collect()
}

impl Loaded {
    /// Returns all settings of `config`, which was made from these, in the order of the documents.
    #[must_use]
    pub fn effective(&self, config: &Config) -> Vec<EffectiveSetting> {
        effective(config, |key| self.source(key).clone())
    }

    fn row(&self, key: &str, arg: &Arg, values: &Table) -> String {
        let is_default = *self.source(key) == Source::Default;
        match values.get(key) {
            Some(value) => format!("{key} = {value}"),
            None if is_default => format!("# {key} = (unset)"),
            None if is_secret(arg) => format!("# {key} = (hidden)"),
            None => format!("{key} = \"\""),
        }
    }

    /// The settings whose values differ from those of `other`, in order. Secrets do not count.
    #[must_use]
    pub fn changed(&self, other: &Self) -> Vec<String> {
        let (command, mine, theirs) = (command(), self.config.values(), other.config.values());
        let changed = settings(&command).filter(|(key, _)| mine.get(*key) != theirs.get(*key));
        changed.map(|(key, _)| key.to_owned()).collect()
    }
}

/// All settings as a Markdown table for the documents: key, flag, environment, default, meaning.
#[must_use]
pub fn markdown_table() -> String {
    let (command, defaults) = (command(), Config::default().values());
    let mut table =
        String::from("| key | flag | environment | default | meaning |\n|---|---|---|---|---|\n");
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let key = if id == CONFIG {
            String::new()
        } else {
            format!("`{id}`")
        };
        let default = match default(id, &defaults) {
            words if words.is_empty() || derived(id).is_some() => words,
            value => format!("`{value}`"),
        };
        let mut meaning = meaning(arg);
        if bounds(arg).is_some() || !words(arg).is_empty() {
            meaning += &format!(": {}", accepted(arg));
        }
        let flag = match is_never_a_flag(arg) {
            true => String::new(),
            false => format!("`--{}`", id.replace('_', "-")),
        };
        let variable = variable(id);
        table += &format!("| {key} | {flag} | `{variable}` | {default} | {meaning} |\n");
    }
    table
}
