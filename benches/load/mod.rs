//! A run of the load script, from its arguments to its last line.

pub mod arguments;
pub mod command;
pub mod http;
pub mod machine;
pub mod percentile;
pub mod prepared;
pub mod request;
pub mod round;
pub mod table;

use arguments::{Arguments, Identity};
use http::Connection;
use machine::{ProcessorTime, resident_mib};
use prepared::Names;
use request::{Asker, Credentials, Server};
use round::{Round, Tally};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use table::{Row, TITLE};

/// The connections that warm up the server, and for how long; not measured.
const WARM_UP: (usize, Duration) = (16, Duration::from_secs(1));

/// Runs the load script with `arguments` and prints to `out`. `variable` looks up an environment
/// variable.
///
/// # Errors
/// One line: the arguments are invalid, the server cannot be used, or a response had another status
/// than 200.
pub fn run(
    arguments: impl IntoIterator<Item = String>,
    variable: &dyn Fn(&str) -> Option<String>,
    out: &mut dyn Write,
) -> Result<(), String> {
    command::run(arguments::read(arguments, variable), out, measure)
}

async fn measure(arguments: &Arguments, out: &mut dyn Write) -> Result<(), String> {
    if let Some(pid) = arguments.pid {
        resident_mib(pid).ok_or_else(|| format!("/proc has no process {pid}"))?;
    }
    let asker = log_in(&arguments.server, &arguments.identity).await?;
    let names = Names::new().map_err(|e| e.to_string())?;
    let mut run = Run {
        arguments,
        asker,
        names: Arc::new(names),
        created: 0,
        failed: 0,
        out,
    };
    let measured = run.all().await;
    // Printed in any case: the statuses exist.
    run.print(&format!(
        "\n{} statuses created and not deleted; their names start with {:?}.",
        run.created,
        run.names.beginning()
    ))?;
    measured?;
    match run.failed {
        0 => Ok(()),
        failed => Err(format!("{failed} requests had another status than 200")),
    }
}

async fn log_in(server: &Server, identity: &Identity) -> Result<Asker, String> {
    let unusable = |e: std::io::Error| format!("cannot use {}: {e}", server.address);
    let mut connection = Connection::open(&server.address).await.map_err(unusable)?;
    match identity {
        Identity::Token(credentials) => Ok(Asker {
            credentials: credentials.clone(),
            login: None,
        }),
        Identity::Password { user, password } => {
            let login = request::login(server, user, password);
            let answer = connection.exchange(&login).await.map_err(unusable)?;
            Ok(Asker {
                credentials: Credentials::in_login(&answer)?,
                login: Some(login),
            })
        }
    }
}

/// A run in progress.
struct Run<'a> {
    arguments: &'a Arguments,
    asker: Asker,
    names: Arc<Names>,
    created: u64,
    failed: u64,
    out: &'a mut dyn Write,
}

impl Run<'_> {
    /// Runs every measurement in turn within each round, so that a slow minute of the machine does
    /// not affect only one of them.
    async fn all(&mut self) -> Result<(), String> {
        let arguments = self.arguments;
        for what in &arguments.what {
            let (concurrency, length) = WARM_UP;
            let round = Round {
                what: *what,
                concurrency,
                logins: 0,
                length: length.min(arguments.length),
            };
            if self.round(&round).await?.micros.is_empty() {
                return Err(format!("no {} request had status 200", what.as_str()));
            }
        }
        self.print(TITLE)?;
        let mut rows = Vec::new();
        for number in 1..=arguments.rounds {
            for round in arguments.each_round() {
                rows.push(self.row(&round, number).await?);
            }
        }
        if arguments.rounds > 1 {
            self.print("")?;
        }
        for row in table::medians(rows, arguments.rounds) {
            self.print(&row.line("median"))?;
        }
        Ok(())
    }

    async fn row(&mut self, round: &Round, number: usize) -> Result<Row, String> {
        let before = ProcessorTime::now();
        let tally = self.round(round).await?;
        let stolen = before.and_then(|before| before.stolen_percent());
        let resident = self.arguments.pid.and_then(resident_mib);
        let row = Row::new(round, tally, stolen, resident);
        self.print(&row.line(&number.to_string()))?;
        Ok(row)
    }

    async fn round(&mut self, round: &Round) -> Result<Tally, String> {
        let server = &self.arguments.server;
        let tally = round.run(server, &self.asker, &self.names).await?;
        self.created += tally.created(round);
        self.failed += tally.failed();
        for line in tally.failure_lines() {
            self.print(&line)?;
        }
        Ok(tally)
    }

    fn print(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.out, "{line}").map_err(|e| e.to_string())
    }
}
