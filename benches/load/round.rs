//! One measurement: a number of connections that each send one request after the other for a given
//! time, optionally with concurrent logins.

use super::http::{Answer, Connection};
use super::prepared::{Names, Prepared};
use super::request::{Asker, Server, What};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// How long a response may take after the end of the measurement.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many characters of an error response are shown.
const SHOWN: usize = 200;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Round {
    /// The kind of request.
    pub what: What,
    /// The number of connections.
    pub concurrency: usize,
    /// The number of extra connections that log in meanwhile.
    pub logins: usize,
    /// How long new requests are sent.
    pub length: Duration,
}

/// The results of a round.
#[derive(Debug, Default)]
pub struct Tally {
    /// The time of each response with status 200, in microseconds, unordered.
    pub micros: Vec<u32>,
    /// From the first request to the last response.
    pub elapsed: Duration,
    /// Concurrent logins per second; `None` without them.
    pub logins: Option<f64>,
    /// All other results by kind: their number, and the text of the first.
    failures: BTreeMap<String, (u64, String)>,
}

impl Round {
    /// Runs the measurement. Waits for every request, so that the number of created statuses is
    /// exact.
    ///
    /// # Errors
    /// One line when the server cannot be reached.
    pub async fn run(
        &self,
        server: &Server,
        who: &Asker,
        names: &Arc<Names>,
    ) -> Result<Tally, String> {
        let crew = async |what, size| {
            let request = || Prepared::new(server, who, what, names.clone());
            crew(server, size, request).await
        };
        let asking = crew(self.what, self.concurrency).await?;
        let logging_in = crew(What::Login, self.logins).await?;
        let (mut tally, beside) =
            tokio::join!(work(asking, self.length), work(logging_in, self.length));
        tally.logins = (self.logins > 0).then(|| beside.per_second());
        tally.add_failures(beside.failures);
        Ok(tally)
    }
}

/// Opens `size` connections.
async fn crew(
    server: &Server,
    size: usize,
    request: impl Fn() -> Prepared,
) -> Result<Vec<Worker>, String> {
    let mut crew = Vec::with_capacity(size);
    for open in 0..size {
        let connection = Connection::open(&server.address).await;
        crew.push(Worker {
            connection: connection.map_err(|e| format!("{open} connections are open: {e}"))?,
            address: server.address.clone(),
            request: request(),
            tally: Tally::default(),
        });
    }
    Ok(crew)
}

/// Runs all workers at once and adds up their results.
async fn work(crew: Vec<Worker>, length: Duration) -> Tally {
    let began = Instant::now();
    let until = began + length;
    let workers: JoinSet<Tally> = crew.into_iter().map(|w| w.work(until)).collect();
    let mut tally = Tally::default();
    for part in workers.join_all().await {
        tally.micros.extend(part.micros);
        tally.add_failures(part.failures);
    }
    tally.elapsed = began.elapsed();
    tally
}

/// One connection of a round.
struct Worker {
    connection: Connection,
    address: String,
    request: Prepared,
    tally: Tally,
}

impl Worker {
    async fn work(mut self, until: Instant) -> Tally {
        // One timer for all requests: one per request would affect the results.
        if timeout_at(until + RESPONSE_TIMEOUT, self.ask(until))
            .await
            .is_err()
        {
            let patience = format!("none within {} s", RESPONSE_TIMEOUT.as_secs());
            self.tally.fail("no answer", &patience);
        }
        self.tally
    }

    async fn ask(&mut self, until: Instant) {
        let mut began = Instant::now();
        while began < until {
            match self.connection.exchange(self.request.next()).await {
                Ok(answer) => {
                    let ended = Instant::now();
                    self.tally.count(&answer, ended - began);
                    began = ended;
                }
                Err(error) => {
                    self.tally.fail("no answer", &error.to_string());
                    match Connection::open(&self.address).await {
                        Ok(connection) => self.connection = connection,
                        Err(_) => return, // The server is gone.
                    }
                    began = Instant::now();
                }
            }
        }
    }
}

impl Tally {
    /// Returns how many statuses this round created.
    pub fn created(&self, round: &Round) -> u64 {
        match round.what {
            What::Create => self.micros.len() as u64,
            _ => 0,
        }
    }

    /// Returns the responses with status 200 per second.
    pub fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// Returns the number of requests without a response, or with another status than 200.
    pub fn failed(&self) -> u64 {
        self.failures.values().map(|(count, _)| count).sum()
    }

    /// Returns one line per kind of failure.
    pub fn failure_lines(&self) -> impl Iterator<Item = String> {
        self.failures
            .iter()
            .map(|(kind, (count, first))| format!("  {count} × {kind}, the first: {first}"))
    }

    fn count(&mut self, answer: &Answer<'_>, took: Duration) {
        if answer.status == 200 {
            let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
            self.micros.push(micros);
        } else {
            let text = String::from_utf8_lossy(answer.body);
            let shown: String = text.chars().take(SHOWN).collect();
            self.fail(&answer.status.to_string(), &shown);
        }
    }

    fn fail(&mut self, kind: &str, text: &str) {
        match self.failures.get_mut(kind) {
            Some((count, _)) => *count += 1,
            None => {
                self.failures.insert(kind.to_owned(), (1, text.to_owned()));
            }
        }
    }

    fn add_failures(&mut self, failures: BTreeMap<String, (u64, String)>) {
        for (kind, (count, first)) in failures {
            self.failures.entry(kind).or_insert((0, first)).0 += count;
        }
    }
}
