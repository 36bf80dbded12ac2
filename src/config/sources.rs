//! Reading the three sources — flags, environment, file — into texts, each with the place it came
//! from, and refusing names that no setting has. Does not know which source wins or whether a value
//! is right.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use clap::ArgMatches;
use doorsign_file_trust::check;
use toml::{Table, Value};

use super::ConfigError;
use super::kind::Kind;
use super::settings::{DEFAULT_FILE, NAMES, Name, PREFIX};

/// One value as it was given.
pub(super) struct Given {
    pub(super) name: &'static Name,
    pub(super) text: String,
    pub(super) place: Place,
}

/// Where a value was given; the text is the flag, the variable or the file.
#[derive(Clone)]
pub(super) enum Place {
    Flag(String),
    Variable(String),
    File(String),
}

impl Place {
    /// The flag, the variable or the file alone, for errors.
    pub(super) fn short(&self) -> &str {
        let (Self::Flag(name) | Self::Variable(name) | Self::File(name)) = self;
        name
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) => "environment",
            Self::File(_) => "file",
        };
        write!(out, "{source} {}", self.short())
    }
}

/// Our part of the environment.
pub(super) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Errors if a variable begins like ours but is not known, as it is most likely misspelt.
    pub(super) fn new(all: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let ours: BTreeMap<_, _> = all
            .filter(|(variable, _)| variable.starts_with(PREFIX))
            .collect();
        let config = format!("{PREFIX}CONFIG");
        let known = |variable: &String| {
            *variable == config || NAMES.iter().any(|name| name.variable == *variable)
        };
        match ours.keys().find(|variable| !known(variable)) {
            None => Ok(Self(ours)),
            Some(variable) => {
                let hint = hint(
                    variable,
                    NAMES
                        .iter()
                        .map(|name| name.variable.as_str())
                        .chain([config.as_str()]),
                );
                Err(ConfigError(format!(
                    "unknown setting {variable:?} in the environment{hint}"
                )))
            }
        }
    }

    pub(super) fn values(&self) -> Vec<Given> {
        let given = |name: &'static Name| {
            let text = self.0.get(&name.variable)?.clone();
            Some(Given {
                name,
                text,
                place: Place::Variable(name.variable.clone()),
            })
        };
        NAMES.iter().filter_map(given).collect()
    }
}

/// The values that were given as flags. Matches of a command without our arguments hold none.
pub(super) fn flags(matches: &ArgMatches) -> Vec<Given> {
    let given = |name: &'static Name| {
        let text = flag(matches, &name.key)?;
        Some(Given {
            name,
            text,
            place: Place::Flag(format!("--{}", name.flag)),
        })
    };
    NAMES.iter().filter_map(given).collect()
}

fn flag(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().cloned()
}

/// The values in the settings file: the one that was asked for, or the default one in `directory`
/// if it exists.
pub(super) fn file(
    matches: &ArgMatches,
    environment: &Environment,
    directory: &Path,
) -> Result<Vec<Given>, ConfigError> {
    let by_flag = flag(matches, "config").map(|path| (path, "--config".to_owned()));
    let variable = format!("{PREFIX}CONFIG");
    let asked = by_flag.or_else(|| {
        environment
            .0
            .get(&variable)
            .map(|path| (path.clone(), variable))
    });
    match asked {
        Some((path, place)) => {
            let text = std::fs::read_to_string(directory.join(&path)).map_err(|error| {
                ConfigError(format!(
                    "config = {path:?} (from {place}) cannot be read: {error}"
                ))
            })?;
            values_of(&text, &path)
        }
        None => default_file(&directory.join(DEFAULT_FILE)),
    }
}

/// The values in the file that is read because it is in the current folder. Nobody has named it, so it counts only where nobody else
/// can have put it there: it may name programs to run.
fn default_file(path: &Path) -> Result<Vec<Given>, ConfigError> {
    if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(Vec::new());
    }
    // Before it is opened: opening a pipe would wait for its writer.
    check(path).map_err(|reason| {
        ConfigError(format!(
            "{DEFAULT_FILE} cannot be trusted: {reason}; or name the file to use with --config"
        ))
    })?;
    match std::fs::read_to_string(path) {
        Ok(text) => values_of(&text, DEFAULT_FILE),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(ConfigError(format!(
            "{DEFAULT_FILE} cannot be read: {error}"
        ))),
    }
}

fn values_of(text: &str, file: &str) -> Result<Vec<Given>, ConfigError> {
    let table: Table = text
        .parse()
        .map_err(|error| syntax_error(&error, text, file))?;
    table
        .iter()
        .map(|(key, value)| value_of(key, value, file))
        .collect()
}

/// Shows the parser's message only: its `Display` would print the line, and with it a secret.
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

fn value_of(key: &str, value: &Value, file: &str) -> Result<Given, ConfigError> {
    let Some(name) = NAMES.iter().find(|name| name.key == key) else {
        let hint = hint(key, NAMES.iter().map(|name| name.key.as_str()));
        return Err(ConfigError(format!(
            "unknown setting {key:?} in {file}{hint}"
        )));
    };
    let kind = name.kind();
    match text_of(kind, value) {
        Some(text) => Ok(Given {
            name,
            text,
            place: Place::File(file.to_owned()),
        }),
        None => {
            let (found, accepted) = (value.type_str(), kind.accepted());
            Err(ConfigError(format!(
                "{key} (from {file}) is a TOML {found}, not {accepted}"
            )))
        }
    }
}

/// The value as it would stand in a flag; `None` if its TOML type makes no sense for the setting.
fn text_of(kind: &Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (_, Value::String(text)) => Some(text.clone()),
        (Kind::Number { .. }, Value::Integer(number)) => Some(number.to_string()),
        (Kind::Origins | Kind::Networks, Value::Array(items)) => {
            let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            items.map(|items| items.join(","))
        }
        _ => None,
    }
}

/// ` (did you mean "listen"?)` for the known name nearest to a misspelt one, or nothing if none is
/// near.
fn hint<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> String {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let unknown = plain(unknown);
    let nearest = known
        .map(|name| (distance(&unknown, &plain(name)), name))
        .min();
    match nearest {
        // A third of the letters wrong is no slip of the keyboard any more.
        Some((distance, name)) if distance * 3 <= name.trim_start_matches(PREFIX).len() => {
            format!(" (did you mean {name:?}?)")
        }
        _ => String::new(),
    }
}

/// How many letters must be put in, left out or replaced to get from `a` to `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(result: Result<T, ConfigError>) -> String {
        result.err().expect("refused").to_string()
    }

    #[test]
    fn the_distance_counts_single_letters() {
        for (a, b, expected) in [
            ("", "abc", 3),
            ("listn", "listen", 1),
            ("kitten", "sitting", 3),
            ("é", "e", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn a_hint_is_given_only_for_near_names() {
        let known = || ["listen", "max_connections"].into_iter();
        assert_eq!(
            hint("max-conections", known()),
            " (did you mean \"max_connections\"?)"
        );
        assert_eq!(hint("port", known()), "");
        let variable = ["DOORSIGN_LOG"].into_iter();
        assert_eq!(
            hint("DOORSIGN_PORT", variable),
            "",
            "the prefix must not make everything near"
        );
    }

    #[test]
    fn variables_of_others_are_left_alone() {
        let all = [
            ("PATH", "/bin"),
            ("DOORSIGN", "x"),
            ("MY_DOORSIGN_X", "y"),
            ("DOORSIGN_CONFIG", "z"),
        ];
        let all = all.map(|(variable, text)| (variable.to_owned(), text.to_owned()));
        let environment = Environment::new(all.into_iter()).unwrap();
        assert!(environment.values().is_empty());
    }

    #[test]
    fn a_syntax_error_is_one_line_with_its_number_and_shows_no_value() {
        let wrong = [
            "admin_password = hunter2",
            "admin_password = \"hunter2",
            "admin_password = \"hunter2\\q\"",
            "admin_password = 'hunter2' hunter2",
            "admin_password \"hunter2\"",
            "admin_password = 1hunter2",
            "admin_password = \"\"\"hunter2",
            "admin_password = [hunter2",
            "admin_password = 'hunter2'\nadmin_password = 'hunter2'",
            "admin_password = {hunter2",
            "= hunter2",
        ];
        for text in wrong {
            let refusal = refusal(values_of(&format!("log = 'info'\n\n{text}"), "a.toml"));
            assert!(
                refusal.starts_with("a.toml, line 3: ") || text.contains('\n'),
                "{refusal}"
            );
            assert!(
                !refusal.contains('\n') && !refusal.contains("hunter2"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn a_wrong_toml_type_is_named() {
        let cases = [
            (
                "max_connections = true",
                "max_connections (from f) is a TOML boolean, not a number from 1 to 1000000",
            ),
            (
                "max_connections = 1.5",
                "max_connections (from f) is a TOML float, not a number from 1 to 1000000",
            ),
            (
                "admin_username = 5",
                "admin_username (from f) is a TOML integer, not a user name",
            ),
            (
                "admin_password = 51423",
                "admin_password (from f) is a TOML integer, not a text of at least one character",
            ),
            (
                "admin_password_file = 5",
                "admin_password_file (from f) is a TOML integer, not a path",
            ),
            (
                "cors_origins = [1]",
                "cors_origins (from f) is a TOML array, not a list of origins",
            ),
            ("[data]", "data (from f) is a TOML table, not a path"),
        ];
        for (text, expected) in cases {
            let refusal = refusal(values_of(text, "f"));
            assert!(refusal.starts_with(expected), "{refusal}");
        }
    }

    #[test]
    fn toml_numbers_and_arrays_become_the_text_of_a_flag() {
        let given = values_of(
            "cors_origins = ['https://a', 'https://b']\nlogin_days = 7\nreaders = '3'",
            "f",
        )
        .unwrap();
        let texts: Vec<_> = given.iter().map(|given| given.text.as_str()).collect();
        assert_eq!(texts, ["https://a,https://b", "7", "3"]);
    }
}
