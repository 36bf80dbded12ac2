//! A run of the live connection benchmark, from its arguments to its last line.

pub mod arguments;
pub mod crowd;
pub mod subscriber;

use super::load::command;
use super::load::http::Connection;
use super::load::machine::{ProcessorTime, resident_mib};
use arguments::Arguments;
use crowd::Crowd;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::Write;
use std::time::Duration;
use subscriber::Target;
use tokio::time::{Instant, sleep};

/// How long a server is left idle before its memory is measured.
const QUIET: Duration = Duration::from_secs(2);

/// The pause between two changes that are made one by one.
const PAUSE: Duration = Duration::from_millis(200);

const TITLE: &str = "\
subscribers  all there s  KiB each  half ms  last ms  last max  create ms  creates/s  with them    ratio  cut  stolen %";

/// Runs the benchmark with `arguments` and prints to `out`. `variable` looks up an environment
/// variable.
///
/// # Errors
/// One line: the arguments are invalid, or the server cannot be used.
pub fn run(
    arguments: impl IntoIterator<Item = String>,
    variable: &dyn Fn(&str) -> Option<String>,
    out: &mut dyn Write,
) -> Result<(), String> {
    command::run(arguments::read(arguments, variable), out, measure)
}

async fn measure(arguments: &Arguments, out: &mut dyn Write) -> Result<(), String> {
    let mut server = Server::log_in(arguments).await?;
    let mut print = |line: &str| writeln!(out, "{line}").map_err(|e| e.to_string());
    print(TITLE)?;
    for subscribers in &arguments.subscribers {
        print(&server.row(*subscribers).await?)?;
    }
    print(&format!(
        "\n{} statuses created and not deleted; their names start with {:?}.",
        server.created, server.creates.beginning
    ))
}

/// The measured server, with a logged-in user.
struct Server<'a> {
    arguments: &'a Arguments,
    token: String,
    creates: Creates<'a>,
    created: usize,
}

/// Requests that create statuses with unique names.
struct Creates<'a> {
    arguments: &'a Arguments,
    headers: String,
    beginning: String,
    made: Cell<usize>,
}

impl Creates<'_> {
    fn next(&self) -> Vec<u8> {
        self.made.set(self.made.get() + 1);
        let name = format!("{}{}", self.beginning, self.made.get());
        let body = json!({"name": name, "statusType": "busy"}).to_string();
        let route = "custom-user-status.create";
        self.arguments.request(route, &self.headers, &body)
    }
}

impl<'a> Server<'a> {
    async fn log_in(arguments: &'a Arguments) -> Result<Self, String> {
        let Arguments { user, password, .. } = arguments;
        let body = json!({"user": user, "password": password}).to_string();
        let request = arguments.request("login", "", &body);
        let unusable = |e: std::io::Error| format!("cannot use {}: {e}", arguments.address);
        let mut connection = Connection::open(&arguments.address)
            .await
            .map_err(unusable)?;
        let answer = connection.exchange(&request).await.map_err(unusable)?;
        let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let part = |name: &str| body["data"][name].as_str().map(str::to_owned);
        let (Some(user_id), Some(token)) = (part("userId"), part("authToken")) else {
            return Err(format!(
                "the login was answered with {}: {body}",
                answer.status
            ));
        };
        let since_epoch = std::time::UNIX_EPOCH.elapsed().map_err(|e| e.to_string())?;
        Ok(Self {
            arguments,
            creates: Creates {
                arguments,
                headers: format!("X-User-Id: {user_id}\r\nX-Auth-Token: {token}\r\n"),
                beginning: format!("live {:x} ", since_epoch.as_millis()),
                made: Cell::new(0),
            },
            token,
            created: 0,
        })
    }

    /// Runs all measurements for a number of subscribers and returns them as a row of the table.
    async fn row(&mut self, subscribers: usize) -> Result<String, String> {
        let (stolen, arguments) = (ProcessorTime::now(), self.arguments);
        let alone = self.creates_per_second().await?;
        let before = self.resident().await;
        let began = Instant::now();
        let target = Target {
            address: arguments.address.clone(),
            prefix: arguments.prefix.clone(),
            token: self.token.clone(),
            event: "updateCustomUserStatus",
        };
        let mut crowd = Crowd::gather(target, subscribers).await?;
        let all_there = began.elapsed();
        let each = self
            .resident()
            .await
            .zip(before)
            .map(|(after, before)| (after - before) * 1024.0 / subscribers.max(1) as f64);
        let mut spreads = Vec::new();
        for _ in 0..arguments.changes {
            sleep(PAUSE).await;
            spreads.push(self.one_change(&mut crowd).await?);
        }
        let with_them = self.creates_per_second().await?;
        let cut = crowd.disperse();
        let stolen = stolen.and_then(ProcessorTime::stolen_percent);
        let ms = |of: fn(&Spread) -> Duration, index: fn(usize) -> usize| {
            let mut all: Vec<_> = spreads.iter().map(of).collect();
            all.sort();
            all.get(index(all.len()))
                .map(|span| span.as_secs_f64() * 1000.0)
        };
        let middle = |n: usize| n / 2;
        Ok(format!(
            "{subscribers:>11}  {:>11.2}  {:>8}  {:>7}  {:>7}  {:>8}  {:>9}  {alone:>9.0}  {with_them:>9.0}  {:>6.2}x  {cut:>3}  {:>8}",
            all_there.as_secs_f64(),
            shown(each),
            shown(ms(|spread| spread.half, middle)),
            shown(ms(|spread| spread.last, middle)),
            shown(ms(|spread| spread.last, |n| n.saturating_sub(1))),
            shown(ms(|spread| spread.answered, middle)),
            with_them / alone.max(f64::EPSILON),
            shown(stolen),
        ))
    }

    /// Creates a status and waits until every subscriber has received it.
    async fn one_change(&mut self, crowd: &mut Crowd) -> Result<Spread, String> {
        let mut connection = self.connect().await?;
        let request = self.creates.next();
        crowd.arm();
        let began = Instant::now();
        let answer = connection
            .exchange(&request)
            .await
            .map_err(|e| e.to_string())?;
        let (answered, status) = (began.elapsed(), answer.status);
        if status != 200 {
            let text = String::from_utf8_lossy(answer.body);
            return Err(format!("a create was answered with {status}: {text}"));
        }
        self.created += 1;
        let mut received = crowd.received().await?;
        received.sort();
        let after = |index: usize| received.get(index).map_or(answered, |at| *at - began);
        Ok(Spread {
            answered,
            half: after(received.len() / 2),
            last: after(received.len().saturating_sub(1)),
        })
    }

    /// Returns how many statuses per second are created, as fast as the server responds.
    async fn creates_per_second(&mut self) -> Result<f64, String> {
        let mut connections = Vec::new();
        for _ in 0..self.arguments.concurrency {
            connections.push(self.connect().await?);
        }
        let until = Instant::now() + self.arguments.length;
        let crew = connections.into_iter().map(|mut connection| {
            let creates = &self.creates;
            async move {
                let mut created = 0;
                while Instant::now() < until {
                    match connection.exchange(&creates.next()).await {
                        Ok(answer) if answer.status == 200 => created += 1,
                        _ => break,
                    }
                }
                created
            }
        });
        let created: usize = join_all(crew).await.into_iter().sum();
        self.created += created;
        Ok(created as f64 / self.arguments.length.as_secs_f64())
    }

    async fn connect(&self) -> Result<Connection, String> {
        let opened = Connection::open(&self.arguments.address).await;
        opened.map_err(|e| format!("cannot use {}: {e}", self.arguments.address))
    }

    async fn resident(&self) -> Option<f64> {
        let pid = self.arguments.pid?;
        sleep(QUIET).await;
        resident_mib(pid)
    }
}

/// How long a change took to reach the subscribers.
struct Spread {
    answered: Duration,
    half: Duration,
    last: Duration,
}

fn shown(number: Option<f64>) -> String {
    number.map_or("-".to_owned(), |number| format!("{number:.1}"))
}
