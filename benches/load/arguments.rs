//! The command line of the load script.

use super::command;
use super::request::{Credentials, Server, What};
use super::round::Round;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::time::Duration;

const ABOUT: &str = "Sends requests to a running server as fast as it responds.

Prints requests per second, latencies and, on Linux, the server's memory and the share of CPU time that the host of a virtual machine
took away. If that is above 5 percent, measure again. Nothing is deleted; the last line shows how many statuses were created. The
script uses CPU time too, so on one machine the results are lower than the server's best.

create and list work on custom statuses. set-status sets the user to busy, with a new text each time. presence lists every user with a
status. login creates logins, which expire as usual. The server must not limit the rate of the measured requests: requests of an
administrator are exempt, but logins are not, unless the server runs with rate_limit_calls = 0.";

/// What to measure, on which server and as which user.
pub struct Arguments {
    /// The server.
    pub server: Server,
    /// The user.
    pub identity: Identity,
    /// The server's process, to show its memory.
    pub pid: Option<u32>,
    /// The duration of each measurement.
    pub length: Duration,
    /// Numbers of connections, each measured.
    pub concurrency: Vec<usize>,
    /// Kinds of requests, each measured.
    pub what: Vec<What>,
    /// Extra connections that log in meanwhile: everything is measured with and without them.
    pub logins: Option<usize>,
    /// How often everything is measured.
    pub rounds: usize,
}

impl Arguments {
    /// Returns the measurements of one round.
    pub fn each_round(&self) -> impl Iterator<Item = Round> {
        let logins = std::iter::once(0).chain(self.logins);
        let sizes = self.concurrency.iter();
        let settings = sizes.flat_map(move |size| logins.clone().map(|logins| (*size, logins)));
        let all = self.what.iter();
        all.flat_map(move |what| {
            settings.clone().map(|(concurrency, logins)| Round {
                what: *what,
                concurrency,
                logins,
                length: self.length,
            })
        })
    }
}

/// The user's identity.
pub enum Identity {
    /// A user who must log in.
    Password {
        /// The user name.
        user: String,
        /// The password.
        password: String,
    },
    /// A user with a token.
    Token(Credentials),
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
    matches: &mut ArgMatches,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Arguments, String> {
    let what = many(matches, "what");
    let identity = identity(matches, variable)?;
    if what.contains(&What::Login) && matches!(identity, Identity::Token(_)) {
        return Err("a login needs --user".to_owned());
    }
    Ok(Arguments {
        identity,
        server: one(matches, "url")?,
        pid: matches.remove_one("pid"),
        length: one(matches, "seconds")?,
        concurrency: many(matches, "concurrency"),
        what,
        logins: matches.remove_one("logins"),
        rounds: one(matches, "rounds")?,
    })
}

fn identity(
    matches: &mut ArgMatches,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Identity, String> {
    if let Some(user) = matches.remove_one("user") {
        let name: String = one(matches, "password-env")?;
        let password = variable(&name).ok_or(format!("the variable {name} is not set"))?;
        return Ok(Identity::Password { user, password });
    }
    Ok(Identity::Token(Credentials {
        user_id: one(matches, "token-user")?,
        token: one(matches, "token")?,
    }))
}

fn one<T: Clone + Send + Sync + 'static>(
    matches: &mut ArgMatches,
    name: &str,
) -> Result<T, String> {
    let given = matches.remove_one(name);
    given.ok_or_else(|| format!("--{name} is missing"))
}

fn many<T: Clone + Send + Sync + 'static>(matches: &mut ArgMatches, name: &str) -> Vec<T> {
    matches.remove_many(name).into_iter().flatten().collect()
}

#[rustfmt::skip] // A table, as in the settings.
fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("load").bin_name("cargo bench --bench load --").about(ABOUT).args([
        option("url", "URL", "The server: http://HOST[:PORT][/PREFIX]").required(true).value_parser(Server::parse),
        option("user", "NAME", "The user, by name; creating needs the permission manage-user-status")
            .requires("password-env").required_unless_present("token-user").conflicts_with("token-user"),
        option("password-env", "VARIABLE", "The environment variable that holds the password").requires("user"),
        option("token-user", "ID", "The user, by id").requires("token"),
        option("token", "TOKEN", "An auth token of that user, as doorsign token create prints it").requires("token-user"),
        option("pid", "PID", "The server's process on this machine, to show its memory").value_parser(value_parser!(u32)),
        option("seconds", "N", "How long each measurement takes").default_value("3").value_parser(seconds),
        option("concurrency", "N,N..", "Numbers of connections").default_value("1,16,64,256").value_delimiter(',').value_parser(count),
        option("what", "WHAT,WHAT..", "Kinds of requests, measured in this order: create, list, set-status, presence, login").default_value("create,list").value_delimiter(',')
            .value_parser(What::parse),
        option("logins", "N", "Also measures everything while N further connections log in by password; a few keep all hashers busy")
            .requires("user").value_parser(count),
        option("rounds", "N", "How often everything is measured").default_value("3").value_parser(count),
    ])
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|length| !length.is_zero() && *length <= Duration::from_secs(3600))
        .ok_or_else(|| "expected a number above 0 and up to 3600".to_owned())
}

fn count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok();
    count
        .filter(|count| (1..=10_000).contains(count))
        .ok_or_else(|| "expected a number from 1 to 10000".to_owned())
}
