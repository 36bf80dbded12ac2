//! One measurement: so many connections, for so long, each with one request after the other, and logins beside them if they are to be
//! disturbed. Knows nothing of tables.

use super::http::{Answer, Connection};
use super::prepared::{Names, Prepared};
use super::request::{Asker, Server, What};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// How long an answer may take once no more requests are begun.
const PATIENCE: Duration = Duration::from_secs(30);
/// Characters of a refusal that are shown.
const SHOWN: usize = 200;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Round {
    /// What is asked.
    pub what: What,
    /// Connections.
    pub concurrency: usize,
    /// Further connections, which log in meanwhile.
    pub logins: usize,
    /// When no further request is begun.
    pub length: Duration,
}

/// What came of a round.
#[derive(Debug, Default)]
pub struct Tally {
    /// How long each answer with 200 took, in microseconds and in no order.
    pub micros: Vec<u32>,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Logins a second beside them; `None` when there were to be none.
    pub logins: Option<f64>,
    /// Everything else by its kind: how often, and what the first one said.
    failures: BTreeMap<String, (u64, String)>,
}

impl Round {
    /// Measures. Every request that was begun is waited for, so that what was created is known.
    ///
    /// # Errors
    /// One line, when there is no connecting to the server.
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

/// Workers for `size` connections, all of them open.
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

/// Lets all of `crew` work at once, and adds up what they did.
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

/// One connection's part in a round.
struct Worker {
    connection: Connection,
    address: String,
    request: Prepared,
    tally: Tally,
}

impl Worker {
    async fn work(mut self, until: Instant) -> Tally {
        // One timer for all requests, since one for each would show in the figures.
        if timeout_at(until + PATIENCE, self.ask(until)).await.is_err() {
            let patience = format!("none after {} s", PATIENCE.as_secs());
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
                        Err(_) => return, // The server is gone; there is nobody to measure.
                    }
                    began = Instant::now();
                }
            }
        }
    }
}

impl Tally {
    /// Statuses that there are now on account of this round.
    pub fn created(&self, round: &Round) -> u64 {
        match round.what {
            What::Create => self.micros.len() as u64,
            _ => 0,
        }
    }

    /// Answers with 200 a second.
    pub fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// Requests without an answer, or with another than 200.
    pub fn failed(&self) -> u64 {
        self.failures.values().map(|(count, _)| count).sum()
    }

    /// A line for each kind of failure.
    pub fn complaints(&self) -> impl Iterator<Item = String> {
        self.failures
            .iter()
            .map(|(kind, (count, first))| format!("  {count} × {kind}, the first: {first}"))
    }

    fn count(&mut self, answer: &Answer<'_>, took: Duration) {
        if answer.status == 200 {
            let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
            self.micros.push(micros);
        } else {
            let said = String::from_utf8_lossy(answer.body);
            let shown: String = said.chars().take(SHOWN).collect();
            self.fail(&answer.status.to_string(), &shown);
        }
    }

    fn fail(&mut self, kind: &str, said: &str) {
        match self.failures.get_mut(kind) {
            Some((count, _)) => *count += 1,
            None => {
                self.failures.insert(kind.to_owned(), (1, said.to_owned()));
            }
        }
    }

    fn add_failures(&mut self, failures: BTreeMap<String, (u64, String)>) {
        for (kind, (count, first)) in failures {
            self.failures.entry(kind).or_insert((0, first)).0 += count;
        }
    }
}
