//! Builds the flags of the commands that run a server from the fields of [`Config`], and the texts
//! that help and documents show for a setting.

use clap::builder::{Str, ValueParser};
use clap::{Arg, ArgAction, Args, Command};
use toml::{Table, Value};

use super::Config;
use super::settings::DATA;
use super::values::{is_never_a_flag, words};

/// The flag `--config`: not a setting, but the file that holds them.
pub(super) const CONFIG: &str = "config";

/// The settings that `-h` shows, which is short; `--help` shows all.
#[rustfmt::skip] // A list.
const COMMON: &[&str] = &["data", CONFIG, "listen", "contract", "compat", "site_url", "admin_password_file", "log", "trusted_proxies"];

/// Defaults that depend on the machine or on another setting, in words.
#[rustfmt::skip] // A table.
const DERIVED: &[(&str, &str)] = &[
    ("max_connections_per_address", "three quarters of `max_connections`"),
    ("rocketchat_version", "8.8.1 (compat 9: 9.0.0)"),
    ("rate_limit_calls", "120 (contract server: 10)"),
    ("unconnected", "declared (contract server: offline)"),
    ("password_hashers", "half the processors"),
];

/// A command with the settings and `--config` as flags.
pub(super) fn command() -> Command {
    let command = Command::new("settings")
        .no_binary_name(true)
        .disable_help_flag(true);
    let config = Arg::new(CONFIG)
        .long(CONFIG)
        .value_name("PATH")
        .help("Settings file; without it, ./doorsign.toml if that exists")
        .help_heading(DATA);
    Config::augment_args_for_update(command).arg(config)
}

/// The settings among the flags of [`command`].
pub(super) fn settings(command: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    let all = command
        .get_arguments()
        .map(|arg| (arg.get_id().as_str(), arg));
    all.filter(|(key, _)| *key != CONFIG)
}

/// The flags of a command that runs a server. They take any text: [`Config::load`] checks them like
/// the values of the other sources.
#[must_use]
pub fn args() -> Vec<Arg> {
    let defaults = Config::default().values();
    let flag = |arg: &Arg| {
        let key = arg.get_id().as_str();
        let default = match default(key, &defaults) {
            none if none.is_empty() => none,
            default => format!(" [default: {default}]"),
        };
        let placeholder = match words(arg) {
            words if words.is_empty() => arg.clone(),
            words => arg.clone().value_name(Str::from(words.join("|"))),
        };
        placeholder
            .help(meaning(arg) + &default)
            .action(ArgAction::Set)
            .value_parser(ValueParser::string())
            .hide(is_never_a_flag(arg))
            .hide_short_help(!COMMON.contains(&key))
    };
    command().get_arguments().map(flag).collect()
}

/// The default as text, empty where there is none.
pub(super) fn default(key: &str, defaults: &Table) -> String {
    match (derived(key), defaults.get(key)) {
        (Some(words), _) => words.to_owned(),
        (None, None) => String::new(),
        (None, Some(Value::Array(items))) if items.is_empty() => String::new(),
        (None, Some(Value::String(text))) => text.clone(),
        (None, Some(other)) => other.to_string(),
    }
}

/// The default in words, where it depends on the machine or on another setting.
pub(super) fn derived(key: &str) -> Option<&'static str> {
    DERIVED
        .iter()
        .find(|(derived, _)| *derived == key)
        .map(|(_, words)| *words)
}

/// The help text.
pub(super) fn meaning(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}
