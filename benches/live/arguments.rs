//! The command line of the live connection benchmark.

use super::super::load::command;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::time::Duration;

const ABOUT: &str = "Measures live connections to a running server.

For each number of subscribers:

- connects all of them at the same time (handshake, login, subscription) and shows how long that took and, with --pid, the memory of each;
- makes changes one by one and shows how long each took to reach half and all of the subscribers;
- creates statuses as fast as the server responds, with the subscribers and, before they connect, without them. `cut` counts the
  subscribers that the server closed because they did not keep up.

The subscribers run in one thread of this process, and share the CPUs with a server on the same machine. Each is an open file of both
processes; the server must allow all of them (max_connections).";

/// What to measure, on which server and as which user.
pub struct Arguments {
    /// Host and port.
    pub address: String,
    /// The prefix of every path, without a trailing slash.
    pub prefix: String,
    /// The user who creates and subscribes.
    pub user: String,
    /// Their password.
    pub password: String,
    /// The server's process, to show its memory.
    pub pid: Option<u32>,
    /// Numbers of subscribers, each measured.
    pub subscribers: Vec<usize>,
    /// Changes that are made one by one.
    pub changes: usize,
    /// Connections that create as fast as they can.
    pub concurrency: usize,
    /// For how long they do.
    pub length: Duration,
}

impl Arguments {
    /// Builds a POST to `route` below `/api/v1/`.
    pub fn request(&self, route: &str, headers: &str, body: &str) -> Vec<u8> {
        let Self {
            address, prefix, ..
        } = self;
        let length = body.len();
        format!(
            "POST {prefix}/api/v1/{route} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        )
        .into_bytes()
    }
}

/// Parses the command line. `variable` looks up an environment variable.
///
/// # Errors
/// An error of clap, or the requested help.
pub fn read(
    arguments: impl IntoIterator<Item = String>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Arguments, clap::Error> {
    command::read(command(), arguments, |matches| taken(matches, variable))
}

fn taken(
    matches: &ArgMatches,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Arguments, String> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let number = |name: &str| matches.get_one::<usize>(name).copied().unwrap_or_default();
    let named = text("password-env");
    let password = variable(&named).ok_or(format!("the variable {named} is not set"))?;
    let url = text("url");
    let rest = url
        .strip_prefix("http://")
        .ok_or("only http:// is supported")?;
    let (address, prefix) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    Ok(Arguments {
        address: address.to_owned(),
        prefix: prefix.trim_end_matches('/').to_owned(),
        user: text("user"),
        password,
        pid: matches.get_one("pid").copied(),
        subscribers: matches
            .get_many("subscribers")
            .into_iter()
            .flatten()
            .copied()
            .collect(),
        changes: number("changes"),
        concurrency: number("concurrency").max(1),
        length: Duration::from_secs_f64(*matches.get_one("seconds").unwrap_or(&1.0)),
    })
}

#[rustfmt::skip] // A table, as in the settings.
fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let number = || value_parser!(usize);
    Command::new("live").bin_name("cargo bench --bench live --").about(ABOUT).args([
        option("url", "URL", "The server: http://HOST:PORT[/PREFIX]").required(true),
        option("user", "NAME", "The user, by name, with the permission manage-user-status").required(true),
        option("password-env", "VARIABLE", "The environment variable that holds the password").required(true),
        option("pid", "PID", "The server's process on this machine, to show its memory").value_parser(value_parser!(u32)),
        option("subscribers", "N,N..", "Numbers of subscribers").default_value("100,1000,5000").value_delimiter(',').value_parser(number()),
        option("changes", "N", "Changes that are made one by one").default_value("20").value_parser(number()),
        option("concurrency", "N", "Connections that create as fast as they can").default_value("16").value_parser(number()),
        option("seconds", "N", "For how long they do").default_value("3").value_parser(value_parser!(f64)),
    ])
}
