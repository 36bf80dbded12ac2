//! The settings: their names, types, defaults and help texts. Flags, environment variables, keys of
//! the settings file and the table in the documents are made from this list.

use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::choice::{BoardAudience, Compat, Contract, LogFormat, Unconnected};
use super::secret::Secret;

// Headings of `doorsign serve --help`.
pub(super) const DATA: &str = "Data and settings file";
const SERVER: &str = "Server";
const ADMIN: &str = "First administrator";
const LOG: &str = "Log";
const NETWORK: &str = "Clients and proxies";
const LOGIN: &str = "Logins and passwords";
const PRESENCE: &str = "Presence";
const HOOKS: &str = "Hooks";
const DATABASE: &str = "Database";
const COMMANDS: &str = "Command line";

/// All settings, checked. The comment of a field is its help text. The placeholder says what is
/// accepted: see `values.rs`, and `1-64` or `1024+` for a whole number within these bounds.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Folder of the database and the signing secret
    #[arg(long, value_name = "PATH", help_heading = DATA)]
    pub data: PathBuf,

    /// Address to listen on; port 0 picks a free one. Of a host name's addresses, the first IPv4
    /// one
    #[arg(long, value_name = "HOST:PORT", help_heading = SERVER)]
    pub listen: String,
    /// URL under which users reach this server
    #[arg(long, value_name = "URL", help_heading = SERVER)]
    pub site_url: Option<String>,
    /// Which Rocket.Chat behaviour to follow where its documentation and its server differ
    #[arg(long, help_heading = SERVER)]
    pub contract: Contract,
    /// Rocket.Chat release whose responses to follow where 8 and 9 differ
    #[arg(long, help_heading = SERVER)]
    pub compat: Compat,
    /// Rocket.Chat version that this server reports to clients; changes no other response
    #[arg(long, value_name = "VERSION", help_heading = SERVER)]
    pub rocketchat_version: Option<String>,
    /// File that gets the server's address once it accepts requests
    #[arg(long, value_name = "FILE", help_heading = SERVER)]
    pub ready_file: Option<PathBuf>,

    /// Name of the administrator that the first start creates
    #[arg(long, value_name = "USERNAME", help_heading = ADMIN)]
    pub admin_username: String,
    /// Password of that administrator; without one, the first start generates one and prints it on a
    /// terminal, or else writes it to the file `admin-password` in the data folder
    #[arg(long, value_name = "SECRET", help_heading = ADMIN)]
    #[serde(skip_serializing)]
    pub admin_password: Option<Secret>,
    /// File that holds `admin_password`; a newline at its end does not count
    #[arg(long, value_name = "PATH", help_heading = ADMIN)]
    pub admin_password_file: Option<PathBuf>,

    /// What to log: levels, also per module
    #[arg(long, value_name = "FILTER", help_heading = LOG)]
    pub log: String,
    /// Format of log lines
    #[arg(long, help_heading = LOG)]
    pub log_format: LogFormat,

    /// Networks of the reverse proxies whose statement of the client's address is trusted
    #[arg(long, value_name = "NETWORKS", help_heading = NETWORK)]
    pub trusted_proxies: Vec<IpNet>,
    /// Header in which these proxies send the client's address, such as X-Real-IP; of several
    /// addresses, the last one that is not a trusted proxy
    #[arg(long, value_name = "HEADER", help_heading = NETWORK)]
    pub client_address_header: String,
    /// Web origins whose pages may call this server
    #[arg(long, value_name = "ORIGINS", help_heading = NETWORK)]
    pub cors_origins: Vec<String>,
    /// Web origins whose pages may show the pages of this server in a frame
    #[arg(long, value_name = "ORIGINS", help_heading = NETWORK)]
    pub frame_ancestors: Vec<String>,
    /// Connections open at once
    #[arg(long, value_name = "1-1000000", help_heading = NETWORK)]
    pub max_connections: usize,
    /// Connections open at once from one address outside `trusted_proxies`, 0 for no limit
    #[arg(long, value_name = "0-1000000", help_heading = NETWORK)]
    pub max_connections_per_address: Option<usize>,
    /// Calls of a route that an address may make in a window, 0 for no limit
    #[arg(long, value_name = "0-1000000", help_heading = NETWORK)]
    pub rate_limit_calls: Option<u32>,
    /// Length of this window in seconds
    #[arg(long, value_name = "1-86400", help_heading = NETWORK)]
    pub rate_limit_seconds: u32,

    /// Days until a login expires
    #[arg(long, value_name = "1-3650", help_heading = LOGIN)]
    pub login_days: u32,
    /// Logins by password that a user has at once; one more ends the one that was unused for
    /// longest
    #[arg(long, value_name = "1-10000", help_heading = LOGIN)]
    pub logins_per_user: u32,
    /// Failed logins that block a user from an address
    #[arg(long, value_name = "1-1000", help_heading = LOGIN)]
    pub login_failures_per_user: u32,
    /// Failed logins that block an address
    #[arg(long, value_name = "1-100000", help_heading = LOGIN)]
    pub login_failures_per_address: u32,
    /// Seconds over which these failures count and for which they block
    #[arg(long, value_name = "1-86400", help_heading = LOGIN)]
    pub login_block_seconds: u32,
    /// Failed logins, from all addresses together, that block an account from every address where
    /// it has never logged in
    #[arg(long, value_name = "1-100000", help_heading = LOGIN)]
    pub login_failures_per_account: u32,
    /// Seconds over which those failures count and for which they block
    #[arg(long, value_name = "1-604800", help_heading = LOGIN)]
    pub login_account_block_seconds: u32,
    /// Characters that a new password needs
    #[arg(long, value_name = "8-128", help_heading = LOGIN)]
    pub password_min_length: usize,
    /// Passwords checked at once
    #[arg(long, value_name = "1-64", help_heading = LOGIN)]
    pub password_hashers: usize,
    /// Secret that programs send to `users.createToken`; without one, it creates no tokens
    #[arg(long, value_name = "SECRET", help_heading = LOGIN)]
    #[serde(skip_serializing)]
    pub create_tokens_for_users_secret: Option<Secret>,
    /// File that holds `create_tokens_for_users_secret`; a newline at its end does not count
    #[arg(long, value_name = "PATH", help_heading = LOGIN)]
    pub create_tokens_for_users_secret_file: Option<PathBuf>,
    /// Secret with which people register their own account (`users.register`); without one, registration is off
    #[arg(long, value_name = "SECRET", help_heading = LOGIN)]
    #[serde(skip_serializing)]
    pub registration_secret: Option<Secret>,
    /// File that holds `registration_secret`; a newline at its end does not count
    #[arg(long, value_name = "PATH", help_heading = LOGIN)]
    pub registration_secret_file: Option<PathBuf>,

    /// Status shown for users without a live connection: offline, as in Rocket.Chat, or the status
    /// they set
    #[arg(long, help_heading = PRESENCE)]
    pub unconnected: Option<Unconnected>,
    /// Seconds, plus a random 0 to 50 %, until a user without a connection is shown as offline
    #[arg(long, value_name = "0-3600", help_heading = PRESENCE)]
    pub offline_grace_seconds: u32,
    /// Seconds for which a heartbeat counts, for users whose presence goes by heartbeats
    #[arg(long, value_name = "1-86400", help_heading = PRESENCE)]
    pub heartbeat_seconds: u32,
    /// Who may read the board of all statuses: users who are logged in, or everyone, who then see
    /// the users who chose it
    #[arg(long, help_heading = PRESENCE)]
    pub board: BoardAudience,

    /// File that gets one JSON line per created status
    #[arg(long, value_name = "FILE", help_heading = HOOKS)]
    pub audit_log: Option<PathBuf>,
    /// Size in bytes at which the audit log is rotated
    #[arg(long, value_name = "1024+", help_heading = HOOKS)]
    pub audit_log_max_bytes: u64,
    /// Networks in which webhooks may be although they are not public
    #[arg(long, value_name = "NETWORKS", help_heading = HOOKS)]
    pub webhook_allow: Vec<IpNet>,
    /// Proxy by which to reach webhooks at https addresses, except those in `webhook_allow`
    #[arg(long, value_name = "PROXY", help_heading = HOOKS)]
    #[serde(skip_serializing)]
    pub webhook_proxy: Option<Secret>,
    /// File that holds `webhook_proxy`; a newline at its end does not count
    #[arg(long, value_name = "PATH", help_heading = HOOKS)]
    pub webhook_proxy_file: Option<PathBuf>,
    /// Folder whose programs run for each event
    #[arg(long, value_name = "FOLDER", help_heading = HOOKS)]
    pub exec_folder: Option<PathBuf>,
    /// Seconds that such a program may take
    #[arg(long, value_name = "1-3600", help_heading = HOOKS)]
    pub exec_seconds: u32,
    /// How many such programs run at once
    #[arg(long, value_name = "1-64", help_heading = HOOKS)]
    pub exec_at_once: usize,
    /// Memory in MiB that each process of such a program may use
    #[arg(long, value_name = "16-1048576", help_heading = HOOKS)]
    pub exec_memory_mib: u64,
    /// Folder whose WebAssembly modules run for each event
    #[arg(long, value_name = "FOLDER", help_heading = HOOKS)]
    pub wasm_folder: Option<PathBuf>,
    /// Seconds that such a module may take
    #[arg(long, value_name = "1-60", help_heading = HOOKS)]
    pub wasm_seconds: u32,
    /// Memory in MiB that such a module may use
    #[arg(long, value_name = "1-4096", help_heading = HOOKS)]
    pub wasm_memory_mib: u64,

    /// Connections for reading the database
    #[arg(long, value_name = "1-64", help_heading = DATABASE)]
    pub readers: usize,
    /// Size in MiB at which the database counts as full, 0 for no limit
    // The upper bound is SQLite's own, https://sqlite.org/limits.html.
    #[arg(long, value_name = "0-268435456", help_heading = DATABASE)]
    pub max_database_mib: u64,
    /// Days after which delivered events are deleted, 0 for never
    #[arg(long, value_name = "0-3650", help_heading = DATABASE)]
    pub event_retention_days: u32,
    /// Days after which audit records are deleted, 0 for never
    #[arg(long, value_name = "0-3650", help_heading = DATABASE)]
    pub audit_retention_days: u32,

    /// Time zone in which commands read and print times; without one, that of the system
    #[arg(long, value_name = "ZONE", help_heading = COMMANDS)]
    pub time_zone: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            data: "./doorsign-data".into(),
            listen: "127.0.0.1:3000".into(),
            site_url: None,
            contract: Contract::Documented,
            compat: Compat::Eight,
            rocketchat_version: None,
            ready_file: None,
            admin_username: "admin".into(),
            admin_password: None,
            admin_password_file: None,
            log: "info".into(),
            log_format: LogFormat::Text,
            trusted_proxies: Vec::new(),
            client_address_header: "X-Forwarded-For".into(),
            cors_origins: Vec::new(),
            frame_ancestors: Vec::new(),
            max_connections: 10_000,
            max_connections_per_address: None,
            rate_limit_calls: None,
            rate_limit_seconds: 60,
            login_days: 90,
            logins_per_user: 100,
            login_failures_per_user: 10,
            login_failures_per_address: 50,
            login_block_seconds: 300,
            // NIST SP 800-63B-4, section 3.2.2, allows at most 100 failures in a row.
            login_failures_per_account: 100,
            login_account_block_seconds: 3600,
            password_min_length: 8,
            password_hashers: (processors / 2).clamp(1, 64),
            create_tokens_for_users_secret: None,
            create_tokens_for_users_secret_file: None,
            registration_secret: None,
            registration_secret_file: None,
            unconnected: None,
            offline_grace_seconds: 5,
            heartbeat_seconds: 60,
            board: BoardAudience::Private,
            audit_log: None,
            audit_log_max_bytes: 10_485_760,
            webhook_allow: Vec::new(),
            webhook_proxy: None,
            webhook_proxy_file: None,
            exec_folder: None,
            exec_seconds: 10,
            exec_at_once: 4,
            exec_memory_mib: 512,
            wasm_folder: None,
            wasm_seconds: 5,
            wasm_memory_mib: 16,
            readers: 2,
            max_database_mib: 0,
            event_retention_days: 30,
            audit_retention_days: 90,
            time_zone: None,
        }
    }
}

impl Config {
    /// All defaults with this data folder and a free local port, for tests and for embedding.
    #[must_use]
    pub fn defaults_in(data: PathBuf) -> Self {
        Self {
            data,
            listen: "127.0.0.1:0".into(),
            ..Self::default()
        }
    }

    /// The networks of this machine itself.
    pub(crate) fn loopback() -> Vec<IpNet> {
        let networks = ["127.0.0.0/8", "::1/128"].into_iter();
        networks
            .filter_map(|network| network.parse().ok())
            .collect()
    }

    /// Connections from one address; 0 for no limit. By default, no address can take all of them; a
    /// small server has no limit, because a single page and its tests may open dozens.
    #[must_use]
    pub fn max_connections_per_address(&self) -> usize {
        let default = (self.max_connections / 4 * 3).max(64);
        self.max_connections_per_address.unwrap_or(default)
    }

    /// Rocket.Chat version that clients are shown. A version that is given counts, whatever `compat`
    /// is: some clients refuse versions that they do not know.
    #[must_use]
    pub fn rocketchat_version(&self) -> &str {
        let given = self.rocketchat_version.as_deref();
        given.unwrap_or(self.compat.version())
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

    /// The secrets, each with the setting for its file.
    pub(super) fn secrets(&mut self) -> [(&mut Option<Secret>, &Option<PathBuf>, &'static str); 4] {
        let token = &mut self.create_tokens_for_users_secret;
        let token_file = &self.create_tokens_for_users_secret_file;
        let (proxy, proxy_file) = (&mut self.webhook_proxy, &self.webhook_proxy_file);
        [
            (
                &mut self.admin_password,
                &self.admin_password_file,
                "admin_password_file",
            ),
            (token, token_file, "create_tokens_for_users_secret_file"),
            (proxy, proxy_file, "webhook_proxy_file"),
            (
                &mut self.registration_secret,
                &self.registration_secret_file,
                "registration_secret_file",
            ),
        ]
    }

    /// The values in force, by key. A setting without a value has none here, and neither has a
    /// secret.
    pub(super) fn values(&self) -> toml::Table {
        let derived = Self {
            max_connections_per_address: Some(self.max_connections_per_address()),
            rate_limit_calls: Some(self.rate_limit_calls()),
            unconnected: Some(self.unconnected()),
            rocketchat_version: Some(self.rocketchat_version().to_owned()),
            ..self.clone()
        };
        toml::Table::try_from(derived).unwrap_or_default()
    }
}
