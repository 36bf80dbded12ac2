//! The settings: flag, environment and TOML file, in that order of strength, then the default, read
//! once into a checked [`Config`]. Does not know what the settings are for: no server, database or
//! service.

mod choice;
mod field;
mod kind;
mod load;
mod network;
mod secret;
mod settings;
mod sources;
#[cfg(test)]
mod start;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

pub use choice::{Contract, LogFormat, Unconnected};
pub use secret::{Secret, SecretSource};
pub use settings::{args, markdown_table};

/// All settings, checked. A new one is a field here, its default in `Config::defaults` and a row
/// in the table.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one. Of a host name's addresses, the first IPv4 one.
    pub listen: SocketAddr,
    /// Folder of the database and the signing secret, as given.
    pub data: PathBuf,
    /// Which Rocket.Chat behaviour to follow.
    pub contract: Contract,
    /// Status shown for users without a live connection; `None` for the contract's.
    pub unconnected: Option<Unconnected>,
    /// A tracing filter such as `info`; not empty, otherwise unchecked.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// File that gets one line per created status.
    pub audit_log: Option<PathBuf>,
    /// Size in bytes at which the audit log is rotated; at least 1024.
    pub audit_log_max_bytes: u64,
    /// Networks that webhooks may be in beside the public ones.
    pub webhook_allow: Vec<IpNet>,
    /// Folder of the programs that are hooks.
    pub exec_folder: Option<PathBuf>,
    /// Seconds for one run of a program; 1 to 3600.
    pub exec_seconds: u32,
    /// Programs that run at once; 1 to 64.
    pub exec_at_once: usize,
    /// Memory in MiB for each process of a program; 16 to 1 048 576.
    pub exec_memory_mib: u64,
    /// Folder of the WebAssembly modules that are hooks.
    pub wasm_folder: Option<PathBuf>,
    /// Seconds for one run of a module; 1 to 60.
    pub wasm_seconds: u32,
    /// Memory in MiB for one run of a module; 1 to 4096.
    pub wasm_memory_mib: u64,
    /// Days after which delivered events are deleted; 0 for never.
    pub event_retention_days: u32,
    /// Days after which audit records are deleted; 0: never.
    pub audit_retention_days: u32,
    /// Name of the first administrator; not empty, otherwise unchecked.
    pub admin_username: String,
    /// Password of the first administrator; not empty.
    pub admin_password: Option<Secret>,
    /// Where that password was found; `None` if it was not given.
    pub admin_password_source: Option<SecretSource>,
    /// What programs show to make auth tokens for users; not empty. Without it nobody can.
    pub create_tokens_for_users_secret: Option<Secret>,
    /// Connections open at once; 1 to 1 000 000.
    pub max_connections: usize,
    /// Connections from one address; at most 1 000 000, 0 for no limit, `None` for three quarters
    /// of `max_connections`.
    pub max_connections_per_address: Option<usize>,
    /// File that gets the server's address once it answers.
    pub ready_file: Option<PathBuf>,
    /// The URL by which people reach this server: `http` or `https`, no slash at its end.
    pub site_url: Option<String>,
    /// Origins as browsers send them, or `*` for all; empty switches CORS off.
    pub cors_origins: Vec<String>,
    /// Failed logins that block a user from an address; 1 to 1000.
    pub login_failures_per_user: u32,
    /// Failed logins that block an address; 1 to 100 000.
    pub login_failures_per_address: u32,
    /// Seconds over which failed logins count and for which they block; 1 to 86 400.
    pub login_block_seconds: u32,
    /// Failed logins, from all addresses together, that block an account; 1 to 100 000.
    pub login_failures_per_account: u32,
    /// Seconds over which those count and for which they block; 1 to 604 800.
    pub login_account_block_seconds: u32,
    /// Days until a login ends; 1 to 3650.
    pub login_days: u32,
    /// Live logins by password that a user may have; 1 to 10 000.
    pub logins_per_user: u32,
    /// Characters that a new password needs; 8 to 128.
    pub password_min_length: usize,
    /// Seconds after which who has no connection left is shown as offline; 0 to 3600.
    pub offline_grace_seconds: u32,
    /// Seconds for which a heartbeat keeps a bot online; 1 to 86 400.
    pub heartbeat_seconds: u32,
    /// Calls of a route that an address may make in a window; 0 for no limit, `None` for the
    /// contract's.
    pub rate_limit_calls: Option<u32>,
    /// Seconds that such a window lasts; 1 to 86 400.
    pub rate_limit_seconds: u32,
    /// Networks of the proxies that are believed about the client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which those proxies name the client's address.
    pub client_address_header: String,
    /// Passwords checked at once; 1 to 64.
    pub password_hashers: usize,
    /// Connections for reading the database; 1 to 64.
    pub readers: usize,
    /// Size in MiB at which the database counts as full; 0 for no limit.
    pub max_database_mib: u64,
}

impl Config {
    fn defaults() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data: "./doorsign-data".into(),
            contract: Contract::Documented,
            unconnected: None,
            log: "info".into(),
            log_format: LogFormat::Text,
            audit_log: None,
            audit_log_max_bytes: 10_485_760,
            webhook_allow: Vec::new(),
            exec_folder: None,
            exec_seconds: 10,
            exec_at_once: 4,
            exec_memory_mib: 512,
            wasm_folder: None,
            wasm_seconds: 5,
            wasm_memory_mib: 16,
            event_retention_days: 30,
            audit_retention_days: 90,
            admin_username: "admin".into(),
            admin_password: None,
            admin_password_source: None,
            create_tokens_for_users_secret: None,
            max_connections: 10_000,
            max_connections_per_address: None,
            ready_file: None,
            site_url: None,
            cors_origins: Vec::new(),
            login_failures_per_user: 10,
            login_failures_per_address: 50,
            login_block_seconds: 300,
            // NIST SP 800-63B-4, section 3.2.2, allows at most 100 failures in a row on one account.
            login_failures_per_account: 100,
            login_account_block_seconds: 3600,
            login_days: 90,
            logins_per_user: 100,
            password_min_length: 8,
            offline_grace_seconds: 5,
            heartbeat_seconds: 60,
            rate_limit_calls: None,
            rate_limit_seconds: 60,
            trusted_proxies: Vec::new(),
            client_address_header: "X-Forwarded-For".into(),
            password_hashers: (processors / 2).clamp(1, 64),
            readers: 2,
            max_database_mib: 0,
        }
    }

    /// The networks of this machine itself.
    pub(crate) fn loopback() -> Vec<IpNet> {
        network::list("127.0.0.0/8,::1/128").unwrap_or_default()
    }

    /// All defaults with this data folder and a free local port, for tests and for embedding.
    pub fn defaults_in(data: PathBuf) -> Self {
        Self {
            data,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..Self::defaults()
        }
    }

    /// Connections from one address; 0 for no limit.
    #[must_use]
    pub fn max_connections_per_address(&self) -> usize {
        let default = default_per_address(self.max_connections);
        self.max_connections_per_address.unwrap_or(default)
    }

    /// Status shown for users without a live connection.
    #[must_use]
    pub fn unconnected(&self) -> Unconnected {
        self.unconnected.unwrap_or(self.contract.unconnected())
    }

    /// Calls of a route that an address may make in a window; 0 for no limit.
    #[must_use]
    pub fn rate_limit_calls(&self) -> u32 {
        self.rate_limit_calls.unwrap_or(self.contract.calls())
    }
}

/// Connections from one address of `all` that may be open: no address can have all of them. A small server has no limit, because
/// a single page and its tests may open dozens.
fn default_per_address(all: usize) -> usize {
    (all / 4 * 3).max(64)
}

/// The settings in force, and where each came from. `Display` lists them, one aligned line each.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// One entry per setting, in the order of the table.
    pub origins: Vec<Origin>,
}

impl Loaded {
    /// Whether some source gives the setting `key`, be it the value that it has by default.
    pub fn is_given(&self, key: &str) -> bool {
        let given = |origin: &Origin| origin.key == key && origin.from != DEFAULT;
        self.origins.iter().any(given)
    }
}

/// Where a setting's value came from when no source gives it.
const DEFAULT: &str = "default";

/// Where one setting's value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The name in the settings file, such as `max_connections`.
    pub key: &'static str,
    /// The value in force: `(hidden)` for a secret, empty if there is none.
    pub value: String,
    /// `flag --listen`, `environment DOORSIGN_LISTEN`, `file doorsign.toml` or `default`.
    pub from: String,
}

impl fmt::Display for Loaded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = |origin: &Origin| {
            format!("{} = {}", origin.key, origin.value)
                .trim_end()
                .to_owned()
        };
        let width = self
            .origins
            .iter()
            .map(|origin| left(origin).chars().count())
            .max()
            .unwrap_or(0);
        for origin in &self.origins {
            let unset = if origin.value.is_empty() {
                " (unset)"
            } else {
                ""
            };
            writeln!(out, "{:width$}   # {}{unset}", left(origin), origin.from)?;
        }
        Ok(())
    }
}

/// Why the settings cannot be used, in one line for people. Never shows a secret.
#[derive(Debug)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::settings::SETTINGS;
    use super::start::{origin, password, start};
    use super::*;

    #[test]
    fn without_any_source_all_settings_have_their_defaults() {
        let loaded = start().loaded();
        let config = &loaded.config;
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(config.data, Path::new("./doorsign-data"));
        assert_eq!(
            (config.contract, config.log_format),
            (Contract::Documented, LogFormat::Text)
        );
        assert_eq!(
            (config.log.as_str(), config.admin_username.as_str()),
            ("info", "admin")
        );
        assert_eq!(
            (&config.audit_log, &config.ready_file, &config.site_url),
            (&None, &None, &None)
        );
        assert_eq!(
            (config.audit_log_max_bytes, config.max_connections),
            (10_485_760, 10_000)
        );
        assert_eq!(
            (
                config.login_failures_per_user,
                config.login_failures_per_address
            ),
            (10, 50)
        );
        assert_eq!((config.login_block_seconds, config.login_days), (300, 90));
        assert_eq!(
            (config.offline_grace_seconds, config.heartbeat_seconds),
            (5, 60)
        );
        assert_eq!((config.readers, config.max_database_mib), (2, 0));
        assert_eq!(config.unconnected(), Unconnected::Declared);
        assert_eq!(
            (config.rate_limit_calls(), config.rate_limit_seconds),
            (120, 60)
        );
        assert!(config.trusted_proxies.is_empty(), "nobody is believed");
        assert_eq!(config.client_address_header, "X-Forwarded-For");
        assert_eq!(
            (
                config.login_failures_per_account,
                config.login_account_block_seconds
            ),
            (100, 3600)
        );
        assert!((1..=64).contains(&config.password_hashers));
        assert!(config.cors_origins.is_empty() && password(&loaded).is_none());
        assert_eq!(config.admin_password_source, None);
        assert!(loaded.origins.iter().all(|origin| origin.from == "default"));
        assert_eq!(loaded.origins.len(), SETTINGS.len());
    }

    #[test]
    fn how_often_one_may_call_depends_on_the_contract_unless_it_is_given() {
        for (flags, calls, from) in [
            (&["--contract", "documented"][..], "120", "default"),
            (&["--contract", "server"], "10", "default"),
            (
                &["--contract", "server", "--rate-limit-calls", "0"],
                "0",
                "flag --rate-limit-calls",
            ),
        ] {
            let loaded = start().flags(flags).loaded();
            assert_eq!(
                origin(&loaded, "rate_limit_calls"),
                (calls.to_owned(), from.to_owned())
            );
            assert_eq!(loaded.config.rate_limit_calls().to_string(), calls);
        }
        let mut embedded = Config::defaults_in("/d".into());
        embedded.contract = Contract::Server;
        assert_eq!(embedded.rate_limit_calls(), 10);
    }

    #[test]
    fn a_declared_status_is_visible_by_default_except_under_contract_server() {
        for (flags, status, from) in [
            (&["--contract", "documented"][..], "declared", "default"),
            (&["--contract", "server"], "offline", "default"),
            (
                &["--contract", "server", "--unconnected", "declared"],
                "declared",
                "flag --unconnected",
            ),
        ] {
            let loaded = start().flags(flags).loaded();
            assert_eq!(
                origin(&loaded, "unconnected"),
                (status.to_owned(), from.to_owned())
            );
            assert_eq!(loaded.config.unconnected().to_string(), status);
        }
        let mut embedded = Config::defaults_in("/d".into());
        embedded.contract = Contract::Server;
        assert_eq!(embedded.unconnected(), Unconnected::Offline);
    }

    #[test]
    fn the_listing_has_one_aligned_line_for_each_setting() {
        let listing = start()
            .flags(&["--listen", "127.0.0.1:80"])
            .loaded()
            .to_string();
        let lines: Vec<_> = listing.lines().collect();
        assert_eq!(lines.len(), SETTINGS.len());
        let column = lines[0].find('#');
        assert!(
            lines.iter().all(|line| line.find('#') == column),
            "{listing}"
        );
        assert!(
            lines[0].starts_with("listen = 127.0.0.1:80   ")
                && lines[0].ends_with("   # flag --listen")
        );
        let audit_log = lines
            .iter()
            .find(|line| line.starts_with("audit_log =   "))
            .unwrap();
        assert!(audit_log.ends_with("   # default (unset)"), "{listing}");
    }

    #[test]
    fn the_defaults_for_embedding_take_the_folder_and_a_free_port() {
        let config = Config::defaults_in("/d".into());
        assert_eq!(
            (config.data.as_path(), config.listen.to_string().as_str()),
            (Path::new("/d"), "127.0.0.1:0")
        );
        assert_eq!(config.max_connections, 10_000);
    }
}
