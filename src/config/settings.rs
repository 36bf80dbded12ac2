//! The table of settings: the one place that names each of them, and what is made from it —
//! command-line arguments, the names in every source, the table in the README. Does not know how a
//! source is read or which one wins.

use std::sync::LazyLock;

use clap::{Arg, ArgAction};

use super::Config;
use super::choice::{Contract, LogFormat, Unconnected};
use super::field::Field;
use super::kind::Kind;

/// What every environment variable of ours begins with.
pub(super) const PREFIX: &str = "DOORSIGN_";

/// The name of the settings file that is read if no other is asked for and it exists.
pub(super) const DEFAULT_FILE: &str = "doorsign.toml";

const CONFIG_ABOUT: &str = "The settings file; without it, ./doorsign.toml if that exists";

/// One row of the table. The default is not here but in [`Config::defaults`], where the compiler
/// checks its type.
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) field: fn(&mut Config) -> &mut dyn Field,
    about: &'static str,
    /// Set where the default depends on the machine or on another setting, and documents must not.
    default_in_words: Option<&'static str>,
}

/// All settings, in the order in which they are listed everywhere.
#[rustfmt::skip] // A table: a row is easier to find and to compare on its two lines than on seven.
pub(super) static SETTINGS: &[Setting] = &[
    row("listen", Kind::Address, |c| &mut c.listen,
        "Where to listen; port 0 takes a free one"),
    row("data", Kind::Path, |c| &mut c.data,
        "Folder of the database and the signing secret"),
    row("contract", Kind::OneOf(Contract::NAMES), |c| &mut c.contract,
        "Which Rocket.Chat behaviour to follow where its documentation and its server differ"),
    Setting { default_in_words: Some("declared (contract server: offline)"),
        ..row("unconnected", Kind::OneOf(Unconnected::NAMES),
        |c| c.unconnected.get_or_insert(c.contract.unconnected()),
        "Status shown for users without a live connection: offline, as in Rocket.Chat, or the status they set") },
    row("log", Kind::Text("a log filter such as info or doorsign=debug"), |c| &mut c.log,
        "What is logged, as a tracing filter"),
    row("log_format", Kind::OneOf(LogFormat::NAMES), |c| &mut c.log_format,
        "How log lines look"),
    row("audit_log", Kind::OptionalPath, |c| &mut c.audit_log,
        "File that gets one JSON line per created status"),
    row("audit_log_max_bytes", number(1024, u64::MAX), |c| &mut c.audit_log_max_bytes,
        "Size in bytes at which the audit log is rotated"),
    row("webhook_allow", Kind::Networks, |c| &mut c.webhook_allow,
        "Networks, separated by commas, in which webhooks may be although they are not public"),
    row("exec_folder", Kind::OptionalPath, |c| &mut c.exec_folder,
        "Folder whose programs are started for each event"),
    row("exec_seconds", number(1, 3600), |c| &mut c.exec_seconds,
        "Seconds that such a program may take"),
    row("exec_at_once", number(1, 64), |c| &mut c.exec_at_once,
        "How many such programs run at once"),
    row("exec_memory_mib", number(16, 1_048_576), |c| &mut c.exec_memory_mib,
        "Memory in MiB that such a program may ask for"),
    row("wasm_folder", Kind::OptionalPath, |c| &mut c.wasm_folder,
        "Folder whose WebAssembly modules are run for each event"),
    row("wasm_seconds", number(1, 60), |c| &mut c.wasm_seconds,
        "Seconds that such a module may take"),
    row("wasm_memory_mib", number(1, 4096), |c| &mut c.wasm_memory_mib,
        "Memory in MiB that such a module may have"),
    row("event_retention_days", number(0, 3650), |c| &mut c.event_retention_days,
        "Days after which delivered events are deleted, 0 for never"),
    row("audit_retention_days", number(0, 3650), |c| &mut c.audit_retention_days,
        "Days after which audit records are deleted, 0 for never"),
    row("admin_username", Kind::Text("a user name"), |c| &mut c.admin_username,
        "Name of the administrator that the first start creates"),
    row("admin_password", Kind::Secret, |c| &mut c.admin_password,
        "Password of that administrator; without one, a random one is printed once"),
    row("create_tokens_for_users_secret", Kind::Secret, |c| &mut c.create_tokens_for_users_secret,
        "Secret that programs show to `users.createToken`; without one, it makes no tokens"),
    row("max_connections", number(1, 1_000_000), |c| &mut c.max_connections,
        "Connections open at once"),
    Setting { default_in_words: Some("three quarters of `max_connections`"),
        ..row("max_connections_per_address", number(0, 1_000_000),
        |c| c.max_connections_per_address.get_or_insert(super::default_per_address(c.max_connections)),
        "Connections open at once from one address outside `trusted_proxies`, 0 for no limit") },
    row("ready_file", Kind::OptionalPath, |c| &mut c.ready_file,
        "File that gets the server's address once it answers"),
    row("site_url", Kind::OptionalUrl, |c| &mut c.site_url,
        "The URL by which people reach this server"),
    row("cors_origins", Kind::Origins, |c| &mut c.cors_origins,
        "Web origins whose pages may call this server, separated by commas; * for all"),
    row("login_failures_per_user", number(1, 1000), |c| &mut c.login_failures_per_user,
        "Failed logins that block a user from an address"),
    row("login_failures_per_address", number(1, 100_000), |c| &mut c.login_failures_per_address,
        "Failed logins that block an address"),
    row("login_block_seconds", number(1, 86_400), |c| &mut c.login_block_seconds,
        "Seconds over which failed logins count and for which they block"),
    row("login_failures_per_account", number(1, 100_000), |c| &mut c.login_failures_per_account,
        "Failed logins, from all addresses together, that block an account where it has never logged in from"),
    row("login_account_block_seconds", number(1, 604_800), |c| &mut c.login_account_block_seconds,
        "Seconds over which those count and for which they block"),
    row("login_days", number(1, 3650), |c| &mut c.login_days,
        "Days until a login ends"),
    row("logins_per_user", number(1, 10_000), |c| &mut c.logins_per_user,
        "Logins by password that a user has at once; one more ends the one that was unused for longest"),
    row("password_min_length", number(8, 128), |c| &mut c.password_min_length,
        "Characters that a new password needs"),
    row("offline_grace_seconds", number(0, 3600), |c| &mut c.offline_grace_seconds,
        "Seconds, plus a random 0 to 50 %, until a user without a connection is shown as offline"),
    row("heartbeat_seconds", number(1, 86_400), |c| &mut c.heartbeat_seconds,
        "Seconds for which a heartbeat counts, of those whose presence goes by heartbeats"),
    // What the contract says stands there once it is asked for; the contract stands further up.
    Setting { default_in_words: Some("120 (contract server: 10)"),
        ..row("rate_limit_calls", number(0, 1_000_000),
        |c| c.rate_limit_calls.get_or_insert(c.contract.calls()),
        "Calls of a route that an address may make in a window, 0 for no limit") },
    row("rate_limit_seconds", number(1, 86_400), |c| &mut c.rate_limit_seconds,
        "Seconds that such a window lasts"),
    row("trusted_proxies", Kind::Networks, |c| &mut c.trusted_proxies,
        "Networks, separated by commas, of the reverse proxies that are believed about the client's address"),
    row("client_address_header", Kind::AddressHeader, |c| &mut c.client_address_header,
        "The header in which those proxies name the client's address, such as X-Real-IP; of several addresses, the last that is not a trusted proxy's"),
    Setting { default_in_words: Some("half the processors"),
        ..row("password_hashers", number(1, 64), |c| &mut c.password_hashers,
        "Passwords checked at once") },
    row("readers", number(1, 64), |c| &mut c.readers,
        "Connections for reading the database"),
    // The upper bound is SQLite's own, https://sqlite.org/limits.html.
    row("max_database_mib", number(0, 268_435_456), |c| &mut c.max_database_mib,
        "Size in MiB at which the database counts as full, 0 for no limit"),
];

const fn row(
    key: &'static str,
    kind: Kind,
    field: fn(&mut Config) -> &mut dyn Field,
    about: &'static str,
) -> Setting {
    Setting {
        key,
        kind,
        field,
        about,
        default_in_words: None,
    }
}

const fn number(least: u64, most: u64) -> Kind {
    Kind::Number { least, most }
}

/// One name under which a setting can be given. A secret has two: its own, and that of a file which
/// holds it.
pub(super) struct Name {
    pub(super) setting: &'static Setting,
    pub(super) key: String,
    pub(super) flag: String,
    pub(super) variable: String,
    /// The value is the path of a file which holds the secret.
    pub(super) is_file: bool,
}

/// Every name of every setting.
pub(super) static NAMES: LazyLock<Vec<Name>> =
    LazyLock::new(|| SETTINGS.iter().flat_map(Setting::names).collect());

impl Setting {
    fn names(&'static self) -> impl Iterator<Item = Name> {
        let own = self.name("", false);
        let twin = self.is_secret().then(|| self.name("_file", true));
        std::iter::once(own).chain(twin)
    }

    fn name(&'static self, suffix: &str, is_file: bool) -> Name {
        let key = format!("{}{suffix}", self.key);
        let flag = key.replace('_', "-");
        let variable = format!("{PREFIX}{}", key.to_uppercase());
        Name {
            setting: self,
            key,
            flag,
            variable,
            is_file,
        }
    }

    pub(super) fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret)
    }

    /// The value of this setting in `config`, as text; empty if there is none.
    pub(super) fn show(&self, config: &mut Config) -> String {
        (self.field)(config).show()
    }

    fn default_text(&self, defaults: &mut Config) -> String {
        match self.default_in_words {
            Some(words) => words.to_owned(),
            None => self.show(defaults),
        }
    }

    fn meaning(&self) -> String {
        match self.kind {
            Kind::Number { .. } | Kind::OneOf(_) => {
                format!("{}: {}", self.about, self.kind.accepted())
            }
            _ => self.about.to_owned(),
        }
    }
}

impl Name {
    /// What is accepted under this name.
    pub(super) fn kind(&self) -> &'static Kind {
        if self.is_file {
            &Kind::Path
        } else {
            &self.setting.kind
        }
    }

    fn help(&self, defaults: &mut Config) -> String {
        if self.is_file {
            return format!(
                "File that holds the value of --{}",
                self.setting.key.replace('_', "-")
            );
        }
        let default = self.setting.default_text(defaults);
        let default = if default.is_empty() { "none" } else { &default };
        format!("{} [default: {default}]", self.setting.meaning())
    }
}

/// The command-line arguments: one for each name of each setting, and `--config`. All are global,
/// so that they are accepted before and after a command; [`Config::load`] reads them.
pub fn args() -> Vec<Arg> {
    let mut defaults = Config::defaults();
    let settings = NAMES.iter().map(|name| {
        arg(&name.key, &name.flag, name.kind().placeholder()).help(name.help(&mut defaults))
    });
    std::iter::once(arg("config", "config", "PATH").help(CONFIG_ABOUT))
        .chain(settings)
        .collect()
}

fn arg(id: &'static str, flag: &'static str, placeholder: &'static str) -> Arg {
    Arg::new(id)
        .long(flag)
        .value_name(placeholder)
        .action(ArgAction::Set)
        .global(true)
        .help_heading("Settings")
}

/// All settings as a Markdown table for the README: key, flag, environment, default, meaning.
pub fn markdown_table() -> String {
    let mut defaults = Config::defaults();
    let mut table =
        String::from("| key | flag | environment | default | meaning |\n|---|---|---|---|---|\n");
    for name in NAMES.iter() {
        table += &markdown_row(name, &mut defaults);
    }
    table + &format!("| | `--config` | `{PREFIX}CONFIG` | | {CONFIG_ABOUT} |\n")
}

fn markdown_row(name: &Name, defaults: &mut Config) -> String {
    let Name {
        setting,
        key,
        flag,
        variable,
        is_file,
    } = name;
    let (default, meaning) = match is_file {
        true => (
            String::new(),
            format!(
                "File that holds `{}`; a newline at its end does not count",
                setting.key
            ),
        ),
        false => (setting.default_text(defaults), setting.meaning()),
    };
    let default = match (default.as_str(), setting.default_in_words) {
        ("", _) => String::new(),
        (words, Some(_)) => words.to_owned(),
        (value, None) => format!("`{value}`"),
    };
    format!("| `{key}` | `--{flag}` | `{variable}` | {default} | {meaning} |\n")
}

#[cfg(test)]
mod tests {
    use super::super::ConfigError;
    use super::*;

    #[test]
    fn every_default_is_accepted_by_its_own_kind() {
        let mut defaults = Config::defaults();
        for setting in SETTINGS {
            let shown = setting.show(&mut defaults);
            let checked = setting.kind.check(&shown).unwrap_or_default();
            assert_eq!(checked, shown, "{}", setting.key);
        }
    }

    #[test]
    fn every_accepted_bound_fits_its_field() {
        let mut config = Config::defaults();
        for setting in SETTINGS {
            if let Kind::Number { least, most } = setting.kind {
                for bound in [least, most].map(|bound| bound.to_string()) {
                    (setting.field)(&mut config).set(&bound).unwrap();
                    assert_eq!(setting.show(&mut config), bound, "{}", setting.key);
                }
            }
        }
    }

    #[test]
    fn every_secret_can_be_told_why_its_file_cannot_be_read() {
        let (mut config, reason) = (Config::defaults(), ConfigError("gone".to_owned()));
        for setting in SETTINGS.iter().filter(|setting| setting.is_secret()) {
            (setting.field)(&mut config)
                .set_unreadable(&reason)
                .unwrap();
            assert_eq!(setting.show(&mut config), "(hidden)", "{}", setting.key);
        }
    }

    #[test]
    fn every_row_has_a_field_of_its_own() {
        let mut config = Config::defaults();
        let mut fields: Vec<_> = SETTINGS
            .iter()
            .map(|setting| (setting.field)(&mut config) as *mut dyn Field as *mut ())
            .collect();
        fields.sort();
        fields.dedup();
        assert_eq!(fields.len(), SETTINGS.len());
    }

    #[test]
    fn the_arguments_make_a_sound_command_whose_help_shows_defaults() {
        let mut command = clap::Command::new("doorsign").args(args());
        command.clone().debug_assert();
        let help = command.render_long_help().to_string();
        assert!(help.contains("--max-connections <NUMBER>"), "{help}");
        assert!(
            help.contains("Connections open at once: a number from 1 to 1000000 [default: 10000]"),
            "{help}"
        );
        assert!(help.contains("--admin-password-file <PATH>"), "{help}");
        assert!(help.contains("[default: half the processors]"), "{help}");
    }

    #[test]
    fn the_markdown_table_has_a_row_for_every_name_and_does_not_depend_on_the_machine() {
        let table = markdown_table();
        assert_eq!(table.lines().count(), 2 + NAMES.len() + 1);
        assert!(
            table.lines().all(|line| line.matches('|').count() == 6),
            "{table}"
        );
        let listen = "| `listen` | `--listen` | `DOORSIGN_LISTEN` | `127.0.0.1:3000` | Where to listen; port 0 takes a free one |";
        assert!(table.contains(listen), "{table}");
        assert!(
            table.contains("`DOORSIGN_PASSWORD_HASHERS` | half the processors |"),
            "{table}"
        );
        assert!(
            table.contains("`DOORSIGN_ADMIN_PASSWORD_FILE` |"),
            "{table}"
        );
    }
}
