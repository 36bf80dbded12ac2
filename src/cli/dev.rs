//! `doorsign dev`: a server in memory for the tests of a client, alone or beside a command. Its
//! passwords are public, so it listens on loopback only.

use super::listener::resolve;
use super::output::Outcome;
use super::run_server;
use super::shell::create_line;
use crate::app::SystemClock;
use crate::config::{Config, Contract, Loaded, Source};
use crate::dev::seed::{self, PEOPLE};
use crate::domain::Result as Checked;
use crate::server::Server;
use doorsign_hook::PostCreateHook;
use std::ffi::OsString;
use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

/// The control routes, as the greeting lists them.
const CONTROLS: &str = r#"Control routes, for tests (POST with Content-Type: application/json):

POST /dev/reset      restores the state of the start
GET  /dev/clock      returns the time
POST /dev/clock      {"now":"2026-12-24T12:00:00Z"}, {"advance":"1d"}, {"frozen":true}, {"real":true}
GET  /dev/faults     lists pending faults
POST /dev/faults     {"route":"/api/v1/me","fault":"429","count":2}; also 401, 403, 500, 502, 503, drop, latency with "ms"; {"clear":true}
GET  /dev/requests   lists recent requests, newest last; ?limit=10
"#;

/// Settings without effect in dev mode. As a flag, they are a mistake. In the environment or a
/// settings file they may be meant for `serve`.
const UNUSED: [&str; 9] = [
    "data",
    "admin_username",
    "admin_password",
    "admin_password_file",
    "password_min_length",
    "audit_log",
    "audit_log_max_bytes",
    "readers",
    "max_database_mib",
];

/// Runs the server until a signal arrives, or beside `command` if that is not empty.
pub(super) fn run(
    loaded: Loaded,
    hooks: Vec<Arc<dyn PostCreateHook>>,
    command: &[OsString],
) -> Outcome<ExitCode> {
    refuse_unused(&loaded)?;
    let config = config_for_dev(&loaded)?;
    run_server::remove_stale_ready_file(&config);
    let config = if command.is_empty() {
        config
    } else {
        config_beside_command(config, &loaded)
    };
    let configuration = loaded.effective(&config);
    let open = async |config| {
        let server = Server::open_dev(config, Arc::new(SystemClock), hooks).await?;
        Ok(server.with_configuration(configuration))
    };
    if !command.is_empty() {
        return run_server::run_beside(&config, command, open);
    }
    let greeting = async |url: &str, config: &Config, _: &Server| Ok(greeting(url, config)?);
    run_server::run(&config, loaded, open, greeting)?;
    Ok(ExitCode::SUCCESS)
}

fn refuse_unused(loaded: &Loaded) -> Outcome {
    let flag = UNUSED.iter().find_map(|key| match loaded.source(key) {
        Source::Flag(flag) => Some(flag),
        _ => None,
    });
    flag.map_or(Ok(()), |flag| {
        Err(format!(
            "{flag} has no effect in dev mode, which keeps its data in memory and has fixed users: \
             leave it out, or use `doorsign serve`"
        )
        .into())
    })
}

/// The settings of dev mode, which writes no file except the ready file.
fn config_for_dev(loaded: &Loaded) -> Outcome<Config> {
    let given = loaded.config.clone();
    let listen = &given.listen;
    let address = resolve(listen).map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    if !address.ip().to_canonical().is_loopback() {
        let why = "dev mode listens on loopback only, because its passwords are public";
        return Err(format!("{why}: change listen = {listen}").into());
    }
    let contract = if loaded.is_given("contract") {
        given.contract
    } else {
        Contract::Server
    };
    Ok(Config {
        listen: address.to_string(),
        contract,
        // The tests of a client call more often than people do.
        rate_limit_calls: given.rate_limit_calls.or(Some(0)),
        // The receiver of a webhook under test is on the same machine.
        webhook_allow: if loaded.is_given("webhook_allow") {
            given.webhook_allow.clone()
        } else {
            Config::loopback()
        },
        // Event ids start from 1 at every start, so an audit log of an earlier run would skip them.
        audit_log: None,
        ..given
    })
}

/// The settings beside a command: a free port, so that runs at the same time do not collide, and a
/// log that leaves standard error to the command.
fn config_beside_command(config: Config, loaded: &Loaded) -> Config {
    let unless_given = |key, given: String, default: &str| {
        if loaded.is_given(key) {
            given
        } else {
            default.to_owned()
        }
    };
    Config {
        listen: unless_given("listen", config.listen, "127.0.0.1:0"),
        log: unless_given("log", config.log, "error"),
        ..config
    }
}

fn greeting(url: &str, config: &Config) -> Checked<String> {
    let tokens = seed::tokens()?;
    let (version, contract) = (env!("CARGO_PKG_VERSION"), config.contract);
    let limits = match config.rate_limit_calls() {
        0 => "without rate limits".to_owned(),
        calls => format!("with {calls} calls a window"),
    };
    let compat = run_server::compat_line(config.compat);
    let mut text = format!(
        "doorsign {version} listens on {url}, in dev mode: in memory, {limits}, contract {contract}.\n{compat}\n\
         user        password  id                 token\n"
    );
    for person in &PEOPLE {
        let (password, token) = (person.password.unwrap_or("-"), person.token(&tokens)?);
        let (user, id) = (person.username, person.id);
        let _ = writeln!(text, "{user:<12}{password:<10}{id:<19}{token}");
    }
    let admin = &PEOPLE[0];
    let (id, token) = (admin.id, admin.token(&tokens)?);
    let create = create_line(url);
    let _ = write!(
        text,
        "\n{CONTROLS}\nTo try it, paste these lines into another terminal:\n\nexport ID={id} TOKEN={token}\n{create}\n\n"
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn config(args: &[&str]) -> Outcome<Config> {
        let command = clap::Command::new("doorsign").args(config::args());
        let args = ["doorsign"].iter().chain(args);
        let folder = tempfile::tempdir().unwrap();
        let matches = command.try_get_matches_from(args).unwrap();
        let loaded = Config::load(&matches, std::iter::empty(), folder.path()).unwrap();
        config_for_dev(&loaded)
    }

    #[test]
    fn only_this_machine_is_listened_to() {
        for (address, allowed) in [
            ("127.0.0.1:0", true),
            ("127.8.9.1:0", true),
            ("[::1]:0", true),
            ("[::ffff:127.0.0.1]:0", true),
            ("0.0.0.0:0", false),
            ("[::]:0", false),
            ("192.0.2.1:0", false),
        ] {
            let taken = config(&["--listen", address]).is_ok();
            assert_eq!(taken, allowed, "{address}");
        }
    }

    #[test]
    fn calls_are_not_limited_unless_a_limit_is_given() {
        for (args, calls) in [(&[][..], 0), (&["--rate-limit-calls", "3"][..], 3)] {
            assert_eq!(config(args).unwrap().rate_limit_calls(), calls);
        }
    }

    #[test]
    fn the_contract_is_the_servers_unless_one_is_given() {
        for (args, contract) in [
            (&[][..], Contract::Server),
            (&["--contract", "documented"][..], Contract::Documented),
            (&["--contract", "server"][..], Contract::Server),
        ] {
            assert_eq!(config(args).unwrap().contract, contract, "{args:?}");
        }
    }
}
